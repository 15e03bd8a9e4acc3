import { button, make, setBusy } from "./dom.js";
import { claimsOf, settings, type Auth } from "./auth.js";
import { claimText } from "./profile.js";

/** The session page: scope, every claim of the ID token, and a renewal by hand. */
export function startSession(root: HTMLElement, auth: Auth, act: Act) {
  const renew = button("Renew now", { "data-testid": "renew" }, () => {
    setBusy(renew, true);
    act(() => auth.refresh().finally(() => setBusy(renew, false)));
  });

  let shown = "";
  return function render(): void {
    const state = auth.state;
    // Built again only for another session: a rebuild would take the focus off the button.
    const key = JSON.stringify([
      state.status,
      state.status === "signedIn" && state.scope,
      auth.user,
    ]);
    if (key === shown) return;
    shown = key;
    if (state.status !== "signedIn") {
      root.replaceChildren(
        make(
          "section",
          { class: "card" },
          make(
            "div",
            { class: "empty" },
            make("strong", {}, state.status === "loading" ? "Checking" : "No session"),
            make("span", {}, "Once you are signed in, its scope and claims show here."),
          ),
        ),
      );
      return;
    }
    const scopes = String(state.scope ?? "")
      .split(" ")
      .filter(Boolean);
    root.replaceChildren(
      make(
        "section",
        { class: "card", "aria-labelledby": "grant-title" },
        make("h2", { id: "grant-title" }, "What was granted"),
        make("ul", { class: "scopes" }, ...scopes.map((scope) => make("li", {}, scope))),
        make(
          "dl",
          { class: "facts" },
          fact("Provider", settings.issuer),
          fact("Client", settings.clientId),
          fact("API", settings.api),
        ),
        make("div", { class: "row" }, renew),
      ),
      make(
        "section",
        { class: "card", "aria-labelledby": "claims-title" },
        make("h2", { id: "claims-title" }, "Claims about you"),
        make(
          "dl",
          { class: "facts claims" },
          ...Object.entries(claimsOf(auth) ?? {}).map(([name, value]) =>
            fact(name, claimText(value, name), "mono"),
          ),
        ),
      ),
    );
  };
}

type Act = (action: () => Promise<unknown>) => void;

function fact(name: string, value: string, kind = ""): HTMLElement {
  return make("div", {}, make("dt", { class: kind }, name), make("dd", { class: kind }, value));
}
