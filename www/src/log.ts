import { byTestId, find, make, prose, setText } from "./dom.js";
import { plural, timeOfDay } from "./format.js";
import type { Auth } from "./auth.js";

const names = [
  "signedIn",
  "signedInElsewhere",
  "signedOut",
  "userChanged",
  "refreshed",
  "refreshFailed",
  "stepUpRequired",
  "diagnosis",
] as const;
type EventName = (typeof names)[number];

const words: Record<EventName, string> = {
  signedIn: "Signed in",
  signedInElsewhere: "Signed in, in another tab",
  signedOut: "Signed out",
  userChanged: "Details of the user changed",
  refreshed: "Token renewed",
  refreshFailed: "Renewal failed",
  stepUpRequired: "The API wants a fresh sign-in",
  diagnosis: "A finding was added",
};

const limit = 50;

/** Shows every event of the package as it happens, by name alone. */
export function startLog(auth: Auth): void {
  const list = find("ol", byTestId("log"));
  list.append(make("li", { class: "log-empty" }, "Nothing has happened yet."));
  for (const name of names) {
    auth.on(name, () => {
      list.querySelector(".log-empty")?.remove();
      list.prepend(entry(name, auth));
      while (list.children.length > limit) list.lastElementChild?.remove();
    });
  }
}

/** The findings so far, newest first, each with what to do about it. */
export function startDiagnostics(auth: Auth) {
  const panel = byTestId("diagnostics");
  const count = find("[data-diagnostics-count]");
  let shown = -1;
  const render = () => {
    const findings = [...auth.diagnostics].reverse();
    if (findings.length === shown) return;
    shown = findings.length;
    setText(count, findings.length > 0 ? plural(findings.length, "finding") : "");
    panel.replaceChildren(
      findings.length === 0
        ? make("p", { class: "all-clear" }, "All clear. A wrong setting would name itself here.")
        : make("ul", { class: "findings" }, ...findings.map(finding)),
    );
  };
  auth.on("diagnosis", render);
  render();
  return render;
}

function entry(name: EventName, auth: Auth): HTMLElement {
  const state = auth.state;
  const elsewhere =
    name === "signedOut" && state.status === "signedOut" && state.reason === "signedOutElsewhere";
  const now = new Date();
  return make(
    "li",
    { "data-event": name },
    make("time", { datetime: now.toISOString() }, timeOfDay(now)),
    make("span", { class: "log-words" }, elsewhere ? "Signed out, in another tab" : words[name]),
    make("code", {}, name),
  );
}

function finding(item: Auth["diagnostics"][number]): HTMLElement {
  return make(
    "li",
    { "data-code": item.code },
    make("a", { class: "code", href: `/errors/${item.code}` }, item.code),
    make("time", {}, timeOfDay(item.at)),
    make("p", { class: "finding-message" }, ...prose(item.message)),
    item.fix ? make("p", {}, ...prose(item.fix)) : null,
  );
}
