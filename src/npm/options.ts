import { explained, fail, type AuthError } from "./errors.js";
import type { AuthOptions } from "./types.js";
import { vaultRedirectUri, vaultUrl } from "./vault/url.js";

const KNOWN =
  "issuer clientId redirectUri postLogoutRedirectUri scope resources authorizationParams metadata discovery restore " +
  "leeway trustedAudiences idTokenHint rotationGrace idle maxAge warnBefore user";
const OF_PAGE = " handover";
const OF_VAULT = " vault parking extendedLifetime trustedTypesPolicy";

/** Throws for what nothing can be done without. */
export function requireOptions(options: Partial<AuthOptions<never>> | undefined): void {
  for (const name of VAULT ? ["issuer", "clientId", "vault"] : ["issuer", "clientId"]) {
    const value = (options as Record<string, unknown> | undefined)?.[name];
    if (typeof value !== "string" || value === "") throw fail("config_missing", name);
  }
}

/** The redirect URI that is used when none is given. */
export function defaultRedirectUri(): string {
  const base = document.querySelector("base[href]");
  return base ? new URL(".", document.baseURI).href : location.origin + "/";
}

/**
 * What can be told at once, without the core, so that a mistake shows on the first load and not at the first sign-in.
 * The core judges everything again.
 */
export function checkOptions(options: AuthOptions<never>): Promise<AuthError> | null {
  const known = (KNOWN + (VAULT ? OF_VAULT : OF_PAGE)).split(" ");
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) return explained("config_invalid", unknown);
  const issuer = parseUrl(options.issuer);
  if (!issuer || !isSecure(issuer) || issuer.search || options.issuer.includes("#")) {
    return explained("config_bad_issuer", options.issuer);
  }
  for (const uri of [options.redirectUri, options.postLogoutRedirectUri]) {
    if (uri === undefined) continue;
    const url = parseUrl(uri);
    if (!url || !/^https?:$/.test(url.protocol) || uri.includes("#")) {
      return explained("config_bad_redirect_uri", uri);
    }
  }
  if (options.scope !== undefined && !String(options.scope).split(" ").includes("openid")) {
    return explained("config_scope_without_openid");
  }
  if (VAULT && !vaultUrl(options)) {
    return explained("config_invalid", "vault");
  }
  if (VAULT && options.redirectUri && options.redirectUri !== vaultRedirectUri(options)) {
    return explained("config_bad_redirect_uri", options.redirectUri);
  }
  const { leeway } = options;
  if (leeway !== undefined && !(Number.isInteger(leeway) && leeway >= 0 && leeway <= 300)) {
    return explained("config_invalid", "leeway");
  }
  return null;
}

export function parseUrl(text: unknown): URL | null {
  try {
    return typeof text === "string" ? new URL(text) : null;
  } catch {
    return null;
  }
}

function isSecure(url: URL): boolean {
  const loopback = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && loopback);
}
