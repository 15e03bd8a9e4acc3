// `auth.fetch`: what it takes, where the token goes and where never, and how calls fail.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { startWitness } from "../provider/witness.mjs";
import { forEachBrowser } from "./support/browsers.mjs";
import { notFor } from "./support/front.mjs";
import { ask, call, startSignIn, startWorld, status } from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

forEachBrowser((name) => {
  describe(`auth.fetch in ${name}`, () => {
    let world;
    let witness;
    /** A page that stays signed in for all tests that do not change its session. */
    let page;
    before(async () => {
      world = await startWorld(name);
      witness = await startWitness();
      world.op.setTtl({ at: 600 });
      page = await world.signedIn("/deep/page?x=1");
      world.clear();
    });
    after(async () => {
      await world?.close();
      await witness?.close();
    });
    afterEach(() => {
      world.clear();
      witness.requests.clear();
    });

    const bearer = (record) => /^Bearer (\S+)$/.exec(record.headers.authorization)?.[1];
    /** Runs a function in the page that gives a promise; its outcome as data. */
    const inPage = (fn, arg) =>
      page.evaluate(`settle((${fn.toString()})(${JSON.stringify(arg ?? null)}))`);

    test("relative URLs are the page's own, and the token is a header and nothing else", async () => {
      for (const [url, path] of [
        ["/api/echo?q=1", "/api/echo?q=1"],
        ["../api/echo?q=2#fragment", "/api/echo?q=2"],
      ]) {
        const { ok } = await call(page, url);
        assert.equal(ok.status, 200);
        assert.equal(JSON.parse(ok.text).path, path);
        assert.equal(ok.url, world.app.origin + path);
      }
      for (const record of world.api.requests.of("/api/echo")) {
        const token = bearer(record);
        // an access token of the provider, not the ID token.
        const header = JSON.parse(Buffer.from(token.split(".")[0], "base64url"));
        assert.equal(header.typ, "at+jwt");
        // R-121, O-50: sent in one way only.
        assert.ok(!record.query.toString().includes(token) && !record.body.includes(token));
        assert.equal(record.headers.dpop, undefined);
      }
      // As with fetch, cookies go to the own origin alone. The provider's are on the same host.
      await call(page, `${world.api.url}/api/echo`);
      assert.ok((await page.context().cookies(world.api.url)).length > 0);
      assert.equal(world.api.requests.last("/api/echo").headers.cookie, undefined);
    });

    test("methods, headers and bodies arrive as with fetch", async () => {
      const echoed = async (fn, arg) => JSON.parse((await inPage(fn, arg)).ok.text);
      const json = await echoed(() =>
        auth.fetch("/api/echo", {
          method: "POST",
          headers: { "content-type": "application/json", "x-own": "1" },
          body: JSON.stringify({ a: "ä" }),
        }),
      );
      assert.equal(json.method, "POST");
      assert.equal(json.headers["content-type"], "application/json");
      assert.equal(json.headers["x-own"], "1");
      assert.equal(json.body, '{"a":"ä"}');

      const request = await echoed((url) => {
        const made = new Request(url, { method: "PUT", body: "text", headers: { "x-own": "2" } });
        return auth.fetch(made);
      }, `${world.api.url}/api/echo?r=1`);
      assert.equal(request.method, "PUT");
      assert.equal(request.body, "text");
      assert.equal(request.headers["x-own"], "2");

      const both = await echoed(() =>
        auth.fetch(new Request("/api/echo", { method: "POST", body: "one" }), { body: "two" }),
      );
      assert.equal(both.body, "two");

      const url = await echoed(() =>
        auth.fetch(new URL("/api/echo", location), { method: "DELETE" }),
      );
      assert.equal(url.method, "DELETE");

      const form = await echoed(() => {
        const data = new FormData();
        data.append("field", "value");
        data.append("file", new File(["content"], "name.txt", { type: "text/plain" }));
        return auth.fetch("/api/echo", { method: "POST", body: data });
      });
      assert.match(form.headers["content-type"], /^multipart\/form-data; boundary=/);
      assert.match(form.body, /name="field"\r\n\r\nvalue/);
      assert.match(form.body, /filename="name.txt"[^]*content/);
    });

    test("the answer is the API's own Response", async () => {
      const seen = await inPage(async (url) => {
        const response = await auth.fetch(url);
        const clone = response.clone();
        const reader = response.body.getReader();
        const { value } = await reader.read();
        await reader.cancel();
        return {
          type: response.constructor.name,
          first: new TextDecoder().decode(value),
          all: await clone.text(),
          ok: response.ok,
        };
      }, `${world.api.url}/api/stream?chunks=3&every=100`);
      assert.equal(seen.ok.type, "Response");
      assert.equal(seen.ok.ok, true);
      assert.ok(seen.ok.first.startsWith("line 1\n"));
      assert.equal(seen.ok.all, "line 1\nline 2\nline 3\n");

      const missing = await call(page, "/api/nothing");
      assert.equal(missing.ok.status, 404);
      const large = await inPage(async (url) => {
        const response = await auth.fetch(url);
        return (await response.arrayBuffer()).byteLength;
      }, `${world.api.url}/api/large?bytes=3000000`);
      assert.equal(large.ok, 3_000_000);
    });

    test("abort: before, while waiting, in the body, and afterwards", async () => {
      const before = await inPage(() => auth.fetch("/api/echo", { signal: AbortSignal.abort() }));
      assert.equal(before.error.name, "AbortError");
      assert.equal(world.api.requests.entries.length, 0);

      const reason = await inPage(() => {
        const own = new AbortController();
        own.abort("my own reason");
        return auth.fetch("/api/echo", { signal: own.signal }).catch((error) => ({ error }));
      });
      assert.deepEqual(reason.ok, { error: "my own reason" });

      await page.evaluate(() => {
        window.stop = new AbortController();
        window.waiting = settle(auth.fetch("/api/slow?ms=60000", { signal: window.stop.signal }));
      });
      await until(() => world.api.count("/api/slow") === 1, "the slow call");
      const during = await page.evaluate(() => (window.stop.abort(), window.waiting));
      assert.equal(during.error.name, "AbortError");

      const body = await inPage(async () => {
        const stop = new AbortController();
        const response = await auth.fetch("/api/stream?chunks=1000&every=50", {
          signal: stop.signal,
        });
        const reader = response.body.getReader();
        await reader.read();
        stop.abort();
        for (;;) if ((await reader.read()).done) return "ended";
      });
      assert.equal(body.error?.name, "AbortError");

      const afterwards = await inPage(async () => {
        const stop = new AbortController();
        const response = await auth.fetch("/api/echo", { signal: stop.signal });
        const text = await response.text();
        stop.abort();
        return { length: text.length, status: response.status };
      });
      assert.equal(afterwards.ok.status, 200);

      // Timeouts are signals too, and the session is none the worse.
      const late = await inPage(() =>
        auth.fetch("/api/slow?ms=60000", { signal: AbortSignal.timeout(100) }),
      );
      assert.equal(late.error.name, "TimeoutError");
      assert.equal((await call(page, "/api/echo")).ok.status, 200);
    });

    test("an Authorization or DPoP header of the caller is refused", async () => {
      for (const header of ["Authorization", "authorization", "DPoP"]) {
        const { error } = await call(page, "/api/echo", { headers: { [header]: "Bearer x" } });
        assert.equal(error?.code, "api_own_authorization", header);
      }
      assert.equal(world.api.requests.entries.length, 0);
    });

    test("O-87, R-123: other origins and paths get no request, and the error shows the line to add", async () => {
      const foreign = `${witness.origin}/data?x=1`;
      const { error } = await call(page, foreign);
      assert.equal(error?.code, "api_not_allowed");
      assert.ok(error.isAuthError);
      assert.ok(
        `${error.fix} ${error.detail}`.includes(witness.origin),
        `the line names the origin: ${error.detail}`,
      );
      const { protocol, host } = new URL(world.api.url);
      const others = [
        "/other",
        "/apiary",
        "/api",
        "/api/%2e%2e/secret",
        "/api/%2E%2e/secret",
        "/api/..%2fsecret",
        "/api/a%5c..%5csecret",
        "/api/../secret",
        `${protocol}//user:pass@${host}/api/echo`,
        `${world.op.issuer}/me`,
        `${world.op.issuer}/token`,
        `http://127.0.0.1:${world.api.port}/api/echo`,
      ];
      for (const url of others) {
        const outcome = await call(page, url);
        // A browser's own Request refuses credentials in a URL before anyone else can.
        const refused = url.includes("@") ? "TypeError" : "AuthError";
        assert.equal(outcome.error?.name, refused, `${url}: ${JSON.stringify(outcome)}`);
        if (refused === "AuthError") assert.equal(outcome.error.code, "api_not_allowed", url);
      }
      assert.equal(witness.requests.entries.length, 0);
      assert.equal(world.api.requests.entries.length, 0);
      assert.equal(world.op.requests.entries.length, 0);
      // The probe: the witness does see what the plain fetch sends.
      await page.evaluate((url) => fetch(url).then((response) => response.text()), foreign);
      assert.equal(witness.requests.entries.length, 1);
    });

    test("a redirect of an authorized call is refused, and the token follows none", async () => {
      for (const to of ["/api/echo", `${witness.origin}/catch`]) {
        const url = `${world.api.url}/api/redirect?to=${encodeURIComponent(to)}`;
        const { error } = await call(page, url);
        assert.equal(error?.code, "api_redirected", to);
        assert.ok(error.fix);
      }
      assert.equal(world.api.count("/api/redirect"), 2);
      assert.equal(world.api.count("/api/echo"), 0);
      assert.equal(witness.requests.entries.length, 0);
    });

    notFor("vault", "no token leaves it")(
      "accessToken gives the token that calls use",
      async () => {
        const { ok } = await ask(page, "accessToken");
        await call(page, "/api/echo");
        assert.equal(ok, bearer(world.api.requests.last("/api/echo")));
      },
    );

    test("R-120, O-50: UserInfo, by header only", async () => {
      // A token for the API is none for the UserInfo endpoint, and the error says what to do.
      const { error } = await ask(page, "userInfo");
      assert.equal(error?.code, "userinfo_failed");
      assert.equal(error.provider?.status, 401);

      world.configure({ authorizationParams: {}, scope: "openid profile" });
      const other = await world.signedIn();
      const { ok } = await ask(other, "userInfo");
      assert.equal(ok.sub, "alice");
      assert.equal(ok.name, "Alice Example");
      const { headers, query } = world.op.requests.last("userinfo");
      assert.match(headers.authorization, /^Bearer \S+$/);
      assert.equal(query.size, 0);
      await other.context().close();
    });

    notFor("vault", "its redirect page waits, before the app loads")(
      "a call that is made while the page loads waits for the session",
      async () => {
        const other = await world.open("/");
        await status(other, "signedOut");
        world.op.faults.set("code", { hold: "before" });
        await startSignIn(other);
        await until(() => world.op.faults.held("code") === 1, "the code exchange");
        await status(other, "loading");
        await other.evaluate(() => {
          window.early = settle(auth.fetch("/api/orders"));
        });
        world.op.faults.release("code");
        const { ok } = await other.evaluate(() => window.early);
        assert.equal(ok.status, 200);
        assert.equal(world.api.count("/api/orders"), 1);
        await other.context().close();
      },
    );

    test("resources: methods, whole segments, and redirects by opt-in", async () => {
      world.configure({
        resources: [
          { paths: ["/api/echo"], methods: ["GET"] },
          { origin: world.api.url, paths: ["/api/"], redirects: "follow-even-to-other-origins" },
        ],
      });
      const other = await world.signedIn();
      assert.equal((await call(other, "/api/echo")).ok.status, 200);
      const posted = await call(other, "/api/echo", { method: "POST" });
      assert.equal(posted.error?.code, "api_not_allowed");
      assert.equal((await call(other, "/api/echoes")).error?.code, "api_not_allowed");
      const followed = await call(other, `${world.api.url}/api/redirect?to=/api/orders`);
      assert.equal(followed.ok?.status, 200);
      assert.equal(followed.ok.redirected, true);
      await other.context().close();
    });
  });
});
