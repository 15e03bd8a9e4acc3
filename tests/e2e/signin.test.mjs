// Sign-in: by the login page and by auto-login, where the user lands, what the URL keeps, and what a
// visitor who does not sign in is spared.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { notFor, onlyFor, rust } from "./support/front.mjs";
import {
  ask,
  call,
  eventsOf,
  go,
  reload,
  signIn,
  startSignIn,
  startWorld,
  stateOf,
  status,
  transactionsOf,
} from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

/** Why a test is not for a vault in a worker. */
const ANSWERS = "no page of the app gets an answer";
const CORE = "GET /app/core.js";
/** The last of the app's requests before it can make the client. */
const LAST_BEFORE = rust ? "GET /app/rust.wasm" : "GET /app/options.js";

const testCore = onlyFor("npm", "a Rust app is one module, which is there from the start");
const testThrow = onlyFor("npm", "AuthConfig::new cannot be called without issuer and client");

forEachBrowser((name) => {
  describe(`sign-in in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name);
    });
    after(() => world?.close());
    afterEach(() => world.reset());

    /** Signs in up to the callback, which a blank page receives in the app's place; gives its URL. */
    async function stopAtCallback(page, options) {
      const callback = world.vault ? "/keyward/callback.html" : "/callback";
      world.configure({ redirectUri: world.app.origin + callback });
      world.serve(callback, "<title>stopped</title>");
      await reload(page);
      await status(page, "signedOut");
      await startSignIn(page, options);
      await until(() => page.url().includes(`${callback}?`), "the callback");
      world.serve(callback, null);
      return page.url();
    }

    test("by the login page", async () => {
      world.op.settings.autologin = null;
      const page = await world.open();
      const { reason } = await status(page, "signedOut");
      assert.equal(reason, "neverSignedIn");
      await startSignIn(page);
      await page.fill("#username", "alice");
      await page.fill("#password", "any");
      await page.click("#login-submit");
      const { user, scope, lastError } = await status(page, "signedIn");
      assert.equal(user.sub, "alice");
      assert.equal(user.name, "Alice Example");
      assert.match(scope, /\bapi:read\b/);
      assert.equal(lastError, null);
      assert.equal(page.url(), `${world.app.origin}/`);
      const events = await eventsOf(page);
      assert.deepEqual(
        events.map(({ name: event, detail }) => [event, detail.user?.sub, detail.restored]),
        [["signedIn", "alice", false]],
      );
    });

    test("by auto-login, then a call of the API", async () => {
      const page = await world.signedIn();
      const { ok } = await call(page, `${world.api.url}/api/orders`);
      assert.equal(ok.status, 200);
      assert.equal(JSON.parse(ok.text).user, "alice");
      assert.equal(await page.textContent("#user"), "alice");
    });

    test("rule 8: a visitor without a hint costs no request", async () => {
      const page = await world.open();
      assert.equal((await status(page, "signedOut")).reason, "neverSignedIn");
      await page.evaluate(() => auth.ready);
      assert.equal(world.op.requests.entries.length, 0);
      // The log does see them when there is a reason.
      await signIn(page);
      assert.ok(world.op.requests.entries.length > 0);
    });

    testCore("rule 8: a visitor without a hint costs no core", async () => {
      const page = await world.open();
      await status(page, "signedOut");
      await page.evaluate(() => auth.ready);
      assert.ok(!world.app.requests.includes(CORE));
      // The log does see it when there is a reason.
      await signIn(page);
      assert.ok(world.app.requests.includes(CORE));
    });

    test("the default return target is where the user was, query and fragment included", async () => {
      const path = "/orders/7?open=1&text=a%20b+c&empty=#row-3?x=/&y";
      const page = await world.signedIn(path);
      assert.equal(page.url(), world.app.origin + path);
      // The router of the app starts on the user's own address.
      assert.equal(await page.evaluate(() => seen.href), world.app.origin + path);
    });

    test("an explicit return target, relative and absolute", async () => {
      for (const [returnTo, path] of [
        ["/account?tab=2#keys", "/account?tab=2#keys"],
        ["details#end", "/deep/details#end"],
        [`${world.app.origin}/absolute?a=b`, "/absolute?a=b"],
      ]) {
        const page = await world.open("/deep/page");
        await signIn(page, { returnTo });
        assert.equal(page.url(), world.app.origin + path, returnTo);
      }
    });

    test("O-86: an app with hash routing keeps its route", async () => {
      const page = await world.signedIn("/#/orders/5?sort=up");
      assert.equal(page.url(), `${world.app.origin}/#/orders/5?sort=up`);
      assert.equal(await page.evaluate(() => seen.href), page.url());
    });

    notFor("vault", ANSWERS)(
      "O-84: the app's own query and fragment in the callback stay",
      async () => {
        const page = await world.open("/start");
        const answer = new URL(await stopAtCallback(page));
        await go(page, `${answer.origin}/callback?a=1&${answer.search.slice(1)}&z=%20#tab2`);
        await status(page, "signedIn");
        assert.equal(page.url(), `${world.app.origin}/callback?a=1&z=%20#tab2`);
      },
    );

    test("O-85, R-062: foreign return targets are refused and nothing happens", async () => {
      const page = await world.open("/here");
      await status(page, "signedOut");
      for (const returnTo of [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example/x",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "blob:null/x",
        `http://user@evil.example:${world.app.port}/`,
        `${world.app.origin}.evil.example/`,
        "http://",
      ]) {
        const { error } = await ask(page, "signIn", { returnTo });
        assert.equal(error?.code, "config_return_target", returnTo);
        assert.ok(error.isAuthError && error.fix);
      }
      assert.equal(page.url(), `${world.app.origin}/here`);
      assert.deepEqual(await transactionsOf(page), []);
      assert.equal(world.op.count("authorize"), 0);
    });

    test("O-75: a return target that was changed in storage is not followed", async () => {
      for (const target of ["https://evil.example/", "//evil.example", "javascript:alert(1)"]) {
        const page = await world.open("/start");
        const answer = await stopAtCallback(page);
        await page.evaluate((returnTo) => {
          const key = Object.keys(sessionStorage).find((one) => one.startsWith("keyward.txn."));
          const record = JSON.parse(sessionStorage.getItem(key));
          sessionStorage.setItem(key, JSON.stringify({ ...record, returnTo }));
        }, target);
        await go(page, answer);
        await status(page, ["signedIn", "signedOut"]);
        assert.equal(new URL(page.url()).origin, world.app.origin, target);
        assert.ok(!page.url().includes("code="));
        await page.context().close();
      }
    });

    notFor("vault", ANSWERS)(
      "R-060: the answer leaves the URL before the app can see it",
      async () => {
        const page = await world.open("/start");
        const answer = await stopAtCallback(page);
        // A router that keeps the address in its own state, before anything else runs.
        await page.addInitScript(() => {
          if (location.search.includes("code=")) {
            history.replaceState({ back: location.href }, "");
            window.early = location.href;
          }
        });
        world.app.requests.length = world.app.referrers.length = 0;
        await go(page, answer);
        await status(page, "signedIn");
        const { code, state } = Object.fromEntries(new URL(answer).searchParams);
        // The probe: the init script did see them.
        assert.ok((await page.evaluate(() => window.early)).includes(code));

        await page.evaluate(() => fetch("/later.json"));
        assert.ok(world.app.requests.includes(LAST_BEFORE));
        const later = world.app.referrers.slice(world.app.requests.indexOf(LAST_BEFORE) + 1);
        assert.ok(later.length >= 1 && later.every(Boolean), "later requests carry a Referer");
        const { seen, now } = await page.evaluate(() => ({
          seen: Object.values(window.seen).join(" "),
          now: `${location.href} ${JSON.stringify(history.state)} ${document.URL}`,
        }));
        for (const text of [seen, now, ...later]) {
          assert.ok(!text.includes(code) && !text.includes(state), text);
          assert.ok(!/[?&](code|state|iss|session_state)=/.test(text), text);
        }
      },
    );

    notFor("vault", ANSWERS)("an answer that a router took away before is diagnosed", async () => {
      const page = await world.open("/start");
      const answer = await stopAtCallback(page);
      await page.addInitScript(() => {
        if (location.search.includes("code=")) history.replaceState(null, "", "/callback");
      });
      await go(page, answer);
      await until(() => page.evaluate(() => window.auth?.diagnostics.length > 0), "a diagnosis");
      const [{ code, fix }] = await page.evaluate(() => auth.diagnostics);
      assert.equal(code, "callback_url_changed");
      assert.ok(fix);
      assert.equal(world.op.count("token"), 0);
    });

    test("O-14, R-051: the same callback loaded twice redeems its code once", async () => {
      const page = await world.open("/start");
      const answer = await stopAtCallback(page);
      await go(page, answer);
      await status(page, "signedIn");
      await go(page, answer);
      const { lastError, user } = await status(page, "signedIn");
      assert.equal(lastError, "callback_replayed");
      assert.equal(user.sub, "alice");
      assert.ok(!page.url().includes("code="));
      const { code } = Object.fromEntries(new URL(answer).searchParams);
      const sent = world.op.requests.of("token").filter((one) => one.param("code") === code);
      assert.equal(sent.length, 1);
      assert.equal(world.reused, 0);
    });

    test("O-15, R-056: access denied", async () => {
      world.op.settings.autologin = null;
      const page = await world.open("/deep?x=1");
      await status(page, "signedOut");
      await startSignIn(page);
      await page.click("#login-abort");
      const { reason, lastError } = await status(page, "signedOut");
      assert.equal(lastError, "idp_error");
      assert.equal(reason, "neverSignedIn");
      const provider = await page.evaluate(() => auth.state.lastError.provider);
      assert.equal(provider.error, "access_denied");
      assert.equal(provider.description, "the user said no");
      assert.equal(page.url(), `${world.app.origin}/deep?x=1`);
      assert.deepEqual(await transactionsOf(page), []);
      assert.equal(world.op.count("token"), 0);

      world.op.settings.autologin = "alice";
      await signIn(page);
      assert.equal((await stateOf(page)).lastError, null);
    });

    test("a sign-in that is aborted before the page leaves", async () => {
      const page = await world.open();
      await status(page, "signedOut");
      const before = await page.evaluate(() =>
        settle(auth.signIn({ signal: AbortSignal.abort() })),
      );
      assert.equal(before.error.name, "AbortError");
      world.op.faults.set("discovery", { hold: "before" });
      await page.evaluate(() => {
        window.stop = new AbortController();
        window.leaving = settle(auth.signIn({ signal: window.stop.signal }));
      });
      await until(() => world.op.faults.held("discovery"), "the metadata request");
      const during = await page.evaluate(() => (window.stop.abort(), window.leaving));
      assert.equal(during.error.name, "AbortError");
      assert.deepEqual(await transactionsOf(page), []);
      assert.equal(world.op.count("authorize"), 0);
      world.op.faults.release("discovery");
      await signIn(page);
    });

    test("a sign-in that is aborted while the page leaves", async () => {
      const page = await world.open();
      await status(page, "signedOut");
      // Keeps the browser where it is.
      world.op.faults.set("authorize", { status: 204 });
      await page.evaluate(() => {
        window.stop = new AbortController();
        window.leaving = settle(auth.signIn({ signal: window.stop.signal }));
      });
      await until(() => world.op.count("authorize") === 1, "the way to the provider");
      assert.equal((await transactionsOf(page)).length, 1);
      const { error } = await page.evaluate(() => (window.stop.abort(), window.leaving));
      assert.equal(error.name, "AbortError");
      assert.deepEqual(await transactionsOf(page), []);
    });

    notFor("rust", "a future does nothing before it is polled")(
      "without a return target it is where the user was in the call, wherever the app goes next",
      async () => {
        const page = await world.open("/orders?x=1");
        await status(page, "signedOut");
        const go = () => {
          void auth.signIn();
          history.replaceState(null, "", "/login");
        };
        await page.evaluate(go).catch(() => {});
        await status(page, "signedIn");
        assert.equal(page.url(), `${world.app.origin}/orders?x=1`);
      },
    );

    test("createAuth gives one instance, and says when options differ", async () => {
      const page = await world.open();
      await status(page, "signedOut");
      const options = world.options();
      assert.ok(await page.evaluate((one) => createAuth(one) === auth, options));
      assert.deepEqual(await page.evaluate(() => auth.diagnostics), []);

      const other = { ...options, scope: "openid" };
      assert.ok(await page.evaluate((one) => createAuth(one) === auth, other));
      const found = () => page.evaluate(() => auth.diagnostics.at(-1));
      const { code, fix } = await until(found, "a diagnosis");
      assert.equal(code, "config_conflict");
      assert.ok(fix);
      assert.equal((await stateOf(page)).lastError, "config_conflict");
      assert.equal((await eventsOf(page, "diagnosis")).at(-1).detail.code, "config_conflict");

      const more = { ...options, clientId: "demo" };
      assert.ok(await page.evaluate((one) => createAuth(one) !== auth, more));
    });

    testThrow(
      "createAuth throws for a missing issuer or client id, and for nothing else",
      async () => {
        const page = await world.open();
        await status(page, "signedOut");
        const made = (options) =>
          page.evaluate(async (one) => {
            const outcome = await settle((async () => window.createAuth(one) && "made")());
            return outcome.error ?? outcome.ok;
          }, options);
        for (const options of [{}, { issuer: "https://id.example" }, { clientId: "spa" }, null]) {
          const error = await made(options);
          assert.equal(error.code, "config_missing", JSON.stringify(options));
          assert.ok(error.isAuthError && error.hasStack);
        }
        assert.equal(await made({ issuer: "not a URL", clientId: "x" }), "made");
        assert.equal(
          await made({ issuer: "https://id.example", clientId: "x", leeway: 1e9 }),
          "made",
        );
      },
    );
  });
});
