// A session is there, and something goes wrong with an answer in the same tab: the session comes
// back by itself, the user is told what failed, and what was refused is gone.

import assert from "node:assert/strict";
import { startSignIn } from "../../support/harness.mjs";
import { until } from "../../support/until.mjs";
import {
  assertBystander,
  assertCleanUrl,
  assertNotStored,
  assertTransactions,
} from "../support/checks.mjs";
import { USER, onStage } from "../support/stage.mjs";

/** Catalogue cases, with the error that the page shows beside the living session. */
const CASES = [
  ["O-13", "an unknown state", "callback_state_unknown", { token: 0, pending: 1 }],
  ["O-15", "access_denied", "idp_error", { token: 0 }],
  ["O-16", "iss of another provider", "callback_iss_mismatch", { token: 0 }],
  ["O-17", "no iss", "callback_iss_missing", { token: 0 }],
  ["O-18", "code twice", "callback_malformed", { token: 0 }],
  ["O-23", "no token_type", "token_malformed", { token: 1 }],
  ["O-27", "invalid_grant", "token_error", { token: 1 }],
  ["O-28", "no id_token", "token_no_id_token", { token: 1 }],
  ["O-32", "aud of another client", "id_token_aud", { token: 1 }],
  ["O-34", "another nonce", "id_token_nonce", { token: 1 }],
  ["O-40", "alg none", "id_token_alg", { token: 1 }],
  ["O-42", "a flipped bit", "id_token_signature", { token: 1 }],
  ["O-46", "no keys", "jwks_unavailable", { token: 1 }],
];

onStage(
  "an existing session",
  (scene) => {
    for (const [id, title, error, { token, pending = 0 }] of CASES) {
      scene.test(`${id} ${title}: S= T+`, async (stage) => {
        const before = await signedIn(stage);
        await once(stage, id);
        const seen = await stage.signIn();
        assert.deepEqual([seen.status, seen.user], ["signedIn", before.user]);
        assert.equal(seen.error?.code, error);
        assert.deepEqual(marks(seen), marks(before), "it is still the same session");
        // One code for the restored session, beside those of the case.
        assert.equal(stage.op.count("token"), token + 1);
        assert.equal(stage.op.count("authorize"), 2);
        await assertWhole(stage, seen, pending);
      });
    }

    scene.test("O-14 the same callback loaded twice: one code sent, S=", async (stage) => {
      const before = await signedIn(stage);
      stage.app.requests.length = 0;
      await stage.signIn();
      const [, callback] = stage.app.requests.find((line) => line.includes("code=")).split(" ");
      stage.forget();
      const seen = await stage.visit(callback);
      assert.deepEqual([seen.status, seen.user], ["signedIn", before.user]);
      assert.equal(seen.error?.code, "callback_replayed");
      const codes = stage.op.requests.of("token").map(({ form }) => form.get("code"));
      assert.equal(codes.length, 1);
      assert.ok(!callback.includes(codes[0]), "the used code was sent again");
      assert.equal(stage.op.reuseDetected, 0);
      await assertWhole(stage, seen);
    });

    scene.test(
      "O-14 Back to the callback and forth again: no code is sent twice",
      async (stage) => {
        await signedIn(stage);
        await stage.signIn();
        await stage.visit("/further");
        stage.forget();
        await stage.actor.goBack({ waitUntil: "commit" });
        await until(() => stage.look().then(({ status }) => status === "signedIn"), "the session");
        await stage.actor.goForward({ waitUntil: "commit" });
        await until(() => stage.look().then(({ status }) => status === "signedIn"), "the session");
        assert.equal(stage.op.reuseDetected, 0);
        await assertWhole(stage, await stage.look());
        await stage.visit("/");
      },
    );

    scene.test("O-20 tokens injected by a link: ignored, S=", async (stage) => {
      const before = await signedIn(stage);
      await stage.visit("/elsewhere");
      stage.forget();
      const seen = await stage.visit("/#access_token=injected&id_token=e30.e30.e30&state=x");
      assert.deepEqual([seen.status, seen.user, seen.error], ["signedIn", before.user, null]);
      assert.notEqual((await stage.ask("accessToken")).ok, "injected");
      await stage.visit("/elsewhere");
      await stage.visit("/");
    });

    scene.test("a forged answer by a link: no code is sent, S=", async (stage) => {
      const before = await signedIn(stage);
      const forged = new URLSearchParams({
        ...{ code: "forged-code-of-an-attacker", state: "f".repeat(43), iss: stage.op.issuer },
      });
      const seen = await stage.visit(`/?${forged}`);
      assert.deepEqual([seen.status, seen.user], ["signedIn", before.user]);
      assert.equal(seen.error?.code, "callback_state_unknown");
      const codes = stage.op.requests.of("token").map(({ form }) => form.get("code"));
      assert.ok(!codes.includes("forged-code-of-an-attacker"));
      await assertWhole(stage, seen);
    });

    scene.test("O-76 a changed verifier: the provider refuses, S=", async (stage) => {
      const before = await signedIn(stage);
      await once(stage, { faults: { authorize: { status: 204 } } });
      await startSignIn(stage.actor);
      await until(() => stage.op.count("authorize") === 1, "the authorization request");
      const { query } = stage.op.requests.last("authorize");
      await stage.actor.evaluate((state) => {
        const key = `keyward.txn.${state}`;
        const record = JSON.parse(sessionStorage.getItem(key));
        sessionStorage.setItem(key, JSON.stringify({ ...record, verifier: "v".repeat(43) }));
      }, query.get("state"));
      await stage.script({});
      const seen = await stage.visit(`${stage.op.origin}/auth?${query}`);
      assert.deepEqual([seen.status, seen.user], ["signedIn", before.user]);
      assert.equal(seen.error?.code, "token_error");
      await assertWhole(stage, seen);
    });

    scene.test("a sign-in that is refused in place leaves the session as it is", async (stage) => {
      const before = await signedIn(stage);
      const { ok: token } = await stage.ask("accessToken");
      const { left, stayed, user } = await stage.signIn({ authorizationParams: { state: "x" } });
      assert.equal(left.error.code, "config_reserved_parameter");
      assert.deepEqual([stayed, user], [true, before.user]);
      assert.deepEqual(await stage.ask("accessToken"), { ok: token });
      await assertWhole(stage, await stage.look());
    });
  },
  { options: { restore: true } },
);

async function signedIn(stage) {
  let seen = await stage.look();
  if (seen.status !== "signedIn" || seen.error) seen = await stage.signIn();
  assert.deepEqual([seen.status, seen.error], ["signedIn", null]);
  stage.forget();
  return seen;
}

/** Puts a script in force until the page asks for its session back. */
async function once(stage, script) {
  await stage.script(script);
  const { callback = (pairs) => pairs } = stage.op.script;
  stage.op.set({
    callback(pairs, context) {
      if (context.parameters.get("prompt") !== "none") return callback(pairs, context);
      stage.op.script = { user: USER };
      return pairs;
    },
  });
}

function marks({ localStorage: stored }) {
  return Object.entries(stored).filter(([key]) => key.endsWith(".mark"));
}

/** The session can be used, and nothing else was touched or kept. */
async function assertWhole(stage, seen, pending = 0) {
  const { ok: token } = await stage.ask("accessToken");
  assert.ok(token.length > 20);
  assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
  await assertNotStored(
    stage,
    [USER].filter(() => seen.status === "signedOut"),
  );
  assertTransactions(stage, seen, pending);
  assertCleanUrl(stage, seen);
  await assertBystander(stage);
  if (pending) await stage.sweep();
}
