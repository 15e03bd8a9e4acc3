// The pages of the embedded provider: sign-in, sign-out, device, error.
// Plain HTML forms without script; `#username #password #login-submit #login-abort #logout-yes
// #logout-no #signed-out #op-error #device-continue #device-done` are there for scripts to find.

import { escapeHtml } from "./http.mjs";

/** The test users that the sign-in page suggests; any password will do. */
export const USERS = [
  { id: "alice", name: "Alice Example" },
  { id: "bob", name: "Bob Example" },
];

const STYLE = `
:root { color-scheme: light dark; --ink: #1b2230; --soft: #5b6577; --paper: #fff; --back: #eef1f6;
  --line: #cfd6e2; --brand: #2f5bd7; --on-brand: #fff; --bad: #a3202c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf4; --soft: #a3adbf; --paper: #1b212c;
  --back: #10141b; --line: #3a4456; --brand: #8fb0ff; --on-brand: #0d1526; --bad: #ff9aa2; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center;
  padding: 1rem; background: var(--back); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { width: 100%; max-width: 24rem; padding: 1.75rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 1rem; box-shadow: 0 .5rem 2rem rgb(0 0 0 / .08); }
h1 { margin: 0 0 .25rem; font-size: 1.4rem; line-height: 1.25; }
p { margin: 0 0 1rem; color: var(--soft); overflow-wrap: anywhere; }
#password-note { margin: -.4rem 0 0; font-size: .9rem; }
.alert { color: var(--bad); }
form { margin: 0; display: grid; gap: .9rem; }
.people { grid-template-columns: 1fr 1fr; }
label { display: grid; gap: .3rem; font-weight: 600; }
input, button { font: inherit; width: 100%; min-height: 2.75rem; border-radius: .6rem;
  border: 1px solid var(--line); padding: .5rem .75rem; color: inherit; background: transparent; }
button { cursor: pointer; font-weight: 600; }
button.main { background: var(--brand); border-color: var(--brand); color: var(--on-brand); }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }
.or { display: flex; align-items: center; gap: .75rem; margin: 1rem 0; font-size: .9rem; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }`;

/** A whole page around `body`. */
export function page(title, body) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)} · Test provider</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>`;
}

/** The sign-in page of an interaction; `problem` is said aloud by screen readers. */
export function loginPage({ client, loginHint = "", stepUp = null, problem = null }) {
  const people = USERS.map(
    ({ id, name }) =>
      `<button name="login" value="${id}" id="as-${id}" aria-label="Continue as ${name}">${id}</button>`,
  ).join("\n");
  return page(
    "Sign in",
    `<p>to continue to <strong>${escapeHtml(client)}</strong></p>
${stepUp ? `<p id="step-up">This action asks for a stronger sign-in (${escapeHtml(stepUp)}).</p>` : ""}
${problem ? `<p class="alert" role="alert" id="login-problem">${escapeHtml(problem)}</p>` : ""}
<form method="post" class="people" aria-label="Test users">
${people}
</form>
<p class="or" aria-hidden="true">or</p>
<form method="post" id="login-form">
<label for="username">User name
<input id="username" name="login" value="${escapeHtml(loginHint)}" autocomplete="username" autocapitalize="none" spellcheck="false" autofocus></label>
<label for="password">Password
<input id="password" name="password" type="password" autocomplete="current-password" aria-describedby="password-note"></label>
<p id="password-note">This is a provider for tests: any password will do.</p>
<button id="login-submit" class="main" type="submit">Sign in</button>
<button id="login-abort" type="submit" name="abort" value="1">Cancel</button>
</form>`,
  );
}

/**
 * The sign-out page. `mode`: "ask" waits for the user, "auto" answers yes by itself,
 * "stuck" has no way on, like a provider that waits for a page of another application.
 */
export function logoutPage(form, { user, mode }) {
  const who = user ? ` as <strong>${escapeHtml(user)}</strong>` : "";
  if (mode === "stuck") {
    return page(
      "Signing out…",
      `<p id="logout-stuck" role="status">Waiting for other applications.</p>`,
    );
  }
  return page(
    "Sign out?",
    `<p>You are signed in${who}.</p>
${form}
<p><button id="logout-yes" class="main" type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button></p>
<button id="logout-no" type="submit" form="op.logoutForm">Stay signed in</button>
${mode === "auto" ? `<script>document.getElementById("logout-yes").click()</script>` : ""}`,
  );
}

/** Where a sign-out without a return address ends. */
export function signedOutPage() {
  return page("Signed out", `<p id="signed-out" role="status">You can close this page.</p>`);
}

/** The page for an error that must not be sent back to the client. */
export function errorPage({ error, error_description: description }) {
  return page(
    "This request cannot be answered",
    `<pre id="op-error" role="alert">${escapeHtml(error)}
${escapeHtml(description ?? "")}</pre>`,
  );
}

/** The pages of the device flow: "code", "confirm" and "done". */
export function devicePage(kind, form = "") {
  if (kind === "done") return page("Device", `<p id="device-done" role="status">Done.</p>`);
  const id = kind === "code" ? "op.deviceInputForm" : "op.deviceConfirmForm";
  return page(
    "Device",
    `${form}<button id="device-continue" class="main" type="submit" form="${id}">Continue</button>`,
  );
}
