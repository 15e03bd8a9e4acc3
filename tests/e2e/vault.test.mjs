// The vault in a worker: one session for all tabs, and no token in any of them.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { OF_ANY_VAULT, withoutVault } from "./support/any-vault.mjs";
import { forEachBrowser } from "./support/browsers.mjs";
import {
  ask,
  call,
  eventsOf,
  markOf,
  reload,
  signIn,
  signOut,
  startSignIn,
  startSignOut,
  startWorld,
  stateOf,
  status,
  transactionsOf,
} from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { inTime, until } from "./support/until.mjs";
import { endWorkers } from "./support/workers.mjs";

forEachBrowser((name) => {
  describe(`the vault in a worker in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name, { app: { vault: true } });
    });
    after(() => world?.close());
    afterEach(async () => {
      world.further = {};
      await world.reset();
    });

    /** No page went to the provider, and no vault. The API asks it for its keys. */
    const assertNotAsked = () =>
      assert.deepEqual([world.op.count("authorize"), world.op.count("token")], [0, 0]);

    for (const [title, play] of Object.entries(OF_ANY_VAULT)) test(title, () => play(world));

    test("a visitor who never signed in starts no worker", async () => {
      const page = await world.open("/");
      await status(page, "signedOut");
      assert.deepEqual(
        world.app.requests.filter((one) => one.includes("/keyward/")),
        [],
      );
    });

    const downloaded = (chunk) => world.app.requests.includes(`GET /app/${chunk}.js`);

    test("a load downloads what calls need with the first of them, and the way to the provider for a trip alone", async () => {
      const context = await world.context();
      const page = await world.signedIn("/", context);
      // The probe: this page made the trip.
      assert.ok(downloaded("trip"));
      world.app.requests.length = 0;
      await reload(page);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      assert.deepEqual([downloaded("trip"), downloaded("calls")], [false, false]);
      assert.equal((await call(other, "/api/orders")).ok.status, 200);
      assert.deepEqual([downloaded("trip"), downloaded("calls")], [false, true]);
    });

    test("a part that cannot be had is told, and nothing is lost by it", async () => {
      const { files } = world.app;
      const { "/app/trip.js": trip, "/app/calls.js": calls } = files;
      assert.ok(trip && calls);
      const gone = { status: 404, body: "" };
      try {
        files["/app/trip.js"] = files["/app/calls.js"] = gone;
        const context = await world.context();
        const visitor = await world.open("/", context);
        await status(visitor, "signedOut");
        const refused = (await ask(visitor, "signIn")).error;
        assert.deepEqual([refused.code, refused.group], ["vault_unavailable", "vault"]);
        files["/app/trip.js"] = trip;
        // In the very page: what failed once is asked for anew.
        await signIn(visitor);
        const page = await world.open("/", context);
        await status(page, "signedIn");
        const late = (await call(page, "/api/orders")).error;
        assert.equal(late.code, "vault_unavailable");
        assert.equal((await stateOf(page)).status, "signedIn");
        files["/app/calls.js"] = calls;
        assert.equal((await call(page, "/api/orders")).ok.status, 200);
        // A sign-out is done here and at the provider, though the page finds no words for the way back.
        files["/app/trip.js"] = gone;
        await page.evaluate(() => {
          const givenUp = JSON.stringify({ createdAt: Date.now() });
          sessionStorage.setItem("keyward.txn.given-up", givenUp);
        });
        await reload(page);
        await status(page, "signedIn");
        await startSignOut(page);
        await status(visitor, "signedOut");
        await until(() => world.op.count("endSession") === 1, "the way to the provider");
      } finally {
        Object.assign(files, { "/app/trip.js": trip, "/app/calls.js": calls });
      }
    });

    test("signs in by the redirect page, comes back to where the user was, and calls the API", async () => {
      const page = await world.open("/here?x=1#there");
      await signIn(page);
      assert.equal(page.url(), `${world.app.origin}/here?x=1#there`);
      assert.equal((await stateOf(page)).user.sub, "alice");
      const { ok } = await call(page, "/api/orders");
      assert.equal(ok.status, 200);
      assert.equal(ok.url, `${world.app.origin}/api/orders`);
      assert.equal(world.op.count("token"), 1);
      assert.deepEqual(
        (await eventsOf(page, "signedIn")).map(({ detail }) => detail.restored),
        [false],
      );
    });

    test("a new tab has the session without a request to the provider", async () => {
      const context = await world.context();
      await world.signedIn("/", context);
      world.op.requests.clear();
      const other = await world.open("/", context);
      await status(other, "signedIn");
      assert.equal((await call(other, "/api/orders")).ok.status, 200);
      assertNotAsked();
    });

    test("a reload of the only tab keeps the session without a request to the provider", async () => {
      const page = await world.signedIn("/");
      world.op.requests.clear();
      for (let n = 0; n < 3; n += 1) {
        await reload(page);
        await status(page, "signedIn");
      }
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
      assertNotAsked();
    });

    test("a sign-out reaches every tab at once, and none gets the session back", async () => {
      const context = await world.context();
      const page = await world.signedIn("/", context);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      world.op.settings.logout = "stuck";
      await startSignOut(page);
      assert.equal((await status(other, "signedOut")).reason, "signedOutElsewhere");
      assert.equal((await ask(other, "refresh")).error.code, "login_required");
      await reload(other);
      assert.equal((await status(other, "signedOut")).reason, "signedOut");
      const third = await world.open("/", context);
      await status(third, "signedOut");
    });

    test("a way back from a sign-out that leads to the app's own page is recognised there", async () => {
      world.configure({ restore: "always", postLogoutRedirectUri: `${world.app.origin}/` });
      const page = await world.signedIn();
      world.op.requests.clear();
      await signOut(page);
      assert.equal((await stateOf(page)).reason, "signedOut");
      const [left] = world.op.requests.of("endSession");
      assert.equal(left.query.get("post_logout_redirect_uri"), `${world.app.origin}/`);
      assert.equal(page.url(), `${world.app.origin}/`);
      assert.deepEqual([await markOf(page), await transactionsOf(page)], [null, []]);
      assert.equal(world.op.count("authorize"), 0);
    });

    test("a sign-out in a tab that joined the session revokes the grant and goes along with the hint", async () => {
      const context = await world.context();
      const page = await world.signedIn("/", context);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      world.op.settings.logout = "stuck";
      // An app that draws much when the state changes: the other tab hears of the sign-out before the vault does.
      await other.evaluate(() =>
        auth.subscribe(() => {
          const until = performance.now() + 200;
          while (performance.now() < until);
        }),
      );
      await startSignOut(other);
      await status(page, "signedOut");
      await until(() => world.op.count("endSession") === 1, "the way to the provider");
      const [left] = world.op.requests.of("endSession");
      assert.equal(left.query.get("id_token_hint")?.split(".").length, 3);
      await until(() => world.op.count("revocation") === 1, "the revocation");
    });

    test("without parking one load asks the provider once, and five tabs opened at once do too", async () => {
      const context = await withoutVault(world);
      const pages = await Promise.all([1, 2, 3, 4, 5].map((n) => world.open(`/tab-${n}`, context)));
      for (const one of pages) await one.bringToFront();
      for (const one of pages) await status(one, "signedIn");
      assert.equal(world.op.count("authorize"), 1);
      assert.equal(world.op.count("token"), 1);
    });

    test("the page needs no WebAssembly, no connection and only one Trusted Types policy", async () => {
      const { files } = world.app;
      const script = files["/keyward/vault.js"];
      const page = [
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'none'; img-src data:",
        "require-trusted-types-for 'script'; trusted-types keyward; frame-ancestors 'none'",
      ].join("; ");
      const vault = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${world.op.issuer} ${world.api.url}`;
      world.app.headers["content-security-policy"] = page;
      files["/keyward/vault.js"] = { body: script, headers: { "content-security-policy": vault } };
      try {
        const tab = await world.signedIn("/");
        for (const base of ["", world.api.url]) {
          const { ok } = await call(tab, `${base}/api/orders`);
          assert.equal(ok.status, 200, base);
        }
        // The probe: the policy holds.
        const refused = await tab.evaluate(async (url) => {
          const compiled = await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))
            .then(() => true)
            .catch(() => false);
          return {
            compiled,
            fetched: await fetch(url).then(
              () => true,
              () => false,
            ),
          };
        }, `${world.api.url}/api/orders`);
        // WebKitGTK 2.50 compiles whatever the policy says.
        assert.deepEqual(refused, { compiled: name === "webkit", fetched: false });
      } finally {
        files["/keyward/vault.js"] = script;
      }
    });

    for (const [title, broken, detail] of [
      ["is missing", { status: 404, body: "not found", headers: { "content-type": "text/html" } }],
      [
        "is no JavaScript",
        {
          body: "self",
          headers: { "content-type": "text/plain", "x-content-type-options": "nosniff" },
        },
      ],
      [
        "dies as it starts",
        { body: "throw new Error('no')", headers: { "content-type": "text/javascript" } },
      ],
      ["belongs to another configuration", "other"],
    ]) {
      test(`a vault's script that ${title}: vault_unavailable, and the next try works`, async () => {
        const { files } = world.app;
        const script = files["/keyward/vault.js"];
        const page = await world.open("/");
        await status(page, "signedOut");
        const other = `self.KEYWARD_CONFIG={"issuer":"https://other.example","clientId":"x"};\n${script}`;
        files["/keyward/vault.js"] = broken === "other" ? other : broken;
        try {
          const { error } = await ask(page, "signIn");
          assert.equal(error.code, "vault_unavailable", JSON.stringify(error));
          assert.ok(error.fix && error.message);
        } finally {
          files["/keyward/vault.js"] = script;
        }
        // One that died as it started may stay for some minutes: another profile has another.
        await signIn(await world.open("/"));
      });
    }

    // It says hello, and ends over what it is asked next.
    const ending = `onconnect = ({ ports: [port] }) => {
      port.onmessage = ({ data }) => {
        if ("hello" in data) port.postMessage({ welcome: "first" });
        if ("json" in data) close();
      };
    };`;
    for (const [title, first] of [
      ["cannot be had", { status: 503, body: "" }],
      ["ends over the first question", ending],
    ]) {
      test(`a load whose vault ${title} goes on with the next one`, async () => {
        const context = await withoutVault(world);
        const { files } = world.app;
        const script = files["/keyward/vault.js"];
        let starts = 0;
        const served = { configurable: true, get: () => (starts++ === 0 ? first : script) };
        Object.defineProperty(files, "/keyward/vault.js", served);
        try {
          const page = await world.open("/", context);
          await status(page, "signedIn");
          assert.equal((await stateOf(page)).lastError, null);
          assert.ok(starts > 1, `${starts}`);
        } finally {
          Object.defineProperty(files, "/keyward/vault.js", { value: script, writable: true });
        }
      });
    }

    test("a load that has no vault shows the session as soon as there is one", async () => {
      const context = await withoutVault(world);
      const { files } = world.app;
      const script = files["/keyward/vault.js"];
      files["/keyward/vault.js"] = { status: 503, body: "" };
      await context.addInitScript(() => {
        const Shared = window.SharedWorker;
        window.starts = [];
        window.SharedWorker = class extends Shared {
          constructor(...given) {
            super(...given);
            const start = { failed: false };
            window.starts.push(start);
            this.addEventListener("error", () => (start.failed = true));
          }
        };
      });
      const page = await world.open("/", context);
      await status(page, "signedOut");
      assert.equal((await stateOf(page)).lastError, "vault_unavailable");
      // One that is started over the end of another one is deaf in Firefox, and hears of nothing.
      const starts = await page.evaluate(() => window.starts);
      assert.ok(starts.length > 1 && starts.every(({ failed }) => failed), JSON.stringify(starts));
      files["/keyward/vault.js"] = script;
      await status(await world.open("/", context), "signedIn");
      // The first page looks when storage changes or it is used. No call waits for that look.
      await until(async () => (await call(page, "/api/orders")).ok?.status === 200, "a call");
      const { status: shown, lastError } = await stateOf(page);
      assert.deepEqual([shown, lastError], ["signedIn", null]);
    });

    test("a redirect page whose script cannot be had says so, and signs in when it is loaded again", async () => {
      const { files } = world.app;
      const script = files["/keyward/callback.js"];
      files["/keyward/callback.js"] = { status: 503, body: "" };
      const page = await world.open("/");
      await status(page, "signedOut");
      try {
        await startSignIn(page);
        await until(() => page.evaluate(() => location.search !== ""), "the answer");
        const isShown = () =>
          getComputedStyle(document.querySelector("text")).visibility === "visible";
        await until(() => page.evaluate(isShown), "the advice");
      } finally {
        files["/keyward/callback.js"] = script;
      }
      await page.reload({ waitUntil: "commit" });
      await status(page, "signedIn");
    });

    test("several looks at once at a mark that is gone hide the page for a moment, and no longer", async () => {
      const page = await world.signedIn("/");
      const hidden = await page.evaluate(() => {
        const [key] = Object.keys(localStorage).filter((name) => name.endsWith(".mark"));
        localStorage.removeItem(key);
        // As when another tab clears one key after the other.
        for (let n = 0; n < 3; n += 1) dispatchEvent(new StorageEvent("storage", { key }));
        return getComputedStyle(document.documentElement).display === "none";
      });
      assert.ok(hidden, "the page was hidden");
      const isShown = () => getComputedStyle(document.documentElement).display !== "none";
      await until(() => page.evaluate(isShown), "the page shown");
      assert.equal((await call(page, "/api/orders")).ok?.status, 200);
      assert.ok(await page.evaluate(isShown));
    });

    test("a policy that forbids the worker: vault_unavailable, and no token moves to the page", async () => {
      world.app.headers["content-security-policy"] = "worker-src 'none'";
      const page = await world.open("/");
      await status(page, "signedOut");
      assert.equal((await ask(page, "signIn")).error.code, "vault_unavailable");
      assert.equal(world.op.requests.entries.length, 0);
      delete world.app.headers["content-security-policy"];
      await reload(page);
      await signIn(page);
    });

    test("bodies pass in pieces, as fast as they are read and no faster", async () => {
      const page = await world.signedIn("/");
      const seen = await page.evaluate(async (url) => {
        const response = await auth.fetch(url);
        const reader = response.body.getReader();
        let { value } = await reader.read();
        // Unread, the rest stays where it is.
        await new Promise((resolve) => setTimeout(resolve, 500));
        let bytes = 0;
        let largest = 0;
        while (value) {
          bytes += value.byteLength;
          largest = Math.max(largest, value.byteLength);
          ({ value } = await reader.read());
        }
        return { bytes, largest, type: response.headers.get("content-type") };
      }, "/api/large?bytes=5000000");
      assert.equal(seen.bytes, 5_000_000);
      assert.ok(seen.largest <= 1_048_576, "no piece is larger than the window");
      const sent = await page.evaluate(async () => {
        const body = new Blob([new Uint8Array(300_000).fill(65)], { type: "text/plain" });
        const response = await auth.fetch("/api/echo", { method: "POST", body });
        return (await response.json()).body.length;
      });
      assert.equal(sent, 300_000);
      world.api.faults.set("/api/empty", { status: 204, body: "" });
      const nothing = await page.evaluate(async () => {
        const { status, body } = await auth.fetch("/api/empty");
        return { status, body };
      });
      assert.deepEqual(nothing, { status: 204, body: null });
    });

    test("a vault that dies is noticed, the next one goes on, and nothing is sent twice", async (t) => {
      if (name !== "chromium") return t.skip("the driver ends no worker there");
      world.op.setTtl({ at: 600 });
      const context = await world.context();
      const page = await world.signedIn("/", context);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      world.op.requests.clear();
      // It is heard of in the very moment before.
      await call(page, "/api/orders");
      await endWorkers(world.browser);
      const asked = inTime(call(page, "/api/orders"), "the end of the call", 15_000);
      assert.equal((await asked).error?.code, "vault_unavailable");
      // Started anew with what was parked.
      await until(async () => (await call(page, "/api/orders")).ok?.status === 200, "a call");
      await until(async () => (await call(other, "/api/orders")).ok?.status === 200, "a call");
      assert.equal((await stateOf(page)).status, "signedIn");
      assert.equal(world.reused, 0);
      assert.equal(world.op.count("token"), 0, "the parked session had its token");
    });

    test("no script of the page gets at what is parked, or past the configuration", async () => {
      const page = await world.signedIn("/");
      await call(page, "/api/orders");
      const token = world.api.requests.last("/api/orders").headers.authorization.slice(7);
      const seen = await page.evaluate(async () => {
        const got = {};
        const text = (promise) => promise.then((value) => JSON.stringify(value), String);
        const registration = await navigator.serviceWorker.getRegistration("/keyward/");
        got.scope = registration && new URL(registration.scope).pathname;
        const parked = (where, key) =>
          where
            .fetch("/keyward/parked", {
              method: "POST",
              body: JSON.stringify({ key }),
              mode: "same-origin",
              cache: "only-if-cached",
            })
            .then(async (answer) => `${answer.status} ${await answer.text()}`);
        // The page itself, and a frame below the service worker's scope.
        const name = Object.keys(localStorage).join();
        got.page = await text(parked(window, name));
        const frame = document.createElement("iframe");
        frame.src = "/keyward/texts.js";
        document.body.append(frame);
        await new Promise((resolve) => (frame.onload = resolve));
        got.frame = await text(parked(frame.contentWindow, name));
        const { port1, port2 } = new MessageChannel();
        const answer = new Promise((resolve) => {
          port1.onmessage = ({ data }) => resolve(data);
          setTimeout(resolve, 1_000, "silence");
        });
        registration.active.postMessage({ key: name }, [port2]);
        got.message = await answer;
        // The vault's own script under another name, and as a dedicated worker, with a configuration of the attacker's.
        const config = JSON.stringify({
          issuer: "https://evil.example",
          clientId: "spa",
          redirectUri: `${location.origin}/keyward/callback.html`,
          metadata: { token_endpoint: "https://evil.example/token" },
          resources: [{ origin: "https://evil.example", paths: ["/"] }],
        });
        const hello = (port) =>
          new Promise((resolve) => {
            port.onmessage = ({ data }) => resolve(data);
            port.postMessage({ hello: 1, config, mark: localStorage.getItem(name) });
            setTimeout(resolve, 20_000, "silence");
          });
        const under = (other) => new SharedWorker("/keyward/vault.js", { name: other }).port;
        got.shared = await text(hello(under("evil")));
        got.dedicated = await text(hello(new Worker("/keyward/vault.js", { name: "evil" })));
        return got;
      });
      // The probe: the service worker is there, and serves the vault alone.
      assert.equal(seen.scope, "/keyward/");
      // WebKit asks the server, which has only the app's page.
      assert.match(seen.page, /TypeError|NetworkError|Failed|"40|"200 <!doctype html>/);
      assert.match(seen.frame, /"403 "|TypeError|Failed/);
      assert.equal(seen.message, "silence");
      for (const one of [seen.shared, seen.dedicated]) assert.match(one, /another configuration/);
      assert.ok(!JSON.stringify(seen).includes(token));
    });

    test("what is parked never reaches a network", async () => {
      // Nobody is there to take it: a service worker that is only unregistered goes on for its clients.
      world.further = { parking: false };
      world.configure();
      const page = await world.signedIn("/");
      assert.equal(
        await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length),
        0,
      );
      world.app.requests.length = 0;
      assert.equal((await ask(page, "refresh")).error, undefined);
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
      assert.deepEqual(
        world.app.requests.filter((one) => one.includes("parked")),
        [],
      );
    });

    test("a tab whose vault is of another configuration: nobody is shown beside somebody else", async () => {
      const context = await world.context();
      const page = await world.signedIn("/", context);
      world.configure({ scope: "openid profile api:read" });
      const other = await world.open("/", context);
      // The same user at the provider: it joins the session with a grant of its own.
      await status(other, "signedIn");
      assert.equal((await stateOf(page)).status, "signedIn");
      assert.equal(world.op.count("token"), 2);
      world.op.settings.autologin = "bob";
      await other.evaluate(
        () => void auth.signIn({ prompt: "login", loginHint: "bob" }).catch(() => {}),
      );
      const isBob = async (one) => (await status(one, "signedIn")).user.sub === "bob";
      await until(() => isBob(other), "bob");
      await until(() => isBob(page), "bob, in the page of the other vault");
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
      assert.equal((await call(other, "/api/orders")).ok.status, 200);
    });

    test("the access token does not leave the vault", async () => {
      const page = await world.signedIn("/");
      assert.equal((await ask(page, "accessToken")).error.code, "token_stays_in_vault");
    });
  });
});
