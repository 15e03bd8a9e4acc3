// What tabs of one origin tell each other, and what of it is believed.

import assert from "node:assert/strict";
import { ask, go, signOut, startSignIn } from "../../support/harness.mjs";
import { never, until } from "../../support/until.mjs";
import { recordWrites, writesWith } from "../../support/writes.mjs";
import { assertBystander, assertError, assertTransactions } from "../support/checks.mjs";
import { beginSession } from "../support/session.mjs";
import { USER, onStage } from "../support/stage.mjs";

/** Messages that end nobody's session. `own` is the channel of this client, `mark` its mark. */
const MESSAGES = [
  ["O-71 another client's sign-out", ({ own, mark }) => [own.replace(/spa$/, "other"), `-${mark}`]],
  [
    "O-71 another issuer's sign-out",
    ({ mark }) => ["keyward.https://other.example|spa", `-${mark}`],
  ],
  ["another session's sign-out", ({ own }) => [own, `-${"A".repeat(22)}.${"B".repeat(43)}`]],
  ["a sign-in that never was", ({ own }) => [own, `+${"A".repeat(22)}.${"B".repeat(43)}`]],
  ["a lone minus", ({ own }) => [own, "-"]],
  ["null", ({ own }) => [own, null]],
  ["a list", ({ own, mark }) => [own, [`-${mark}`]]],
  ["an object", ({ own, mark }) => [own, { 0: "-", mark: `-${mark}`, token: "injected" }]],
  ["a megabyte", ({ own }) => [own, "-".repeat(1_000_000)]],
];

/** The same through storage: keys that are not this client's mark. */
const KEYS = [
  ["O-71 another client's tombstone", ({ key }) => key.replace("|spa.", "|other.")],
  ["O-71 another issuer's tombstone", () => "keyward.https://other.example|spa.mark"],
  ["a tombstone under half of the name", ({ key }) => key.slice(0, -1)],
  ["a tombstone in capitals", ({ key }) => key.toUpperCase()],
];

onStage("tabs", (scene) => {
  for (const [title, make] of MESSAGES) {
    scene.test(`${title}: ignored`, async (stage) => {
      await beginSession(stage);
      const [channel, message] = make(await names(stage));
      await post(stage, channel, message);
      await assertUnmoved(stage);
    });
  }

  for (const [title, make] of KEYS) {
    scene.test(`${title}: ignored`, async (stage) => {
      await beginSession(stage);
      const known = await names(stage);
      await write(stage, make(known), `-${known.mark}`);
      await assertUnmoved(stage);
    });
  }

  scene.test(
    "the probe: the true message ends the session in each tab that hears it",
    async (stage) => {
      await beginSession(stage);
      const { own, mark } = await names(stage);
      await post(stage, own, `-${mark}`);
      await until(
        () => stage.look().then(({ reason }) => reason === "signedOutElsewhere"),
        "the end of the session",
      );
      await stage.signIn();
      await stage.mend();
    },
  );

  scene.test("R-178 a mark that vanished ends the session: storage was cleared", async (stage) => {
    await beginSession(stage);
    const { key } = await names(stage);
    await stage.bystander.evaluate(async (name) => {
      // The ledger would put the mark right.
      await new Promise((resolve, reject) => {
        const deleting = indexedDB.deleteDatabase("keyward");
        deleting.onsuccess = resolve;
        deleting.onerror = deleting.onblocked = reject;
      });
      localStorage.removeItem(name);
    }, key);
    await until(
      () => stage.look().then(({ reason }) => reason === "signedOutElsewhere"),
      "the end of the session",
    );
    await stage.signIn();
    await stage.mend();
  });

  scene.test("O-70 localStorage throws: one tab alone, with a finding", async (stage) => {
    const first = () =>
      Object.defineProperty(window, "localStorage", {
        get() {
          throw new DOMException("denied", "SecurityError");
        },
      });
    stage.configure({}, { first });
    const { status, diagnoses, localStorage: stored } = await stage.signIn();
    assert.equal(stored, null, "the probe: it cannot be read");
    assert.equal(status, "signedIn");
    assert.deepEqual(diagnoses, ["storage_unavailable"]);
    assert.ok((await stage.ask("accessToken")).ok);
    assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
    await assertBystander(stage);
    stage.configure();
    await stage.visit("/");
  });

  scene.test("O-70 no storage at all: an error before any navigation", async (stage) => {
    const first = () => {
      for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException("denied", "SecurityError");
          },
        });
      }
    };
    stage.configure({}, { first });
    await stage.visit("/");
    const { left, stayed } = await stage.signIn();
    assertError(left.error, { error: "storage_unavailable", group: "storage" });
    assert.ok(stayed);
    assert.equal(stage.op.count("authorize"), 0);
    stage.configure();
    await stage.visit("/");
  });

  scene.test("O-70 a full localStorage: the sign-in works, with a finding", async (stage) => {
    const first = () => {
      const set = Storage.prototype.setItem;
      Storage.prototype.setItem = function (...pair) {
        if (this === window.localStorage) throw new DOMException("full", "QuotaExceededError");
        return set.apply(this, pair);
      };
    };
    const before = await stage.look();
    stage.configure({}, { first });
    const seen = await stage.signIn();
    assert.equal(seen.status, "signedIn");
    // What a finding means is fetched when there is one.
    const found = async () => (await stage.look()).diagnoses;
    await until(async () => (await found()).length > 0, "the finding");
    assert.deepEqual(await found(), ["storage_full"]);
    assert.deepEqual(seen.localStorage, before.localStorage);
    assertTransactions(stage, seen);
    stage.configure();
    await stage.signIn();
    await assertBystander(stage);
  });

  scene.test("O-73 a sign-in elsewhere: one event, and nobody's data", async (stage) => {
    await beginSession(stage);
    await stage.signOut();
    const tab = stage.bystander;
    await until(() => tab.evaluate(() => auth.state.status === "signedOut"), "the other tab");
    await tab.evaluate(() => void (window.events.length = window.states.length = 0));

    await stage.script({ user: "another-user" });
    await stage.signIn();
    const told = () => tab.evaluate(() => events.map(({ name }) => name));
    await until(async () => (await told()).length > 0, "an event");
    await never(async () => (await told()).length > 1, "a second event", 200);
    assert.deepEqual(await told(), ["signedInElsewhere"]);
    const text = await tab.evaluate(() =>
      JSON.stringify([auth.user, states, document.body.innerText]),
    );
    assert.doesNotMatch(text, /another-user/);
    assert.equal((await ask(tab, "accessToken")).error.code, "login_required");
    stage.spoil();
  });

  scene.test(
    "another user in another tab: this page is loaded anew, and shows no one's data",
    async (stage) => {
      await beginSession(stage);
      await stage.actor.evaluate(() => void (window.before = true));
      await startSignIn(stage.bystander, { prompt: "login", loginHint: "another-user" });
      const seen = await until(
        () => stage.look().then((one) => !one.stayed && one),
        "a new load of the page",
      );
      assert.deepEqual([seen.status, seen.user], ["signedOut", null]);
      stage.spoil();
    },
  );

  scene.test(
    "O-72 no token in any write, event or message, from sign-in to sign-out",
    async (stage) => {
      const context = await stage.browser.newContext();
      try {
        const writes = await recordWrites(context);
        const [page, other] = [await context.newPage(), await context.newPage()];
        for (const one of [other, page]) await go(one, `${stage.app.origin}/`);
        const is = (status) => () =>
          page.evaluate((one) => window.auth?.state.status === one, status);
        await until(is("signedOut"), "the page");
        await startSignIn(page);
        await until(is("signedIn"), "a session");
        for (const method of ["refresh", "userInfo", "accessToken"]) await ask(page, method);
        await signOut(page);

        assert.ok(stage.tokens.length >= 6, "tokens of a sign-in and a refresh");
        const kinds = new Set(writes.map(([kind]) => kind));
        for (const kind of ["localStorage", "sessionStorage", "broadcast", "history"]) {
          assert.ok(kinds.has(kind), `nothing was recorded of ${kind}`);
        }
        assert.ok(kinds.has("storage event"), "the other tab recorded nothing");
        assert.deepEqual(writesWith(writes, [...stage.tokens, USER]), []);

        // The probe: a token that is written is found.
        await page.evaluate((token) => sessionStorage.setItem("x", `a${token}b`), stage.tokens[0]);
        await until(() => writesWith(writes, stage.tokens).length === 1, "the planted token");
      } finally {
        await context.close();
      }
    },
  );
});

/** Names that this client uses, and its mark without the sign. */
async function names(stage) {
  const { localStorage: stored } = await stage.look();
  const [key, mark] = Object.entries(stored).find(
    ([name, value]) => name === `keyward.${stage.op.issuer}|spa.mark` && value[0] === "+",
  );
  return { key, own: key.replace(/\.mark$/, ""), mark: mark.slice(1) };
}

/** Sends a message as any script of the origin could. */
function post(stage, channel, message) {
  return stage.bystander.evaluate(
    ([name, data]) => new BroadcastChannel(name).postMessage(data),
    [channel, message],
  );
}

/** Writes a key as any script of the origin could, and takes it away again. */
function write(stage, key, value) {
  return stage.bystander.evaluate(
    ([name, text]) => {
      localStorage.setItem(name, text);
      setTimeout(() => localStorage.removeItem(name), 50);
    },
    [key, value],
  );
}

/** The session is there, was not told anything, and goes on. */
async function assertUnmoved(stage) {
  const moved = async () => {
    const { status, events } = await stage.look();
    return status !== "signedIn" || events.length !== 1;
  };
  await never(moved, "an effect of the message", 150);
  const seen = await stage.look();
  assert.equal(seen.stayed, false, "the page was loaded anew");
  assert.ok((await stage.ask("accessToken")).ok);
  await assertBystander(stage);
}
