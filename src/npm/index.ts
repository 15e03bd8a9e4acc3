/**
 * Keyward: sign-in for browser apps. `createAuth` is all an app needs; importing it does nothing by itself.
 *
 * @packageDocumentation
 */
export { createAuth } from "./auth.js";
export * from "./api.js";
