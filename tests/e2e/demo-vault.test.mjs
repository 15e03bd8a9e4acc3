// The Yew demo with its vault in a worker: the same page, whose tokens no script of it can read.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { startApi } from "../provider/api.mjs";
import { startProvider } from "../provider/provider.mjs";
import { demoWithVault } from "../../scripts/site.mjs";
import { serveSite } from "../../www/serve.mjs";
import { closeContexts, forEachBrowser, launch } from "./support/browsers.mjs";
import { AUDIENCE } from "./support/harness.mjs";
import { scratch } from "./support/scratch.mjs";
import { freePort } from "./support/site.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

forEachBrowser((name) => {
  describe(`the demo with a vault in ${name}`, () => {
    let browser, site, op, api, context;

    before(async () => {
      const port = await freePort();
      const origins = [`http://localhost:${port}`];
      op = await startProvider({ spaOrigins: origins });
      api = await startApi({ issuer: op.issuer, origins, audience: AUDIENCE });
      const config = { issuer: op.issuer, api: api.url, vault: "/keyward/vault.js" };
      site = await serveSite({
        root: demoWithVault(scratch("demo")),
        port,
        deepLinks: true,
        wasm: true,
        config,
      });
      browser = await launch(name);
    });
    after(async () => {
      await browser?.close();
      await Promise.all([site, op, api].map((server) => server?.close()));
    });
    afterEach(async () => {
      browser = await closeContexts(browser);
      op.requests.clear();
    });

    const by = (page, id) => page.getByTestId(id).first();
    const shows = (page, id, pattern) =>
      until(async () => pattern.test(await by(page, id).textContent()), `${id} to show ${pattern}`);

    async function signedIn(path = "/") {
      context = await browser.newContext();
      const page = await context.newPage();
      page.problems = [];
      page.on("pageerror", (error) => page.problems.push(error.message));
      await page.goto(site.url + path);
      await by(page, "sign-in").click();
      await page.click("#as-alice");
      return page;
    }

    test("sign in by the redirect page, orders at a deep link, a reload, sign-out", async () => {
      const page = await signedIn("/orders?sort=up#last");
      await shows(page, "orders", /Garden lamp/);
      assert.equal(page.url(), `${site.url}/orders?sort=up#last`);
      const [asked] = op.requests.of("authorize");
      assert.equal(asked.param("redirect_uri"), `${site.url}/keyward/callback.html`);
      op.requests.clear();
      await page.reload();
      await shows(page, "orders", /Garden lamp/);
      const isOfPage = ({ headers }) => /Mozilla/.test(headers["user-agent"]);
      assert.deepEqual(op.requests.entries.filter(isOfPage), []);
      await page.goto(`${site.url}/`);
      await by(page, "sign-out").click();
      await page.click("#logout-yes");
      await shows(page, "status", /^Signed out$/);
      assert.deepEqual(page.problems, []);
    });

    test("20 calls at once take one refresh, and a second tab has the session and hears of its end", async () => {
      const page = await signedIn();
      await shows(page, "status", /^Signed in$/);
      await by(page, "refuse").check();
      op.requests.clear();
      await by(page, "call-20").click();
      await shows(page, "call-result", /^20 of 20 calls succeeded.* one refresh/);
      assert.equal(op.requests.of("token").length, 1);
      op.requests.clear();
      const second = await context.newPage();
      await second.goto(site.url);
      await shows(second, "status", /^Signed in$/);
      assert.deepEqual(
        [op.requests.of("authorize").length, op.requests.of("token").length],
        [0, 0],
      );
      await by(page, "sign-out").click();
      await shows(second, "status", /Signed out elsewhere/);
    });
  });
});
