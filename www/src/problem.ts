import { isAuthError, type AuthError } from "keyward";
import { button, byTestId, make, prose } from "./dom.js";

/**
 * One place for what went wrong: the code, the reason in words, the fix and the page that
 * explains it. An error stays until it is closed or a later action succeeds.
 */
export function startProblem(retry: () => void) {
  const panel = byTestId("error");
  let shown: unknown = null;

  const close = () => {
    panel.hidden = true;
    panel.replaceChildren();
  };

  return function show(error: unknown): void {
    if (error === shown) return;
    shown = error;
    if (error === null || error === undefined) return close();
    panel.replaceChildren(...(isAuthError(error) ? coded(error, retry) : plain(error)), closer());
    panel.hidden = false;
  };

  function closer(): HTMLElement {
    const label = { class: "close", "aria-label": "Close this message" };
    return button("×", label, close);
  }
}

function coded(error: AuthError, retry: () => void): HTMLElement[] {
  const said = error.provider?.description ?? error.provider?.error;
  const parts = [
    make("p", { class: "code", "data-testid": "error-code" }, error.code),
    make("p", { class: "problem-message" }, error.message),
    said ? make("p", { class: "problem-provider" }, `The provider says: ${said}`) : null,
    error.fix ? fixOf(error.fix) : null,
    make(
      "p",
      { class: "row" },
      error.retryable ? button("Try again", { class: "button button-small" }, retry) : null,
      make(
        "a",
        { href: `/errors/${error.code}`, "data-testid": "error-docs" },
        `About ${error.code}`,
      ),
    ),
  ];
  return parts.filter((part) => part !== null);
}

function fixOf(fix: string): HTMLElement {
  return make(
    "div",
    { class: "fix" },
    make("span", { class: "fix-label" }, "Fix"),
    make("p", { "data-testid": "error-fix" }, ...prose(fix)),
  );
}

function plain(error: unknown): Node[] {
  const message = error instanceof Error ? error.message : "Something went wrong.";
  return [make("p", { class: "problem-message" }, message)];
}
