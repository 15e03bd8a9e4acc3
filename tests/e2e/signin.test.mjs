// Sign-in: by the login page and by auto-login, where the user lands, and what the URL keeps.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { call, eventsOf, startSignIn, startWorld, status } from "./support/harness.mjs";

forEachBrowser((name) => {
  describe(`sign-in in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name);
    });
    after(() => world?.close());
    afterEach(() => world.reset());

    test("by the login page", async () => {
      world.op.settings.autologin = null;
      const page = await world.open();
      const { reason } = await status(page, "signedOut");
      assert.equal(reason, "neverSignedIn");
      await startSignIn(page);
      await page.fill("#username", "alice");
      await page.fill("#password", "any");
      await page.click("#login-submit");
      const { user } = await status(page, "signedIn");
      assert.equal(user.sub, "alice");
      assert.equal(user.name, "Alice Example");
      assert.equal(page.url(), `${world.app.origin}/`);
      assert.deepEqual(
        (await eventsOf(page)).map(({ name: event }) => event),
        ["signedIn"],
      );
    });

    test("by auto-login, then a call of the API", async () => {
      const page = await world.signedIn();
      const { ok } = await call(page, `${world.api.url}/api/orders`);
      assert.equal(ok.status, 200);
      assert.equal(JSON.parse(ok.text).user, "alice");
    });
  });
});
