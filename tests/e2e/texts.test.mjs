// The texts of the errors that only the core can raise: a file that comes with the first of them, and
// without which an error still has everything that a program goes by.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { onlyFor } from "./support/front.mjs";
import { call, startWorld, status } from "./support/harness.mjs";

const TEXTS = "/app/texts.js";
const ELSEWHERE = "https://elsewhere.example/v1/orders";

const test = onlyFor("npm", "a Rust app has the texts in it");

forEachBrowser((name) => {
  describe(`the texts of errors in ${name}`, () => {
    let world, texts;
    before(async () => {
      world = await startWorld(name);
      texts = world.app.files[TEXTS];
    });
    after(() => world?.close());
    afterEach(() => {
      world.app.files[TEXTS] = texts;
      return world.reset();
    });

    const asked = () => world.app.requests.filter((line) => line === `GET ${TEXTS}`).length;

    test("are not downloaded for a sign-in, a call and a refresh", async () => {
      const page = await world.signedIn();
      assert.equal((await call(page, "/api/orders")).ok?.status, 200);
      assert.deepEqual(await page.evaluate(() => settle(auth.refresh())), { ok: undefined });
      assert.equal(asked(), 0);
    });

    test("come with the first error, once", async () => {
      const page = await world.signedIn();
      for (let n = 0; n < 3; n++) {
        const { error } = await call(page, ELSEWHERE);
        assert.equal(error.code, "api_not_allowed");
        assert.match(error.message, / .*elsewhere\.example/);
        assert.ok(error.fix.length > 20, error.fix);
      }
      assert.equal(asked(), 1);
    });

    test("that cannot be had leave code, group, detail and the way to the page", async () => {
      world.app.files[TEXTS] = { status: 404, body: "" };
      const page = await world.signedIn();
      const refused = (await call(page, ELSEWHERE)).error;
      assert.deepEqual(
        [refused.code, refused.group, refused.retryable, refused.fix],
        ["api_not_allowed", "api", false, ""],
      );
      assert.match(refused.detail, /elsewhere\.example/);
      assert.match(refused.message, /^api_not_allowed \(.*elsewhere/);
      assert.ok(refused.docs.endsWith("/errors/api_not_allowed"));
      assert.ok(asked() >= 1);
      await world.op.down();
      try {
        const other = await world.open();
        await status(other, "signedOut");
        const { error } = await other.evaluate(() => settle(auth.signIn()));
        assert.deepEqual([error.group, error.retryable], ["discovery", true]);
      } finally {
        await world.op.up();
      }
    });

    test("that do not come hold an error up for a moment, and nothing gets lost or ahead", async () => {
      const context = await world.context();
      // Never answered.
      await context.route(`**${TEXTS}`, () => {});
      const page = await world.signedIn("/", context);
      const order = await page.evaluate(async (url) => {
        const order = [];
        const note = (what) => (outcome) => order.push([what, outcome.error?.code ?? "ok"]);
        const refused = settle(auth.fetch(url)).then(note("refused"));
        await new Promise((resolve) => setTimeout(resolve, 300));
        const held = order.length === 0;
        await Promise.all([
          refused,
          settle(auth.accessToken()).then(note("token")),
          settle(auth.fetch("/api/orders")).then(note("call")),
        ]);
        if (!held) order.unshift(["not held"]);
        return order;
      }, ELSEWHERE);
      assert.deepEqual(order[0], ["refused", "api_not_allowed"]);
      assert.deepEqual(order.slice(1).sort(), [
        ["call", "ok"],
        ["token", "ok"],
      ]);
    });
  });
});
