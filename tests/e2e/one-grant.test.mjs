// Tokens in the page, and one grant for all tabs: the ledger in IndexedDB, the lock, and what siblings give each other.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { OF_ANY_VAULT } from "./support/any-vault.mjs";
import { forEachBrowser } from "./support/browsers.mjs";
import {
  ask,
  call,
  eventsOf,
  markOf,
  reload,
  signIn,
  signOut,
  startSignIn,
  startSignOut,
  startWorld,
  stateOf,
  status,
} from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";
import { recordWrites, writesWith } from "./support/writes.mjs";

const MANY = 20;

forEachBrowser((name) => {
  describe(`one grant for all tabs in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name);
    });
    after(() => world?.close());
    afterEach(() => world.reset());

    const requests = () => [world.op.count("authorize"), world.op.count("token"), world.reused];

    async function twoTabs(context) {
      context ??= await world.context();
      const first = await world.signedIn("/first", context);
      world.op.requests.clear();
      const second = await world.open("/second", context);
      await status(second, "signedIn");
      return [first, second];
    }

    async function assertWorks(page) {
      const { ok, error } = await call(page, "/api/orders");
      assert.equal(ok?.status, 200, JSON.stringify(error));
    }

    const refreshed = async (page) => assert.equal((await ask(page, "refresh")).error, undefined);

    test("a new tab beside a signed-in one has the session without a request", async () => {
      const [first, second] = await twoTabs();
      assert.deepEqual(requests(), [0, 0, 0]);
      assert.equal(await markOf(first), await markOf(second));
      const [{ detail }] = await eventsOf(second, "signedIn");
      assert.equal(detail.restored, true);
      for (const page of [first, second]) await assertWorks(page);
      // The grant is the same: each refresh is the next of one family, and may serve the other tab as well.
      for (const page of [first, second, first, second]) await refreshed(page);
      const tokens = world.op.count("token");
      assert.ok(tokens >= 2 && tokens <= 4, `${tokens} token requests`);
      assert.equal(world.reused, 0);
      // A load beside another tab costs nothing either.
      await reload(first);
      await status(first, "signedIn");
      assert.deepEqual(requests(), [0, tokens, 0]);
    });

    test("also one that was opened by the other, and one that is never to leave for the provider", async () => {
      const context = await world.context();
      const first = await world.signedIn("/first", context);
      world.op.requests.clear();
      const opened = context.waitForEvent("page");
      await first.evaluate(() => void window.open("/opened"));
      await status(await opened, "signedIn");
      world.configure({ restore: false });
      await status(await world.open("/staying", context), "signedIn");
      assert.deepEqual(requests(), [0, 0, 0]);
    });

    test("what a busy tab gives late is taken all the same", async () => {
      const context = await world.context();
      const first = await world.signedIn("/first", context);
      world.configure({ restore: false });
      world.op.requests.clear();
      const busy = first.evaluate(() => {
        const end = performance.now() + 4_000;
        while (performance.now() < end);
      });
      const second = await world.open("/second", context);
      await status(second, ["signedOut", "signedIn"]);
      await status(second, "signedIn");
      await busy;
      await assertWorks(second);
      assert.deepEqual(requests(), [0, 0, 0]);
    });

    test("a tab that had no way to a session takes it when another one is back with it", async () => {
      const context = await world.context();
      const first = await world.signedIn("/first", context);
      await context.newPage();
      await first.close();
      world.configure({ restore: false });
      const waiting = await world.open("/waiting", context);
      assert.equal((await status(waiting, "signedOut")).reason, "expired");
      const mark = await markOf(waiting);
      world.configure();
      world.op.requests.clear();
      const second = await world.open("/second", context);
      await status(second, "signedIn");
      await status(waiting, "signedIn");
      assert.deepEqual(requests(), [1, 1, 0]);
      assert.equal(await markOf(waiting), mark, "the mark that was there");
      assert.deepEqual(await eventsOf(waiting, "signedInElsewhere"), []);
      await assertWorks(waiting);
    });

    test("what a sign-in failed with is shown beside the session that another tab has", async () => {
      const [, second] = await twoTabs();
      for (const restore of [true, false]) {
        world.configure({ restore });
        await reload(second);
        await status(second, "signedIn");
        world.op.settings.autologin = null;
        await startSignIn(second, { prompt: "login" });
        await second.click("#login-abort");
        const failed = async () => (await status(second, "signedIn")).lastError === "idp_error";
        await until(failed, "what it failed with");
        await assertWorks(second);
      }
    });

    test(`${MANY} tabs opened at once make one authorization and one token request`, async () => {
      const context = await world.context();
      const first = await world.signedIn("/", context);
      const pages = await Promise.all(Array.from({ length: MANY }, () => context.newPage()));
      await first.close();
      world.op.requests.clear();
      const url = (n) => `${world.app.origin}/tab-${n}`;
      await Promise.all(
        pages.map((page, n) => page.goto(url(n), { waitUntil: "commit" }).catch(() => {})),
      );
      for (const page of pages) await status(page, "signedIn");
      assert.deepEqual(requests(), [1, 1, 0]);
      for (const [n, page] of pages.entries()) assert.equal(page.url(), url(n));
    });

    for (const title of [
      "twenty calls in four tabs with an expired token cost one refresh",
      "the provider's way back from a sign-out says who signed out, and opens the door again",
    ]) {
      test(title, () => OF_ANY_VAULT[title](world));
    }

    test("a mark that no tab wrote is put right, and nobody is sent away by it", async () => {
      const [first, second] = await twoTabs();
      const mark = await markOf(first);
      for (const junk of ["junk", "+junk", "-junk", `+${"x".repeat(66)}`]) {
        await second.evaluate((text) => {
          window.sameLoad = true;
          const key = Object.keys(localStorage).find((one) => one.endsWith(".mark"));
          localStorage.setItem(key, text);
        }, junk);
        await first.evaluate(() => (window.sameLoad = true));
        await until(async () => (await markOf(first)) === mark, `the mark in place of ${junk}`);
        for (const page of [first, second]) {
          await assertWorks(page);
          assert.ok(await page.evaluate(() => window.sameLoad));
        }
      }
    });

    test("no token is written or sent where a script can read it", async () => {
      const context = await world.context();
      const writes = await recordWrites(context);
      const [first, second] = await twoTabs(context);
      for (const page of [first, second]) await refreshed(page);
      await until(() => writes.some(([, text]) => text.includes('"box"')), "a sealed message");
      const secrets = world.op.issued
        .flatMap(({ access, refresh }) => [access, refresh])
        .filter(Boolean);
      assert.ok(secrets.length >= 4, "the provider issued tokens");
      assert.deepEqual(writesWith(writes, secrets), []);
      assert.ok(writes.some(([kind]) => kind === "indexedDB"));
      // The probe: it would have been seen.
      await first.evaluate((token) => new BroadcastChannel("x").postMessage(token), secrets[0]);
      await until(() => writesWith(writes, secrets).length === 1, "the planted token");
    });

    test("a tab that dies with its refresh on the way: nobody sends it again, and the next load restores", async () => {
      const [first, second] = await twoTabs();
      world.op.faults.set("token", { hold: "after", times: 1 });
      await first.evaluate(() => void settle(auth.refresh()));
      await until(() => world.op.faults.held("token") === 1, "a refresh on its way");
      await first.close();
      world.op.faults.release("token");
      // It waits for the result that nobody will bring, and gives the token up.
      const { error } = await ask(second, "refresh");
      assert.equal(error?.code, "reauthentication_needed");
      assert.equal((await stateOf(second)).status, "signedIn");
      assert.deepEqual(requests(), [0, 1, 0]);
      await reload(second);
      await status(second, "signedIn");
      await assertWorks(second);
      assert.deepEqual(requests(), [1, 2, 0]);
    });

    test("the answer of a refresh reaches every tab, also when its tab is closed at once", async () => {
      const [first, second] = await twoTabs();
      await refreshed(first);
      await first.close();
      // The first of these may be served by what arrives just then; the second one is sent.
      for (let n = 0; n < 2; n += 1) await refreshed(second);
      const tokens = world.op.count("token");
      assert.ok(tokens === 2 || tokens === 3, `${tokens} token requests`);
      assert.equal(world.reused, 0);
    });

    test("a sign-out reaches every tab, and a late answer brings nothing back", async () => {
      const [first, second] = await twoTabs();
      world.op.faults.set("token", { hold: "after", times: 1 });
      await second.evaluate(() => void settle(auth.refresh()));
      await until(() => world.op.faults.held("token") === 1, "a refresh on its way");
      await startSignOut(first);
      assert.equal((await status(second, "signedOut")).reason, "signedOutElsewhere");
      world.op.faults.release("token");
      await status(first, "signedOut");
      for (const page of [first, second]) {
        await reload(page);
        await status(page, "signedOut");
      }
      assert.equal(world.op.count("authorize"), 0);
    });

    test("a grant that the provider ends is over in every tab, and in no other's sign-in", async () => {
      const [first, second] = await twoTabs();
      world.op.faults.set("token", { status: 400, body: { error: "invalid_grant" }, times: 1 });
      const { error } = await ask(first, "refresh");
      assert.equal(error.code, "login_required");
      for (const page of [first, second]) await status(page, "signedOut");
      await signIn(first);
      await status(second, "signedIn");
      await assertWorks(second);
    });

    test("a sign-in in one tab is taken by those that were signed out", async () => {
      const context = await world.context();
      const second = await world.open("/second", context);
      await status(second, "signedOut");
      await world.signedIn("/first", context);
      await status(second, "signedIn");
      assert.deepEqual(requests(), [1, 1, 0]);
    });

    test("another user's sign-in elsewhere: the page shows nothing of the first", () =>
      OF_ANY_VAULT["another user's sign-in elsewhere: the page shows nothing of the first"](world));

    test("the same user's next sign-in elsewhere is taken in place", async () => {
      const [first, second] = await twoTabs();
      await first.evaluate(() => (window.sameLoad = true));
      const mark = await markOf(first);
      const states = await first.evaluate(() => window.states.length);
      await startSignIn(second, { prompt: "login" });
      await until(async () => (await markOf(first)) !== mark, "a new mark");
      await status(second, "signedIn");
      await refreshed(first);
      await refreshed(second);
      // What an app may see is what the provider says anew of the user.
      const shown = await first.evaluate((from) => window.states.slice(from), states);
      for (const { status, user } of shown)
        assert.deepEqual([status, user.sub], ["signedIn", "alice"]);
      assert.ok(await first.evaluate(() => window.sameLoad));
      assert.ok(
        await first.evaluate(() => getComputedStyle(document.documentElement).display !== "none"),
      );
      assert.deepEqual(await eventsOf(first, "signedOut"), []);
      assert.equal(world.reused, 0);
    });

    test("a mark that is lost or forged is put right by the ledger", async () => {
      const [first, second] = await twoTabs();
      const mark = await markOf(first);
      await first.evaluate(() => localStorage.clear());
      await until(async () => (await markOf(first)) === mark, "the mark");
      for (const page of [first, second]) await status(page, "signedIn");
      // A tombstone is believed: whoever signs out where the database is denied writes nothing else.
      await first.evaluate(
        (tombstone) => {
          const key = Object.keys(localStorage).find((one) => one.endsWith(".mark"));
          localStorage.setItem(key, tombstone);
        },
        `-${mark.slice(1)}`,
      );
      await status(second, "signedOut");
    });

    test("where the database is denied each tab has a grant of its own", async () => {
      const context = await world.context();
      await context.addInitScript(() => {
        IDBFactory.prototype.open = () => {
          throw new DOMException("denied", "SecurityError");
        };
      });
      const [first, second] = await twoTabs(context);
      assert.equal(world.op.count("token"), 1);
      for (const page of [first, second, first]) await refreshed(page);
      assert.equal(world.reused, 0);
      await signOut(first);
      await status(second, "signedOut");
    });
  });
});
