// Signing out: everything local is over at once, whatever the provider does about it.

import assert from "node:assert/strict";
import { ask } from "../../support/harness.mjs";
import { until } from "../../support/until.mjs";
import {
  assertBystander,
  assertCleanUrl,
  assertError,
  assertNobody,
  assertNotStored,
} from "../support/checks.mjs";
import { beginSession } from "../support/session.mjs";
import { USER, onStage } from "../support/stage.mjs";

/** The provider keeps the browser where it is, so that the page can be looked at. */
const STAYS = { endSession: { status: 204 } };

/** What the revocation endpoint does about the token, and whether that is a finding. */
const REVOCATIONS = [
  ["O-64 503: reported", { status: 503, retryAfter: 1 }, true],
  ["400 with an OAuth error: reported", { status: 400, body: { error: "invalid_request" } }, true],
  ["500 with a page: reported", { status: 500, body: "<p>no" }, true],
  ["401, as for public clients of some providers: reported", { status: 401, body: "" }, true],
  ["no answer: reported", { drop: "before" }, true],
  ["no CORS header: reported", { cors: false }, true],
  ["no answer for ever: reported, and nobody waits", { hold: "before" }, true],
  ["R-164 200 with an error in its body: done", { body: { error: "invalid_token" } }, false],
  ["R-164 200 with a page: done", { status: 200, body: "<p>ok" }, false],
];

/** What the end-session endpoint does, after which the user opens the app again. */
const ENDS = [
  ["O-60 500", { status: 500, body: "<p>sorry" }],
  ["404", { status: 404, body: "" }],
  ["a page that leads nowhere", { status: 200, body: "<p>Signed out?" }],
  ["O-60 no answer", { drop: "before" }],
];

onStage("sign-out", (scene) => {
  scene.test("O-59 R-170 hint, client id, return URI and state", async (stage) => {
    await stage.signIn();
    const [, , idToken] = stage.tokens;
    stage.op.requests.clear();
    const seen = await stage.signOut();
    const { query, headers } = stage.op.requests.last("endSession");
    assert.deepEqual([...query.keys()].sort(), [
      ...["client_id", "id_token_hint", "post_logout_redirect_uri", "state"],
    ]);
    assert.equal(query.get("id_token_hint"), idToken);
    assert.equal(query.get("client_id"), "spa");
    assert.equal(query.get("post_logout_redirect_uri"), `${stage.app.origin}/`);
    assert.match(query.get("state"), /^[\w-]{43}$/);
    assert.doesNotMatch(headers.referer ?? "", /code=|state=/);

    assert.deepEqual([seen.status, seen.error], ["signedOut", null]);
    await assertAllGone(stage, seen);
    assert.equal(seen.href, `${stage.app.origin}/`);
    assert.deepEqual(
      Object.keys(seen.localStorage).filter((key) => key.endsWith(".mark")),
      [],
      "the provider's return lifts the tombstone",
    );
    await stage.mend();
  });

  scene.test("R-164 the refresh token is revoked, as a form, without cookies", async (stage) => {
    await stage.signIn();
    const [, refreshToken] = stage.tokens;
    stage.op.requests.clear();
    await stage.signOut();
    // The other tab gives its own grant back as well.
    const request = stage.op.requests
      .of("revocation")
      .find(({ form }) => form.get("token") === refreshToken);
    assert.equal(request.form.get("token_type_hint"), "refresh_token");
    assert.equal(request.form.get("client_id"), "spa");
    assert.equal(request.headers.cookie, undefined);
    assert.equal(request.headers.authorization, undefined);
    await stage.mend();
  });

  scene.test("the options: no hint, another return URI, a page to land on", async (stage) => {
    stage.configure({ idTokenHint: false, postLogoutRedirectUri: `${stage.app.origin}/bye` });
    await beginSession(stage);
    const seen = await stage.signOut({ returnTo: "/orders?open=1#top" });
    const { query } = stage.op.requests.last("endSession");
    assert.equal(query.has("id_token_hint"), false);
    assert.equal(query.get("post_logout_redirect_uri"), `${stage.app.origin}/bye`);
    assert.equal(seen.href, `${stage.app.origin}/orders?open=1#top`);
    stage.configure();
    await stage.visit("/");
    await stage.mend();
  });

  for (const [title, fault] of ENDS) {
    scene.test(`${title} at the provider: local state is gone all the same`, async (stage) => {
      await beginSession(stage);
      await stage.script({ faults: { endSession: fault } });
      await stage.actor.evaluate(() => void settle(auth.signOut()));
      await until(() => stage.op.count("endSession") > 0, "the request");
      await until(
        () => !stage.actor.url().startsWith(stage.app.origin),
        "the page of the provider",
      );
      await until(() => other(stage).then(({ status }) => status === "signedOut"), "the other tab");
      // A sign-out is no reason to restore, not even where the app wants that at all costs.
      stage.configure({ restore: "always" });
      await stage.script({});
      await stage.open("/");
      const seen = await stage.look();
      assert.deepEqual([seen.status, seen.reason], ["signedOut", "signedOut"]);
      assert.equal(stage.op.count("authorize"), 0);
      await assertAllGone(stage, seen);
      stage.configure();
      await stage.mend();
      await stage.visit("/");
    });
  }

  scene.test(
    "O-60 an end-session endpoint that never answers: the page shows it at once",
    async (stage) => {
      await beginSession(stage);
      await stage.script({ faults: { endSession: { hold: "before" } } });
      await stage.actor.evaluate(() => {
        window.before = true;
        void settle(auth.signOut());
      });
      await until(() => stage.op.faults.held("endSession") === 1, "a request that waits");
      const isOut = (one) => one.status === "signedOut" && one;
      const shown = await until(() => other(stage).then(isOut), "the other tab");
      assert.deepEqual([shown.status, shown.reason], ["signedOut", "signedOutElsewhere"]);
      stage.op.faults.release("endSession");
      await until(() => stage.look().then(({ stayed }) => !stayed), "the return");
      await stage.mend();
    },
  );

  for (const [title, fault, told] of REVOCATIONS) {
    scene.test(`revocation: ${title}`, async (stage) => {
      stage.configure();
      await beginSession(stage);
      await stage.script({ faults: { revocation: fault, ...STAYS } });
      assert.deepEqual(await stage.ask("signOut"), { ok: undefined });
      await until(() => stage.op.count("endSession") > 0, "the way to the provider");
      const seen = await stage.look();
      assert.deepEqual(seen.diagnoses, told ? ["revocation_failed"] : []);
      assert.deepEqual([seen.status, seen.reason, seen.error], ["signedOut", "signedOut", null]);
      await assertAllGone(stage, seen);
      await stage.mend();
    });
  }

  scene.test("O-61 the other tab is told once, without a request of its own", async (stage) => {
    await beginSession(stage);
    const count = () =>
      stage.bystander.evaluate(() => events.filter(({ name }) => name === "signedOut").length);
    const before = await count();
    await stage.signOut();
    await until(() => other(stage).then(({ status }) => status === "signedOut"), "the other tab");
    assert.equal((await count()) - before, 1);
    const { error } = await ask(stage.bystander, "accessToken");
    assert.equal(error.code, "login_required");
    assert.equal(stage.op.count("token"), 0);
    await stage.mend();
  });

  for (const [id, title, play] of [
    ["O-62", "a return with the state of nobody", "O-62"],
    ["R-173", "a return without a state", "logoutStateMissing"],
  ]) {
    scene.test(`${id} ${title} signs nobody in`, async (stage) => {
      await beginSession(stage);
      await stage.script(play);
      const seen = await stage.signOut();
      assert.equal(seen.status, "signedOut");
      await assertNobody(stage, seen);
      assert.deepEqual([stage.op.count("token"), stage.op.count("authorize")], [0, 0]);
      await stage.sweep();
      await stage.visit("/");
      await stage.mend();
    });
  }

  scene.test("no end-session endpoint: a finding, and the page stays", async (stage) => {
    await stage.script("endSessionMissing");
    await stage.signIn();
    assert.deepEqual(await stage.ask("signOut"), { ok: undefined });
    const seen = await stage.look();
    assert.deepEqual(seen.diagnoses, ["logout_no_endpoint"]);
    assert.equal(seen.status, "signedOut");
    await assertAllGone(stage, seen);
    await stage.visit("/");
    await stage.mend();
  });

  scene.test("no revocation endpoint: the sign-out goes on", async (stage) => {
    await stage.script("revocationMissing");
    await stage.signIn();
    stage.forget();
    const seen = await stage.signOut();
    assert.equal(seen.status, "signedOut");
    await stage.mend();
  });

  scene.test(
    "R-062 a return target of another origin is refused, the session stays",
    async (stage) => {
      await beginSession(stage);
      for (const returnTo of ["https://evil.example/", "//evil.example", "/\\evil.example"]) {
        const { error } = await stage.ask("signOut", { returnTo });
        assertError(error, { error: "config_return_target", group: "config" });
      }
      assert.equal((await stage.look()).status, "signedIn");
      assert.ok((await stage.ask("accessToken")).ok);
      await assertBystander(stage);
    },
  );

  scene.test("a sign-out without a session ends the provider's", async (stage) => {
    await stage.visit("/");
    const seen = await stage.signOut();
    assert.equal(seen.status, "signedOut");
    const { query } = stage.op.requests.last("endSession");
    assert.deepEqual([query.has("id_token_hint"), query.get("client_id")], [false, "spa"]);
    await stage.mend();
  });
});

/** What the other tab shows. */
function other(stage) {
  return stage.bystander.evaluate(() => {
    const { status, reason } = auth.state;
    return { status, reason, user: auth.user };
  });
}

async function assertAllGone(stage, seen) {
  await assertNobody(stage, seen);
  await assertNotStored(stage, [USER]);
  assertCleanUrl(stage, seen);
  const there = await until(
    () => other(stage).then((shown) => shown.status === "signedOut" && shown),
    "the end in the other tab",
  );
  assert.equal(there.user, null);
}
