// The Yew layer: gates, hooks, buttons, what is rendered when, and where the user lands, with and without a router.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { startApi } from "../provider/api.mjs";
import { startProvider } from "../provider/provider.mjs";
import { closeContexts, forEachBrowser, launch } from "./support/browsers.mjs";
import { go } from "./support/harness.mjs";
import { startSite } from "./support/site.mjs";
import { test } from "./support/timed.mjs";
import { answer, until } from "./support/until.mjs";
import { wasmPage } from "./support/wasm.mjs";

forEachBrowser((name) => {
  describe(`the Yew layer in ${name}`, () => {
    let site, op, api, browser;
    before(async () => {
      site = await startSite({
        files: await wasmPage("yew-app"),
        fallback: "/index.html",
        proxy: { "/api/": { toString: () => api.url } },
      });
      op = await startProvider({ spaOrigins: [site.origin], autologin: "alice" });
      api = await startApi({ issuer: op.issuer, origins: [site.origin] });
      browser = await launch(name);
    });
    after(async () => {
      await browser?.close();
      await Promise.all([site, op, api].map((server) => server?.close()));
    });
    afterEach(async () => {
      op.settings.autologin = "alice";
      op.faults.clear();
      // A page that is left may still have a request on its way.
      browser = await closeContexts(browser);
      op.requests.clear();
    });

    /** A page of the test app, put together in one of its modes. */
    async function open(mode, path = "/", context) {
      const own = context ?? (await browser.newContext());
      await own.addInitScript(
        ([issuer, wanted]) => {
          sessionStorage.setItem("issuer", issuer);
          sessionStorage.setItem("mode", wanted);
        },
        [op.issuer, mode],
      );
      const page = await own.newPage();
      await go(page, site.origin + path);
      return page;
    }

    const text = (page, selector) =>
      answer(() => page.evaluate((one) => document.querySelector(one)?.textContent, selector));
    const shows = (page, selector, wanted) =>
      until(async () => {
        const found = await text(page, selector);
        if (found !== undefined && found !== null && found.includes(wanted)) return true;
        throw new Error(`${selector}: ${found} at ${page.url()}`);
      }, `"${wanted}" in ${selector}`);
    const rendersOf = (page) =>
      page.evaluate(() =>
        Object.fromEntries(
          [...document.querySelectorAll("[data-renders]")].map((one) => [
            one.id,
            Number(one.dataset.renders),
          ]),
        ),
      );
    async function signIn(page) {
      await shows(page, "#state", "signed out");
      await page.click("button.in");
      await shows(page, "#state", "signed in");
    }

    for (const mode of ["none", "outside", "inside"]) {
      test(`${mode}: sign in by the button, a call, and out again`, async () => {
        const page = await open(mode, mode === "inside" ? "/app/" : "/");
        await shows(page, "#out", "out");
        assert.equal(await text(page, "#in"), undefined);
        assert.equal(op.requests.entries.length, 0, "a visitor costs no request");
        await signIn(page);
        await shows(page, "#in", "in");
        await shows(page, "#user", "Alice Example");
        assert.equal(await text(page, "#out"), undefined);
        assert.doesNotMatch(page.url(), /code=|state=/);
        await page.click("button.out");
        await shows(page, "#state", "signed out: SignedOut");
        await until(() => op.count("endSession") > 0, "the provider's sign-out");
      });
    }

    test("a silent refresh renders nothing, and the refresh is counted", async () => {
      const page = await open("none");
      await signIn(page);
      await shows(page, "#user", "Alice Example");
      const before = await rendersOf(page);
      assert.deepEqual(Object.keys(before).sort(), ["refresh", "state", "user"]);
      for (let round = 0; round < 3; round += 1) {
        await page.click("#refresh");
        // The next one must begin after this one: before, it would join it.
        await until(async () => {
          await page.click("#count");
          return (await text(page, "#refreshes")) === String(round + 1);
        }, "a refresh that is told");
      }
      assert.equal(op.requests.of("token").length, 4);
      const { refresh, ...others } = await rendersOf(page);
      assert.deepEqual({ state: before.state, user: before.user }, others);
      // The probe: showing the count is a render of its own component, and is counted.
      assert.ok(refresh > before.refresh);
    });

    test("each change of the state is one render of who uses it", async () => {
      const page = await open("none");
      await shows(page, "#state", "signed out");
      // Loading, then signed out.
      assert.deepEqual(await rendersOf(page), { refresh: 2, state: 2, user: 2 });
    });

    test("the user comes back to where the sign-in began, query and fragment included", async () => {
      for (const [mode, path] of [
        ["none", "/deep/page?open=1&text=a%20b#row-3"],
        ["outside", "/guarded?open=1#row"],
        ["inside", "/app/guarded?open=1#row"],
      ]) {
        const page = await open(mode, path);
        await signIn(page);
        assert.equal(page.url(), site.origin + path, mode);
        if (mode !== "none") await shows(page, "h1", "Guarded");
        await page.context().close();
      }
    });

    for (const [mode, base] of [
      ["outside", ""],
      ["inside", "/app"],
    ]) {
      test(`${mode}: a deep link to a protected route leads through the sign-in to itself`, async () => {
        const page = await open(mode, `${base}/orders/42?tab=2`);
        await shows(page, "h1", "Order 42");
        assert.equal(page.url(), `${site.origin}${base}/orders/42?tab=2`);
        await shows(page, "#user", "Alice Example");
        await page.click("#call");
        await shows(page, "#answer", "alice");
        assert.equal(op.count("authorize"), 1);
      });

      test(`${mode}: a route may be the target of a sign-in`, async () => {
        const page = await open(mode, `${base}/`);
        await shows(page, "#state", "signed out");
        await page.click("#to-order");
        await shows(page, "h1", "Order 9");
        assert.equal(page.url(), `${site.origin}${base}/orders/9`);
      });
    }

    test("a fallback is shown in place of leaving", async () => {
      const page = await open("outside", "/guarded");
      await shows(page, "#fallback", "Sign in");
      assert.equal(op.requests.entries.length, 0);
      await page.click("button.guard");
      await shows(page, "h1", "Guarded");
      assert.equal(page.url(), `${site.origin}/guarded`);
    });

    test("who refused is not sent to the provider again, and sees why", async () => {
      op.settings.autologin = null;
      const page = await open("outside", "/orders/1");
      await page.click("#login-abort");
      await shows(page, "[role=alert]", "idp_error");
      await shows(page, "#state", "signed out");
      assert.equal(page.url(), `${site.origin}/orders/1`);
      assert.equal(op.count("authorize"), 1);
      op.settings.autologin = "alice";
      await page.click("button.in");
      await shows(page, "h1", "Order 1");
      assert.equal(await text(page, "[role=alert]"), undefined);
    });

    test("who signs out on a protected page stays signed out", async () => {
      const page = await open("outside", "/orders/1");
      await shows(page, "h1", "Order 1");
      op.requests.clear();
      await page.click("button.out");
      await until(() => op.count("endSession") > 0, "the provider's sign-out");
      await shows(page, "#state", "signed out");
      assert.equal(op.count("authorize"), 0);
    });

    test("a sign-in that cannot begin says so beside its button", async () => {
      const context = await browser.newContext();
      const page = await open("none", "/", context);
      await shows(page, "#state", "signed out");
      await op.down();
      try {
        await page.click("button.in");
        await shows(page, "[role=alert]", "discovery_down");
        assert.equal(await page.isDisabled("button.in"), false, "it may be tried again");
      } finally {
        await op.up();
      }
      await signIn(page);
    });

    test("who comes back from the provider finds the button as it was, and no error", async () => {
      op.settings.autologin = null;
      const page = await open("none");
      await shows(page, "#state", "signed out");
      await page.click("button.in");
      await page.waitForSelector("#username");
      await page.goBack({ waitUntil: "commit" });
      await shows(page, "#state", "signed out");
      await until(() => page.isEnabled("button.in"), "the button");
      assert.equal(await text(page, "[role=alert]"), undefined);
      op.settings.autologin = "alice";
      await signIn(page);
    });

    test("a sign-out in one tab is one in the other, and a new tab is signed in", async () => {
      const context = await browser.newContext();
      const first = await open("outside", "/", context);
      await signIn(first);
      const second = await open("outside", "/orders/3", context);
      await shows(second, "h1", "Order 3");
      await first.click("button.out");
      await shows(second, "#state", "signed out: SignedOutElsewhere");
    });

    test("without a provider above, use_try_auth finds nothing", async () => {
      const page = await open("orphan");
      await shows(page, "#orphan", "found: false");
    });
  });
});
