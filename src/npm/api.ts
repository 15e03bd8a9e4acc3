/** What every entry of the package exports beside `createAuth`. */
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
