// The answer to the code: what of it is refused as a whole, and what a careful client takes.

import assert from "node:assert/strict";
import { HTML } from "../../../provider/hostile/cases/tools.mjs";
import { never } from "../../support/until.mjs";
import { acceptances, inCore, refusals } from "../support/checks.mjs";
import { onStage } from "../support/stage.mjs";

const members = (more) => ({ tokenResponse: (body) => ({ ...body, ...more }) });
const answered = (fault) => ({ faults: { code: fault } });

/** The code was sent once and the keys were fetched beside it; nothing else was asked. */
const SENT = { requests: { authorize: 1, discovery: 1, token: 1, jwks: 1 } };

const malformed = { ...SENT, error: "token_malformed", group: "token_invalid" };
const noIdToken = { ...SENT, error: "token_no_id_token", group: "token_invalid" };
const wrongType = { ...SENT, error: "token_type_unsupported", group: "token_type" };
const refused = { ...SENT, error: "token_error", group: "token_error" };
/** To a page, a connection that was cut looks like an answer without CORS headers. */
const cut = { ...SENT, error: ["token_network", "token_cors"], group: "token_network" };
const secretWanted = { ...SENT, error: "token_client_is_confidential", group: "token_error" };

const MEMBERS = [
  { id: "O-23", title: "no token_type", play: "O-23", ...malformed, detail: "token_type" },
  { id: "O-25", title: "token_type mac", play: "O-25", ...wrongType, detail: "mac" },
  { title: "token_type DPoP, which nobody asked for", play: "tokenTypeDpop", ...wrongType },
  { title: "an empty token_type", play: members({ token_type: "" }), ...wrongType },
  { title: "token_type N_A", play: members({ token_type: "N_A" }), ...wrongType },
  {
    title: "token_type with a blank behind it",
    play: members({ token_type: "Bearer " }),
    ...wrongType,
  },
  { title: "token_type as a number", play: "tokenTypeNumber", ...malformed },
  { title: "token_type in a list", play: members({ token_type: ["Bearer"] }), ...malformed },
  { title: "no access_token", play: "accessTokenMissing", ...malformed, detail: "access_token" },
  { title: "access_token as a number", play: "accessTokenNumber", ...malformed },
  { title: "an empty access_token", play: "accessTokenEmpty", ...malformed },
  { title: "access_token null", play: members({ access_token: null }), ...malformed },
  {
    title: "an access_token with a line break and a header",
    play: "accessTokenBadCharacters",
    ...malformed,
  },
  {
    title: "an access_token with umlauts",
    play: members({ access_token: "zünder" }),
    ...malformed,
  },
  { title: "refresh_token as a number", play: "refreshTokenNumber", ...malformed },
  { title: "scope as a list", play: "scopeList", ...malformed, detail: "scope" },
  { id: "O-28", title: "no id_token", play: "O-28", ...noIdToken },
  { title: "an empty id_token", play: "idTokenEmpty", ...noIdToken },
  { title: "id_token null", play: members({ id_token: null }), ...noIdToken },
  { title: "id_token as a number", play: "idTokenNumber", ...malformed, detail: "id_token" },
  {
    title: "id_token as an object",
    play: members({ id_token: { sub: "stage-user-7Qx" } }),
    ...malformed,
  },
  { title: "a negative expires_in", play: "expiresInNegative", ...malformed, detail: "expires_in" },
  { title: "expires_in in words", play: "expiresInWords", ...malformed, detail: "expires_in" },
  { title: "expires_in as true", play: members({ expires_in: true }), ...malformed },
  { title: "expires_in in a list", play: members({ expires_in: [60] }), ...malformed },
  { title: "expires_in with a sign", play: members({ expires_in: "-60" }), ...malformed },
  { title: "an empty expires_in", play: members({ expires_in: "" }), ...malformed },
];

const ANSWERS = [
  {
    id: "O-27",
    title: "400 invalid_grant",
    play: "O-27",
    ...refused,
    provider: { error: "invalid_grant", status: 400, description: "used <b>before</b>" },
    check: (stage, { error }) => assert.doesNotMatch(error.message, /<b>/),
  },
  {
    title: "401 invalid_client",
    play: "clientRefused",
    ...secretWanted,
    provider: { error: "invalid_client", status: 401 },
  },
  {
    title: "400 unauthorized_client",
    play: answered({ status: 400, body: { error: "unauthorized_client" } }),
    ...secretWanted,
  },
  {
    title: "an OAuth error with status 200",
    play: "errorWithStatus200",
    ...refused,
    provider: { error: "invalid_grant", status: 200 },
  },
  {
    title: "an OAuth error beside tokens",
    play: members({ error: "server_error" }),
    ...refused,
    provider: { error: "server_error" },
  },
  {
    title: "500 with a page, which is not shown",
    play: "errorIsHtml",
    ...refused,
    provider: { status: 500 },
    check: (stage, { error }) => assert.doesNotMatch(JSON.stringify(error), /Portal|network\./),
  },
  { title: "400 without a body", play: "errorIsEmpty", ...refused, provider: { status: 400 } },
  {
    title: "an error that is an object",
    play: "errorOfWrongType",
    ...refused,
    provider: { status: 400 },
  },
  {
    title: "R-077 503 with Retry-After, not repeated",
    play: "tokenUnavailable",
    ...refused,
    retryAfter: 1,
    provider: { status: 503 },
  },
  {
    title: "R-077 429 with a date as Retry-After",
    play: answered({
      status: 429,
      body: { error: "slow_down" },
      headers: {
        date: new Date().toUTCString(),
        "retry-after": new Date(Date.now() + 3600_000).toUTCString(),
      },
    }),
    ...refused,
    check: (stage, { error }) => assert.ok(error.retryAfter > 3000, `${error.retryAfter} s`),
  },
  { title: "200 with a page", play: "tokenHtml", ...malformed },
  { title: "a list", play: "tokenArray", ...malformed },
  { title: "half an answer", play: "tokenBadJson", ...malformed },
  { title: "an empty answer", play: answered({ status: 200, body: "" }), ...malformed },
  { title: "20 megabytes", play: "tokenHuge", ...malformed },
  {
    title: "a member twice",
    play: answered({ body: '{"access_token":"a","access_token":"b","token_type":"Bearer"}' }),
    ...malformed,
  },
  {
    title: "60 levels deep",
    play: members({ deep: JSON.parse("[".repeat(60) + "]".repeat(60)) }),
    ...malformed,
  },
];

const NETWORK = [
  {
    id: "O-29",
    title: "307 to another origin is not followed",
    play: "O-29",
    ...SENT,
    ...{ error: "token_redirected", group: "token_network" },
    check: (stage) => assert.equal(stage.op.witness.requests.entries.length, 0),
  },
  {
    title: "302 to the provider itself is not followed",
    play: (op) => ({
      faults: { token: { status: 302, headers: { location: `${op.origin}/me` } } },
    }),
    ...SENT,
    ...{ error: "token_redirected", group: "token_network" },
  },
  {
    id: "O-31",
    title: "the connection is cut after the code was taken",
    play: "O-31",
    ...cut,
  },
  {
    id: "O-31",
    title: "the connection is cut before the code was taken",
    play: "tokenCutBefore",
    ...cut,
  },
  {
    title: "no CORS header",
    play: "tokenNoCors",
    ...SENT,
    ...{ error: "token_cors", group: "token_network" },
  },
];

const lives = (expires_in, check, title = `expires_in ${JSON.stringify(expires_in)}`) => ({
  title,
  play: members({ expires_in }),
  requests: SENT.requests,
  check: (stage, { expiresAt }) => check(expiresAt === null ? null : expiresAt - Date.now()),
});

const about = (seconds) => (left) =>
  assert.ok(left > seconds * 1000 - 20_000 && left <= seconds * 1000, `${left} ms`);

const ACCEPTED = [
  { id: "O-24", title: "token_type bEaReR", play: "O-24", requests: SENT.requests },
  {
    id: "O-26",
    title: "expires_in 100,000,000: no renewal by an overflown timer",
    play: "O-26",
    async check(stage) {
      await never(() => stage.op.count("token") > 1, "a renewal", 400);
    },
  },
  lives(undefined, (left) => assert.equal(left, null), "no expires_in: the end is not known"),
  lives(null, (left) => assert.equal(left, null)),
  lives("600", about(600)),
  lives(600.9, about(600)),
  lives(1e300, (left) => assert.ok(left > 1e12)),
  lives("9".repeat(40), (left) => assert.ok(left > 1e12)),
  lives(0, (left) => assert.ok(left <= 0)),
  {
    id: "O-30",
    title: "a narrower scope is the one that is told",
    play: "O-30",
    check: (stage, seen) => assert.equal(seen.scope, "openid"),
  },
  {
    title: "R-075 no scope: it is what was asked for",
    play: "scopeAbsent",
    check: (stage, seen) => assert.equal(seen.scope, "openid profile"),
  },
  { title: "unknown members", play: "unknownMembers" },
  {
    title: "no refresh token, which is a finding and no error",
    play: "refreshTokenMissing",
    check: (stage, seen) => assert.deepEqual(seen.diagnoses, ["refresh_missing"]),
  },
  { title: "an empty refresh token counts as none", play: members({ refresh_token: "" }) },
  {
    title: "R-079 an access token that looks like a JWT and is none",
    play: {
      ...members({ access_token: "eyJhbGciOiJub25lIn0.e30." }),
      idToken: (claims) => void (claims.at_hash = undefined),
    },
    check: (stage, seen) => assert.equal(seen.user.sub, "stage-user-7Qx"),
  },
  { title: "half a second late", play: answered({ delay: 500 }) },
  {
    title: "JSON labelled as text",
    play: { faults: { code: { headers: { "content-type": "text/plain" }, set: {} } } },
  },
];

onStage("token response", (scene) => {
  refusals(scene, inCore(MEMBERS));
  refusals(scene, [...ANSWERS, ...NETWORK]);
  acceptances(scene, ACCEPTED);
});
