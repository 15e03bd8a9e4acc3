/**
 * Keyward: sign-in for browser apps. `createAuth` is all an app needs; importing it does nothing by itself.
 *
 * @packageDocumentation
 */
export { createAuth } from "./auth.js";
export { AuthError, isAuthError } from "./errors.js";
export type { AuthErrorCode, AuthErrorGroup } from "./codes.js";
export type { ProviderSaid } from "./errors.js";
export type {
  Auth,
  AuthEvents,
  AuthOptions,
  AuthState,
  Diagnosis,
  Resource,
  SignInOptions,
  SignOutOptions,
  SignedOutReason,
  StandardSchema,
  User,
} from "./types.js";
