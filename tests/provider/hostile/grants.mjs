// What a strict provider remembers: one-time codes, families of rotated refresh tokens with reuse
// detection, access tokens, browser sessions.

import { createHash, randomBytes } from "node:crypto";

const fresh = () => randomBytes(24).toString("base64url");

export class Grants {
  reuseDetected = 0;

  #codes = new Map();
  #refreshTokens = new Map();
  #accessTokens = new Map();
  #sessions = new Map();

  constructor(ttl) {
    this.ttl = ttl;
  }

  /** Signs a user in for a browser; gives the session's cookie value. */
  openSession(user) {
    const id = fresh();
    this.#sessions.set(id, { user, authTime: now(), sid: fresh() });
    return id;
  }

  session(id) {
    return this.#sessions.get(id) ?? null;
  }

  closeSession(id) {
    this.#sessions.delete(id);
  }

  /** A code for an approved authorization request. */
  issueCode({ parameters, session }) {
    const code = fresh();
    const family = {
      alive: true,
      clientId: parameters.get("client_id"),
      scope: parameters.get("scope") ?? "",
      nonce: parameters.get("nonce") ?? undefined,
      resource: parameters.get("resource") ?? undefined,
      user: session.user,
      authTime: session.authTime,
      sid: session.sid,
    };
    this.#codes.set(code, {
      family,
      redirectUri: parameters.get("redirect_uri"),
      challenge: parameters.get("code_challenge"),
      expires: now() + this.ttl.code,
      used: false,
    });
    return code;
  }

  /** The family of a code, which is spent by this; null when anything is wrong with the request. */
  redeemCode(form) {
    const entry = this.#codes.get(form.get("code"));
    if (!entry) return null;
    if (entry.used) return this.#reused(entry.family);
    entry.used = true;
    const verifier = createHash("sha256").update(form.get("code_verifier") ?? "");
    const good =
      entry.expires > now() &&
      entry.redirectUri === form.get("redirect_uri") &&
      entry.family.clientId === form.get("client_id") &&
      entry.challenge === verifier.digest("base64url");
    return good ? entry.family : null;
  }

  issueRefreshToken(family) {
    const token = fresh();
    this.#refreshTokens.set(token, { family, expires: now() + this.ttl.rt, used: false });
    return token;
  }

  /** The family of a refresh token, which is spent by this if it `rotates`. */
  useRefreshToken(form, { rotates }) {
    const entry = this.#refreshTokens.get(form.get("refresh_token"));
    if (!entry || entry.family.clientId !== form.get("client_id")) return null;
    if (entry.used) return this.#reused(entry.family);
    if (!entry.family.alive || entry.expires <= now()) return null;
    entry.used = rotates;
    return entry.family;
  }

  /** Files an access token; an opaque one is made when none is given. */
  issueAccessToken(family, token = fresh()) {
    this.#accessTokens.set(token, { family, expires: now() + this.ttl.at });
    return token;
  }

  /** The living family of an access token, or null. */
  accessToken(token) {
    const entry = this.#accessTokens.get(token);
    return entry?.family.alive && entry.expires > now() ? entry.family : null;
  }

  /** Ends the family that a refresh or access token belongs to. */
  revoke(token) {
    const entry = this.#refreshTokens.get(token) ?? this.#accessTokens.get(token);
    if (entry) entry.family.alive = false;
  }

  #reused(family) {
    this.reuseDetected += 1;
    family.alive = false;
    return null;
  }
}

/** Now in whole seconds. */
export function now() {
  return Math.floor(Date.now() / 1000);
}
