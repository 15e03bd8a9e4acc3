// Staying signed in: renewals by the timer and by calls, one at a time, seen by nobody who need not.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { notFor, vault } from "./support/front.mjs";
import {
  ask,
  call,
  eventsOf,
  reload,
  startSignOut,
  startWorld,
  stateOf,
  status,
} from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { never, until } from "./support/until.mjs";

forEachBrowser((name) => {
  describe(`refresh in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name);
    });
    after(() => world?.close());
    afterEach(() => world.reset());

    /** A signed-in page whose token must be renewed before its next use. */
    async function withSpentToken() {
      world.op.setTtl({ at: 2 });
      const page = await world.signedIn();
      world.op.setTtl({ at: 600 });
      world.op.requests.clear();
      return page;
    }

    /** Statuses of calls made at the same time, counted. */
    const callsAtOnce = (page, count) =>
      page.evaluate(async (times) => {
        const calls = Array.from({ length: times }, () => settle(auth.fetch("/api/orders")));
        const counts = {};
        for (const { ok, error } of await Promise.all(calls)) {
          const key = ok?.status ?? error.code;
          counts[key] = (counts[key] ?? 0) + 1;
        }
        return counts;
      }, count);

    const refreshTokens = () =>
      world.op.requests
        .of("token")
        .map((record) => record.param("refresh_token"))
        .filter(Boolean);

    const bearers = () =>
      new Set(world.api.requests.of("/api/orders").map(({ headers }) => headers.authorization));

    test("a silent refresh changes no state object, calls no subscriber, and shows as an event", async () => {
      // Tokens no longer than the leeway are renewed by calls alone.
      world.configure({ leeway: 8 });
      world.op.setTtl({ at: 20 });
      const page = await world.signedIn();
      const { before, states } = await page.evaluate(() => {
        window.kept = auth.state;
        return { before: auth.state.expiresAt, states: window.states.length };
      });
      const [{ detail }] = await until(async () => {
        const seen = await eventsOf(page, "refreshed");
        return seen.length > 0 && seen;
      }, "the timer's refresh");
      const now = await page.evaluate(() => ({
        same: window.kept === auth.state,
        expiresAt: window.kept.expiresAt,
        states: window.states.length,
      }));
      assert.equal(now.states, states);
      assert.ok(now.same, "the state object is the same");
      assert.equal(now.expiresAt, detail.expiresAt);
      assert.ok(now.expiresAt > before, "the end of the token moved");
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
    });

    test("O-89, R-128: a token about to end is renewed before the call, once", async () => {
      const page = await withSpentToken();
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
      assert.equal(world.op.count("token"), 1);
      assert.equal(world.api.count("/api/orders"), 2);
      assert.equal(bearers().size, 1);
    });

    test("O-52: 20 calls at once on an ended token make one refresh", async () => {
      const page = await withSpentToken();
      assert.deepEqual(await callsAtOnce(page, 20), { 200: 20 });
      assert.equal(world.op.count("token"), 1);
      assert.equal(world.api.count("/api/orders"), 20);
      assert.equal(bearers().size, 1, "all calls carry the new token");
      assert.equal((await eventsOf(page, "refreshed")).length, 1);
    });

    test("1,000 calls at once on an ended token make one refresh", async () => {
      const page = await withSpentToken();
      assert.deepEqual(await callsAtOnce(page, 1000), { 200: 1000 });
      assert.equal(world.op.count("token"), 1);
      assert.equal(bearers().size, 1);
    });

    test("20 calls that meet 401 at once make one refresh and are each replayed once", async () => {
      world.op.setTtl({ at: 600 });
      const page = await world.signedIn();
      world.op.requests.clear();
      world.api.faults.set("/api/orders", { status: 401, times: 20, headers: challenge() });
      // Each fault is for a first sending: none is replayed before all were sent.
      world.op.faults.set("refresh", { hold: "before" });
      const calls = callsAtOnce(page, 20);
      await until(async () => world.api.count("/api/orders") === 20, "all calls");
      world.op.faults.release("refresh");
      assert.deepEqual(await calls, { 200: 20 });
      assert.equal(world.op.count("token"), 1);
      assert.equal(world.api.count("/api/orders"), 40);
    });

    test("O-55, R-140: 100 rotations never send a token twice, and the reuse detector stays silent", async () => {
      const page = await world.signedIn();
      await page.evaluate(async () => {
        for (let n = 0; n < 100; n += 1) await auth.refresh();
      });
      const sent = refreshTokens();
      assert.equal(sent.length, 100);
      assert.equal(new Set(sent).size, 100, "each refresh token was sent once");
      assert.equal(world.reused, 0);
      assert.equal((await call(page, "/api/orders")).ok.status, 200);

      // The detector does fire: the first of those tokens once more. That kills the whole family.
      const body = new URLSearchParams({
        grant_type: "refresh_token",
        client_id: "spa",
        refresh_token: sent[0],
      });
      const reply = await fetch(`${world.op.issuer}/token`, { method: "POST", body });
      assert.equal(reply.status, 400);
      assert.equal(world.reused, 1);
      const { error } = await ask(page, "refresh");
      assert.equal(error?.code, "login_required");
    });

    test("R-145, O-56: invalid_grant ends the session here, once, and the next load restores it", async () => {
      // One grant for all tabs is over in all of them, and for good.
      if (!vault) world.configure({ handover: false });
      const page = await withSpentToken();
      world.op.faults.set("refresh", { status: 400, body: { error: "invalid_grant" }, times: 1 });
      assert.deepEqual(await callsAtOnce(page, 3), { login_required: 3 });
      const { reason, lastError } = await status(page, "signedOut");
      assert.equal(reason, "sessionEnded");
      assert.equal(lastError, "refresh_rejected");
      assert.equal(world.op.count("token"), 1);
      assert.equal((await eventsOf(page, "signedOut")).length, 1);
      await reload(page);
      assert.equal((await status(page, "signedIn")).user.sub, "alice");
    });

    test("R-145: a server in trouble does not end the session; what may be repeated is", async () => {
      const page = await withSpentToken();
      const trouble = { status: 503, retryAfter: 1, body: { error: "temporarily_unavailable" } };
      world.op.faults.set("refresh", { ...trouble, times: 1 });
      assert.equal((await call(page, "/api/orders")).ok?.status, 200);
      assert.equal(refreshTokens().length, 2);
      assert.equal(new Set(refreshTokens()).size, 1, "an unspent token may be sent again");
      assert.equal((await stateOf(page)).lastError, null);
      assert.equal(world.reused, 0);
    });

    test("a refresh token whose fate is unknown is never sent again", async () => {
      world.op.setTtl({ at: 3 });
      const page = await world.signedIn();
      await ask(page, "refresh");
      world.op.requests.clear();
      // The provider rotates, and the answer is lost.
      world.op.faults.set("refresh", { drop: "after", times: 1 });
      const { error } = await ask(page, "refresh");
      assert.equal(error?.code, "reauthentication_needed");
      const state = await stateOf(page);
      assert.equal(state.status, "signedIn");
      assert.equal(state.lastError, "reauthentication_needed");
      await until(async () => (await call(page, "/api/orders")).error, "the token's end");
      for (let n = 0; n < 5; n += 1) {
        assert.equal((await call(page, "/api/orders")).error.code, "reauthentication_needed");
      }
      assert.equal(refreshTokens().length, 1);
      assert.equal(world.reused, 0);
      assert.equal(page.url(), `${world.app.origin}/`, "a running page is never navigated");
      await reload(page);
      assert.equal((await status(page, "signedIn")).lastError, null);
    });

    notFor("vault", "the driver takes no worker offline")(
      "O-57: offline nothing is sent, the session stays, and the next call tries again",
      async () => {
        const page = await withSpentToken();
        await page.context().setOffline(true);
        // Until its end the old token would do, and the call would fail as any fetch does.
        await until(
          () => page.evaluate(() => auth.state.expiresAt < Date.now()),
          "the token's end",
        );
        const { error } = await call(page, "/api/orders");
        assert.equal(error?.code, "offline");
        assert.ok(error.retryable);
        assert.equal((await stateOf(page)).status, "signedIn");
        assert.equal(world.op.count("token"), 0);
        await page.context().setOffline(false);
        assert.equal((await call(page, "/api/orders")).ok?.status, 200);
        assert.equal(world.op.count("token"), 1);
        assert.equal(world.reused, 0);
      },
    );

    test("without a refresh token the session lasts as long as the access token", async () => {
      world.configure({ clientId: "spa-no-rt" });
      world.op.setTtl({ at: 10 });
      const page = await world.signedIn();
      assert.equal((await ask(page, "refresh")).error?.code, "refresh_missing");
      assert.equal((await call(page, "/api/orders")).ok?.status, 200);
      const { reason } = await status(page, "signedOut");
      assert.equal(reason, "expired");
      assert.equal(page.url(), `${world.app.origin}/`);
    });

    test("O-58: sign-out during a refresh throws its answer away", async (t) => {
      if (name === "webkit") return t.skip("nobody hears what a page told that has gone");
      const page = await withSpentToken();
      world.op.settings.logout = "stuck";
      world.op.faults.set("refresh", { hold: "after" });
      await page.evaluate(() => {
        window.waiting = settle(auth.fetch("/api/orders"));
        // The page is about to leave: what the call came to has to be told before.
        window.waiting.then(({ error }) =>
          window.keywardTestEvent({ name: "call", detail: error?.code }),
        );
      });
      await until(() => world.op.faults.held("refresh") === 1, "the refresh");
      await startSignOut(page);
      await until(
        () => page.context().events.some(({ name: event }) => event === "signedOut"),
        "the event",
      );
      await until(
        () => page.context().events.find(({ name: event }) => event === "call"),
        "the waiting call's end",
      );
      const outcome = page.context().events.find(({ name: event }) => event === "call");
      assert.equal(outcome.detail, "login_required");
      world.op.faults.release("refresh");
      await page.waitForSelector("#logout-stuck");
      assert.equal(world.api.count("/api/orders"), 0);

      await page.goto(`${world.app.origin}/after`);
      assert.equal((await status(page, "signedOut")).reason, "signedOut");
      assert.equal((await ask(page, "accessToken")).error?.code, "login_required");
      await never(() => world.op.count("authorize") > 0, "a restore", 300);
    });
  });
});

const challenge = () => ({ "www-authenticate": 'Bearer error="invalid_token"' });
