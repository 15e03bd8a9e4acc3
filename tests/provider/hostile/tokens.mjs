// ID tokens and access tokens of the scripted provider, with the places where a script changes them.

import { createHash, randomUUID } from "node:crypto";
import { signJws } from "../keys.mjs";
import { now } from "./grants.mjs";

/** The ID token for a grant, correct but for what the script says. */
export function makeIdToken(op, { grant, parameters, family, accessToken }) {
  const { alg = "RS256", signingKey } = op.script;
  const key = signingKey ?? op.keys.find((candidate) => candidate.alg === alg);
  const context = { grant, parameters, family, accessToken, key };

  let header = { alg, typ: "JWT", kid: key.kid };
  let claims = {
    iss: op.issuer,
    sub: family.user,
    aud: family.clientId,
    iat: now(),
    exp: now() + op.settings.ttl.id,
    auth_time: family.authTime,
    nonce: family.nonce,
    sid: family.sid,
    at_hash: halfHash(alg, accessToken),
    name: `User ${family.user}`,
    preferred_username: family.user,
  };
  const changed = op.hook("idToken", claims, context, header);
  if (changed !== claims) ({ claims = claims, header = header } = changed);

  // A header with an algorithm that nobody signs with (`none`, `HS256`) is finished by `jws`.
  const signable = header.alg === alg ? header : { ...header, alg };
  return op.hook("jws", signJws(signable, claims, key), { ...context, header, claims });
}

/** A JWT (RFC 9068) when a resource was named, else opaque. */
export function makeAccessToken(op, family) {
  if (!family.resource) return op.grants.issueAccessToken(family);
  const key = op.keys.find(({ alg }) => alg === "RS256");
  const claims = {
    iss: op.issuer,
    sub: family.user,
    aud: family.resource,
    client_id: family.clientId,
    scope: family.scope,
    iat: now(),
    exp: now() + op.settings.ttl.at,
    jti: randomUUID(),
  };
  const header = { alg: key.alg, typ: "at+jwt", kid: key.kid };
  return op.grants.issueAccessToken(family, signJws(header, claims, key));
}

/** `at_hash`: the left half of the hash that the signing algorithm uses. */
export function halfHash(alg, token) {
  const bits = alg === "EdDSA" || alg === "Ed25519" ? "512" : alg.slice(2);
  const digest = createHash(`sha${bits}`).update(token).digest();
  return digest.subarray(0, digest.length / 2).toString("base64url");
}
