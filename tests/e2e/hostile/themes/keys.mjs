// The provider's published keys, and which of them may have signed.

import assert from "node:assert/strict";
import { HTML } from "../../../provider/hostile/cases/tools.mjs";
import { newKey, publicJwk } from "../../../provider/keys.mjs";
import { dump, search } from "../../support/dump.mjs";
import { until } from "../../support/until.mjs";
import { acceptances, assertSignedIn, inCore, refusals } from "../support/checks.mjs";
import { USER, onStage } from "../support/stage.mjs";

const SENT = { authorize: 1, discovery: 1, token: 1, jwks: 1 };
/** An unfamiliar key id costs one more look at the keys, and only one. */
const LOOKED_TWICE = { ...SENT, jwks: 2 };

const noKey = { error: "id_token_key", group: "id_token", requests: SENT };
const unknownKey = { ...noKey, requests: LOOKED_TWICE };
/** Keys that came to nothing beside the token request may be asked for again after it. */
const ASKED = { ...SENT, jwks: null };
const down = { error: "jwks_unavailable", group: "transient", requests: ASKED };
const unreadable = { error: "jwks_malformed", group: "discovery", requests: ASKED };

const served = (fault) => ({ faults: { jwks: fault } });

/** The published key that signs, with other members. */
const signer = (members) => ({
  jwks: ({ keys }) => ({
    keys: keys.map((key) => (key.alg === "RS256" ? { ...key, ...members } : key)),
  }),
});

const nothingElsewhere = (stage) => assert.equal(stage.op.witness.requests.entries.length, 0);

const UNKNOWN = [
  { id: "O-43", title: "an unknown kid: one more look, then refused", play: "O-43", ...unknownKey },
  { title: "an empty key set", play: "jwksEmpty", ...unknownKey },
  {
    title: "no kid and no fitting key",
    play: {
      idToken: (claims, head) => void (head.kid = undefined),
      jwks: ({ keys }) => ({ keys: keys.filter(({ kty }) => kty !== "RSA") }),
    },
    ...unknownKey,
  },
  {
    title: "an empty kid is a kid",
    play: { idToken: (claims, head) => void (head.kid = "") },
    ...unknownKey,
  },
  { title: "R-104 a key in the header", play: "keyEmbedded", ...unknownKey },
  {
    title: "R-104 addresses of keys in the header are not visited",
    play: "keyElsewhere",
    ...unknownKey,
    check: nothingElsewhere,
  },
  {
    title: "R-104 a certificate in the header",
    play: (op) => ({
      signingKey: op.attacker,
      idToken: (claims, head) => void Object.assign(head, { x5c: ["MIIB"], x5t: "AA" }),
    }),
    ...unknownKey,
  },
];

const UNFIT = [
  { id: "O-47", title: "the key is for encryption", play: "O-47" },
  { title: "R-113 the key must not verify", play: "keyOpsWrong" },
  { title: "R-113 the key belongs to another algorithm", play: "keyOfAnotherAlg" },
  { title: "R-113 the key is of another type", play: "keyOfAnotherType" },
  { title: "R-113 the key is for PS256 only", play: signer({ alg: "PS256" }) },
  { title: "R-113 the key is symmetric", play: signer({ kty: "oct", k: "AAAA", alg: undefined }) },
  { title: "R-113 RSA of 1,024 bits", play: "keySmall" },
  { title: "R-113 RSA with the exponent 1", play: signer({ e: "AQ" }) },
  { title: "R-113 RSA with an even exponent", play: signer({ e: "AQAA" }) },
  { title: "R-113 RSA of 40,000 bits", play: signer({ n: "_".repeat(6700) }) },
  { title: "R-113 RSA without a modulus", play: signer({ n: undefined }) },
  { title: "R-113 an unknown use", play: signer({ use: "tls" }) },
].map((one) => ({ ...one, ...noKey }));

const ANSWERS = [
  { id: "O-46", title: "503", play: "O-46", ...down, detail: "503" },
  { title: "404", play: served({ status: 404, ...HTML }), ...down },
  { title: "401", play: served({ status: 401, body: "" }), ...down },
  { title: "a page", play: "jwksHtml", ...unreadable },
  { title: "half a document", play: "jwksBadJson", ...unreadable },
  { title: "keys that are no list", play: "jwksNotAList", ...unreadable },
  { title: "a list without its object", play: served({ body: [] }), ...unreadable },
  { title: "a single key instead of a set", play: served({ body: { kty: "RSA" } }), ...unreadable },
  { title: "20 megabytes", play: "jwksHuge", ...down },
  {
    title: "no CORS header",
    play: "jwksNoCors",
    ...down,
  },
  {
    title: "a redirect is not followed",
    play: (op) => served({ status: 302, headers: { location: `${op.witness.origin}/jwks` } }),
    ...down,
    check: nothingElsewhere,
  },
  {
    title: "R-110 jwks_uri at another server without keys",
    play: "jwksElsewhere",
    ...unreadable,
    check: (stage) => assert.ok(stage.op.witness.requests.count("/jwks") > 0),
  },
];

const BROKEN_POINT = {
  title: "a point that is on no curve",
  play: {
    alg: "ES256",
    jwks: ({ keys }) => ({
      keys: keys.map((key) => (key.kty === "EC" ? { ...key, x: key.y, y: key.x } : key)),
    }),
  },
  // Browsers find that out at different moments.
  ...{ ...noKey, error: ["id_token_key", "id_token_signature"] },
};

const ACCEPTED = [
  { id: "O-44", title: "a key that was rotated just before", play: "O-44", requests: LOOKED_TWICE },
  { id: "O-45", title: "no kid, one fitting key", play: "O-45", requests: SENT },
  { title: "R-115 no kid, several fitting keys: each is tried", play: "kidMissingSeveralKeys" },
  { title: "two keys with the same kid: each is tried", play: "kidTwice", requests: SENT },
  { title: "a key without alg and use", play: "keyWithoutAlg" },
  { title: "a key with key_ops", play: signer({ use: undefined, key_ops: ["verify"] }) },
  { title: "R-114 junk beside the keys", play: "jwksWithJunk" },
  {
    title: "R-114 keys of kinds that nobody knows yet",
    play: {
      jwks: ({ keys }) => ({
        keys: [{ kty: "AKP", alg: "ML-DSA-44", pub: "AA", kid: "pq" }, [], 7, ...keys],
      }),
    },
  },
  {
    title: "the signer's key beside one of the same kid that cannot be used",
    play: {
      jwks: ({ keys }) => ({ keys: [{ ...keys[0], use: "enc" }, ...keys] }),
    },
  },
  {
    title: "503 beside the token request, and the keys after it",
    play: { faults: { jwks: { status: 503, times: 1 }, code: { delay: 2_000 } } },
    requests: LOOKED_TWICE,
  },
  { title: "the keys half a second late", play: served({ delay: 500 }), requests: SENT },
  {
    title: "a hundred keys",
    play: async () => {
      const more = publicJwk(await newKey("ES256"));
      const many = Array.from({ length: 100 }, (_, n) => ({ ...more, kid: `k${n}` }));
      return { jwks: ({ keys }) => ({ keys: [...many, ...keys] }) };
    },
  },
  {
    title: "a key set with a private key in it",
    play: (op) => ({ jwks: () => ({ keys: op.keys }) }),
  },
];

onStage("keys", (scene) => {
  for (const table of [UNKNOWN, UNFIT]) refusals(scene, inCore(table));
  refusals(scene, [...ANSWERS, BROKEN_POINT]);
  acceptances(scene, ACCEPTED);

  scene.test("R-080 nothing can be used before the keys have spoken", async (stage) => {
    await stage.script({ faults: { jwks: { hold: "before" } } });
    const signing = stage.signIn();
    await until(
      () => stage.op.faults.held("jwks") === 1 && stage.tokens.length === 3,
      "tokens, and a request for keys that waits",
    );
    const now = await until(
      () =>
        stage.actor.evaluate(() => window.auth && { state: auth.state.status, user: auth.user }),
      "the page of the callback",
    );
    assert.deepEqual(now, { state: "loading", user: null });
    assert.deepEqual(search(await dump(stage.actor), [...stage.tokens, USER]), []);
    stage.op.faults.release("jwks");
    assertSignedIn(await signing);
  });
});
