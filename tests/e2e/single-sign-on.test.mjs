// Single sign-on: two apps on two origins are two clients of one provider, one in TypeScript and one in Rust.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { go, reload, signIn, signOut, startWorld, status } from "./support/harness.mjs";
import { startSite } from "./support/site.mjs";
import { test } from "./support/timed.mjs";
import { answer, until } from "./support/until.mjs";
import { wasmPage } from "./support/wasm.mjs";

forEachBrowser((name) => {
  describe(`single sign-on in ${name}`, () => {
    let world, other;
    before(async () => {
      other = await startSite({ files: await wasmPage("yew-app"), fallback: "/index.html" });
      world = await startWorld(name, { alsoOrigins: [other.origin] });
    });
    after(() => Promise.all([world?.close(), other?.close()]));
    afterEach(() => world.reset());

    /** The Rust app, in a tab of its own. */
    async function openOther(context, restore = "") {
      const page = await context.newPage();
      await page.addInitScript(
        ([origin, issuer, wanted]) => {
          if (location.origin !== origin) return;
          sessionStorage.setItem("issuer", issuer);
          sessionStorage.setItem("client", "demo");
          sessionStorage.setItem("restore", wanted);
        },
        [other.origin, world.op.issuer, restore],
      );
      await go(page, `${other.origin}/here?x=1`);
      return page;
    }

    const shows = (page, wanted) =>
      until(async () => {
        const found = await answer(() =>
          page.evaluate(() => document.querySelector("#state")?.textContent),
        );
        if (found?.startsWith(wanted)) return true;
        throw new Error(`${found} at ${page.url()}`);
      }, `"${wanted}"`);

    /** From here on nobody is signed in at the provider without a page of its own. */
    const askAgain = () => (world.op.settings.autologin = null);

    test("signed in to one, signing in to the other asks nothing", async () => {
      const context = await world.context();
      await world.signedIn("/", context);
      askAgain();
      const page = await openOther(context);
      await shows(page, "signed out: NeverSignedIn");
      await page.click("button.in");
      await shows(page, "signed in");
      assert.equal(page.url(), `${other.origin}/here?x=1`);
      assert.equal(await page.textContent("#user"), "Alice Example");
    });

    test("with restore: always it happens on load, and only where somebody is signed in", async () => {
      const context = await world.context();
      askAgain();
      const nobody = await openOther(context, "always");
      await shows(nobody, "signed out: SessionEnded");
      assert.equal(nobody.url(), `${other.origin}/here?x=1`);
      world.op.settings.autologin = "alice";
      await world.signedIn("/", context);
      askAgain();
      const page = await openOther(context, "always");
      await shows(page, "signed in");
      assert.equal(page.url(), `${other.origin}/here?x=1`);
    });

    test("a sign-out of the first is seen in the other at its next load", async () => {
      const context = await world.context();
      const first = await world.signedIn("/", context);
      const page = await openOther(context);
      await page.click("button.in");
      await shows(page, "signed in");
      await signOut(first);
      askAgain();
      await reload(page);
      await shows(page, "signed out");
    });

    test("a sign-out of the first is seen in the other at its next refresh", async () => {
      const context = await world.context();
      const first = await world.signedIn("/", context);
      const page = await openOther(context);
      await page.click("button.in");
      await shows(page, "signed in");
      await signOut(first);
      await page.click("#refresh");
      await shows(page, "signed out: SessionEnded");
    });

    test("and the other way round", async () => {
      const context = await world.context();
      const first = await world.signedIn("/", context);
      const page = await openOther(context);
      await page.click("button.in");
      await shows(page, "signed in");
      const ended = () => world.op.stats["end_session.success"] ?? 0;
      const before = ended();
      await page.click("button.out");
      await until(async () => ended() > before, "the provider's sign-out");
      await shows(page, "signed out");
      askAgain();
      await reload(first);
      await status(first, "signedOut");
      world.op.settings.autologin = "alice";
      await signIn(first);
    });
  });
});
