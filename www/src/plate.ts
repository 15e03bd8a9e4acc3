import { byTestId, find, setBusy, setText, whenPressed } from "./dom.js";
import { claimsOf, nameOf, settings, type Auth, type Claims } from "./auth.js";
import { hostOf } from "./format.js";

const endings: Record<string, { label: string; name: string; detail: string }> = {
  neverSignedIn: {
    label: "Signed out",
    name: "No session yet",
    detail: "One click to the provider and back.",
  },
  expired: {
    label: "Expired",
    name: "Your session ran out",
    detail: "Sign in to carry on where you were.",
  },
  signedOut: {
    label: "Signed out",
    name: "You signed out",
    detail: "Every tab of this app followed at once.",
  },
  signedOutElsewhere: {
    label: "Signed out elsewhere",
    name: "Another tab signed out",
    detail: "This tab followed at once and let go of its session.",
  },
  sessionEnded: {
    label: "Session ended",
    name: "The provider ended it",
    detail: "Sign in to start a new session.",
  },
};

/** The session plate: where you stand, and the one action that changes it. */
export function startPlate(auth: Auth, act: (action: () => Promise<unknown>) => void) {
  const status = byTestId("status");
  const name = byTestId("user-name");
  const detail = find("[data-detail]");
  const signIn = byTestId<HTMLButtonElement>("sign-in");
  const signOut = byTestId<HTMLButtonElement>("sign-out");

  let busy: HTMLButtonElement | null = null;
  const run = (button: HTMLButtonElement, action: () => Promise<unknown>) => {
    busy = button;
    renderButtons();
    // Both lead away from this page; they settle here only when the way was blocked or undone.
    const done = () => {
      busy = null;
      renderButtons();
    };
    act(() => action().finally(done));
  };
  whenPressed(signIn, () => run(signIn, () => auth.signIn()));
  whenPressed(signOut, () => run(signOut, () => auth.signOut()));

  const renderButtons = () => {
    const { status } = auth.state;
    setText(signIn, busy === signIn ? "Opening the provider" : "Sign in");
    setText(signOut, busy === signOut ? "Signing out" : "Sign out");
    signIn.disabled = status === "loading";
    setBusy(signIn, busy !== null);
    setBusy(signOut, busy !== null);
    const hadFocus = document.activeElement === signIn || document.activeElement === signOut;
    signIn.hidden = status === "signedIn";
    signOut.hidden = !signIn.hidden;
    if (hadFocus) (signIn.hidden ? signOut : signIn).focus();
  };

  // The core is fetched while the pointer is still on its way, so that the click leaves at once.
  const warmUp = () => void auth.preload().catch(() => {});
  signIn.addEventListener("pointerenter", warmUp, { once: true });
  signIn.addEventListener("focus", warmUp, { once: true });

  return function render(): void {
    const state = auth.state;
    document.documentElement.dataset["status"] = state.status;
    status.dataset["state"] = state.status;
    status.dataset["reason"] = state.status === "signedOut" ? state.reason : "";
    renderButtons();

    if (state.status === "signedIn") {
      setText(status, "Signed in");
      const claims = claimsOf(auth) ?? {};
      setText(name, nameOf(claims));
      setText(detail, addressOf(claims) ?? `by ${hostOf(settings.issuer)}`);
    } else if (state.status === "signedOut") {
      const words = endings[state.reason] ?? endings["neverSignedIn"];
      setText(status, words?.label ?? "");
      setText(name, words?.name ?? "");
      setText(detail, words?.detail ?? "");
    } else {
      setText(status, "Checking");
      setText(name, "One moment");
      setText(detail, "Looking for a session to pick up.");
    }
  };
}

/** The email address, unless it already stands above as the name. */
function addressOf(claims: Claims): string | null {
  const email = claims["email"];
  return typeof email === "string" && email !== nameOf(claims) ? email : null;
}
