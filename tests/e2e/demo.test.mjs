// The Yew demo as it is served, used as a person would: by mouse, by keyboard, on a phone. And what its diagram says, against
// what the provider and the API really saw.

import assert from "node:assert/strict";
import { dirname, join, resolve } from "node:path";
import { after, afterEach, before, describe } from "node:test";
import { fileURLToPath } from "node:url";
import { startApi } from "../provider/api.mjs";
import { startProvider } from "../provider/provider.mjs";
import { serveSite } from "../../www/serve.mjs";
import { checkPage } from "./support/accessibility.mjs";
import { closeContexts, forEachBrowser, launch } from "./support/browsers.mjs";
import { dump, search } from "./support/dump.mjs";
import { AUDIENCE } from "./support/harness.mjs";
import { freePort } from "./support/site.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

const demo = resolve(dirname(fileURLToPath(import.meta.url)), "../../target/demo");
const PHONE = { width: 360, height: 740 };

/** The kinds of steps that are one request each, and the endpoint that must have seen it. */
const REQUESTS = {
  DiscoveryRequest: "discovery",
  ProbeRequest: "discovery",
  KeysRequest: "jwks",
  TokenRequest: "token",
  RefreshRequest: "token",
  RevocationRequest: "revocation",
  AuthorizationRequest: "authorize",
};

forEachBrowser((name) => {
  describe(`the demo in ${name}`, () => {
    let browser, site, op, api, context;

    before(async () => {
      const port = await freePort();
      const origins = [`http://localhost:${port}`];
      op = await startProvider({ spaOrigins: origins });
      api = await startApi({ issuer: op.issuer, origins, audience: AUDIENCE });
      site = await serveSite({
        root: demo,
        port,
        deepLinks: true,
        config: { issuer: op.issuer, api: api.url },
      });
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
      api.requests.clear();
    });

    const by = (page, id) => page.getByTestId(id).first();
    const textOf = (page, id) => by(page, id).textContent();
    const shows = (page, id, pattern) =>
      until(async () => pattern.test(await textOf(page, id)), `${id} to show ${pattern}`);

    async function open(path = "/", options = {}) {
      context = await browser.newContext(options);
      const page = await context.newPage();
      page.problems = [];
      page.on("pageerror", (error) => page.problems.push(error.message));
      page.on("console", (message) => {
        const own = message.location().url.startsWith(site.url);
        if (message.type() === "error" && own) page.problems.push(message.text());
      });
      await page.goto(site.url + path);
      return page;
    }

    async function opened(path, options) {
      const page = await open(path, options);
      await shows(page, "status", /Signed out/);
      return page;
    }

    async function signIn(page, user = "alice") {
      await by(page, "sign-in").click();
      await page.click(`#as-${user}`);
      await shows(page, "status", /^Signed in$/);
    }

    /** The kinds of all steps of the diagram, in the order in which they happened. */
    const kindsOf = (page) =>
      page.evaluate(() =>
        [...document.querySelectorAll(".episode")]
          .reverse()
          .flatMap((episode) => [...episode.querySelectorAll("[data-testid=diagram-step]")])
          .map((step) => step.dataset.kind),
      );

    test("sign in, see who you are, orders, sign out", async () => {
      const page = await opened("/");
      await signIn(page);
      assert.equal(page.url(), `${site.url}/`);
      assert.equal(await textOf(page, "user-name"), "Alice Example");
      await page.getByRole("link", { name: "Orders", exact: true }).click();
      await shows(page, "orders", /Garden lamp/);
      assert.equal(page.url(), `${site.url}/orders`);
      await page.goBack();
      await by(page, "sign-out").click();
      await page.click("#logout-yes");
      await shows(page, "status", /^Signed out$/);
      assert.deepEqual(page.problems, []);
    });

    test("20 calls at once show how many refreshes they took", async () => {
      const page = await opened("/");
      await signIn(page);
      await by(page, "refuse").check();
      op.requests.clear();
      await by(page, "call-20").click();
      await shows(page, "call-result", /^20 of 20 calls succeeded.* one refresh/);
      await shows(page, "call-refreshes", /^1$/);
      const refreshes = op.requests.of("token").filter((one) => one.param("refresh_token"));
      assert.equal(refreshes.length, 1);
    });

    test("the countdown starts anew by itself, and nothing else is drawn anew", async () => {
      // A timer renews what lives longer than a minute, after half of its life.
      op.setTtl({ at: 61 });
      const page = await opened("/");
      await signIn(page);
      assert.equal(await textOf(page, "refresh-count"), "0");
      // What belongs to the state: who is signed in. The probe comes first.
      await page.evaluate(() => {
        window.changes = 0;
        const watched = document.querySelector("[data-testid=user-name]").parentElement;
        const observer = new MutationObserver((records) => (window.changes += records.length));
        observer.observe(watched, { childList: true, subtree: true, characterData: true });
        watched.setAttribute("title", "probe");
        observer.observe(watched, {
          ...{ childList: true, subtree: true, characterData: true },
          attributes: true,
        });
        watched.setAttribute("title", "probe again");
      });
      await until(() => page.evaluate(() => window.changes === 1), "the probe");
      const renewed = async () => Number(await textOf(page, "refresh-count")) > 0;
      await until(renewed, "a refresh", { timeout: 90_000 });
      assert.equal(await page.evaluate(() => window.changes), 1);
      assert.equal(await textOf(page, "status"), "Signed in");
    });

    test("other tabs appear, are signed out live, and disappear", async () => {
      const page = await opened("/");
      await signIn(page);
      const opening = context.waitForEvent("page");
      await by(page, "second-tab").click();
      const second = await opening;
      await shows(second, "status", /^Signed in$/);
      assert.deepEqual(await kindsOf(second), ["HandedOver", "SignedIn"]);
      assert.match(await second.textContent("[data-kind=HandedOver]"), /No request was needed/);
      await shows(page, "tab-card", /Signed in as Alice/);
      await shows(second, "tab-card", /Signed in as Alice/);
      await by(page, "sign-out").click();
      await shows(second, "status", /Signed out elsewhere/);
      await page.click("#logout-yes");
      await shows(page, "tab-card", /Signed out/);
      await second.close();
      await until(async () => (await page.getByTestId("tab-card").count()) === 0, "no other tab");
    });

    test("a deep link to a protected page leads through the sign-in to itself", async () => {
      const page = await open("/orders?sort=up#last");
      await by(page, "gate").waitFor();
      assert.equal(op.requests.entries.length, 0);
      await by(page, "gate").getByTestId("sign-in").click();
      await page.click("#as-bob");
      await shows(page, "orders", /lamp|chair|order/i);
      assert.equal(page.url(), `${site.url}/orders?sort=up#last`);
      await page.reload();
      await shows(page, "orders", /lamp|chair|order/i);
      await page.goto(`${site.url}/no/such/page`);
      await by(page, "not-found").waitFor();
    });

    test("the diagram tells what the provider and the API saw, in their order", async () => {
      const page = await opened("/");
      op.requests.clear();
      await signIn(page);
      await by(page, "refuse").uncheck();
      await by(page, "call-20").click();
      await shows(page, "call-result", /^20 of 20/);
      await by(page, "renew").click();
      await until(async () => (await kindsOf(page)).includes("RefreshResponse"), "the refresh");
      const kinds = await kindsOf(page);
      const endpoints = [...new Set(Object.values(REQUESTS))];
      // The API asks the provider as well.
      const isOfPage = ({ headers }) => /Mozilla/.test(headers["user-agent"]);
      for (const endpoint of endpoints) {
        const told = kinds.filter((kind) => REQUESTS[kind] === endpoint).length;
        const seen = op.requests.of(endpoint).filter(isOfPage);
        assert.equal(told, seen.length, `${endpoint}: ${kinds}`);
      }
      const first = kinds.indexOf("AuthorizationRequest");
      const wanted = [
        ...["DiscoveryRequest", "DiscoveryResponse", "AuthorizationRequest"],
        ...[
          "AuthorizationResponse",
          "TokenRequest",
          "TokenResponse",
          "IdTokenVerified",
          "SignedIn",
        ],
      ];
      let at = -1;
      for (const kind of wanted) {
        const next = kinds.indexOf(kind, at + 1);
        assert.ok(next > at, `${kind} after ${kinds[at]}: ${kinds}`);
        at = next;
      }
      assert.ok(first >= 0);
      // 20 calls are one row.
      assert.equal(kinds.filter((kind) => kind === "ApiCall").length, 1);
      assert.match(await page.textContent("[data-kind=ApiCall]"), /20/);
      const called = api.requests.entries.filter(
        ({ method, path }) => method === "GET" && /orders/.test(path),
      );
      assert.equal(called.length, 20);
    });

    test("each step says what it is, with its specification, and no secret is in any", async () => {
      const page = await opened("/");
      await signIn(page);
      await until(async () => (await kindsOf(page)).includes("TokenResponse"), "the steps");
      for (const step of await page.getByTestId("diagram-step").all()) {
        const face = step.locator("button");
        if (!(await face.isVisible())) continue;
        await face.click();
      }
      const channels = await page.$$eval("[data-testid=diagram-step]", (steps) =>
        Object.fromEntries(steps.map((step) => [step.dataset.kind, step.dataset.channel])),
      );
      assert.equal(channels.AuthorizationRequest, "front");
      assert.equal(channels.AuthorizationResponse, "front");
      assert.equal(channels.TokenRequest, "back");
      for (const kind of ["AuthorizationRequest", "TokenRequest", "AuthorizationResponse"]) {
        assert.match(await page.textContent(`[data-kind=${kind}]`), /RFC \d{4}/, kind);
      }
      assert.match(await page.textContent("[data-kind=TokenRequest]"), /code_verifier/);
      const [sent] = op.requests.of("token");
      const secrets = ["code", "code_verifier"].map((one) => sent.param(one));
      const { body } = { body: await page.content() };
      for (const secret of secrets) {
        assert.ok(secret.length > 20);
        assert.ok(!body.includes(secret), "a secret in the page");
      }
      const { urls, ...stores } = await dump(page);
      assert.deepEqual(search({ ...stores, urls: "" }, secrets), []);
    });

    test("the evolution: every step by its link, by the keys, and none sends a request", async () => {
      const page = await open("/evolution");
      await by(page, "evolution-step").waitFor();
      const titles = [];
      for (;;) {
        // The title is a component of its own and may be drawn a moment after the page that it stands in.
        const title = () => page.textContent("h1");
        await until(async () => (await title()) !== titles.at(-1), "a title of its own");
        titles.push(await title());
        assert.ok((await page.getByTestId("diagram-step").count()) > 2, titles.at(-1));
        const next = by(page, "evolution-next");
        if ((await page.getByTestId("evolution-next").count()) === 0) break;
        const before = await by(page, "evolution-step").getAttribute("data-step");
        if (titles.length % 2) await next.click();
        else await page.keyboard.press("ArrowRight");
        await until(
          async () => (await by(page, "evolution-step").getAttribute("data-step")) !== before,
          "the next step",
        );
      }
      assert.equal(titles.length, 6, `${titles}`);
      assert.equal(new Set(titles).size, 6);
      const last = page.url();
      await page.keyboard.press("ArrowLeft");
      await until(() => page.url() !== last, "the step before");
      await page.reload();
      await by(page, "evolution-step").waitFor();
      assert.equal(op.requests.entries.length, 0, "it is static");
      assert.equal(api.requests.entries.length, 0);
    });

    test("a cancelled sign-in is told with what to do about it", async () => {
      const page = await opened("/");
      await by(page, "sign-in").click();
      await page.click("#login-abort");
      await by(page, "error").waitFor();
      await shows(page, "error", /idp_error|access_denied|said no/);
      await page.goto(`${site.url}/errors/idp_error`);
      assert.match(await page.textContent("body"), /idp_error/);
    });

    test("by keyboard alone: skip link, sign-in, calls, a step of the diagram", async () => {
      const page = await opened("/");
      const focused = () =>
        page.evaluate(() => {
          const { activeElement } = document;
          const step = activeElement?.closest("[data-testid=diagram-step]");
          return (
            step?.dataset.testid ??
            activeElement?.dataset.testid ??
            activeElement?.textContent.trim()
          );
        });
      const tabTo = async (wanted) => {
        for (let n = 0; n < 60; n += 1) {
          await page.keyboard.press("Tab");
          if ((await focused()) === wanted) return;
        }
        assert.fail(`Tab does not reach ${wanted}`);
      };
      await tabTo("Skip to content");
      await tabTo("sign-in");
      const { outlineStyle, outlineWidth } = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return { outlineStyle, outlineWidth };
      });
      assert.ok(outlineStyle !== "none" && outlineWidth !== "0px", "the focus can be seen");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#username:focus");
      await page.keyboard.type("alice");
      await page.keyboard.press("Enter");
      await shows(page, "status", /^Signed in$/);
      await tabTo("call-20");
      await page.keyboard.press("Space");
      await shows(page, "call-result", /20 of 20/);
      assert.equal(await focused(), "call-20", "the focus stays on the button");
      await tabTo("diagram-step");
      await page.keyboard.press("Enter");
      const open = () => page.evaluate(() => document.activeElement.getAttribute("aria-expanded"));
      await until(async () => (await open()) === "true", "the step's details");
    });

    test("360 px wide, light and dark, nothing scrolls sideways, and names and labels are there", async () => {
      const page = await opened("/", { viewport: PHONE });
      const look = async (where) => {
        // Firefox ESR cannot be told which scheme to prefer.
        for (const colorScheme of name === "chromium" ? ["light", "dark"] : ["light"]) {
          if (name === "chromium") await page.emulateMedia({ colorScheme });
          const wide = await page.evaluate(() => {
            const { scrollWidth, clientWidth } = document.documentElement;
            return scrollWidth - clientWidth;
          });
          assert.ok(wide <= 0, `${where}, ${colorScheme}: ${wide} px too wide`);
          assert.deepEqual(await page.evaluate(checkPage), [], `${where}, ${colorScheme}`);
        }
      };
      await look("signed out");
      await page.goto(`${site.url}/nowhere`);
      await by(page, "not-found").waitFor();
      await look("not found");
      await page.goto(`${site.url}/orders`);
      await by(page, "gate").waitFor();
      await look("the gate");
      await page.goto(`${site.url}/`);
      await signIn(page);
      await by(page, "call-20").click();
      await shows(page, "call-result", /20 of 20/);
      await look("signed in");
      // Within the app: another load would go to the provider and back first.
      const link = (text) => page.getByRole("link", { name: text, exact: true }).first();
      await link("Orders").click();
      await shows(page, "orders", /Garden lamp/);
      await look("orders");
      await link("Evolution").click();
      await by(page, "evolution-step").waitFor();
      await look("evolution");
    });
  });
});
