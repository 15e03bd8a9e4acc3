// What lies in sessionStorage belongs to the page, so anybody may have changed it.

import assert from "node:assert/strict";
import { startSignIn } from "../../support/harness.mjs";
import { until } from "../../support/until.mjs";
import {
  assertBystander,
  assertCleanUrl,
  assertControl,
  assertError,
  assertNobody,
  assertNotStored,
  assertTransactions,
} from "../support/checks.mjs";
import { USER, onStage } from "../support/stage.mjs";

const corrupt = { error: "transaction_corrupt", group: "txn", token: 0 };
const refused = { error: "token_error", group: "token_error", token: 1 };

/** Changes of the record as text, and as data. */
const text = (change) => change;
const data = (change) => (record) => JSON.stringify(change(JSON.parse(record)));

const REFUSED = [
  ["O-74", "cut in half", text((record) => record.slice(0, record.length / 2)), corrupt],
  ["O-74", "without its last character", text((record) => record.slice(0, -1)), corrupt],
  ["O-74", "empty", text(() => ""), corrupt],
  ["", "null", text(() => "null"), corrupt],
  ["", "a list", text((record) => `[${record}]`), corrupt],
  ["", "an empty object", text(() => "{}"), corrupt],
  ["", "a number", text(() => "7"), corrupt],
  ["", "with zero bytes in it", text((record) => `${record}\0`), corrupt],
  ["O-77", "of an older version", data((record) => ({ ...record, v: 0 })), corrupt],
  ["O-77", "of a newer version", data((record) => ({ ...record, v: 2 })), corrupt],
  ["O-77", "without a version", data(({ v, ...record }) => record), corrupt],
  ["", "without its nonce", data(({ nonce, ...record }) => record), corrupt],
  ["", "without its verifier", data(({ verifier, ...record }) => record), corrupt],
  ["", "with a number as verifier", data((record) => ({ ...record, verifier: 7 })), corrupt],
  ["", "of another state", data((record) => ({ ...record, state: "s".repeat(43) })), corrupt],
  ["", "without its time", data(({ createdAt, ...record }) => record), corrupt],
  [
    "",
    "eleven minutes old",
    data((record) => ({ ...record, createdAt: record.createdAt - 660_000 })),
    { error: "transaction_expired", group: "txn", token: 0 },
  ],
  [
    "",
    "from an hour ahead",
    data((record) => ({ ...record, createdAt: record.createdAt + 3_600_000 })),
    { error: "transaction_expired", group: "txn", token: 0 },
  ],
  [
    "O-76",
    "with another verifier",
    data((record) => ({ ...record, verifier: "v".repeat(43) })),
    { ...refused, provider: { error: "invalid_grant", status: 400 } },
  ],
  [
    "",
    "with another redirect URI",
    data((record) => ({ ...record, redirectUri: "http://localhost:1/" })),
    { ...refused, provider: { error: "invalid_grant" } },
  ],
  [
    "",
    "with another nonce",
    data((record) => ({ ...record, nonce: "n".repeat(43) })),
    { error: "id_token_nonce", group: "id_token", token: 1 },
  ],
];

/** Return targets that a changed record may name; none of them is followed. */
const TARGETS = [
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example/",
  "https:evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "\t//evil.example/",
  7,
  null,
];

onStage("tampered storage", (scene) => {
  for (const [id, title, change, right] of REFUSED) {
    const declare = id ? scene.test : scene.core;
    declare(`${id ? `${id} ` : ""}a record ${title}`, async (stage) => {
      const before = await stage.look();
      const key = await tamper(stage, change);
      const seen = await stage.visit(await answerUrl(stage));
      assertError(seen.error, right);
      assert.equal(stage.op.count("token"), right.token);
      assert.equal(seen.sessionStorage[key], undefined, "the record is gone");
      assert.equal(seen.status, "signedOut");
      await assertNobody(stage, seen);
      await assertNotStored(stage, [USER]);
      assertTransactions(stage, seen);
      assertCleanUrl(stage, seen);
      assert.deepEqual(seen.localStorage, before.localStorage);
      await assertBystander(stage);
      await assertControl(stage);
    });
  }

  scene.test(
    "a record of another client is left for that one, and its code not sent",
    async (stage) => {
      for (const member of ["issuer", "clientId"]) {
        await tamper(
          stage,
          data((record) => ({ ...record, [member]: "https://other.example" })),
        );
        const seen = await stage.visit(await answerUrl(stage));
        assert.deepEqual([seen.status, seen.error], ["signedOut", null]);
        assert.equal(stage.op.count("token"), 0);
        await stage.sweep();
        await stage.visit("/");
      }
      await assertControl(stage);
    },
  );

  for (const target of TARGETS) {
    scene.test(
      `O-75 the return target ${JSON.stringify(target)} is not followed`,
      async (stage) => {
        await tamper(
          stage,
          data((record) => ({ ...record, returnTo: target })),
        );
        const seen = await stage.visit(await answerUrl(stage));
        if (typeof target === "string") assert.equal(seen.status, "signedIn");
        assert.equal(new URL(seen.href).origin, stage.app.origin);
        assertCleanUrl(stage, seen);
        assert.equal(stage.op.witness.requests.entries.length, 0);
        await stage.visit("/");
      },
    );
  }

  scene.test("the list of used states replaced by junk", async (stage) => {
    for (const junk of ["{", "null", "7", '{"length":5}', JSON.stringify([7, null, {}])]) {
      await stage.actor.evaluate((one) => sessionStorage.setItem("keyward.used", one), junk);
      assert.equal((await stage.signIn()).status, "signedIn", junk);
    }
  });

  scene.test("junk under the names of pending sign-ins", async (stage) => {
    await stage.actor.evaluate(() => {
      sessionStorage.setItem("keyward.txn.", "x");
      sessionStorage.setItem("keyward.txn.__proto__", "{}");
      sessionStorage.setItem("keyward.txn.a", "[".repeat(100_000));
    });
    const seen = await stage.signIn();
    assert.equal(seen.status, "signedIn");
    assertTransactions(stage, seen);
  });

  for (const mark of ["", "+", "-", "x", "+short.hash", "-".repeat(67), "+a.b.c", "\u2028"]) {
    scene.test(`junk as the sign-out mark: ${JSON.stringify(mark)}`, async (stage) => {
      const key = Object.keys((await stage.look()).localStorage).find((one) =>
        one.endsWith(".mark"),
      );
      await stage.visit("/");
      await stage.actor.evaluate(([name, text]) => localStorage.setItem(name, text), [key, mark]);
      const seen = await stage.signIn();
      assert.equal(seen.status, "signedIn");
      assert.match(seen.localStorage[key], /^\+[\w-]{22}\.[\w-]{43}$/);
      await stage.mend();
    });
  }

  for (const attempts of ["{", "7", '{"times":7}', '{"times":["a"],"unanswered":-1}']) {
    scene.test(`junk as the count of restores: ${attempts}`, async (stage) => {
      const { localStorage: stored } = await stage.look();
      const mark = Object.keys(stored).find((one) => one.endsWith(".mark"));
      const key = mark.replace(/mark$/, "attempts");
      stage.configure({ restore: true });
      await stage.actor.evaluate(
        ([name, text]) => localStorage.setItem(name, text),
        [key, attempts],
      );
      const seen = await stage.visit("/");
      assert.deepEqual([seen.status, seen.user?.sub], ["signedIn", USER]);
    });
  }
});

/** Begins a sign-in that the provider does not answer yet, and changes its record. */
async function tamper(stage, change) {
  stage.forget();
  await stage.script({ faults: { authorize: { status: 204 } } });
  await startSignIn(stage.actor);
  const request = () => stage.op.requests.last("authorize");
  await until(request, "the authorization request");
  const key = `keyward.txn.${request().query.get("state")}`;
  const record = await stage.actor.evaluate((name) => sessionStorage.getItem(name), key);
  const changed = change(record);
  await stage.actor.evaluate(([name, text]) => sessionStorage.setItem(name, text), [key, changed]);
  await stage.script({});
  return key;
}

/** The provider's answer to the request that waits. */
function answerUrl(stage) {
  return `${stage.op.origin}/auth?${stage.op.requests.last("authorize").query}`;
}
