// A load of the page: the session comes back with the provider's help, or the user is left in peace.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { notFor } from "./support/front.mjs";
import {
  call,
  eventsOf,
  go,
  reload,
  signIn,
  signOut,
  startSignIn,
  startSignOut,
  startWorld,
  status,
} from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

const SIBLINGS = "the vault has the session";

forEachBrowser((name) => {
  describe(`restore in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name);
    });
    after(() => world?.close());
    afterEach(() => world.reset());

    const silent = () =>
      world.op.requests.of("authorize").filter((one) => one.param("prompt") === "none");

    /** Signs out as a user does, up to the page that the provider returns to. */
    async function signOutFully(page) {
      await signOut(page);
    }

    test("a reload brings the session back, once, to the same address", async () => {
      const page = await world.signedIn("/orders?open=1#row");
      world.op.requests.clear();
      await reload(page);
      const { user, lastError } = await status(page, "signedIn");
      assert.equal(user.sub, "alice");
      assert.equal(lastError, null);
      assert.equal(page.url(), `${world.app.origin}/orders?open=1#row`);
      assert.equal(silent().length, 1);
      assert.equal(world.op.count("authorize"), 1);
      assert.equal(world.op.count("token"), 1);
      const [{ detail }] = await eventsOf(page, "signedIn");
      assert.equal(detail.restored, true);
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
      // A restore replaces the entry in the history: Back does not lead to the provider.
      const ready = await page.evaluate(async () => (await auth.ready) === auth.state);
      assert.ok(ready);
    });

    test("five reloads in a row", async () => {
      const page = await world.signedIn("/x");
      for (let n = 0; n < 4; n += 1) {
        await reload(page);
        await status(page, "signedIn");
      }
      assert.equal(silent().length, 4);
      assert.equal(world.reused, 0);
    });

    test("R-170, O-59: sign-out; a reload afterwards stays signed out", async () => {
      const page = await world.signedIn("/orders");
      await signOutFully(page);
      const { query } = world.op.requests.last("endSession");
      assert.equal(query.get("client_id"), "spa");
      assert.equal(query.get("post_logout_redirect_uri"), `${world.app.origin}/`);
      assert.match(query.get("state"), /^[\w-]{43}$/);
      assert.equal(query.get("id_token_hint").split(".").length, 3);
      assert.equal(page.url(), `${world.app.origin}/`);
      assert.equal(world.op.count("revocation"), 1);
      world.op.requests.clear();
      await reload(page);
      await status(page, "signedOut");
      assert.equal(world.op.requests.entries.length, 0);
      // An interactive sign-in goes on as ever.
      await signIn(page);
    });

    test("after a sign-out that never came back, a load stays signed out", async () => {
      const page = await world.signedIn("/orders");
      world.op.settings.logout = "stuck";
      await startSignOut(page);
      await page.waitForSelector("#logout-stuck");
      world.op.requests.clear();
      await go(page, `${world.app.origin}/again`);
      assert.equal((await status(page, "signedOut")).reason, "signedOut");
      assert.equal(world.op.requests.entries.length, 0);
    });

    test("O-62, R-173: a return with a foreign state revives nobody", async () => {
      const page = await world.signedIn("/orders");
      world.op.settings.logout = "stuck";
      await startSignOut(page);
      await page.waitForSelector("#logout-stuck");
      world.op.requests.clear();
      for (const query of ["?state=foreign", "?state=", "?state=a&state=b"]) {
        await go(page, `${world.app.origin}/${query}`);
        assert.equal((await status(page, "signedOut")).reason, "signedOut");
      }
      assert.equal(world.op.requests.entries.length, 0);
    });

    test("sign-out lands where the app says", async () => {
      const page = await world.signedIn("/orders");
      await startSignOut(page, { returnTo: "/bye?x=1#end" });
      await until(() => page.url() === `${world.app.origin}/bye?x=1#end`, "the landing");
      assert.equal((await status(page, "signedOut")).lastError, null);
    });

    test("a sign-out of this app alone stays on the page", async () => {
      const page = await world.signedIn("/orders");
      await startSignOut(page, { everywhere: false });
      await until(() => page.evaluate(() => window.left), "the end of the sign-out");
      assert.equal((await status(page, "signedOut")).reason, "signedOut");
      assert.equal(page.url(), `${world.app.origin}/orders`);
      assert.equal(world.op.count("endSession"), 0);
      assert.equal(world.op.count("revocation"), 1);
      world.op.requests.clear();
      await reload(page);
      await status(page, "signedOut");
      assert.equal(world.op.requests.entries.length, 0);
    });

    notFor("vault", SIBLINGS)(
      "a page in a frame or with an opener is never taken to the provider",
      async () => {
        world.configure({ handover: false });
        const page = await world.signedIn("/orders");
        world.op.requests.clear();
        const opening = page.waitForEvent("popup");
        await page.evaluate(() => void window.open("/opened"));
        const opened = await opening;
        assert.equal((await status(opened, "signedOut")).reason, "expired");
        await page.evaluate(() => {
          const frame = document.createElement("iframe");
          frame.src = "/framed";
          document.body.append(frame);
        });
        const framed = await until(
          () => page.frames().find((frame) => frame.url().endsWith("/framed")),
          "the frame",
        );
        assert.equal((await status(framed, "signedOut")).reason, "expired");
        assert.equal(world.op.count("authorize"), 0);
        assert.equal(await page.evaluate(() => auth.state.status), "signedIn");
      },
    );

    test("restore: false leaves a load alone", async () => {
      const context = await world.context();
      const first = await world.signedIn("/", context);
      await first.close();
      world.configure({ restore: false });
      world.op.requests.clear();
      const page = await world.open("/", context);
      assert.equal((await status(page, "signedOut")).reason, "expired");
      assert.equal(world.op.requests.entries.length, 0);
      await signIn(page);
    });

    test('restore: "always" joins the provider\'s single sign-on on a first visit', async () => {
      const context = await world.context();
      // Another app of the same provider signed the user in.
      world.configure({ clientId: "demo" });
      await world.signedIn("/", context);
      world.configure({ restore: "always" });
      world.op.requests.clear();
      const page = await world.open("/deep?link=1", context);
      assert.equal((await status(page, "signedIn")).user.sub, "alice");
      assert.equal(page.url(), `${world.app.origin}/deep?link=1`);
      assert.equal(silent().length, 1);
    });

    test('restore: "always" asks once where nobody is signed in', async () => {
      world.configure({ restore: "always" });
      world.op.settings.autologin = null;
      const page = await world.open("/deep?link=1");
      const { lastError } = await status(page, "signedOut");
      assert.equal(lastError, "login_required");
      assert.equal(page.url(), `${world.app.origin}/deep?link=1`);
      assert.equal(silent().length, 1);
      assert.equal(await hint(page), null);
    });

    test("the provider's session is over: login_required removes the hint, and the user decides", async () => {
      const page = await world.signedIn("/orders");
      world.op.settings.autologin = null;
      await page.context().clearCookies();
      assert.notEqual(await hint(page), null);
      await reload(page);
      const { lastError } = await status(page, "signedOut");
      assert.equal(lastError, "login_required");
      assert.equal(await hint(page), null);
      world.op.requests.clear();
      await reload(page);
      await status(page, "signedOut");
      assert.equal(world.op.requests.entries.length, 0);
    });

    test("a provider that cannot be reached: ready settles, the page stays, a later load works", async () => {
      const page = await world.signedIn("/orders?x=1");
      await world.op.down();
      try {
        await reload(page);
        const { lastError } = await status(page, "signedOut");
        assert.ok(["discovery_down", "offline"].includes(lastError), lastError);
        const settled = await page.evaluate(async () => (await auth.ready).status);
        assert.equal(settled, "signedOut");
        assert.equal(page.url(), `${world.app.origin}/orders?x=1`);
        const { error } = await page.evaluate(() => settle(auth.signIn()));
        assert.ok(error.retryable, error.code);
      } finally {
        await world.op.up();
      }
      await reload(page);
      await status(page, "signedIn");
    });

    test("an app that loads offline shows itself, not the browser's error page", async () => {
      const page = await world.signedIn("/orders?x=1");
      const files = Object.keys(world.app.files).filter((path) => path.startsWith("/app/"));
      world.app.files["/worker.js"] = workerFor(["/", ...files]);
      await page.evaluate(async () => {
        await navigator.serviceWorker.register("/worker.js");
        await navigator.serviceWorker.ready;
      });
      await page.context().setOffline(true);
      await reload(page);
      const { lastError } = await status(page, "signedOut");
      assert.ok(["offline", "discovery_down"].includes(lastError), lastError);
      assert.equal(await page.evaluate(() => navigator.onLine), false);
      assert.equal(page.url(), `${world.app.origin}/orders?x=1`);
      await page.context().setOffline(false);
      await reload(page);
      await status(page, "signedIn");
    });

    test("a provider that never answers a restore locks nobody out", async () => {
      const page = await world.signedIn("/orders");
      world.op.settings.autologin = null;
      world.op.faults.set("authorize", { hold: "before" });
      world.op.requests.clear();
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        await go(page, `${world.app.origin}/orders?n=${attempt}`);
        await until(() => world.op.count("authorize") === attempt, `attempt ${attempt}`);
      }
      await go(page, `${world.app.origin}/orders?n=4`);
      const { lastError } = await status(page, "signedOut");
      assert.equal(lastError, "restore_closed");
      assert.equal(world.op.count("authorize"), 3);
      world.op.faults.clear();
      world.op.settings.autologin = "alice";
      await startSignIn(page);
      assert.equal((await status(page, "signedIn")).lastError, null);
      // A session opens the door again.
      await reload(page);
      await status(page, "signedIn");
    });

    notFor("vault", SIBLINGS)(
      "an error answer to a restore closes it for a while, and signIn still works",
      async () => {
        const page = await world.signedIn("/orders");
        world.configure({ authorizationParams: { resource: "urn:unknown" } });
        await reload(page);
        const { lastError } = await status(page, "signedOut");
        assert.equal(lastError, "idp_error");
        assert.equal(page.url(), `${world.app.origin}/orders`);
        world.configure();
        world.op.requests.clear();
        await reload(page);
        assert.equal((await status(page, "signedOut")).lastError, "restore_closed");
        assert.equal(world.op.requests.entries.length, 0);
        await signIn(page);
        await reload(page);
        await status(page, "signedIn");
      },
    );
  });
});

const hint = (page) =>
  page.evaluate(() => {
    const key = Object.keys(localStorage).find((one) => one.endsWith(".hint"));
    return key ? localStorage.getItem(key) : null;
  });

/** Answers every page and file of the app from its cache, as an installed app does. */
const workerFor = (files) => `
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open("app").then((cache) => cache.addAll(${JSON.stringify(files)})));
});
self.addEventListener("fetch", (event) => {
  if (new URL(event.request.url).origin !== location.origin) return;
  const key = event.request.mode === "navigate" ? "/" : event.request;
  event.respondWith(caches.match(key).then((found) => found ?? fetch(event.request)));
});`;
