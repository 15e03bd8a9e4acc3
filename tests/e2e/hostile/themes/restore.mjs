// Getting the session back at a load of the page, by `prompt=none`, and what may answer that.

import assert from "node:assert/strict";
import { until } from "../../support/until.mjs";
import {
  assertBystander,
  assertCleanUrl,
  assertError,
  assertNobody,
  assertNotStored,
  assertTransactions,
} from "../support/checks.mjs";
import { USER, onStage } from "../support/stage.mjs";

const error = (name) => ({
  callback: (pairs) => [["error", name], ...pairs.filter(([key]) => key !== "code")],
});

/** Answers that say: the user has to do something. The hint goes, so that no load asks again. */
const NEEDS_USER = [
  "login_required",
  "interaction_required",
  "consent_required",
  "account_selection_required",
];

/** Answers that a new try would not change: no load asks again for a while. */
const CLOSES = [
  ["access_denied", error("access_denied"), "idp_error", "authorization_error"],
  ["invalid_request", error("invalid_request"), "idp_error", "authorization_error"],
  ["server_error", error("server_error"), "idp_error", "authorization_error"],
  ["temporarily_unavailable", error("temporarily_unavailable"), "idp_error", "authorization_error"],
  ["iss of another provider", "O-16", "callback_iss_mismatch", "iss"],
  ["login_required with a wrong iss", mixedUp(), "callback_iss_mismatch", "iss"],
  ["code twice", "O-18", "callback_malformed", "response_malformed"],
  ["a code that is refused", "O-27", "token_error", "token_error"],
  ["an ID token for another client", "O-32", "id_token_aud", "id_token"],
  ["another nonce", "O-34", "id_token_nonce", "id_token"],
  ["a flipped bit", "O-42", "id_token_signature", "id_token"],
];

/** What keeps the page from leaving at all. */
const STAYS = [
  [
    "prompt values without none",
    { metadata: (one) => ({ ...one, prompt_values_supported: ["login", "create"] }) },
    ["prompt_none_unsupported", "metadata_missing"],
  ],
  ["O-01 another issuer", "O-01", ["discovery_issuer_mismatch", "issuer_mismatch"]],
  ["O-03 a login page as metadata", "O-03", ["discovery_malformed", "discovery"]],
  ["O-04 500", "O-04", ["discovery_status", "discovery"]],
  ["O-05 an endpoint without TLS", "O-05", ["insecure_endpoint", "insecure"]],
  ["no provider", "discoveryCut", ["discovery_down", "discovery"]],
  [
    "no authorization endpoint",
    "authorizationEndpointMissing",
    ["metadata_missing", "metadata_missing"],
  ],
  ["PKCE with plain only", "pkcePlainOnly", ["no_pkce_s256", "metadata_missing"]],
];

onStage(
  "restore",
  (scene) => {
    scene.test("the control: the session comes back, under its old name", async (stage) => {
      const before = await ready(stage);
      const seen = await stage.visit("/orders?open=1#top");
      assert.deepEqual([seen.status, seen.user?.sub, seen.error], ["signedIn", USER, null]);
      assert.equal(seen.href, `${stage.app.origin}/orders?open=1#top`);
      assert.deepEqual(marks(seen), marks(before));
      const { query } = stage.op.requests.last("authorize");
      assert.equal(query.get("prompt"), "none");
      assert.equal(query.get("code_challenge_method"), "S256");
      const [{ name, detail }] = seen.events;
      assert.deepEqual([name, detail.restored], ["signedIn", true]);
      await assertBystander(stage);
      await stage.visit("/");
    });

    for (const name of NEEDS_USER) {
      scene.test(`R-183 ${name}: told, and no load asks again`, async (stage) => {
        await ready(stage);
        await stage.script(error(name));
        const seen = await stage.visit("/");
        assert.equal(seen.status, "signedOut");
        assertError(seen.error, {
          ...{ error: name, group: "login_required" },
          provider: { error: name },
        });
        await assertRefused(stage, seen, { token: 0 });
        stage.forget();
        const next = await stage.visit("/");
        assert.deepEqual([next.status, next.error], ["signedOut", null]);
        assert.equal(stage.op.count("authorize"), 0);
        await assertUsable(stage);
      });
    }

    for (const [title, play, code, group] of CLOSES) {
      scene.core(`${title}: told, and closed for a while`, async (stage) => {
        await ready(stage);
        await stage.script(play);
        const seen = await stage.visit("/");
        assert.equal(seen.status, "signedOut");
        assertError(seen.error, { error: code, group });
        await assertRefused(stage, seen, {});
        await stage.script({});
        stage.forget();
        const next = await stage.visit("/");
        assertError(next.error, { error: "restore_closed", group: "session" });
        assert.equal(stage.op.count("authorize"), 0);
        await assertUsable(stage);
      });
    }

    for (const [title, play, [code, group]] of STAYS) {
      scene.test(`${title}: the page stays, with an error`, async (stage) => {
        await ready(stage);
        await stage.script(play);
        const seen = await stage.visit("/");
        assert.deepEqual([seen.status, seen.reason], ["signedOut", "expired"]);
        assertError(seen.error, { error: code, group });
        assert.equal(stage.op.count("authorize"), 0);
        await assertRefused(stage, seen, { token: 0 });
        // The trouble is over, and the next load gets the session back.
        await stage.script({});
        const next = await stage.visit("/");
        assert.deepEqual([next.status, next.user?.sub], ["signedIn", USER]);
      });
    }

    scene.test("an answer with the state of nobody: no code is sent, no loop", async (stage) => {
      await ready(stage);
      await stage.script("O-13");
      const seen = await stage.visit("/");
      assert.equal(seen.status, "signedOut");
      assert.equal(stage.op.count("token"), 0);
      assert.ok(stage.op.count("authorize") <= 3, "a loop");
      await stage.sweep();
      await stage.script({});
      await assertUsable(stage);
    });

    scene.test("a provider that shows its own page: three loads ask, no more", async (stage) => {
      await ready(stage);
      await stage.script({ faults: { authorize: { status: 200, body: "<p>Sign in, please" } } });
      for (let load = 1; load <= 3; load += 1) {
        await stage.leave("/");
        await until(() => stage.op.count("authorize") === load, `request ${load}`);
        await until(() => stage.actor.url().startsWith(stage.op.origin), "the provider's page");
      }
      await stage.open("/");
      const seen = await stage.look();
      assertError(seen.error, { error: "restore_closed", group: "session" });
      assert.equal(stage.op.count("authorize"), 3);
      await stage.sweep();
      await assertUsable(stage);
    });

    scene.test("nobody was signed in before: no request of any kind", async (stage) => {
      await ready(stage);
      await stage.actor.evaluate(() => localStorage.clear());
      const seen = await stage.visit("/");
      assert.deepEqual([seen.status, seen.reason], ["signedOut", "neverSignedIn"]);
      assert.ok(Object.values(stage.counts()).every((count) => count === 0));
      stage.spoil();
    });

    scene.test(
      "always: a first visit joins the provider's session, or says why not",
      async (stage) => {
        stage.configure({ restore: "always" });
        await ready(stage);
        await stage.actor.evaluate(() => localStorage.clear());
        const seen = await stage.visit("/");
        assert.deepEqual([seen.status, seen.user?.sub], ["signedIn", USER]);
        await stage.context.clearCookies();
        await stage.actor.evaluate(() => localStorage.clear());
        const next = await stage.visit("/");
        assert.deepEqual([next.status, next.error?.code], ["signedOut", "login_required"]);
        stage.spoil();
      },
    );

    scene.test("another user at the provider is a session of its own", async (stage) => {
      const before = await ready(stage);
      await stage.context.clearCookies();
      const id = stage.op.grants.openSession("another-user");
      const name = `hostile_${stage.op.port}`;
      await stage.context.addCookies([{ name, value: id, url: stage.op.origin }]);
      const seen = await stage.visit("/");
      assert.deepEqual([seen.status, seen.user?.sub], ["signedIn", "another-user"]);
      assert.notDeepEqual(marks(seen), marks(before));
      stage.spoil();
    });
  },
  { options: { restore: true } },
);

function mixedUp() {
  return {
    callback: (pairs) =>
      [
        ["error", "login_required"],
        ...pairs.map(([key, value]) => [key, key === "iss" ? "https://other.example" : value]),
      ].filter(([key]) => key !== "code"),
  };
}

function marks({ localStorage: stored }) {
  return Object.entries(stored).filter(([key]) => key.endsWith(".mark"));
}

/** Somebody was signed in here, the provider's session lives, and nothing is closed. */
async function ready(stage) {
  let seen = await stage.look();
  if (seen.status !== "signedIn") seen = await stage.signIn();
  assert.equal(seen.status, "signedIn");
  stage.forget();
  return seen;
}

/** Nothing was kept, no mark was touched, the other tab goes on. */
async function assertRefused(stage, seen, { token }) {
  if (token !== undefined) assert.equal(stage.op.count("token"), token);
  await assertNobody(stage, seen);
  await assertNotStored(stage, [USER]);
  assertTransactions(stage, seen);
  assertCleanUrl(stage, seen);
  assert.match(marks(seen)[0][1], /^\+/);
  await assertBystander(stage);
}

/** A sign-in by the user works at once, and opens the door for restores again. */
async function assertUsable(stage) {
  await stage.script({});
  assert.equal((await stage.signIn()).status, "signedIn");
  const seen = await stage.visit("/");
  assert.deepEqual([seen.status, seen.error], ["signedIn", null]);
}
