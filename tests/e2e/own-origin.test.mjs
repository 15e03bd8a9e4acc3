// The vault on an origin of its own: the app's origin sees neither code nor verifier nor token, and has nothing to begin a
// grant of its own with.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { OF_ANY_VAULT, withoutVault } from "./support/any-vault.mjs";
import { forEachBrowser } from "./support/browsers.mjs";
import { dump, plant, search, STORES, unplant } from "./support/dump.mjs";
import {
  ask,
  call,
  eventsOf,
  go,
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
import { startSite } from "./support/site.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";
import { endWorkers } from "./support/workers.mjs";
import { recordWrites, writesWith } from "./support/writes.mjs";

forEachBrowser((name) => {
  describe(`the vault on its own origin in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name, { own: true });
    });
    after(() => world?.close());
    afterEach(async () => {
      world.further = {};
      await world.reset();
      await world.deployVault();
    });

    /** No page went to the provider, and no vault. The API asks it for its keys. */
    const assertNotAsked = () =>
      assert.deepEqual([world.op.count("authorize"), world.op.count("token")], [0, 0]);

    /** What the vault's origin has stored, by way of a tab of its own. */
    async function storedAtVault(context, look) {
      const page = await context.newPage();
      await go(page, `${world.vaultSite.origin}/keyward/texts.js`);
      const found = await page.evaluate(look);
      await page.close();
      return found;
    }

    for (const [title, play] of Object.entries(OF_ANY_VAULT)) test(title, () => play(world));

    test("a visitor who never signed in loads nothing of the vault", async () => {
      const page = await world.open("/");
      await status(page, "signedOut");
      assert.deepEqual(world.vaultSite.requests, []);
      assert.equal(page.frames().length, 1);
    });

    test("signs in, comes back to where the user was, and calls the APIs", async () => {
      const page = await world.open("/here?x=1#there");
      await signIn(page);
      assert.equal(page.url(), `${world.app.origin}/here?x=1#there`);
      assert.equal((await stateOf(page)).user.sub, "alice");
      for (const base of ["", world.api.url]) {
        const { ok } = await call(page, `${base}/api/orders`);
        assert.equal(ok?.status, 200, base);
      }
      assert.equal(world.op.count("token"), 1);
      const [signedIn] = await eventsOf(page, "signedIn");
      assert.equal(signedIn.detail.restored, false);
      assert.ok(world.vaultSite.requests.some((one) => one.includes("/callback.html?")));
      const sent = world.op.requests.last("authorize");
      assert.equal(sent.param("redirect_uri"), `${world.vaultSite.origin}/keyward/callback.html`);
    });

    test("a new tab and a reload have the session without a request to the provider", async () => {
      const context = await world.context();
      const page = await world.signedIn("/", context);
      world.op.requests.clear();
      const other = await world.open("/", context);
      await status(other, "signedIn");
      assert.equal((await call(other, "/api/orders")).ok.status, 200);
      await other.close();
      for (let n = 0; n < 3; n += 1) {
        await reload(page);
        await status(page, "signedIn");
      }
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
      assertNotAsked();
    });

    test("bodies pass both ways, in pieces and as streams", async () => {
      const page = await world.signedIn("/");
      const seen = await page.evaluate(async () => {
        const body = new Uint8Array(300_000).fill(65);
        const sent = await auth.fetch("/api/echo", { method: "POST", body });
        const reader = (await auth.fetch("/api/large?bytes=5000000")).body.getReader();
        let bytes = 0;
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          bytes += value.byteLength;
        }
        return { sent: (await sent.json()).body.length, bytes };
      });
      assert.deepEqual(seen, { sent: 300_000, bytes: 5_000_000 });
      const aborted = await page.evaluate(async () => {
        const abort = new AbortController();
        const { body } = await auth.fetch("/api/large?bytes=5000000", { signal: abort.signal });
        abort.abort();
        return body
          .getReader()
          .read()
          .then(String, ({ name }) => name);
      });
      assert.equal(aborted, "AbortError");
    });

    test("a sign-out reaches every tab, and nothing that the app's storage says brings the session back", async () => {
      const context = await world.context();
      const page = await world.signedIn("/", context);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      const mark = await markOf(other);
      world.op.settings.logout = "stuck";
      await startSignOut(page);
      assert.equal((await status(other, "signedOut")).reason, "signedOutElsewhere");
      assert.equal((await ask(other, "refresh")).error.code, "login_required");
      world.op.requests.clear();
      // The app's storage is as it was before the sign-out.
      await other.evaluate((text) => {
        const key = Object.keys(localStorage).find((one) => one.endsWith(".mark"));
        localStorage.setItem(key, text);
        localStorage.setItem(key.replace(/mark$/, "hint"), "1");
      }, mark);
      await reload(other);
      await status(other, "signedOut");
      assert.equal((await markOf(other))[0], "-", "the vault's mark is the one that counts");
      assertNotAsked();
    });

    test("limits that only the vault's files know warn and end the session in every tab", async () => {
      world.configure({ maxAge: 20, warnBefore: 5 });
      const context = await world.context();
      const page = await world.signedIn("/", context);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      for (const one of [page, other]) {
        await until(async () => (await eventsOf(one, "expiring")).length > 0, "the warning");
        const { reason, lastError } = await status(one, "signedOut");
        assert.deepEqual([reason, lastError], ["expired", "session_max_age"]);
      }
    });

    test("the way back from a sign-out leads to the app, and a restore is possible again", async () => {
      const page = await world.signedIn("/orders?x=1");
      await startSignOut(page, { returnTo: "/bye?y=2" });
      await until(() => page.url() === `${world.app.origin}/bye?y=2`, "the way back");
      await status(page, "signedOut");
      assert.equal(await markOf(page), null);
      await signIn(page);
    });

    test("without a living vault a load asks the provider once, and takes the user back where they were", async () => {
      const context = await withoutVault(world);
      // None leaves before all are there: the vault would end with it.
      world.op.faults.set("discovery", { hold: "before" });
      const pages = await Promise.all([1, 2, 3].map((n) => world.open(`/tab-${n}#x`, context)));
      for (const one of pages) {
        await status(one, "loading");
        assert.equal((await ask(one, "preload")).error, undefined);
      }
      world.op.faults.release("discovery");
      for (const one of pages) await one.bringToFront();
      for (const one of pages) await status(one, "signedIn");
      assert.equal(pages[1].url(), `${world.app.origin}/tab-2#x`);
      assert.equal(world.op.count("authorize"), 1);
      assert.equal(world.op.count("token"), 1);
      const events = (await Promise.all(pages.map((one) => eventsOf(one, "signedIn")))).flat();
      assert.deepEqual(
        events.map(({ detail }) => detail.restored),
        [true, true, true],
      );
    });

    test("a restore that the provider refuses: signed out, the next load does not ask again", async () => {
      const context = await withoutVault(world);
      world.op.settings.autologin = null;
      await context.clearCookies();
      const next = await world.open("/next", context);
      assert.equal((await status(next, "signedOut")).lastError, "login_required");
      assert.equal(next.url(), `${world.app.origin}/next`);
      world.op.requests.clear();
      await reload(next);
      await status(next, "signedOut");
      assertNotAsked();
    });

    test("an error of the provider reaches the app, where the user was", async () => {
      world.op.settings.autologin = null;
      const page = await world.open("/orders?open=1");
      await status(page, "signedOut");
      await page.evaluate(() => void auth.signIn({ prompt: "none" }).catch(() => {}));
      await until(async () => (await stateOf(page))?.lastError, "the error");
      assert.equal((await stateOf(page)).lastError, "login_required");
      assert.equal(page.url(), `${world.app.origin}/orders?open=1`);
      await reload(page);
      assert.equal((await status(page, "signedOut")).lastError, null);
    });

    test("neither code nor verifier nor token is in any store, write or message of the app's origin", async () => {
      const context = await world.context();
      const writes = await recordWrites(context);
      const heard = [];
      await context.exposeFunction("keywardTestHeard", (...one) => void heard.push(one.join(" ")));
      // Every message that a page of the app gets, by whatever way it listens.
      await context.addInitScript(() => {
        const report = window.keywardTestHeard;
        const text = (value) =>
          JSON.stringify(value, (key, part) =>
            ArrayBuffer.isView(part) ? new TextDecoder("latin1").decode(part) : part,
          );
        const note = ({ data }) => void report(location.origin, text(data) ?? "");
        addEventListener("message", note, true);
        const { get, set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
        Object.defineProperty(MessagePort.prototype, "onmessage", {
          get,
          set(listener) {
            set.call(this, (event) => {
              note(event);
              return listener.call(this, event);
            });
          },
        });
      });
      const stores = [];
      const look = async (page) => {
        const markers = await plant(page);
        const planted = await dump(page);
        for (const store of STORES.filter((one) => one !== "cookies")) {
          assert.ok(planted[store].includes(markers[store]), `the search is blind in ${store}`);
        }
        await unplant(page, markers);
        stores.push(await dump(page));
      };
      const page = await world.open("/orders?x=1", context);
      await status(page, "signedOut");
      await look(page);
      // Held at the redirect page: the sign-in is under way.
      const callback = world.vaultSite.files["/keyward/callback.html"];
      world.vaultSite.files["/keyward/callback.html"] = { body: "<title>stopped</title>" };
      await startSignIn(page);
      await until(() => page.url().includes("/callback.html?"), "the redirect page");
      const answer = page.url();
      assert.equal((await transactionsOf(page)).length, 1, "the transaction is here");
      const other = await world.open("/", context);
      await status(other, "signedOut");
      await look(other);
      world.vaultSite.files["/keyward/callback.html"] = callback;
      await go(page, answer);
      await status(page, "signedIn");
      await look(page);
      await call(page, "/api/orders");
      assert.equal((await ask(page, "refresh")).error, undefined);
      await call(page, "/api/orders");
      await look(page);
      await signOut(page);
      await look(page);
      const sent = (endpoint, parameter) =>
        world.op.requests.of(endpoint).map((record) => record.param(parameter));
      const code = new URL(answer).searchParams.get("code");
      const secrets = [
        code,
        ...sent("token", "code_verifier"),
        ...sent("token", "refresh_token"),
        ...sent("revocation", "token"),
        ...world.api.requests.of("/api/orders").map((one) => one.headers.authorization?.slice(7)),
      ].filter(Boolean);
      assert.equal(new Set(secrets).size, 6, "code, verifier, two of each token");
      for (const one of stores) assert.deepEqual(search(one, secrets), []);
      const own = heard.filter((one) => one.startsWith(world.app.origin));
      assert.ok(
        own.some((one) => one.includes("/api/orders")),
        "the probe: messages are seen",
      );
      assert.ok(
        own.some((one) => one.includes('"userHash"')),
        "the probe: those of the vault too",
      );
      assert.deepEqual(
        own.filter((one) => secrets.some((secret) => one.includes(secret))),
        [],
      );
      // Of the vault's origin the record tells too: what it stores before the way to the provider.
      const verifier = sent("token", "code_verifier").filter(Boolean);
      const [written] = writesWith(writes, verifier);
      assert.equal(
        written?.[0],
        "sessionStorage",
        "the probe: writes of the vault's origin are seen",
      );
    });

    test("a vault that dies is noticed through the frame, and the next one goes on", async (t) => {
      if (name !== "chromium") return t.skip("the driver ends no worker there");
      world.op.setTtl({ at: 600 });
      const page = await world.signedIn("/");
      world.op.requests.clear();
      await endWorkers(world.browser);
      await until(async () => (await call(page, "/api/orders")).ok?.status === 200, "a call");
      assert.equal(await page.evaluate(() => document.querySelectorAll("iframe").length), 1);
      assertNotAsked();
    });

    test("the redirect page loaded anew leads to the app, and redeems nothing twice", async () => {
      const page = await world.open("/orders");
      await status(page, "signedOut");
      const callback = world.vaultSite.files["/keyward/callback.html"];
      world.vaultSite.files["/keyward/callback.html"] = { body: "<title>stopped</title>" };
      await startSignIn(page);
      await until(() => page.url().includes("/callback.html?"), "the redirect page");
      const answer = page.url();
      world.vaultSite.files["/keyward/callback.html"] = callback;
      await go(page, answer);
      await status(page, "signedIn");
      await go(page, answer);
      await status(page, "signedIn");
      assert.equal(page.url(), `${world.app.origin}/`);
      assert.equal(world.op.count("token"), 1);
      // Slow to redeem, and loaded anew meanwhile: the address is still one that is there.
      world.op.faults.set("token", { hold: "before" });
      const other = await world.open("/orders");
      await status(other, "signedOut");
      await startSignIn(other);
      await until(() => world.op.faults.held("token") === 1, "the token request");
      const shown = await other.evaluate(() => location.href);
      assert.equal(shown, `${world.vaultSite.origin}/keyward/callback.html`);
      world.op.faults.release("token");
      await status(other, "signedIn");
      assert.equal(other.url(), `${world.app.origin}/orders`);
    });

    for (const [title, broken, detail] of [
      ["is missing", { status: 404, body: "not found" }, /frame\.html does not answer/],
      [
        "may not be framed",
        { body: "<p>", headers: { "x-frame-options": "DENY" } },
        /X-Frame-Options/,
      ],
      ["is for another app", "other", /another origin/],
      ["has no configuration", "plain", /configuration/],
    ]) {
      test(`a frame page that ${title}: vault_unavailable, and the next try works`, async () => {
        const { files } = world.vaultSite;
        const page = await world.open("/");
        await status(page, "signedOut");
        const frame = files["/keyward/frame.html"];
        const script = files["/keyward/frame.js"];
        const [line, code] = script.body.split(/\n(.*)/s);
        if (broken === "other")
          script.body = `${line.replaceAll(world.app.origin, "http://x.test")}\n${code}`;
        else if (broken === "plain") script.body = code;
        else files["/keyward/frame.html"] = broken;
        const { error } = await ask(page, "signIn");
        assert.equal(error.code, "vault_unavailable", JSON.stringify(error));
        assert.match(error.detail, detail);
        assert.equal(await page.evaluate(() => document.querySelectorAll("iframe").length), 0);
        assert.equal(world.op.requests.entries.length, 0);
        files["/keyward/frame.html"] = frame;
        script.body = `${line}\n${code}`;
        await signIn(page);
      });
    }

    test("other options than those of the vault are named", async () => {
      const { issuer, clientId, vault } = world.options();
      world.app.configure({ issuer, clientId, vault, scope: "openid" });
      const page = await world.open("/");
      await status(page, "signedOut");
      const { error } = await ask(page, "signIn");
      assert.equal(error.code, "vault_unavailable");
      assert.match(error.detail, /another configuration: scope/);
      // The same ones said again are no contradiction.
      world.app.configure(world.options());
      await signIn(await world.open("/"));
    });

    test("a vault of another site has no storage in common with its redirect page, and says so", async () => {
      const { origin } = world.vaultSite;
      const other = origin.replace("app.localhost", "elsewhere.localhost");
      const { files } = world.vaultSite;
      for (const file of Object.values(files)) file.body = file.body.replaceAll(origin, other);
      world.configure({ vault: `${other}/keyward/` });
      const page = await world.open("/");
      await status(page, "signedOut");
      const { error } = await ask(page, "signIn");
      assert.equal(error.code, "vault_unavailable");
      assert.match(error.detail, /not of one site/);
    });

    test("the app's page needs the frame's origin in its policy, and nothing else of it", async () => {
      world.app.headers["content-security-policy"] = [
        "default-src 'none'; script-src 'self'; worker-src 'none'; connect-src 'none'; img-src data:",
        `frame-src ${world.vaultSite.origin}; require-trusted-types-for 'script'; trusted-types 'none'`,
        "frame-ancestors 'none'",
      ].join("; ");
      const page = await world.signedIn("/");
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
      world.app.headers["content-security-policy"] = "frame-src 'none'";
      const other = await world.open("/");
      await status(other, "signedOut");
      const { error } = await ask(other, "signIn");
      assert.equal(error.code, "vault_unavailable");
      assert.match(error.detail, /frame-src/);
    });

    test("storage of the vault's origin holds the transaction, the mark and no token", async () => {
      const context = await world.context();
      const page = await world.signedIn("/", context);
      await call(page, "/api/orders");
      const token = world.api.requests.last("/api/orders").headers.authorization.slice(7);
      const kept = await storedAtVault(context, () => JSON.stringify({ ...localStorage }));
      assert.match(kept, /\|spa\.mark/);
      assert.ok(!kept.includes(token));
    });
  });

  // Everything on `localhost`, the provider too: frames get its cookies, which is the best case for the attacker.
  describe(`script in the app, its vault on its own origin, in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name, { own: { app: "localhost", vault: "localhost" } });
    });
    after(() => world?.close());
    afterEach(async () => {
      world.further = {};
      await world.reset();
      await world.deployVault();
    });

    const attack = (one, page, redirectUri) =>
      page.evaluate(grantOfItsOwn, { issuer: one.op.issuer, redirectUri });

    test("the probe: a vault on the app's origin does not stop a grant of its own", async () => {
      const second = await startWorld(name, { app: { vault: true }, own: false });
      try {
        const page = await second.signedIn("/");
        const got = await attack(second, page, `${second.app.origin}/keyward/callback.html`);
        assert.match(got.frame ?? "", /[?&]code=/, JSON.stringify(got));
        assert.equal(got.tokens, true, "and the code is good for tokens");
      } finally {
        await second.close();
      }
    });

    test("an address of the app's origin is none that the provider answers to", async () => {
      const page = await world.signedIn("/");
      world.op.requests.clear();
      const own = `${world.app.origin}/keyward/callback.html`;
      const got = await attack(world, page, own);
      assert.equal(world.op.requests.last("authorize").param("redirect_uri"), own);
      assert.deepEqual([got.frame, got.entries, got.tokens], [null, false, false]);
    });

    test("the code that comes to the vault's origin cannot be read, in a frame or a window", async () => {
      const page = await world.signedIn("/");
      world.vaultSite.requests.length = 0;
      const got = await attack(world, page, `${world.vaultSite.origin}/keyward/callback.html`);
      const came = world.vaultSite.requests.filter((one) => one.includes("callback.html?code="));
      assert.equal(came.length, 1, "the probe: a code came by");
      assert.deepEqual([got.frame, got.entries, got.tokens], [null, false, false]);
      assert.equal((await stateOf(page)).status, "signedIn");

      world.vaultSite.requests.length = 0;
      await page.evaluate((url) => {
        addEventListener("click", () => (window.stolen = open(url)), { once: true });
      }, got.url);
      const opening = page.waitForEvent("popup");
      await page.mouse.click(5, 5);
      const popup = await opening;
      await until(() => world.vaultSite.requests.some((one) => one.includes("?code=")), "a code");
      const read = await page.evaluate(() => {
        try {
          return String(window.stolen?.location.href);
        } catch ({ name: error }) {
          return error;
        }
      });
      // An answer that nobody asked for leads to the app, where nothing of it is left.
      assert.ok(!/code=/.test(read), read);
      await until(() => popup.url() === `${world.app.origin}/`, "the app");
      assert.ok(!JSON.stringify(await dump(popup)).includes("code="));
    });

    test("a second frame: no other configuration, no answer of its own, and no verifier", async () => {
      const page = await world.signedIn("/");
      const evil = {
        issuer: world.op.issuer,
        clientId: "spa",
        redirectUri: `${world.vaultSite.origin}/keyward/callback.html`,
      };
      const vault = world.vaultSite.origin;
      const before = world.op.count("token");
      const got = await page.evaluate(speak, {
        vault,
        configs: [
          { ...evil, resources: [{ origin: "https://evil.example", paths: ["/"] }] },
          { ...evil, metadata: { token_endpoint: "https://evil.example/token" } },
          { ...evil, redirectUri: `${world.app.origin}/` },
          evil,
        ],
      });
      for (const said of got.refused) assert.match(said, /another configuration/);
      assert.equal(got.refused.length, 3);
      // The probe: the honest configuration is served, and its sign-in is begun.
      assert.ok(got.welcome);
      assert.match(got.signIn.ok.url, /code_challenge=/);
      assert.ok(got.signIn.ok.state);
      assert.equal(got.signIn.ok.record, undefined);
      assert.equal(got.callback.error.code, "vault_unavailable");
      assert.equal(got.adopt.error.code, "vault_unavailable");
      assert.equal(got.accessToken.error.code, "token_stays_in_vault");
      assert.equal(got.elsewhere.error.code, "config_return_target");
      assert.equal(world.op.count("token"), before);
      assert.equal((await call(page, "/api/orders")).ok.status, 200);
    });

    test("a page of another origin cannot use the frame, with the header and without", async () => {
      const context = await world.context();
      await world.signedIn("/", context);
      const other = await startSite({ fallback: "/index.html", files: { "/index.html": "<p>" } });
      try {
        const page = await context.newPage();
        await go(page, `${other.origin}/`);
        const knock = () => page.evaluate(speak, { vault: world.vaultSite.origin, configs: [] });
        assert.equal((await knock()).first, "silence");
        delete world.vaultSite.files["/keyward/frame.html"].headers["content-security-policy"];
        assert.match(JSON.stringify((await knock()).first), /another origin/);
      } finally {
        await other.close();
      }
    });
  });
});

/**
 * Runs in the page: a sign-in of the script's own, with its own verifier, in a frame. Gives the address that it could read
 * there, whether a code is anywhere in the page's timeline, and whether it got tokens for it.
 */
async function grantOfItsOwn({ issuer, redirectUri }) {
  const base64url = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const url = new URL(metadata.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: "spa",
    redirect_uri: redirectUri,
    scope: "openid",
    prompt: "none",
    state: base64url(crypto.getRandomValues(new Uint8Array(16))),
    nonce: "n",
    code_challenge: base64url(digest),
    code_challenge_method: "S256",
  });
  const frame = document.createElement("iframe");
  frame.src = url.href;
  document.body.append(frame);
  let read = null;
  let loads = 0;
  frame.addEventListener("load", () => (loads += 1));
  for (let n = 0; n < 400 && !read && !(loads > 0 && n > 200); n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    try {
      const { href } = frame.contentWindow.location;
      if (/[?&]code=/.test(href)) read = href;
    } catch {
      // Of another origin.
    }
  }
  frame.remove();
  const entries = performance.getEntries().some(({ name }) => /[?&]code=/.test(name));
  let tokens = false;
  if (read) {
    const answer = await fetch(metadata.token_endpoint, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code: new URL(read).searchParams.get("code"),
        client_id: "spa",
        redirect_uri: redirectUri,
        code_verifier: verifier,
      }),
    });
    tokens = "access_token" in (await answer.json());
  }
  return { url: url.href, frame: read, entries, tokens };
}

/** Runs in the page: frames of the script's own to the vault, each with a configuration; with the last it asks for more. */
async function speak({ vault, configs }) {
  const connect = async () => {
    const frame = document.createElement("iframe");
    frame.src = `${vault}/keyward/frame.html`;
    document.body.append(frame);
    await new Promise((resolve) => (frame.onload = resolve));
    const { port1: port, port2 } = new MessageChannel();
    const heard = [];
    let wake = () => {};
    port.onmessage = ({ data }) => {
      heard.push(data);
      wake();
    };
    const next = async (find) => {
      for (let n = 0; n < 40; n += 1) {
        const found = heard.find(find);
        if (found) return found;
        await Promise.race([
          new Promise((resolve) => (wake = resolve)),
          new Promise((resolve) => setTimeout(resolve, 100)),
        ]);
      }
      return "silence";
    };
    frame.contentWindow.postMessage({ keyward: 1 }, "*", [port2]);
    return { port, next, first: await next(() => true) };
  };
  if (configs.length === 0) return { first: (await connect()).first };
  const got = { refused: [] };
  for (const config of configs) {
    const { port, next } = await connect();
    port.postMessage({ hello: 1, config: JSON.stringify(config), mark: null });
    const { welcome, refused } = await next((data) => "welcome" in data);
    if (welcome === null) {
      got.refused.push(refused);
      continue;
    }
    got.welcome = welcome;
    let ticket = 0;
    const ask = async (command) => {
      const own = (ticket += 1);
      port.postMessage({ json: JSON.stringify({ v: 1, ticket: own, ...command }) });
      const { message } = await next((data) => data.message?.ticket === own);
      return message;
    };
    const record = JSON.stringify({ state: "s", nonce: "n", verifier: "v".repeat(43) });
    got.signIn = await ask({ do: "signIn", returnTo: "/" });
    got.elsewhere = await ask({ do: "signIn", returnTo: "https://evil.example/" });
    got.callback = await ask({ do: "callback", query: "code=c&state=s", record });
    got.adopt = await ask({ do: "adopt", session: "s", mark: "+s.h" });
    got.accessToken = await ask({ do: "accessToken" });
  }
  return got;
}
