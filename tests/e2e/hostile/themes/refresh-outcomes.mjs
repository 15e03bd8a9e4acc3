// Refreshes that fail. What became of the refresh token decides what may follow:
//
//   spent and bad   the session is over in this tab
//   unspent         it may be sent again, a bounded number of times
//   unknown         it is never sent again, but the session stands while its access token lasts

import assert from "node:assert/strict";
import { HTML } from "../../../provider/hostile/cases/tools.mjs";
import {
  assertBystander,
  assertError,
  assertNobody,
  assertNotStored,
  assertRequests,
} from "../support/checks.mjs";
import { beginSession, sentTokens } from "../support/session.mjs";
import { USER, onStage } from "../support/stage.mjs";

const answered = (fault) => ({ faults: { refresh: fault } });
const oauth = (status, error, more = {}) => answered({ status, body: { error }, ...more });
const onRefresh = (members) => ({
  tokenResponse: (body, { grant }) => (grant === "refresh" ? { ...body, ...members } : body),
});

/** Nobody can tell what became of the token, or another try would be refused as well. */
const FINAL = [
  ["no answer, the token was taken", answered({ drop: "after" })],
  ["no answer, the token was not taken", answered({ drop: "before" })],
  ["500 with a page", answered({ status: 500, ...HTML })],
  ["500 without a body", answered({ status: 500, body: "" })],
  ["502 without a body", answered({ status: 502, body: "" })],
  ["503 with a page and no Retry-After", answered({ status: 503, ...HTML })],
  ["400 with a page", answered({ status: 400, ...HTML })],
  ["200 with a page", answered({ status: 200, ...HTML })],
  ["200 without a body", answered({ status: 200, body: "" })],
  ["200 with half an answer", answered({ body: '{"access_token":"a"' })],
  ["20 megabytes", answered({ bytes: 20_000_000 })],
  ["200 without an access token", onRefresh({ access_token: undefined })],
  ["200 with a token of another type", onRefresh({ token_type: "mac" })],
  ["200 with a negative expires_in", onRefresh({ expires_in: -1 })],
  ["no CORS header", answered({ cors: false })],
  [
    "a redirect",
    (op) => answered({ status: 307, headers: { location: `${op.witness.origin}/token` } }),
  ],
  ["invalid_client", oauth(401, "invalid_client")],
  ["invalid_request", oauth(400, "invalid_request")],
  ["invalid_scope", oauth(400, "invalid_scope")],
  ["unauthorized_client", oauth(403, "unauthorized_client")],
  ["an error nobody has heard of", oauth(400, "x_new_error")],
];

/** The token is not used up: one caller waits through a pause and gets its new access token. */
const UNSPENT = [
  ["429 with Retry-After", oauth(429, "slow_down", { retryAfter: 1, times: 1 })],
  ["429 with a page", answered({ status: 429, ...HTML, times: 1 })],
  [
    "503 with Retry-After and no body",
    answered({ status: 503, body: "", retryAfter: 1, times: 1 }),
  ],
  ["503 with an OAuth error", oauth(503, "overloaded", { times: 1 })],
  ["temporarily_unavailable", oauth(400, "temporarily_unavailable", { times: 1 })],
  ["500 server_error", oauth(500, "server_error", { times: 1 })],
  ["200 with temporarily_unavailable", oauth(200, "temporarily_unavailable", { times: 1 })],
  [
    "503 with a date",
    answered({
      ...{ status: 503, body: "", times: 1 },
      headers: { "retry-after": new Date(Date.now() + 1000).toUTCString() },
    }),
  ],
];

onStage(
  "outcomes of a refresh",
  (scene) => {
    for (const [title, play] of FINAL) {
      scene.test(`R-145 ${title}: not sent again, the session stands`, async (stage) => {
        const before = await beginSession(stage);
        const { ok: token } = await stage.ask("accessToken");
        await stage.script(play);
        const { error } = await stage.ask("refresh");
        assertError(error, { error: "reauthentication_needed", group: "login_required" });

        // The access token is good while it lasts; nothing leaves for another one.
        const seen = await stage.look();
        assert.deepEqual([seen.status, seen.user], ["signedIn", before.user]);
        assert.equal(seen.error.code, "reauthentication_needed");
        assert.equal(seen.href, before.href, "the page was navigated");
        assert.deepEqual(await stage.ask("accessToken"), { ok: token });
        assert.equal((await stage.ask("refresh")).error.code, "reauthentication_needed");
        assert.deepEqual(
          seen.events.map(({ name }) => name),
          ["signedIn", "refreshFailed"],
        );

        await stage.later(3700);
        for (const method of ["accessToken", "refresh", "userInfo"]) {
          const late = await stage.ask(method);
          assert.equal(late.error?.code, "reauthentication_needed", method);
        }
        assert.equal((await stage.look()).status, "signedIn");
        assert.equal(stage.op.count("token"), 1);
        assert.equal(stage.op.count("authorize"), 0);
        assert.equal(stage.op.witness.requests.entries.length, 0);
        assert.equal(stage.op.reuseDetected, 0);
        await assertNotStored(stage);
        await assertBystander(stage);
      });
    }

    for (const [title, play] of UNSPENT) {
      scene.test(`R-145 ${title}: sent again after a pause`, async (stage) => {
        stage.configure({}, { pace: 5 });
        await beginSession(stage);
        await stage.script(play);
        assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
        const sent = sentTokens(stage);
        assert.equal(sent.length, 2);
        assert.equal(sent[0], sent[1]);
        const [first, second] = stage.op.requests.of("token").map(({ at }) => at);
        assert.ok(second - first >= 100, "no pause");
        const seen = await stage.look();
        assert.deepEqual([seen.status, seen.error], ["signedIn", null]);
      });
    }

    scene.test(
      "temporarily_unavailable for ever: three repeats at most, then recovery",
      async (stage) => {
        stage.configure({}, { pace: 5 });
        await beginSession(stage);
        await stage.script("refreshTemporarilyUnavailable");
        let error;
        for (let attempt = 0; attempt < 8; attempt += 1) {
          ({ error } = await stage.ask("refresh"));
          if (error.code === "reauthentication_needed") break;
          assertError(error, { error: "refresh_failed", group: "transient" });
          await stage.later(600);
        }
        assert.equal(error.code, "reauthentication_needed");
        assert.equal(stage.op.count("token"), 4);
        assert.equal((await stage.look()).status, "signedIn");
        await assertBystander(stage);
      },
    );

    scene.test(
      "R-077 Retry-After of an hour: callers are told, and nothing is sent before",
      async (stage) => {
        await beginSession(stage);
        const { ok: token } = await stage.ask("accessToken");
        await stage.script("refreshUnavailableLong");
        const outcome = await stage.actor.evaluate(() =>
          auth
            .refresh()
            .catch(({ code, retryAfter, retryable }) => ({ code, retryAfter, retryable })),
        );
        assert.deepEqual(outcome, { code: "refresh_failed", retryAfter: 3600, retryable: true });
        assert.equal((await stage.ask("refresh")).error.code, "refresh_failed");
        assert.deepEqual(await stage.ask("accessToken"), { ok: token });
        assert.equal(stage.op.count("token"), 1);
        assert.equal((await stage.look()).error, null, "a failure that passes is no state");

        await stage.script({});
        await stage.later(3660);
        assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
      },
    );

    scene.test("O-56 invalid_grant: this tab's session is over, with one event", async (stage) => {
      const before = await beginSession(stage);
      await stage.script("O-56");
      await stage.later(3700);
      const outcomes = await stage.actor.evaluate(() =>
        Promise.all([
          ...Array.from({ length: 5 }, () => settle(auth.accessToken())),
          settle(auth.refresh()),
          settle(auth.userInfo()),
        ]),
      );
      for (const { error } of outcomes) {
        assertError(error, {
          ...{ error: "login_required", group: "login_required" },
          provider: { error: "invalid_grant", status: 400 },
        });
      }
      assert.equal(stage.op.count("token"), 1);

      const seen = await stage.look();
      assert.deepEqual([seen.status, seen.reason], ["signedOut", "sessionEnded"]);
      assertError(seen.error, { error: "refresh_rejected", group: "login_required" });
      const ends = seen.events.filter(({ name }) => name === "signedOut");
      assert.deepEqual(ends, [{ name: "signedOut", detail: { reason: "sessionEnded" } }]);
      await assertNobody(stage, seen);
      await assertNotStored(stage, [USER]);
      // Mark and hint stay: the session lives in the other tab, and the next load restores.
      assert.deepEqual(seen.localStorage, before.localStorage);
      await assertBystander(stage);
      assert.equal(stage.op.count("revocation"), 0);
    });

    scene.test("an unknown outcome is over with the next sign-in", async (stage) => {
      await beginSession(stage);
      await stage.script("refreshServerError");
      await stage.ask("refresh");
      await stage.script({});
      const seen = await stage.signIn();
      assert.deepEqual([seen.status, seen.error], ["signedIn", null]);
      assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
    });

    scene.test("a grant that is known not to rotate may be sent again", async (stage) => {
      stage.configure({}, { pace: 5 });
      await beginSession(stage);
      await stage.script("refreshKeepsToken");
      await stage.ask("refresh");
      stage.op.faults.set("refresh", { drop: "before", times: 1 });
      assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
      assert.equal(new Set(sentTokens(stage)).size, 1);
      assert.equal(stage.op.count("token"), 3);
    });

    scene.test(
      "within a declared grace a lost answer is asked for once more, and only once",
      async (stage) => {
        await stage.signIn();
        stage.configure({ rotationGrace: 30 });
        await beginSession(stage);
        await stage.script(answered({ drop: "before", times: 1 }));
        assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
        assert.equal(stage.op.count("token"), 2);
        stage.forget();
        await stage.script(answered({ drop: "before" }));
        assert.equal((await stage.ask("refresh")).error.code, "reauthentication_needed");
        assert.equal(stage.op.count("token"), 2);
      },
    );

    scene.test("O-57 offline: nothing is sent, and the next call tries again", async (stage) => {
      await beginSession(stage);
      await stage.later(3700);
      await stage.context.setOffline(true);
      try {
        const { error } = await stage.ask("accessToken");
        assertError(error, { error: "offline", group: "transient" });
        const seen = await stage.look();
        assert.deepEqual([seen.status, seen.error], ["signedIn", null]);
        // As soon as the network is back it is renewed without a call too.
        await assertRequests(stage, {});
      } finally {
        await stage.context.setOffline(false);
      }
      assert.ok((await stage.ask("accessToken")).ok);
      assert.equal(stage.op.count("token"), 1);
      await assertBystander(stage);
    });
  },
  { ttl: { id: 36_000 } },
);
