// Sessions that end after a time without the user, or some time after the sign-in, wherever the vault is.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { loneContext } from "./support/any-vault.mjs";
import { forEachBrowser } from "./support/browsers.mjs";
import { notFor } from "./support/front.mjs";
import {
  ask,
  call,
  eventsOf,
  markOf,
  reload,
  signIn,
  startWorld,
  stateOf,
  status,
} from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Why a test is not for an app in Rust. */
const MODULE = "what counts activity is in the app";
const TYPES = "the compiler refuses them";

const PLACES = { "a worker": true, "the page": false };

forEachBrowser((name) =>
  Object.entries(PLACES).forEach(([place, vault]) => {
    describe(`limits of a session in ${name}, with the vault in ${place}`, () => {
      /** What comes with the option `idle`. */
      const counting = vault ? "/app/limits.js" : "/app/activity.js";
      const isCounting = (line) => line === `GET ${counting}`;
      let world;
      before(async () => {
        world = await startWorld(name, { app: { vault } });
      });
      after(() => world?.close());
      afterEach(async () => {
        world.further = {};
        await world.reset();
      });

      async function twoTabs(options, context) {
        world.further = options;
        world.configure();
        context ??= await world.context();
        const page = await world.signedIn("/", context);
        const other = await world.open("/other", context);
        await status(other, "signedIn");
        world.op.requests.clear();
        return [page, other];
      }

      async function assertExpired(page, code) {
        const { reason, lastError } = await status(page, "signedOut");
        assert.deepEqual([reason, lastError], ["expired", code]);
      }

      test("nobody active: warned in every tab, then ended in every tab, and no load brings it back", async () => {
        const tabs = await twoTabs({ idle: 10, warnBefore: 5 });
        for (const page of tabs) await assertExpired(page, "session_idle");
        for (const page of tabs) {
          const warned = await eventsOf(page, "expiring");
          // The first tab may have been warned before the second one opened, which is activity.
          assert.ok(warned.length > 0 && warned.every(({ detail }) => detail.limit === "idle"));
          const [{ detail }] = await eventsOf(page, "signedOut");
          assert.equal(detail.reason, "expired");
        }
        assert.equal((await markOf(tabs[0]))[0], "-");
        await until(() => world.op.count("revocation") === 1, "the grant is given back");
        assert.equal((await call(tabs[1], "/api/orders")).error?.code, "login_required");
        await reload(tabs[0]);
        await status(tabs[0], "signedOut");
        assert.equal(world.op.count("authorize"), 0);
        // And a sign-in begins a new one.
        await signIn(tabs[0]);
        await status(tabs[0], "signedIn");
      });

      test("activity in one tab keeps the session in both, renewals do not", async () => {
        const [page, other] = await twoTabs({ idle: 8, warnBefore: 4 });
        for (let n = 0; n < 6; n += 1) {
          await wait(2_000);
          await page.mouse.move(10 + n, 10 + n);
        }
        for (const one of [page, other]) assert.equal((await stateOf(one)).status, "signedIn");
        // The app's own say.
        const count = async (one, name) => (await eventsOf(one, name)).length;
        const extended = await count(page, "extended");
        const tabs = [page, other];
        const warned = await Promise.all(tabs.map((one) => count(one, "expiring")));
        for (const [n, one] of tabs.entries()) {
          await until(async () => (await count(one, "expiring")) > warned[n], "the warning");
        }
        await ask(other, "touch");
        await until(async () => (await count(page, "extended")) > extended, "the end is put off");
        for (const [n, one] of tabs.entries()) {
          assert.equal(await count(one, "expiring"), warned[n] + 1, "warned once");
        }
        await until(
          async () => (await count(page, "expiring")) > warned[0] + 1,
          "the next warning",
        );
        for (let n = 0; n < 3; n += 1) {
          assert.equal((await ask(page, "refresh")).error, undefined);
        }
        for (const one of [page, other]) await assertExpired(one, "session_idle");
        assert.equal(await count(page, "extended"), extended + 1, "by the touch alone");
        assert.equal(world.reused, 0);
      });

      if (vault) {
        test("where no worker is shared activity in one tab counts in the other, and a sign-out reaches it", async () => {
          const [page, other] = await twoTabs({ idle: 8, warnBefore: 4 }, await loneContext(world));
          for (let n = 0; n < 6; n += 1) {
            await wait(2_000);
            await page.mouse.move(10 + n, 10 + n);
          }
          for (const one of [page, other]) {
            assert.equal((await stateOf(one)).status, "signedIn");
            assert.equal(await one.evaluate(() => typeof SharedWorker), "undefined");
          }
          await page.evaluate(() => void auth.signOut());
          await status(other, "signedOut");
          assert.equal((await ask(other, "refresh")).error?.code, "login_required");
          await status(page, "signedOut");
        });
      }

      for (const lone of vault ? [false, true] : [false]) {
        const where = lone ? ", where no worker is shared" : "";
        test(`a sign-in after the time was over counts from its own beginning${where}`, async () => {
          world.further = { idle: 8 };
          world.configure();
          const page = await world.open("/", lone ? await loneContext(world) : undefined);
          await signIn(page);
          await assertExpired(page, "session_idle");
          await wait(8_000);
          await signIn(page);
          for (let n = 0; n < 6; n += 1) {
            await wait(2_000);
            await page.mouse.move(10 + n, 10 + n);
          }
          assert.equal((await stateOf(page)).status, "signedIn");
          await reload(page);
          await status(page, "signedIn");
        });
      }

      test("the sign-in's age ends the session however active the user is, and over reloads", async () => {
        const [page, other] = await twoTabs({ maxAge: 20, warnBefore: 5, idle: 60 });
        for (let n = 0; n < 3; n += 1) {
          await page.mouse.move(10 + n, 10 + n);
          await reload(page);
          await wait(1_000);
        }
        await status(page, "signedIn");
        for (const one of [page, other]) await assertExpired(one, "session_max_age");
        assert.equal(world.op.count("authorize"), 0);
        const [{ detail }] = await eventsOf(other, "expiring");
        assert.equal(detail.limit, "maxAge");
      });

      test("a tab that comes after the warning is warned too", async () => {
        const [page, other] = await twoTabs({ maxAge: 30, warnBefore: 15 });
        const warned = async (one) => (await eventsOf(one, "expiring")).length;
        for (const one of [page, other]) await until(() => warned(one), "the warning");
        await reload(other);
        await status(other, "signedIn");
        assert.equal(await until(() => warned(other), "the warning after a load"), 1);
        assert.equal(await warned(page), 1);
        for (const one of [page, other]) await assertExpired(one, "session_max_age");
      });

      test("a sign-out elsewhere is told as one, and the session is over here too", async () => {
        const [page, other] = await twoTabs({ idle: 600, maxAge: 3_600 });
        await page.evaluate(() => void auth.signOut());
        const { reason, lastError } = await status(other, "signedOut");
        assert.deepEqual([reason, lastError], ["signedOutElsewhere", null]);
        assert.equal((await call(other, "/api/orders")).error?.code, "login_required");
        assert.equal((await ask(other, "refresh")).error?.code, "login_required");
        assert.equal((await eventsOf(other, "signedOut")).length, 1);
        // Back from the provider: a context that is closed on the way hangs.
        await status(page, "signedOut");
      });

      test("a load after the time is over shows nobody, though everything was closed", async () => {
        const tabs = await twoTabs({ idle: 12 });
        const context = tabs[0].context();
        const keeper = await context.newPage();
        for (const page of tabs) await page.close();
        await wait(14_000);
        const page = await world.open("/", context);
        await assertExpired(page, "session_idle");
        assert.equal(world.op.count("authorize"), 0);
        assert.equal((await markOf(page))[0], "-");
        await keeper.close();
      });

      test("a forged entry in storage brings back no session whose sign-in is too old", async () => {
        const [page, other] = await twoTabs({ maxAge: 15, idle: 3_600 });
        await page.evaluate(() => {
          const key = Object.keys(localStorage).find((one) => one.endsWith(".active"));
          // The probe: the entry is there.
          if (!key) throw new Error("no entry");
          localStorage.setItem(key, String(Date.now() + 1e9));
        });
        for (const one of [page, other]) await assertExpired(one, "session_max_age");
      });

      notFor("rust", MODULE)(
        "without what counts activity no session is shown, and with it the session is there again",
        async () => {
          world.further = { idle: 600 };
          world.configure();
          const page = await world.signedIn();
          const { files } = world.app;
          const chunk = files[counting];
          assert.match(chunk, /pointerdown/);
          files[counting] = { status: 404, body: "" };
          try {
            await reload(page);
            await assertExpired(page, vault ? "vault_unavailable" : "core_load_failed");
            assert.ok(await page.evaluate(() => auth.state.lastError.fix));
          } finally {
            files[counting] = chunk;
          }
          await reload(page);
          await status(page, "signedIn");
          // Nothing outlives the only page that has its vault in itself.
          assert.equal(world.op.count("authorize"), vault ? 1 : 2);
        },
      );

      notFor("rust", MODULE)(
        "a session without the option downloads nothing that counts activity",
        async () => {
          world.configure();
          world.app.requests.length = 0;
          await world.signedIn();
          assert.deepEqual(world.app.requests.filter(isCounting), []);
          // The probe: with the option it does.
          world.further = { idle: 600 };
          world.configure();
          await world.signedIn();
          assert.ok(world.app.requests.filter(isCounting).length > 0);
        },
      );

      notFor("rust", TYPES)("options that make no sense are named", async () => {
        for (const bad of [{ idle: -1 }, { idle: 0 }, { maxAge: "soon" }, { warnBefore: 1.5 }]) {
          world.further = bad;
          world.configure();
          const page = await world.open("/");
          await status(page, "signedOut");
          const { error } = await ask(page, "signIn");
          assert.equal(error.code, "config_invalid", JSON.stringify(error));
          assert.ok(error.detail.includes(Object.keys(bad)[0]), error.detail);
        }
      });
    });
  }),
);
