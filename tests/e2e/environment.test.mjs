// Browsers and set-ups that get in the way: denied or full storage, no secure context, a strict
// Content Security Policy, a provider without CORS. Each is told by its own code, before anything is
// stored and before the page leaves.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { onlyFor } from "./support/front.mjs";
import {
  ask,
  call,
  fillStorage,
  go,
  reload,
  signIn,
  signOut,
  startWorld,
  stateOf,
  status,
  transactionsOf,
} from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

/** Makes a name mean this machine, which does not make it a secure context. */
const INSECURE_HOST = "app.test";
const RESOLVE = {
  chromium: [`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`],
  firefox: { "network.dns.localDomains": INSECURE_HOST },
};

const CSP = {
  noWasm: "default-src 'self'; script-src 'self'; connect-src *",
  noProvider: "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
};

const testCore = onlyFor(
  "npm",
  "where its WebAssembly does not load there is no Rust app to say so",
);

forEachBrowser((name) => {
  describe(`the environment in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name, { args: RESOLVE[name] });
    });
    after(() => world?.close());
    afterEach(() => world.reset());

    const diagnosed = (page) => page.evaluate(() => auth.diagnostics.map(({ code }) => code));

    /** A page in whose documents a storage throws, as with blocked site data. */
    async function withoutStorage(storage) {
      const context = await world.context();
      await context.addInitScript((property) => {
        Object.defineProperty(window, property, {
          get() {
            throw new DOMException("The operation is insecure.", "SecurityError");
          },
        });
      }, storage);
      return world.open("/", context);
    }

    /** Asserts that a sign-in fails with a code, and that nothing was left or begun. */
    async function assertRefused(page, code) {
      const url = page.url();
      const { error } = await ask(page, "signIn");
      assert.equal(error?.code, code, JSON.stringify(error));
      assert.ok(error.isAuthError && error.fix && error.docs.endsWith(code));
      assert.equal(page.url(), url);
      assert.equal(world.op.count("authorize"), 0);
      assert.equal((await stateOf(page)).status, "signedOut");
      return error;
    }

    test("O-70: without localStorage the tab goes on alone, and says so", async () => {
      const page = await withoutStorage("localStorage");
      assert.equal((await status(page, "signedOut")).reason, "neverSignedIn");
      const [diagnosis] = await page.evaluate(() => auth.diagnostics);
      assert.equal(diagnosis.code, "storage_unavailable");
      assert.ok(diagnosis.fix);
      await signIn(page);
      assert.equal((await call(page, "/api/orders")).ok?.status, 200);
      assert.equal((await ask(page, "refresh")).error, undefined);
      await page.evaluate(() => dispatchEvent(new Event("focus")));
      assert.equal((await stateOf(page)).status, "signedIn");
      await signOut(page);
      assert.equal((await ask(page, "accessToken")).error?.code, "login_required");
    });

    test("a full localStorage: the tab goes on alone, and says so", async () => {
      const page = await world.open();
      await status(page, "signedOut");
      await fillStorage(page, "localStorage");
      await signIn(page);
      // What a finding means is fetched when there is one.
      const told = async () => (await diagnosed(page)).includes("storage_full");
      await until(told, "the finding");
      assert.equal((await call(page, "/api/orders")).ok?.status, 200);
      assert.equal((await stateOf(page)).status, "signedIn");
    });

    test("O-12: without sessionStorage nothing leaves", async () => {
      const page = await withoutStorage("sessionStorage");
      await status(page, "signedOut");
      await assertRefused(page, "storage_unavailable");
      assert.equal(world.op.requests.entries.length, 0);
    });

    test("O-12: with a full sessionStorage nothing leaves, and room makes it work", async () => {
      const page = await world.open();
      await status(page, "signedOut");
      await fillStorage(page, "sessionStorage");
      await assertRefused(page, "storage_full");
      assert.deepEqual(await transactionsOf(page), []);
      await page.evaluate(() => sessionStorage.clear());
      await signIn(page);
    });

    test("O-12: too little room for the record itself is told as well", async () => {
      const page = await world.open();
      await status(page, "signedOut");
      await fillStorage(page, "sessionStorage");
      // Room for a short probe, none for a transaction.
      await page.evaluate(() => sessionStorage.removeItem("filler 64 0"));
      await assertRefused(page, "storage_full");
      assert.deepEqual(await transactionsOf(page), []);
    });

    test("O-09: no secure context, no sign-in", async () => {
      const page = await world.open();
      await go(page, `http://${INSECURE_HOST}:${world.app.port}/deep?x=1`);
      assert.equal(await page.evaluate(() => window.isSecureContext), false);
      assert.equal((await status(page, "signedOut")).reason, "neverSignedIn");
      await assertRefused(page, "insecure_context");
      assert.deepEqual(await transactionsOf(page), []);
      assert.equal(world.op.requests.entries.length, 0);
    });

    testCore("a policy without wasm-unsafe-eval", async () => {
      world.app.headers["content-security-policy"] = CSP.noWasm;
      const page = await world.open();
      await status(page, "signedOut");
      const { fix } = await assertRefused(page, "wasm_blocked_by_csp");
      assert.match(fix, /wasm-unsafe-eval/);
      // The same page under a policy that allows it.
      world.app.headers["content-security-policy"] = CSP.noWasm.replace(
        "script-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
      );
      await reload(page);
      await signIn(page);
    });

    test("a policy whose connect-src lacks the provider", async () => {
      world.app.headers["content-security-policy"] = CSP.noProvider;
      const page = await world.open();
      await status(page, "signedOut");
      const { fix, detail, message } = await assertRefused(page, "discovery_blocked_by_csp");
      const line = `${fix} ${detail} ${message}`;
      assert.ok(line.includes("connect-src"), line);
      assert.ok(line.includes(world.op.issuer), line);
      assert.equal(world.op.requests.entries.length, 0);
      assert.deepEqual(await transactionsOf(page), []);
    });

    test("a discovery document without CORS", async () => {
      world.op.faults.set("discovery", { cors: false });
      const page = await world.open();
      await status(page, "signedOut");
      const { fix, detail, message } = await assertRefused(page, "discovery_cors");
      assert.ok(`${fix} ${detail} ${message}`.includes(world.app.origin), "the origin to allow");
      assert.deepEqual(await transactionsOf(page), []);
      // A failed start is not remembered.
      world.op.faults.clear();
      await signIn(page);
    });

    test("a provider that is down, and is there again at the next try", async () => {
      const page = await world.open();
      await status(page, "signedOut");
      await world.op.down();
      try {
        const { retryable } = await assertRefused(page, "discovery_down");
        assert.ok(retryable);
      } finally {
        await world.op.up();
      }
      await signIn(page);
    });

    testCore("a core chunk that cannot be loaded, and can at the next try", async () => {
      const core = world.app.files["/app/core.js"];
      const page = await world.open();
      await status(page, "signedOut");
      try {
        world.app.files["/app/core.js"] = { status: 404, body: "" };
        const { retryable } = await assertRefused(page, "core_load_failed");
        assert.ok(retryable);
      } finally {
        world.app.files["/app/core.js"] = core;
      }
      const again = await ask(page, "preload");
      // Some engines remember a failed import for as long as the page lives.
      if (again.error) {
        assert.equal(again.error.code, "core_load_failed");
        await reload(page);
      }
      await signIn(page);
    });
  });
});
