// `auth.fetch` where an API says no: 401, 403, step-up, and nobody signed in.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { onlyFor } from "./support/front.mjs";
import { ask, call, eventsOf, startSignIn, startWorld, status } from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

const testStream = onlyFor(
  "npm",
  "the Rust front takes a Request, which does not show its body's source",
);

forEachBrowser((name) => {
  describe(`refused calls in ${name}`, () => {
    let world;
    /** A page that stays signed in for all tests that do not change its session. */
    let page;
    before(async () => {
      world = await startWorld(name);
      world.op.setTtl({ at: 600 });
      page = await world.signedIn("/deep/page?x=1");
      world.clear();
    });
    after(async () => {
      await world?.close();
    });
    afterEach(() => {
      world.clear();
    });

    const bearer = (record) => /^Bearer (\S+)$/.exec(record.headers.authorization)?.[1];
    /** A token that was not got because of a 401: after such a one, the client is patient. */
    const fresh = async () => {
      await ask(page, "refresh");
      world.clear();
    };
    /** Runs a function in the page that gives a promise; its outcome as data. */
    const inPage = (fn, arg) =>
      page.evaluate(`settle((${fn.toString()})(${JSON.stringify(arg ?? null)}))`);

    test("R-124: a 401 costs one refresh and one replay, whatever the body", async () => {
      const bodies = {
        none: () => undefined,
        text: () => "text",
        blob: () => new Blob(["blob"]),
        form: () => {
          const data = new FormData();
          data.append("a", "1");
          return data;
        },
        parameters: () => new URLSearchParams({ a: "1" }),
        buffer: () => new TextEncoder().encode("bytes").buffer,
      };
      for (const [kind, body] of Object.entries(bodies)) {
        await fresh();
        world.api.expireNext(1);
        const { ok, error } = await inPage(
          `(make) => auth.fetch("/api/echo", { method: ${kind === "none" ? '"GET"' : '"POST"'}, body: (${body})() })`,
        );
        assert.equal(ok?.status, 200, `${kind}: ${JSON.stringify(error)}`);
        const sent = world.api.requests.of("/api/echo");
        assert.equal(sent.length, 2, kind);
        assert.notEqual(bearer(sent[0]), bearer(sent[1]));
        assert.equal(sent[0].body.length, sent[1].body.length);
        assert.equal(world.op.count("token"), 1);
      }
    });

    testStream("a stream cannot be sent twice, and the call says so", async () => {
      await fresh();
      world.api.expireNext(1);
      const { error } = await inPage(() => {
        const body = new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode("once"));
            controller.close();
          },
        });
        return auth.fetch("/api/echo", { method: "POST", body, duplex: "half" });
      });
      if (world.api.count("/api/echo") === 0) {
        // Chromium sends streams by HTTP/2 alone, which a loopback server without TLS cannot speak.
        assert.equal(name, "chromium");
        assert.equal(error.name, "TypeError");
        return;
      }
      assert.equal(error?.code, "api_body_not_replayable");
      assert.ok(error.fix);
      assert.equal(world.api.count("/api/echo"), 1);
    });

    test("O-88: 403 insufficient_scope is typed and starts no refresh", async () => {
      await fresh();
      const { error } = await call(page, "/api/forbidden");
      assert.equal(error?.code, "insufficient_scope");
      assert.equal(error.provider.scope, "api:admin");
      assert.equal(error.provider.status, 403);
      assert.equal(world.api.count("/api/forbidden"), 1);
      assert.equal(world.op.count("token"), 0);
    });

    test("R-127: an API that says 401 for ever costs a handful of refreshes in 1,000 calls", async () => {
      await fresh();
      const { ok } = await inPage(async () => {
        const counts = {};
        for (let n = 0; n < 1000; n += 1) {
          const { status } = await auth.fetch("/api/always-401");
          counts[status] = (counts[status] ?? 0) + 1;
        }
        return counts;
      });
      assert.deepEqual(ok, { 401: 1000 });
      const refreshes = world.op.count("token");
      assert.ok(refreshes >= 1 && refreshes <= 5, `${refreshes} refreshes`);
      assert.equal((await status(page, "signedIn")).lastError, null);
      assert.equal((await call(page, "/api/echo")).ok.status, 200);
    });

    test("R-125: step-up is told by error and event, and signIn takes the values", async () => {
      const other = await world.signedIn();
      const { error } = await call(other, "/api/step-up");
      assert.equal(error?.code, "step_up_required");
      assert.equal(error.provider.acrValues, "urn:demo:mfa");
      assert.equal(error.provider.maxAge, 300);
      const [{ detail }] = await eventsOf(other, "stepUpRequired");
      assert.deepEqual(detail, { acrValues: "urn:demo:mfa", maxAge: 300 });
      assert.equal(world.api.count("/api/step-up"), 1);

      await startSignIn(other, detail);
      await until(
        () => world.op.requests.of("authorize").some((one) => one.param("acr_values")),
        "it",
      );
      await until(async () => (await status(other, "signedIn")).user.acr === "urn:demo:mfa", "mfa");
      assert.equal((await call(other, "/api/step-up")).ok.status, 200);
      await other.context().close();
    });

    test("signed out: no token is sent, 401 is login_required, other answers pass", async () => {
      const other = await world.open("/");
      await status(other, "signedOut");
      const refused = await call(other, "/api/echo");
      assert.equal(refused.error?.code, "login_required");
      assert.equal(refused.error.group, "login_required");
      assert.equal(world.api.requests.last("/api/echo").headers.authorization, undefined);
      assert.equal((await call(other, "/api/nothing")).ok.status, 404);
      for (const method of ["userInfo", "refresh", "accessToken"]) {
        assert.equal((await ask(other, method)).error?.code, "login_required", method);
      }
      await other.context().close();
    });
  });
});
