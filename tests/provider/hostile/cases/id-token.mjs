// Cases of the ID token's claims and header.

import { createHmac, createPublicKey } from "node:crypto";
import { base64url, publicJwk } from "../../keys.mjs";
import { hook } from "./tools.mjs";

const HOUR = 3600;

/** Other claims; `undefined` removes one. */
const claims = (change, id) =>
  hook(
    "idToken",
    (original, header, context) => void Object.assign(original, change(original, context)),
    id,
  );

/** Other header members; `undefined` removes one. The signature covers them. */
const header = (change, id) =>
  hook("idToken", (original, head, context) => void Object.assign(head, change(head, context)), id);

/** Another compact form, after signing. */
const compact = (change, id) => hook("jws", change, id);

export const idTokenClaims = {
  audOther: claims(() => ({ aud: "somebody-else" }), "O-32"),
  audMissing: claims(() => ({ aud: undefined })),
  audEmpty: claims(() => ({ aud: [] })),
  audArray: claims(({ aud }) => ({ aud: [aud] })),
  audExtra: claims(({ aud }) => ({ aud: [aud, "stranger"] }), "O-39"),
  audMixedTypes: claims(({ aud }) => ({ aud: [aud, 7] })),
  azpOwn: claims(({ aud }) => ({ azp: aud })),
  azpOther: claims(() => ({ azp: "somebody-else" })),

  idTokenIssOther: claims(({ iss }) => ({ iss: `${iss}1` }), "O-33"),
  idTokenIssMissing: claims(() => ({ iss: undefined })),
  idTokenIssSlash: claims(({ iss }) => ({ iss: `${iss}/` })),

  nonceOther: claims(() => ({ nonce: "another-nonce" }), "O-34"),
  nonceMissing: claims(() => ({ nonce: undefined }), "O-35"),
  nonceNumber: claims(() => ({ nonce: 7 })),

  expPast: claims(({ iat }) => ({ iat: iat - 2 * HOUR, exp: iat - HOUR }), "O-36"),
  expMissing: claims(() => ({ exp: undefined })),
  expText: claims(({ exp }) => ({ exp: String(exp) })),
  expFraction: claims(({ exp }) => ({ exp: exp + 0.5 })),
  expNegative: claims(() => ({ exp: -1 })),
  expJustPast: claims(({ iat }) => ({ iat: iat - HOUR, exp: iat - 30 })),
  expPastLeeway: claims(({ iat }) => ({ iat: iat - HOUR, exp: iat - 90 })),
  iatMissing: claims(() => ({ iat: undefined }), "O-37"),
  iatFuture: claims(({ iat }) => ({ iat: iat + HOUR, exp: iat + 2 * HOUR })),
  iatText: claims(({ iat }) => ({ iat: String(iat) })),
  nbfFuture: claims(({ iat }) => ({ nbf: iat + HOUR })),
  nbfPast: claims(({ iat }) => ({ nbf: iat - HOUR })),

  subMissing: claims(() => ({ sub: undefined }), "O-38"),
  subEmpty: claims(() => ({ sub: "" }), "O-38"),
  subNumber: claims(() => ({ sub: 7 })),
  subLong: claims(() => ({ sub: "s".repeat(256) })),
  subLongest: claims(() => ({ sub: "s".repeat(255) })),
  subNotAscii: claims(() => ({ sub: "älice" })),

  atHashOther: claims(() => ({ at_hash: "AAAAAAAAAAAAAAAAAAAAAA" })),
  atHashMissing: claims(() => ({ at_hash: undefined })),
  acrOther: claims(() => ({ acr: "urn:demo:weak" })),
  authTimeMissing: claims(() => ({ auth_time: undefined })),
  authTimeOld: claims(({ iat }) => ({ auth_time: iat - 24 * HOUR })),
  authTimeFraction: claims(({ auth_time: time }) => ({ auth_time: time + 0.25 })),
  eventsClaim: claims(() => ({
    events: { "http://schemas.openid.net/event/backchannel-logout": {} },
  })),
  unknownClaims: claims(() => ({ x_new: { deep: [1, null] }, "https://example.test/role": "a" })),
  claimsArray: hook("idToken", (original) => ({ claims: [original] })),
};

export const idTokenForm = {
  typAccessToken: header(() => ({ typ: "at+jwt" })),
  typLogoutToken: header(() => ({ typ: "logout+jwt" })),
  typMissing: header(() => ({ typ: undefined })),
  critUnknown: header(() => ({ crit: ["x-new"], "x-new": true })),
  critEmpty: header(() => ({ crit: [] })),

  algNone: compact((jws, { header: head }) => unsigned(jws, { ...head, alg: "none" }), "O-40"),
  algNoneKeptSignature: compact((jws, { header: head }) => {
    const [, payload, signature] = jws.split(".");
    return `${base64url({ ...head, alg: "none" })}.${payload}.${signature}`;
  }),
  hs256WithPublicKey: compact((jws, { header: head, key }) => {
    const pem = createPublicKey({ key: publicJwk(key), format: "jwk" });
    const secret = pem.export({ type: "spki", format: "pem" });
    const input = unsigned(jws, { ...head, alg: "HS256" }).slice(0, -1);
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  }, "O-41"),
  algUnknown: compact((jws, { header: head }) => relabelled(jws, { ...head, alg: "XX256" })),
  algOfAnotherKey: compact((jws, { header: head }) => relabelled(jws, { ...head, alg: "PS256" })),

  signatureBitFlipped: compact((jws) => {
    const [head, payload, signature] = jws.split(".");
    const bytes = Buffer.from(signature, "base64url");
    bytes[10] ^= 1;
    return `${head}.${payload}.${base64url(bytes)}`;
  }, "O-42"),
  signatureMissing: compact((jws) => jws.slice(0, jws.lastIndexOf(".") + 1)),
  payloadSwapped: compact((jws) => {
    const [head, payload, signature] = jws.split(".");
    const claimSet = JSON.parse(Buffer.from(payload, "base64url"));
    return `${head}.${base64url({ ...claimSet, name: "Mallory" })}.${signature}`;
  }),

  encrypted: compact(() => `${base64url({ alg: "RSA-OAEP", enc: "A128GCM" })}.a.b.c.d`),
  badBase64: compact((jws) => jws.replace(".", "!.")),
  paddedBase64: compact((jws) => `${jws}==`),
  fourParts: compact((jws) => `${jws}.x`),
  twoParts: compact((jws) => jws.split(".").slice(0, 2).join(".")),
  notAToken: compact(() => "not-a-token"),
  headerNotJson: compact((jws) => `${base64url("{")}.${jws.split(".").slice(1).join(".")}`),
};

function relabelled(jws, head) {
  return `${base64url(head)}.${jws.split(".").slice(1).join(".")}`;
}

function unsigned(jws, head) {
  return `${base64url(head)}.${jws.split(".")[1]}.`;
}
