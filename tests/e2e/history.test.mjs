// The back button and the back-forward cache, which brings a page back as it was left.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { vault } from "./support/front.mjs";
import {
  ask,
  call,
  eventsOf,
  go,
  reload,
  signIn,
  startSignIn,
  startSignOut,
  startWorld,
  stateOf,
  status,
  transactionsOf,
} from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

forEachBrowser((name) => {
  describe(`the back button in ${name}`, () => {
    let world;
    before(async () => {
      // A document that says `no-store` is kept out of the cache.
      world = await startWorld(name, { cacheable: true });
    });
    after(() => world?.close());
    afterEach(() => world.reset());

    /** Marks this load of the page, and tells if it comes back out of the cache, and what it shows then. */
    const watch = (page) =>
      page.evaluate(() => {
        window.sameLoad = true;
        addEventListener("pageshow", ({ persisted }) => {
          window.persisted = persisted;
          const { display } = getComputedStyle(document.documentElement);
          sessionStorage.setItem("shown", `${persisted} ${display}`);
        });
      });

    /** Another page, once this one is at rest: Firefox keeps none in its cache that holds a lock. */
    const leave = async (page, url) => {
      const locks = () => page.evaluate(() => navigator.locks.query());
      await until(async () => (await locks()).held.length === 0, "no lock held");
      await go(page, url);
    };

    /** Back, as the user's button does it. */
    const back = async (page, url) => {
      // The page may be gone before it answers.
      await page.evaluate(() => void setTimeout(() => history.back())).catch(() => {});
      await until(async () => (await addressOf(page)) === url, `${url}, where the button leads`);
    };

    // The driver's own idea of the address misses what comes out of the cache.
    const addressOf = (page) => page.evaluate(() => location.href);

    test("the cache is on: a page that listens to the client comes back as it was", async () => {
      const page = await world.signedIn("/here");
      await watch(page);
      await leave(page, `${world.app.origin}/next`);
      await status(page, "signedIn");
      await back(page, `${world.app.origin}/here`);
      await until(() => page.evaluate(() => window.sameLoad && window.persisted), "the same page");
      assert.equal((await stateOf(page)).status, "signedIn");
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
      // The load in between replaced the grant of all tabs, and is in the cache itself now: nobody can give that grant.
      const { error } = await ask(page, "refresh");
      assert.equal(error?.code, vault ? undefined : "reauthentication_needed");
      assert.equal(world.reused, 0);
      await reload(page);
      assert.equal((await status(page, "signedIn")).lastError, null);
    });

    test("a page that was away for longer than `idle` goes on with the tab that was in use", async () => {
      world.configure({ idle: 6, warnBefore: 2 });
      const page = await world.signedIn("/here");
      await watch(page);
      const other = await world.open("/other", page.context());
      await status(other, "signedIn");
      await leave(page, `${world.op.issuer}/.well-known/openid-configuration`);
      for (let n = 0; n < 5; n += 1) {
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        await other.mouse.move(10 + n, 10 + n);
      }
      await back(page, `${world.app.origin}/here`);
      await until(() => page.evaluate(() => window.sameLoad && window.persisted), "the same page");
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      for (const one of [page, other]) assert.equal((await stateOf(one)).status, "signedIn");
      assert.equal((await call(page, "/api/orders")).ok?.status, 200);
    });

    test("signIn rejects with navigation_cancelled when the user comes back", async () => {
      world.op.settings.autologin = null;
      const page = await world.open("/here");
      await status(page, "signedOut");
      await watch(page);
      await startSignIn(page);
      await page.waitForSelector("#username");
      await back(page, `${world.app.origin}/here`);
      await until(() => page.evaluate(() => window.persisted), "the page out of the cache");
      const { error } = await until(() => page.evaluate(() => window.left), "the outcome");
      assert.equal(error.code, "navigation_cancelled");
      assert.ok(error.isAuthError);
      assert.deepEqual(await transactionsOf(page), []);
      assert.equal((await stateOf(page)).status, "signedOut");
      world.op.settings.autologin = "alice";
      await signIn(page);
    });

    test("Back from the login page without the cache gives a usable page too", async () => {
      world.op.settings.autologin = null;
      world.app.headers["cache-control"] = "no-store";
      const page = await world.open("/here");
      await status(page, "signedOut");
      await startSignIn(page);
      await page.waitForSelector("#username");
      await back(page, `${world.app.origin}/here`);
      await status(page, "signedOut");
      world.op.settings.autologin = "alice";
      await signIn(page);
    });

    for (const [how, signOutThere] of Object.entries({
      "": (other) => startSignOut(other),
      " of which only storage tells": (other) =>
        other.evaluate(() => {
          const key = Object.keys(localStorage).find((one) => one.endsWith(".mark"));
          localStorage.setItem(key, `-${localStorage.getItem(key).slice(1)}`);
        }),
    })) {
      test(`a page that comes back after a sign-out elsewhere${how} is hidden and loaded anew`, async () => {
        const context = await world.context();
        const page = await world.signedIn("/here", context);
        await watch(page);
        const other = await world.open("/other", context);
        await status(other, "signedIn");
        await leave(page, `${world.app.origin}/next`);
        await status(page, "signedIn");
        world.op.settings.logout = "stuck";
        await signOutThere(other);
        await status(page, "signedOut");
        await back(page, `${world.app.origin}/here`);
        await until(() => page.evaluate(() => window.sameLoad === undefined), "a new load");
        const shown = await page.evaluate(() => sessionStorage.getItem("shown"));
        // Engines throw a cached page away when its channel has a message for it.
        const gone = shown === null && how === "";
        assert.ok(gone || shown === "true none", `it came back, and showed: ${shown}`);
        assert.equal((await status(page, "signedOut")).reason, "signedOut");
        assert.equal(await page.textContent("#user"), "");
        assert.equal((await ask(page, "accessToken")).error?.code, "login_required");
      });
    }

    test("a page that comes back after another user's sign-in shows nothing of the first", async () => {
      const context = await world.context();
      const page = await world.signedIn("/here", context);
      await watch(page);
      const other = await world.open("/other", context);
      await status(other, "signedIn");
      await leave(page, `${world.app.origin}/next`);
      await status(page, "signedIn");
      world.op.settings.autologin = "bob";
      await startSignIn(other, { prompt: "login", loginHint: "bob" });
      const isBob = async (one) => (await status(one, "signedIn")).user.sub === "bob";
      await until(() => isBob(other), "bob");
      await until(() => isBob(page), "bob, in the page that was open");
      await back(page, `${world.app.origin}/here`);
      await until(() => isBob(page), "bob, in the page that came back");
      assert.equal(await page.evaluate(() => window.sameLoad), undefined);
      assert.equal(await page.textContent("#user"), "bob");
      const shown = await page.evaluate(() => sessionStorage.getItem("shown"));
      assert.ok(shown === null || shown === "true none", `it came back, and showed: ${shown}`);
    });

    test("the user signs out and goes back: nothing of the session shows", async () => {
      const page = await world.signedIn("/here");
      await watch(page);
      world.op.settings.logout = "stuck";
      await startSignOut(page);
      await page.waitForSelector("#logout-stuck");
      await back(page, `${world.app.origin}/here`);
      assert.equal((await status(page, "signedOut")).reason, "signedOut");
      assert.equal(await page.textContent("#user"), "");
      assert.equal((await ask(page, "accessToken")).error?.code, "login_required");
    });

    test("O-14: back to the callback's place redeems no code twice", async () => {
      const page = await world.signedIn("/here?x=1");
      await leave(page, `${world.app.origin}/next`);
      await status(page, "signedIn");
      await back(page, `${world.app.origin}/here?x=1`);
      await status(page, "signedIn");
      const codes = world.op.requests.of("token").map((one) => one.param("code"));
      assert.equal(new Set(codes.filter(Boolean)).size, codes.filter(Boolean).length);
      assert.equal(world.reused, 0);
      assert.equal((await stateOf(page)).lastError, null);
      assert.equal((await eventsOf(page, "diagnosis")).length, 0);
    });

    test("a restore leaves no entry: Back from a restored page leads to the page before it", async () => {
      const page = await world.signedIn("/one");
      await leave(page, `${world.app.origin}/two`);
      await status(page, "signedIn");
      await back(page, `${world.app.origin}/one`);
      await status(page, "signedIn");
    });
  });
});
