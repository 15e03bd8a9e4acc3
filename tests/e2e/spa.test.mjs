// The SPA of www/ on the packed package, used as a person would: by mouse, by keyboard, on a phone.

import assert from "node:assert/strict";
import { dirname, join, resolve } from "node:path";
import { after, afterEach, before, describe } from "node:test";
import { fileURLToPath } from "node:url";
import { startApi } from "../provider/api.mjs";
import { startProvider } from "../provider/provider.mjs";
import { bakedOptions, buildSite } from "../../www/build.mjs";
import { serveSite } from "../../www/serve.mjs";
import { checkPage } from "./support/accessibility.mjs";
import { closeContexts, forEachBrowser, launch } from "./support/browsers.mjs";
import { AUDIENCE } from "./support/harness.mjs";
import { scratch } from "./support/scratch.mjs";
import { freePort } from "./support/site.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

const target = resolve(dirname(fileURLToPath(import.meta.url)), "../../target");
const PHONE = { width: 360, height: 740 };

/** In each browser with its tokens in the page, and with a vault in a worker: of its origin, and of one of its own. */
function forEachVariant(declare) {
  forEachBrowser((name) => ["", "with a vault ", OWN].forEach((vault) => declare(name, vault)));
}

const OWN = "with a vault on its own origin ";

forEachVariant((name, vault) => {
  describe(`the SPA ${vault}in ${name}`, () => {
    let browser;
    let site;
    let op;
    let api;
    let context;

    before(async () => {
      const outDir = scratch("spa");
      const port = await freePort();
      const own = vault === OWN;
      const [app, home] = ["spa", "vault"].map((host) =>
        own ? `http://${host}.app.localhost:${port}` : `http://localhost:${port}`,
      );
      op = await startProvider({ spaOrigins: [home] });
      api = await startApi({ issuer: op.issuer, origins: [home], audience: AUDIENCE });
      const { issuer } = op;
      const baked = own ? { app, ...bakedOptions({ issuer, api: api.url }) } : undefined;
      const tarball = join(target, "npm/keyward.tgz");
      await buildSite({ tarball, outDir, vault: vault !== "", baked });
      const config = {
        issuer,
        api: api.url,
        ...(vault && { vault: own ? `${home}/keyward/` : "/keyward/vault.js" }),
      };
      site = await serveSite({ root: outDir, port, config, ...(own && { app }) });
      site.url = app;
      browser = await launch(name);
    });
    after(async () => {
      await browser?.close();
      await Promise.all([site, op, api].map((server) => server?.close()));
    });
    afterEach(async () => {
      browser = await closeContexts(browser);
      op.setTtl({ at: 30 });
      op.requests.clear();
    });

    const by = (page, id) => page.getByTestId(id);
    const textOf = (page, id) => by(page, id).textContent();
    const shows = (page, id, pattern) =>
      until(async () => pattern.test(await textOf(page, id)), `${id} to show ${pattern}`);

    async function open(path = "/", options = {}) {
      context = await browser.newContext(options);
      const page = await context.newPage();
      page.problems = [];
      page.on("pageerror", (error) => page.problems.push(error.message));
      page.on("console", (message) => {
        // Browsers ask the provider for an icon too.
        const { url } = message.location();
        // They ask it for the redirect page as well, which names none; the site has its own under another name.
        const own = url.startsWith(site.url) && !url.endsWith("/favicon.ico");
        if (message.type() === "error" && own) page.problems.push(message.text());
      });
      await page.goto(site.url + path);
      await shows(page, "status", /Signed out/);
      return page;
    }

    async function signIn(page, user = "alice") {
      await by(page, "sign-in").click();
      await page.click(`#as-${user}`);
      await shows(page, "status", /^Signed in$/);
    }

    test("sign in, see who you are, call the API, sign out", async () => {
      const page = await open("/#/session");
      await signIn(page);
      assert.equal(page.url(), `${site.url}/#/session`);
      assert.equal(await textOf(page, "user-name"), "Alice Example");

      await page.getByRole("link", { name: "Overview" }).click();
      await by(page, "call-once").click();
      await shows(page, "call-result", /^200 .*0 token renewals/);
      assert.equal(await textOf(page, "succeeded"), "1/1");

      await page.getByRole("link", { name: "Orders", exact: true }).click();
      await by(page, "orders").waitFor();
      assert.match(await textOf(page, "orders"), /Garden lamp/);

      await by(page, "sign-out").click();
      await page.click("#logout-yes");
      await shows(page, "status", /^Signed out$/);
      assert.ok(await by(page, "sign-in").isVisible());
      assert.deepEqual(page.problems, []);
    });

    test("20 calls at once show how many renewals they took", async () => {
      op.setTtl({ at: 2 });
      const page = await open();
      await signIn(page);
      op.setTtl({ at: 60 });
      await by(page, "call-many").click();
      await shows(page, "call-result", /^20 calls of 20 succeeded with 1 token renewal/);
      assert.equal(await textOf(page, "refreshes"), "1");
      assert.equal(await textOf(page, "succeeded"), "20/20");
      const refreshes = op.requests.of("token").filter((one) => one.param("refresh_token"));
      assert.equal(refreshes.length, 1);
    });

    test("the countdown runs out, and starts anew when a call renews the token", async () => {
      op.setTtl({ at: 3 });
      const page = await open();
      await signIn(page);
      const seconds = async () => {
        const [minutes, rest] = (await textOf(page, "countdown")).split(":").map(Number);
        return minutes * 60 + rest;
      };
      await until(async () => (await seconds()) === 0, "the end of the countdown");
      await page.getByText("next call renews", { exact: true }).waitFor();
      op.setTtl({ at: 30 });
      await by(page, "call-once").click();
      await shows(page, "call-result", /^200 .*1 token renewal/);
      const renewed = await seconds();
      assert.ok(renewed > 20 && renewed <= 30, `${renewed} s`);
      await until(async () => (await seconds()) < renewed, "it to run");
      assert.equal(await textOf(page, "status"), "Signed in");
    });

    test("a second tab is signed in, and follows a sign-out live", async () => {
      const page = await open();
      await signIn(page);
      const opening = context.waitForEvent("page");
      await by(page, "second-tab").click();
      const second = await opening;
      await shows(second, "status", /^Signed in$/);
      assert.equal(await textOf(second, "user-name"), "Alice Example");

      await by(page, "sign-out").click();
      await shows(second, "status", /Signed out elsewhere/);
      assert.match(await textOf(second, "user-name"), /Another tab signed out/);
      assert.match(await textOf(second, "log"), /signed ?out/i);
    });

    test("a signed-out tab has a sign-in elsewhere at once", async () => {
      const page = await open();
      const second = await context.newPage();
      await second.goto(site.url);
      await shows(second, "status", /Signed out/);
      await signIn(page);
      await shows(second, "status", /^Signed in$/);
    });

    test("orders ask for a sign-in and lead back to themselves", async () => {
      const page = await open("/#/orders");
      await by(page, "gate-sign-in").click();
      await page.click("#as-bob");
      await by(page, "orders").waitFor();
      assert.equal(page.url(), `${site.url}/#/orders`);
    });

    test("a cancelled sign-in is told with its code and a page about it", async () => {
      const page = await open();
      await by(page, "sign-in").click();
      await page.click("#login-abort");
      await shows(page, "error-code", /idp_error/);
      await by(page, "error-docs").click();
      await page.waitForURL(`${site.url}/errors/idp_error`);
      assert.match(await page.textContent("main, body"), /idp_error/);
    });

    test("the pages about the error codes open, each from the list", async () => {
      const page = await open();
      await page.getByRole("link", { name: "Error codes" }).click();
      await page.waitForURL(`${site.url}/errors/`);
      const codes = await page.$$eval("a[href*='/errors/']", (links) =>
        links.map((link) => new URL(link.href).pathname).filter((path) => path !== "/errors/"),
      );
      assert.ok(codes.length > 50, `${codes.length} codes are listed`);
      for (const path of [codes[0], codes.at(-1)]) {
        await page.goto(site.url + path);
        assert.ok((await page.textContent("h1")).length > 0);
        assert.deepEqual(await page.evaluate(checkPage), [], path);
      }
    });

    test("by keyboard alone: skip link, sign-in, calls", async () => {
      const page = await open();
      const focusedName = () =>
        page.evaluate(
          () =>
            document.activeElement?.dataset.testid ?? document.activeElement?.textContent.trim(),
        );
      const tabTo = async (wanted) => {
        for (let n = 0; n < 30; n += 1) {
          await page.keyboard.press("Tab");
          if ((await focusedName()) === wanted) return;
        }
        assert.fail(`Tab does not reach ${wanted}`);
      };
      await tabTo("Skip to content");
      await tabTo("sign-in");
      const outline = await page.evaluate(() => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
        return { visible: outlineStyle !== "none" && outlineWidth !== "0px", boxShadow };
      });
      assert.ok(outline.visible || outline.boxShadow !== "none", "the focus can be seen");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#username:focus");
      await page.keyboard.type("alice");
      await page.keyboard.press("Enter");
      await shows(page, "status", /^Signed in$/);
      await tabTo("call-many");
      await page.keyboard.press("Space");
      await shows(page, "call-result", /20 calls of 20 succeeded/);
      assert.equal(await focusedName(), "call-many", "the focus stays on the button");
    });

    test("360 px wide, nothing scrolls sideways, and names and labels are there", async () => {
      const page = await open("/", { viewport: PHONE });
      const look = async (where) => {
        const wide = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return scrollWidth - clientWidth;
        });
        assert.ok(wide <= 0, `${where}: ${wide} px too wide`);
        assert.deepEqual(await page.evaluate(checkPage), [], where);
      };
      const everyRoute = async (state) => {
        for (const route of ["", "orders", "session"]) {
          await page.evaluate((hash) => (location.hash = hash), `#/${route}`);
          await page.waitForSelector(`[data-route="${route || "overview"}"]`);
          await look(`${state} ${route}`);
        }
      };
      await everyRoute("signed out");
      await signIn(page);
      await everyRoute("signed in");
      await page.evaluate(() => (location.hash = "#/"));
      await by(page, "call-many").click();
      await shows(page, "call-result", /succeeded/);
      await look("after calls");
      await page.goto(`${site.url}/errors/`);
      await look("errors");
    });

    test("a missing setting is told on the page, with its code", async () => {
      const broken = await serveSite({ root: scratch("spa"), config: { clientId: "" } });
      try {
        context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(broken.url);
        await shows(page, "error-code", /config_missing/);
      } finally {
        await broken.close();
      }
    });
  });
});
