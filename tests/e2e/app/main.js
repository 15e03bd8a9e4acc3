// The shared test page. Tests drive it through these globals:
//
//   auth, auths      the first client, and all of them
//   events           what the first client's `on` told: [{ name, detail }]
//   states           every state that a subscriber of the first client saw, oldest first
//   createAuth       to call it once more
//   seen             the address that an app finds once `createAuth` has returned
//   settle(promise)  its outcome as plain data: { ok } or { error }
//
// With a binding `keywardTestEvent` (see harness.mjs) events also reach the test, across page loads.

import { clients } from "./auth.js";
import { createAuth, isAuthError } from "keyward";

const EVENTS = [
  "signedIn",
  "signedInElsewhere",
  "signedOut",
  "userChanged",
  "refreshed",
  "refreshFailed",
  "stepUpRequired",
  "diagnosis",
  "expiring",
  "extended",
];

const [auth] = clients;
const seen = { href: location.href, state: JSON.stringify(history.state) };
Object.assign(window, { auth, auths: clients, events: [], states: [], createAuth, seen, settle });
if (!(auth instanceof Error)) watch();

function watch() {
  for (const name of EVENTS) {
    auth.on(name, (event) => {
      const detail = plain(event);
      window.events.push({ name, detail });
      window.keywardTestEvent?.({ name, detail, path: location.pathname });
    });
  }
  window.states.push(auth.state);
  auth.subscribe(() => {
    window.states.push(auth.state);
    render();
  });
  render();
}

function render() {
  const { status } = auth.state;
  document.querySelector("#status").textContent = status;
  document.querySelector("#user").textContent = auth.user?.sub ?? "";
}

/** Waits for a promise; gives its outcome in a form that reaches the test. */
async function settle(promise) {
  try {
    const value = await promise;
    return { ok: value instanceof Response ? await plainResponse(value) : plain(value) };
  } catch (error) {
    return { error: plain(error) };
  }
}

async function plainResponse(response) {
  const { status, url, redirected, type } = response;
  const text = await response.text();
  return { status, url, redirected, type, text, headers: Object.fromEntries(response.headers) };
}

/** Data without the parts that cannot be cloned; errors with their fields. */
function plain(value) {
  if (value instanceof Error || value instanceof DOMException) {
    const { name, message, code, group, retryable, fix, docs, detail, provider } = value;
    const fields = { name, message, code, group, retryable, fix, docs, detail, provider };
    return { ...fields, isAuthError: isAuthError(value), hasStack: Boolean(value.stack) };
  }
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}
