// The loopback servers as browsers see them: pages, cookies, CORS, cut connections.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { startApi } from "../../provider/api.mjs";
import { startHostile } from "../../provider/hostile.mjs";
import { startProvider } from "../../provider/provider.mjs";
import { closeContexts, forEachBrowser, launch } from "./browsers.mjs";
import { startSite } from "./site.mjs";
import { test } from "./timed.mjs";

forEachBrowser((name) => {
  describe(`the servers in ${name}`, () => {
    let browser;
    let site;
    let op;
    let api;
    let hostile;

    before(async () => {
      browser = await launch(name);
      site = await startSite({
        files: { "/index.html": "<!doctype html><title>SPA</title><h1>SPA</h1>" },
        fallback: "/index.html",
      });
      op = await startProvider({ spaOrigins: [site.origin] });
      api = await startApi({ issuer: op.issuer, origins: [site.origin] });
      hostile = await startHostile();
    });
    after(async () => {
      await browser?.close();
      await Promise.all([site, op, api, hostile].map((server) => server?.close()));
    });
    afterEach(async () => {
      browser = await closeContexts(browser);
      op.settings.logout = null;
      op.faults.clear();
      hostile.reset();
    });

    const open = async (options) => (await browser.newContext(options)).newPage();
    const authorizationUrl = (more = {}) => {
      const url = new URL(`${op.issuer}/auth`);
      url.search = new URLSearchParams({
        client_id: "spa",
        redirect_uri: `${site.origin}/callback`,
        response_type: "code",
        scope: "openid",
        state: "some-state",
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeGK1t8URWbuGJSstw-cM",
        code_challenge_method: "S256",
        ...more,
      });
      return url.href;
    };
    const atCallback = (page) => page.waitForURL(`${site.origin}/callback?**`);

    test("sign-in by the form, by one click, by Enter, and Cancel", async () => {
      for (const act of [
        async (page) => {
          await page.fill("#username", "carol");
          await page.fill("#password", "any");
          await page.click("#login-submit");
        },
        (page) => page.click("#as-bob"),
        async (page) => {
          await page.fill("#username", "dora");
          await page.press("#password", "Enter");
        },
      ]) {
        const page = await open();
        await page.goto(authorizationUrl());
        await act(page);
        await atCallback(page);
        assert.ok(new URL(page.url()).searchParams.has("code"));
      }
      const page = await open();
      await page.goto(authorizationUrl());
      await page.click("#login-abort");
      await atCallback(page);
      assert.equal(new URL(page.url()).searchParams.get("error"), "access_denied");
    });

    test("the sign-in page is labelled and fits a phone", async () => {
      const page = await open({ viewport: { width: 320, height: 640 } });
      await page.goto(authorizationUrl());
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await page.getByLabel("User name").waitFor();
      await page.getByLabel("Password").waitFor();
      await page.getByRole("button", { name: "Continue as Alice Example" }).waitFor();
      const { wide, focused } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        focused: document.activeElement.id,
      }));
      assert.equal(wide, 0);
      assert.equal(focused, "username");
    });

    test("sign-out asks, answers by itself, or never returns", async () => {
      const page = await open();
      await page.goto(authorizationUrl());
      await page.click("#as-alice");
      await atCallback(page);
      const endUrl =
        `${op.issuer}/session/end?client_id=spa&state=bye` +
        `&post_logout_redirect_uri=${encodeURIComponent(`${site.origin}/`)}`;

      op.settings.logout = "stuck";
      await page.goto(endUrl);
      await page.waitForSelector("#logout-stuck");
      op.settings.logout = "ask";
      await page.goto(endUrl);
      await page.waitForSelector("#logout-no");
      await page.click("#logout-yes");
      await page.waitForURL(`${site.origin}/?state=bye`);

      await page.goto(authorizationUrl({ prompt: "none" }));
      await atCallback(page);
      assert.equal(new URL(page.url()).searchParams.get("error"), "login_required");

      op.settings.logout = "auto";
      await page.goto(authorizationUrl());
      await page.click("#as-alice");
      await atCallback(page);
      await page.goto(endUrl).catch(() => {
        // The page submits itself, which may overtake the end of its own navigation.
      });
      await page.waitForURL(`${site.origin}/?state=bye`);
    });

    test("a request whose connection is cut reaches the server once", async () => {
      const page = await open();
      await page.goto(`${site.origin}/`);
      const post = (url) =>
        page.evaluate(async (target) => {
          const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: "x" });
          try {
            return (await fetch(target, { method: "POST", body })).status;
          } catch (error) {
            return error.name;
          }
        }, url);

      for (const server of [op, hostile]) {
        const endpoint = `${server.issuer}/token`;
        // Warms a connection up, which a browser would like to use again.
        await post(endpoint);
        for (const drop of ["before", "after"]) {
          server.requests.clear();
          server.faults.set("refresh", { drop });
          assert.equal(await post(endpoint), "TypeError");
          assert.equal(server.count("token"), 1);
          server.faults.clear();
        }
      }
    });

    test("the API lets its pages read the challenge, and no other site", async () => {
      const page = await open();
      const challenge = () =>
        page.evaluate(async (url) => {
          try {
            const response = await fetch(url, { headers: { authorization: "Bearer x" } });
            return response.headers.get("www-authenticate");
          } catch (error) {
            return error.name;
          }
        }, `${api.url}/api/orders`);
      await page.goto(`${site.origin}/`);
      assert.match(await challenge(), /^Bearer realm="keyward-test-api", error="invalid_token"/);
      await page.goto(`http://127.0.0.1:${site.port}/`);
      assert.equal(await challenge(), "TypeError");
    });
  });
});
