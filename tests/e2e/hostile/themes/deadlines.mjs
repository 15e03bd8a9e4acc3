// Providers that never answer. Time in these pages runs five times as fast, deadlines of requests included.

import assert from "node:assert/strict";
import { assertControl, assertError, fresh, refuse } from "../support/checks.mjs";
import { beginSession } from "../support/session.mjs";
import { onStage } from "../support/stage.mjs";

const held = (endpoint, hold = "before") => ({ faults: { [endpoint]: { hold } } });
const SENT = { authorize: 1, discovery: 1, token: 1, jwks: 1 };

/** Correct answers on a loaded machine need a fraction of what is left of a deadline. */
const FAST = { pace: 5, first: hasten };

const SIGN_INS = [
  {
    title: "the code's answer",
    play: held("code", "after"),
    ...{ error: "timeout", group: "timeout", requests: SENT },
  },
  {
    title: "the keys",
    play: held("jwks"),
    ...{ error: "jwks_unavailable", group: "transient", requests: { ...SENT, jwks: null } },
  },
  {
    title: "the metadata, after the return from the provider",
    play: held("discovery"),
    ...{ error: "discovery_down", group: "discovery", requests: { authorize: 1, discovery: 1 } },
  },
];

onStage("deadlines", (scene) => {
  for (const one of SIGN_INS) {
    scene.test(`${one.title} never comes`, async (stage) => {
      stage.configure({}, FAST);
      await refuse(stage, one);
    });
  }

  scene.test("the metadata never comes, before the page could leave", async (stage) => {
    stage.configure({}, FAST);
    await stage.visit("/");
    await stage.script(held("discovery"));
    const { left, stayed } = await stage.signIn();
    assertError(left.error, { error: "discovery_down", group: "discovery" });
    assert.equal(stayed, true);
    stage.configure();
    await fresh(stage, {});
    await assertControl(stage);
  });

  scene.test("UserInfo never comes", async (stage) => {
    stage.configure({}, FAST);
    await beginSession(stage);
    await stage.script(held("userinfo"));
    const { error } = await stage.ask("userInfo");
    assertError(error, { error: "timeout", group: "timeout" });
    await stage.script({});
    assert.ok((await stage.ask("userInfo")).ok);
  });

  scene.test("a refresh never comes: it is not sent again, the session stands", async (stage) => {
    stage.configure({}, FAST);
    await beginSession(stage);
    await stage.script(held("refresh", "after"));
    const { error } = await stage.ask("refresh");
    assertError(error, { error: "reauthentication_needed", group: "login_required" });
    assert.equal((await stage.ask("refresh")).error.code, "reauthentication_needed");
    assert.equal(stage.op.count("token"), 1);
    assert.equal((await stage.look()).status, "signedIn");
    await stage.script({});
    await assertControl(stage);
  });
});

/** Runs in the page. */
function hasten() {
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 5);
}
