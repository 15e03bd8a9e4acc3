// Signing keys of the loopback providers and the one place that makes a compact JWS.
// node:crypto signs, because the hostile provider must also make what a careful library refuses.

import { createPrivateKey, generateKeyPair, sign } from "node:crypto";
import { promisify } from "node:util";
import { calculateJwkThumbprint } from "jose";

const makePair = promisify(generateKeyPair);

const KINDS = {
  RS256: { type: "rsa", hash: "sha256" },
  RS384: { type: "rsa", hash: "sha384" },
  RS512: { type: "rsa", hash: "sha512" },
  PS256: { type: "rsa", hash: "sha256", pss: 32 },
  PS384: { type: "rsa", hash: "sha384", pss: 48 },
  PS512: { type: "rsa", hash: "sha512", pss: 64 },
  ES256: { type: "ec", hash: "sha256", curve: "P-256" },
  ES384: { type: "ec", hash: "sha384", curve: "P-384" },
  ES512: { type: "ec", hash: "sha512", curve: "P-521" },
  EdDSA: { type: "ed25519", hash: null },
  Ed25519: { type: "ed25519", hash: null },
};

const RSA_PSS_PADDING = 6;

/** Makes a private signing key as a JWK; its `kid` is the RFC 7638 thumbprint. */
export async function newKey(alg, { modulusLength = 2048 } = {}) {
  const { type, curve } = KINDS[alg];
  const { privateKey } = await makePair(type, { modulusLength, namedCurve: curve });
  const jwk = privateKey.export({ format: "jwk" });
  return { ...jwk, alg, use: "sig", kid: await calculateJwkThumbprint(jwk) };
}

/** The public half of a JWK, for a JWKS. */
export function publicJwk({ d, p, q, dp, dq, qi, ...rest }) {
  return rest;
}

/** base64url of a string, bytes, or (as JSON) anything else. */
export function base64url(value) {
  const bytes = Buffer.isBuffer(value) || typeof value === "string" ? value : JSON.stringify(value);
  return Buffer.from(bytes).toString("base64url");
}

/** A compact JWS over `payload`; `header.alg` names the algorithm, `key` is a private JWK. */
export function signJws(header, payload, key) {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${base64url(signature(header.alg, Buffer.from(input), key))}`;
}

/** Header and payload of a compact JWS, without any check. */
export function decodeJws(compact) {
  const [header, payload] = compact.split(".");
  return { header: fromBase64url(header), payload: fromBase64url(payload) };
}

function signature(alg, input, jwk) {
  const { hash, pss } = KINDS[alg];
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  const pssOptions = pss ? { padding: RSA_PSS_PADDING, saltLength: pss } : {};
  return sign(hash, input, { key, dsaEncoding: "ieee-p1363", ...pssOptions });
}

function fromBase64url(part) {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}
