import { createAuth } from "keyward";
import settings from "../static/config.js";

export type Auth = ReturnType<typeof startAuth>;
export type AuthState = Auth["state"];
export type Claims = Readonly<Record<string, unknown>>;

export { settings };

/** The whole of the setup: everything else on this page uses the object this returns. */
export function startAuth() {
  return createAuth({
    issuer: settings.issuer,
    clientId: settings.clientId,
    scope: settings.scope,
    authorizationParams: settings.authorizationParams,
    resources: [{ origin: settings.api, paths: ["/api/"] }],
    ...(settings.vault ? { vault: settings.vault } : {}),
  });
}

export function claimsOf(auth: Auth): Claims | null {
  return auth.user as Claims | null;
}

/** The best name there is for a person; a provider need not send more than `sub`. */
export function nameOf(claims: Claims): string {
  for (const claim of ["name", "preferred_username", "nickname", "email", "sub"]) {
    const value = claims[claim];
    if (typeof value === "string" && value !== "") return value;
  }
  return "You";
}
