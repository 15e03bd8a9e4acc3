// What is WebKit's own: how it keeps sessions and ends workers, and what tells its tabs. The rest is in the end-to-end
// tests that run in WebKit too. The vault on an origin of its own is not tested there: WebKitGTK takes each name below
// `localhost` for a site of its own, and has no other names that are secure without a certificate.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import {
  ask,
  call,
  reload,
  startSignOut,
  startWorld,
  stateOf,
  status,
} from "../e2e/support/harness.mjs";
import { test } from "../e2e/support/timed.mjs";
import { inTime, never, until } from "../e2e/support/until.mjs";

/** Where the tokens are, and what the provider is asked for by a load in a tab beside another, and by one in the only tab. */
const PLACES = {
  "tokens in the page": { vault: false, beside: [0, 0], alone: [1, 1] },
  "a vault in a worker": { vault: true, beside: [0, 0], alone: [0, 0] },
};

/** What tells other tabs of a sign-out, and the script that takes the other one away. */
const TELLERS = {
  "the storage event": "delete window.BroadcastChannel;",
  "the channel": "addEventListener('storage', (event) => event.stopImmediatePropagation(), true);",
};

for (const [place, { vault, beside, alone }] of Object.entries(PLACES)) {
  describe(`WebKit, ${place}`, () => {
    let world;
    before(async () => {
      world = await startWorld("webkit", { app: { vault } });
    });
    after(() => world?.close());
    afterEach(async () => {
      world.serve("/index.html", null);
      world.further = {};
      await world.reset();
    });

    const asked = () => [world.op.count("authorize"), world.op.count("token")];

    test("a sign-in leaves no token in storage and no answer in the URL", async () => {
      const page = await world.signedIn("/here");
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
      const token = world.api.requests.last("/api/orders").headers.authorization.slice(7);
      const stored = () =>
        page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
      for (const storage of ["localStorage", "sessionStorage"]) {
        const put = ([where, what]) => window[where].setItem("probe", what);
        await page.evaluate(put, [storage, token]);
        assert.ok((await stored()).includes(token), `the probe in ${storage}`);
        await page.evaluate((where) => window[where].removeItem("probe"), storage);
      }
      assert.ok(!(await stored()).includes(token));
      assert.equal(await page.evaluate(() => location.href), `${world.app.origin}/here`);
    });

    test("what a reload and a second tab cost", async () => {
      const context = await world.context();
      const page = await world.signedIn("/", context);
      world.op.requests.clear();
      await reload(page);
      await status(page, "signedIn");
      assert.deepEqual(asked(), alone);
      world.op.requests.clear();
      const other = await world.open("/", context);
      await status(other, "signedIn");
      assert.deepEqual(asked(), beside);
    });

    // A vault tells its tabs itself.
    const tellers = vault ? {} : TELLERS;
    for (const [title, head] of Object.entries(tellers)) {
      test(`${title} alone tells another tab of a sign-out`, async () => {
        const html = world.app.files["/index.html"];
        world.serve("/index.html", html.replace("<head>", `<head><script>${head}</script>`));
        const context = await world.context();
        const page = await world.signedIn("/", context);
        const other = await world.open("/", context);
        await status(other, "signedIn");
        const without = await other.evaluate(() => typeof BroadcastChannel === "undefined");
        assert.equal(without, title === "the storage event");
        world.op.settings.logout = "stuck";
        await startSignOut(page);
        assert.equal((await status(other, "signedOut")).reason, "signedOutElsewhere");
        assert.equal(await other.textContent("#user"), "");
      });
    }

    if (!vault) return;

    test("over the end of the only tab the service worker alone keeps the session", async () => {
      for (const parking of [false, true]) {
        world.further = { parking };
        world.configure();
        const context = await world.context();
        await (await world.signedIn("/", context)).close();
        world.op.requests.clear();
        await status(await world.open("/", context), "signedIn");
        assert.deepEqual(asked(), parking ? [0, 0] : [1, 1]);
      }
    });

    test("a session outlives its only tab's way to another site", async () => {
      const page = await world.signedIn("/");
      world.op.requests.clear();
      await page.goto(`${world.op.issuer}/.well-known/openid-configuration`);
      await page.goto(`${world.app.origin}/`);
      await status(page, "signedIn");
      assert.deepEqual(asked(), [0, 0]);
    });

    test("a vault whose process dies is noticed, and nothing is sent twice", async () => {
      const context = await world.context();
      const named = () => context.processes("WebKitWebProcess");
      const others = named();
      const page = await world.signedIn("/", context);
      // The vault lives in the process of the page that started it; so does its service worker.
      const [host, ...more] = named().filter((pid) => !others.includes(pid));
      assert.deepEqual(more, []);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      // The driver gives up with a page that dies, so that page is closed.
      await page.close();
      assert.equal((await call(other, "/api/orders")).ok.status, 200);
      world.op.requests.clear();
      world.api.requests.clear();
      process.kill(host, "SIGKILL");
      const { error } = await inTime(call(other, "/api/orders"), "the end of the call", 20_000);
      assert.equal(error?.code, "vault_unavailable");
      // The next vault knows nothing: the session stands, and the page is not led away.
      const refused = async () =>
        (await ask(other, "refresh")).error?.code === "reauthentication_needed";
      await until(refused, "the next vault");
      assert.equal((await stateOf(other)).status, "signedIn");
      await never(() => asked().some((count) => count > 0), "a request", 500);
      assert.equal(world.api.count("/api/orders"), 0);
      await reload(other);
      await status(other, "signedIn");
      assert.deepEqual(asked(), [1, 1]);
      assert.equal((await call(other, "/api/orders")).ok.status, 200);
      assert.equal(world.reused, 0);
    });
  });
}
