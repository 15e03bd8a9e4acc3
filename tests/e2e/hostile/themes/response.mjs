// The authorization response: what comes back to the redirect URI.

import assert from "node:assert/strict";
import { replaced, valueOf, without } from "../../../provider/hostile/cases/tools.mjs";
import {
  acceptances,
  assertBystander,
  assertControl,
  assertNobody,
  assertNotStored,
  assertRequests,
  assertTransactions,
  inCore,
  refusals,
} from "../support/checks.mjs";
import { USER, onStage } from "../support/stage.mjs";

const answer = (change) => ({ callback: change });

/** The raw query that the provider would have sent, changed as text. */
const raw = (change) => answer((pairs) => change(new URLSearchParams(pairs).toString()));

/** No code is sent: one visit to the provider, and the metadata that tells its promises. */
const UNSENT = { authorize: 1, discovery: 1 };
/** Refused without a look at the provider's metadata. */
const UNREAD = { authorize: 1 };
/** The code was sent once, the keys were fetched beside it. */
const SENT = { authorize: 1, discovery: 1, token: 1, jwks: 1 };

const notOurs = { error: "callback_state_unknown", group: "state", requests: UNREAD };
const malformed = { error: "callback_malformed", group: "response_malformed", requests: UNREAD };
const mixedUp = { error: "callback_iss_mismatch", group: "iss", requests: UNSENT };
const refused = { error: "idp_error", group: "authorization_error", requests: UNSENT };
const spent = { error: "token_error", group: "token_error", requests: SENT };

const STATE = [
  {
    id: "O-13",
    title: "a good-looking code, state of nobody",
    play: "O-13",
    ...notOurs,
    pending: 1,
  },
  { title: "no state at all", play: "stateMissing", ...notOurs, pending: 1 },
  {
    title: "an empty state",
    play: answer((pairs) => replaced(pairs, "state", "")),
    ...notOurs,
    pending: 1,
  },
  {
    title: "our state in another case",
    play: answer((pairs) => replaced(pairs, "state", swapCase(valueOf(pairs, "state")))),
    ...notOurs,
    pending: 1,
  },
  {
    title: "an error with the state of nobody is nobody's error",
    play: answer((pairs) => [
      ["error", "access_denied"],
      ...replaced(without(pairs, "code"), "state", "s".repeat(43)),
    ]),
    ...notOurs,
    pending: 1,
  },
];

const FORM = [
  { title: "state twice", play: "stateTwice", ...malformed, detail: "state" },
  {
    title: "two states, the other one first",
    play: answer((pairs) => [["state", "s".repeat(43)], ...pairs]),
    ...malformed,
    detail: "state",
    pending: 1,
  },
  { id: "O-18", title: "code twice", play: "O-18", ...malformed, detail: "code" },
  {
    title: "the same code twice",
    play: answer((pairs) => [...pairs, ["code", valueOf(pairs, "code")]]),
    ...malformed,
    detail: "code",
  },
  {
    title: "a second code under a name written with escapes",
    play: raw((query) => `${query}&%63ode=another`),
    ...malformed,
    detail: "code",
  },
  { title: "iss twice", play: "issTwice", ...malformed, detail: "iss" },
  { title: "neither code nor error", play: "codeMissing", ...malformed, detail: "code" },
  { title: "an empty code", play: "codeEmpty", ...malformed, detail: "code" },
  { title: "code and error", play: "errorBesideCode", ...malformed, detail: "code" },
  {
    title: "an empty error",
    play: answer((pairs) => [["error", ""], ...without(pairs, "code")]),
    ...malformed,
    detail: "error",
  },
  { title: "a broken escape in the code", play: "brokenEncoding", ...malformed, detail: "code" },
  {
    title: "a lone percent sign in iss",
    play: raw((query) => query.replace(/iss=[^&]*/, "iss=%")),
    ...malformed,
    detail: "iss",
  },
];

const ISSUER = [
  { id: "O-16", title: "iss of another provider", play: "O-16", ...mixedUp },
  { title: "iss with one more slash", play: "issTrailingSlash", ...mixedUp },
  {
    title: "iss in capitals",
    play: answer((pairs) => replaced(pairs, "iss", valueOf(pairs, "iss").toUpperCase())),
    ...mixedUp,
  },
  { title: "an empty iss", play: answer((pairs) => replaced(pairs, "iss", "")), ...mixedUp },
  {
    title: "iss escaped twice",
    play: answer((pairs) => replaced(pairs, "iss", encodeURIComponent(valueOf(pairs, "iss")))),
    ...mixedUp,
  },
  {
    title: "R-054 an error with a wrong iss is not told as the provider's",
    play: "errorOfAnotherIssuer",
    ...mixedUp,
  },
  {
    title: "a wrong iss that the metadata never announced",
    play: {
      metadata: (document) => unannounced(document),
      callback: (pairs) => replaced(pairs, "iss", "https://other.example"),
    },
    ...mixedUp,
  },
  {
    id: "O-17",
    title: "no iss although the metadata announces it",
    play: "O-17",
    error: "callback_iss_missing",
    group: "iss",
    requests: UNSENT,
  },
];

const ERRORS = [
  {
    id: "O-15",
    title: "access_denied, with markup in its text",
    play: "O-15",
    ...refused,
    provider: {
      error: "access_denied",
      description: "<img src=x onerror=alert(1)>",
      uri: "https://provider.example/why",
    },
    async check(stage, seen) {
      assert.doesNotMatch(seen.error.message, /<img/);
      const images = await stage.actor.evaluate(() => document.images.length);
      assert.equal(images, 0, "the text became markup");
    },
  },
  ...[
    ["login_required", "loginRequired"],
    ["interaction_required", "interactionRequired"],
    ["consent_required", "consentRequired"],
    ["account_selection_required", "accountSelectionRequired"],
  ].map(([error, play]) => ({
    title: `R-183 ${error} is an error of its own`,
    play,
    ...{ error, group: "login_required", requests: UNSENT, provider: { error } },
  })),
  {
    title: "temporarily_unavailable",
    play: "temporarilyUnavailable",
    ...refused,
    provider: { error: "temporarily_unavailable" },
  },
  { title: "server_error", play: "serverError", ...refused, provider: { error: "server_error" } },
  {
    title: "an error nobody has heard of",
    play: "errorUnknown",
    ...refused,
    provider: { error: "x_new_error" },
  },
  {
    title: "an error without the announced iss, as real providers send it",
    play: "errorWithoutIss",
    ...refused,
    provider: { error: "access_denied" },
  },
  {
    title: "an error whose text has a broken escape",
    play: raw((query) =>
      query.replace(/code=[^&]*/, "error=access_denied&error_description=%E0%A"),
    ),
    ...refused,
    provider: { error: "access_denied" },
  },
];

const CODES = [
  {
    title: "a code that the provider does not know",
    play: "codeUnknown",
    ...spent,
    provider: { error: "invalid_grant", status: 400 },
  },
  {
    title: "a code of 6,000 characters goes to the provider as it is",
    play: "codeLong",
    ...spent,
    check: (stage) => assert.equal(stage.op.requests.last("token").param("code").length, 6000),
  },
];

const ACCEPTED = [
  { id: "O-22", title: "unknown parameters, one of them twice, are ignored", play: "O-22" },
  { title: "the parameters in another order", play: "parameterOrder" },
  { title: "iss without any escape", play: raw((query) => decodeURIComponent(query)) },
  {
    title: "names and values with needless escapes",
    play: raw((query) => query.replaceAll("a", "%61").replaceAll("s", "%73")),
  },
  {
    title: "no iss where none is announced",
    play: { metadata: unannounced, callback: (pairs) => without(pairs, "iss") },
  },
  { title: "an equal iss that was not announced", play: "issNotAnnounced" },
  {
    title: "a broken escape in a parameter of somebody else",
    play: raw((query) => `${query}&utm=%E0%A4%A&%zz=1`),
  },
];

onStage("authorization response", (scene) => {
  for (const table of [FORM, ISSUER, ERRORS]) refusals(scene, inCore(table));
  refusals(scene, [...STATE, ...CODES]);
  acceptances(scene, ACCEPTED);

  for (const [id, title, play] of [
    ["O-19", "code and state in the fragment are not taken", "O-19"],
    ["O-20", "tokens injected into the fragment are not taken", "O-20"],
    ["O-21", "a return without any parameter is no answer", "O-21"],
  ]) {
    scene.test(`${id} ${title}`, async (stage) => {
      await stage.script(play);
      const seen = await stage.signIn();
      assert.deepEqual([seen.status, seen.error], ["signedOut", null]);
      await assertRequests(stage, { authorize: 1 });
      await assertNobody(stage, seen);
      await assertNotStored(stage, [USER]);
      assertTransactions(stage, seen, 1);
      await assertBystander(stage);
      await stage.sweep();
      await stage.visit("/");
      await assertControl(stage);
    });
  }

  scene.test("tokens injected beside a good answer are not used", async (stage) => {
    await stage.script("tokensBesideCode");
    const seen = await stage.signIn();
    assert.equal(seen.status, "signedIn");
    const { ok } = await stage.ask("accessToken");
    assert.ok(stage.tokens.includes(ok));
    assert.notEqual(ok, "injected-access-token");
    await stage.visit("/");
  });

  scene.test("the sign-in that waited all the time still gets its answer", async (stage) => {
    const { key, query } = stage.waiting;
    const seen = await stage.visit(`${stage.op.origin}/auth?${query}`);
    assert.deepEqual([seen.status, seen.user?.sub], ["signedIn", USER]);
    assert.equal(seen.sessionStorage[key], undefined);
    assert.equal(stage.op.count("token"), 1);
    stage.spoil();
  });
});

function unannounced({ authorization_response_iss_parameter_supported: _, ...document }) {
  return document;
}

function swapCase(text) {
  return text.replace(/[a-z]/i, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}
