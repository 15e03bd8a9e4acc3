// Cases of the token endpoint: code exchange, then refresh.

import { HTML, fault, hook } from "./tools.mjs";

/** Other members in the token response; `undefined` leaves one out. */
const answer = (members, id) => hook("tokenResponse", (body) => ({ ...body, ...members }), id);

const onRefresh = (members) =>
  hook("tokenResponse", (body, { grant }) =>
    grant === "refresh" ? { ...body, ...members } : body,
  );

/** Other claims in the ID token of a refresh. */
const refreshedClaims = (claims) =>
  hook("idToken", (original, header, { grant }) => {
    if (grant === "refresh") Object.assign(original, claims);
  });

const oauthError = (error, more = {}) => ({ status: 400, body: { error, ...more } });

export const codeExchange = {
  tokenTypeMissing: answer({ token_type: undefined }, "O-23"),
  tokenTypeMixedCase: answer({ token_type: "bEaReR" }, "O-24"),
  tokenTypeMac: answer({ token_type: "mac" }, "O-25"),
  tokenTypeNumber: answer({ token_type: 7 }),
  tokenTypeDpop: answer({ token_type: "DPoP" }),

  expiresInHuge: answer({ expires_in: 100_000_000 }, "O-26"),
  expiresInAbsent: answer({ expires_in: undefined }),
  expiresInTiny: answer({ expires_in: 2 }, "O-89"),
  expiresInZero: answer({ expires_in: 0 }),
  expiresInNegative: answer({ expires_in: -5 }),
  expiresInFloat: answer({ expires_in: 59.5 }),
  expiresInDigits: answer({ expires_in: "60" }),
  expiresInWords: answer({ expires_in: "an hour" }),
  expiresInNull: answer({ expires_in: null }),
  expiresInBeyondNumbers: answer({ expires_in: 1e300 }),

  codeRefused: fault(
    "code",
    oauthError("invalid_grant", { error_description: "used <b>before</b>" }),
    "O-27",
  ),
  clientRefused: fault("code", { status: 401, body: { error: "invalid_client" } }),
  errorIsHtml: fault("code", { status: 500, ...HTML }),
  errorIsEmpty: fault("code", { status: 400, body: "", headers: { "content-type": "" } }),
  errorWithStatus200: fault("code", { status: 200, body: { error: "invalid_grant" } }),
  errorOfWrongType: fault("code", { status: 400, body: { error: { code: 7 } } }),
  tokenUnavailable: fault("code", { status: 503, body: "", retryAfter: 1 }),

  idTokenMissing: answer({ id_token: undefined }, "O-28"),
  idTokenNumber: answer({ id_token: 7 }),
  idTokenEmpty: answer({ id_token: "" }),
  accessTokenMissing: answer({ access_token: undefined }),
  accessTokenNumber: answer({ access_token: 7 }),
  accessTokenEmpty: answer({ access_token: "" }),
  accessTokenBadCharacters: answer({ access_token: "a\r\nx-injected: 1" }),
  refreshTokenNumber: answer({ refresh_token: 7 }),
  refreshTokenMissing: answer({ refresh_token: undefined }),
  scopeNarrower: answer({ scope: "openid" }, "O-30"),
  scopeAbsent: answer({ scope: undefined }),
  scopeList: answer({ scope: ["openid"] }),
  unknownMembers: answer({ not_before: 0, session_state: "x", deep: { a: [null] } }),

  tokenRedirects: {
    id: "O-29",
    script: (op) => ({
      faults: { token: { status: 307, headers: { location: `${op.witness.origin}/token` } } },
    }),
  },
  tokenCut: fault("code", { drop: "after" }, "O-31"),
  tokenCutBefore: fault("code", { drop: "before" }),
  tokenSlow: fault("code", { delay: 1500 }),
  tokenHangs: fault("code", { hold: "after" }),
  tokenHuge: fault("code", { bytes: 20_000_000 }),
  tokenHtml: fault("code", { status: 200, ...HTML }),
  tokenArray: fault("code", { body: [] }),
  tokenBadJson: fault("code", { body: '{"access_token":"a"' }),
  tokenNoCors: fault("code", { cors: false }),
};

export const refresh = {
  refreshKeepsToken: { id: "O-54", script: () => ({ rotate: false }) },
  refreshRefused: fault("refresh", oauthError("invalid_grant"), "O-56"),
  refreshUnavailable: fault("refresh", { status: 503, body: "", retryAfter: 1, times: 1 }),
  refreshUnavailableLong: fault("refresh", { status: 503, body: "", retryAfter: 3600 }),
  refreshTooMany: fault("refresh", {
    status: 429,
    body: { error: "slow_down" },
    retryAfter: 1,
    times: 1,
  }),
  refreshTemporarilyUnavailable: fault("refresh", oauthError("temporarily_unavailable")),
  refreshServerError: fault("refresh", { status: 500, ...HTML }),
  refreshCutBefore: fault("refresh", { drop: "before", times: 1 }),
  refreshCutAfter: fault("refresh", { drop: "after", times: 1 }),
  refreshSlow: fault("refresh", { delay: 1500 }),
  refreshHeld: fault("refresh", { hold: "after" }, "O-58"),
  refreshHtml: fault("refresh", { status: 200, ...HTML }),
  refreshWithoutIdToken: onRefresh({ id_token: undefined }),
  refreshNarrowerScope: onRefresh({ scope: "openid" }),
  refreshOtherUser: refreshedClaims({ sub: "mallory" }),
  refreshOtherIssuer: refreshedClaims({ iss: "https://other.example" }),
  refreshOtherAudience: refreshedClaims({ aud: "somebody-else" }),
  refreshOtherNonce: refreshedClaims({ nonce: "another-nonce" }),
  refreshWithoutNonce: refreshedClaims({ nonce: undefined }),
  refreshOtherAuthTime: refreshedClaims({ auth_time: 1_000_000_000 }),
  refreshExpiredIdToken: refreshedClaims({ iat: 1_000_000_000, exp: 1_000_000_300 }),
};
