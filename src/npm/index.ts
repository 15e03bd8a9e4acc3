/**
 * Keyward: sign-in for browser apps. `createAuth` is all an app needs; importing it does nothing by itself.
 *
 * @packageDocumentation
 */
export { createAuth } from "./auth";
export { AuthError, isAuthError } from "./errors";
export type { AuthErrorCode, AuthErrorGroup } from "./codes";
export type { ProviderSaid } from "./errors";
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
} from "./types";
