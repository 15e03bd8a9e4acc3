// The claims of the ID token. The signature is good in every case here.

import assert from "node:assert/strict";
import { acceptances, inCore, refusals } from "../support/checks.mjs";
import { USER, onStage } from "../support/stage.mjs";

const HOUR = 3600;

/** Other claims, computed from the right ones; `undefined` removes one. */
const claims = (change) => ({
  idToken: (original) => void Object.assign(original, change(original)),
});
const set = (members) => claims(() => members);

/** Code and keys were asked for, and then nothing more: no UserInfo, no second try. */
const right = (claim) => ({
  error: `id_token_${claim}`,
  group: "id_token",
  requests: { authorize: 1, discovery: 1, token: 1, jwks: 1 },
});

const refused = (claim, list) =>
  list.map(([id, title, play, more]) => ({ id, title, play, ...right(claim), ...more }));

const AUDIENCE = refused("aud", [
  ["O-32", "aud of another client", "O-32"],
  ["O-39", "aud with a stranger beside us", "O-39", { detail: "stranger" }],
  ["", "no aud", "audMissing"],
  ["", "an empty list as aud", "audEmpty"],
  ["", "aud with a number in it", "audMixedTypes"],
  ["", "aud as a number", set({ aud: 7 })],
  ["", "aud as an object", set({ aud: { 0: "spa" } })],
  ["", "aud in capitals", set({ aud: "SPA" })],
  ["", "aud that begins like us", set({ aud: "spa-admin" })],
  ["", "aud with a blank behind it", set({ aud: "spa " })],
]);

const PARTY = refused("azp", [
  ["R-092", "azp of another client", "azpOther"],
  ["R-092", "azp as a list", set({ azp: ["spa"] })],
  ["R-092", "azp null", set({ azp: null })],
]);

const ISSUER = refused("iss", [
  ["O-33", "iss with a 1 behind it", "O-33"],
  ["", "no iss", "idTokenIssMissing"],
  ["", "iss with one more slash", "idTokenIssSlash"],
  ["", "iss in a list", claims(({ iss }) => ({ iss: [iss] }))],
  ["", "iss in capitals", claims(({ iss }) => ({ iss: iss.toUpperCase() }))],
]);

const NONCE = refused("nonce", [
  ["O-34", "another nonce", "O-34"],
  ["O-35", "no nonce", "O-35"],
  ["", "nonce as a number", "nonceNumber"],
  ["", "an empty nonce", set({ nonce: "" })],
  ["", "nonce null", set({ nonce: null })],
  ["", "nonce in a list", claims(({ nonce }) => ({ nonce: [nonce] }))],
  ["", "half of the nonce", claims(({ nonce }) => ({ nonce: nonce.slice(0, 20) }))],
]);

const TIMES = [
  ...refused("exp", [
    ["O-36", "exp an hour ago", "O-36"],
    ["R-096", "exp 90 seconds ago, beyond the leeway", "expPastLeeway"],
    ["R-097", "no exp", "expMissing"],
    ["R-097", "exp as a text", "expText"],
    ["R-097", "exp null", set({ exp: null })],
    ["R-096", "exp before 1970", "expNegative"],
    ["R-096", "exp 0", set({ exp: 0 })],
  ]),
  ...refused("iat", [
    ["O-37", "no iat", "O-37"],
    ["R-098", "iat an hour ahead", "iatFuture"],
    ["R-098", "iat 90 seconds ahead", claims(({ iat }) => ({ iat: iat + 90 }))],
    ["R-097", "iat as a text", "iatText"],
    ["R-097", "iat in milliseconds", claims(({ iat }) => ({ iat: iat * 1000 }))],
  ]),
  ...refused("nbf", [
    ["", "nbf an hour ahead", "nbfFuture"],
    ["", "nbf as a text", claims(({ iat }) => ({ nbf: String(iat) }))],
  ]),
];

const SUBJECT = refused("sub", [
  ["O-38", "no sub", "subMissing"],
  ["O-38", "an empty sub", "subEmpty"],
  ["R-097", "sub as a number", "subNumber"],
  ["R-097", "sub in a list", set({ sub: [USER] })],
  ["R-097", "sub of 256 characters", "subLong"],
  ["R-097", "sub with an umlaut", "subNotAscii"],
]);

const OTHERS = [
  ...refused("at_hash", [
    ["R-101", "at_hash of another access token", "atHashOther"],
    ["R-101", "an empty at_hash", set({ at_hash: "" })],
    ["R-101", "at_hash null", set({ at_hash: null })],
    [
      "R-101",
      "the access token was exchanged after signing",
      { tokenResponse: (body) => ({ ...body, access_token: "exchanged-access-token" }) },
    ],
  ]),
  ...refused("auth_time", [
    ["R-100", "max_age asked, auth_time a day ago", "authTimeOld", { with: { maxAge: HOUR } }],
    ["R-100", "max_age asked, no auth_time", "authTimeMissing", { with: { maxAge: HOUR } }],
    [
      "R-100",
      "max_age asked, auth_time as a text",
      claims(({ iat }) => ({ auth_time: String(iat) })),
      { with: { maxAge: HOUR } },
    ],
  ]),
  ...refused("typ", [["R-102", "a claim `events`: a logout token", "eventsClaim"]]),
  ...refused("malformed", [
    ["R-105", "a list instead of claims", "claimsArray"],
    ["", "claims 60 levels deep", set({ deep: JSON.parse("[".repeat(60) + "]".repeat(60)) })],
  ]),
];

const ACCEPTED = [
  { title: "aud in a list", play: "audArray" },
  { title: "aud twice us", play: set({ aud: ["spa", "spa"] }) },
  {
    id: "O-39",
    title: "an audience that the app trusts",
    play: "O-39",
    options: { trustedAudiences: ["stranger"] },
  },
  { title: "azp with our name", play: "azpOwn" },
  { title: "R-096 exp 30 seconds ago, within the leeway", play: "expJustPast" },
  {
    title: "R-096 exp 90 seconds ago with a leeway of 300",
    play: "expPastLeeway",
    options: { leeway: 300 },
  },
  { title: "exp with a fraction", play: "expFraction" },
  { title: "nbf in the past", play: "nbfPast" },
  { title: "iat 30 seconds ahead", play: claims(({ iat }) => ({ iat: iat + 30 })) },
  {
    title: "iat two minutes ago: the clocks differ, which is a finding and no error",
    play: claims(({ iat }) => ({ iat: iat - 120 })),
    check: (stage, seen) => assert.deepEqual(seen.diagnoses, ["clock_skew"]),
  },
  { title: "no at_hash", play: "atHashMissing" },
  { title: "auth_time with a fraction", play: "authTimeFraction" },
  { title: "max_age asked, auth_time in time", with: { maxAge: 10 * HOUR } },
  { title: "no auth_time where no max_age was asked", play: "authTimeMissing" },
  { title: "another acr than the one wished for", play: "acrOther", with: { acrValues: "urn:x" } },
  { title: "no sid", play: set({ sid: undefined }) },
  {
    title: "R-106 claims nobody knows",
    play: "unknownClaims",
    check: (stage, seen) => assert.equal(seen.user["https://example.test/role"], "a"),
  },
  {
    title: "claims named like parts of a JavaScript object",
    play: {
      idToken: (original) => ({
        claims: { ...original, ...JSON.parse('{"__proto__":{"admin":true},"constructor":"c"}') },
      }),
    },
    async check(stage, seen) {
      const polluted = await stage.actor.evaluate(() => ({}).admin ?? auth.user.admin ?? null);
      assert.equal(polluted, null);
      assert.equal(seen.user.sub, USER);
    },
  },
  {
    title: "names in several scripts",
    play: set({ name: "Ærøskøbing 東京 🙂 \u202e", given_name: "\u0000" }),
    check: (stage, seen) => assert.equal(seen.user.name, "Ærøskøbing 東京 🙂 \u202e"),
  },
  {
    title: "100 kB of claims",
    play: set({ groups: Array.from({ length: 5000 }, (_, n) => `group-${n}-${"x".repeat(8)}`) }),
    check: (stage, seen) => assert.equal(seen.user.groups.length, 5000),
  },
];

onStage("ID token", (scene) => {
  for (const table of [AUDIENCE, PARTY, ISSUER, NONCE, TIMES, SUBJECT, OTHERS]) {
    refusals(scene, inCore(table));
  }
  acceptances(scene, inCore(ACCEPTED));

  scene.test("R-097 sub of 255 characters", async (stage) => {
    await stage.script("subLongest");
    const { status, user } = await stage.signIn();
    assert.deepEqual([status, user.sub.length], ["signedIn", 255]);
    // That was another user, so the other tab shows the session no more.
    stage.spoil();
  });
});
