/**
 * Keyward with the tokens in the page, and one grant for all tabs: a new tab has the session without a request, one
 * refresh serves all. The same API as `keyward`, and a larger download.
 *
 * @packageDocumentation
 */
export { createAuth } from "../auth.js";
export * from "../api.js";
