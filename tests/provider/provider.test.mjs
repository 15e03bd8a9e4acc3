import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { FetchClient } from "./fetch-client.mjs";
import { decodeJws } from "./keys.mjs";
import { startProvider } from "./provider.mjs";

describe("the embedded provider", () => {
  let op;

  before(async () => {
    op = await startProvider({ autologin: { spa: "alice", "spa-no-rt": "alice" } });
  });
  after(() => op.close());
  afterEach(() => {
    op.faults.clear();
    op.requests.clear();
  });

  const client = (options) => new FetchClient({ issuer: op.issuer, ...options });
  const userinfo = async (token) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${op.issuer}/me`, { headers })).status;
  };

  test("signs in with code and PKCE, says who it is, and gives a verifiable ID token", async () => {
    const spa = client();
    const { params } = await spa.authorize();
    assert.equal(params.get("state"), spa.state);
    assert.equal(params.get("iss"), op.issuer);

    const { body } = await spa.exchange(params.get("code"));
    const keys = createRemoteJWKSet(new URL(`${op.issuer}/jwks`));
    const { payload } = await jwtVerify(body.id_token, keys, {
      issuer: op.issuer,
      audience: "spa",
    });
    assert.equal(payload.sub, "alice");
    assert.equal(payload.nonce, spa.nonce);
    assert.equal(await userinfo(body.access_token), 200);
  });

  for (const [clientId, alg] of [
    ["spa-ps256", "PS256"],
    ["spa-es256", "ES256"],
    ["spa-eddsa", "EdDSA"],
    ["spa-ed25519", "Ed25519"],
  ]) {
    test(`signs with ${alg} for ${clientId}`, async () => {
      op.settings.autologin[clientId] = "bob";
      const { id_token: idToken } = await client({ clientId }).signIn();
      assert.equal(decodeProtectedHeader(idToken).alg, alg);
      await jwtVerify(idToken, createRemoteJWKSet(new URL(`${op.issuer}/jwks`)));
    });
  }

  test("refuses a request without PKCE", async () => {
    const { params } = await client().authorize({ code_challenge: undefined });
    assert.equal(params.get("error"), "invalid_request");
  });

  test("gives no refresh token to a client without that grant", async () => {
    const tokens = await client({ clientId: "spa-no-rt" }).signIn();
    assert.ok(tokens.access_token);
    assert.equal(tokens.refresh_token, undefined);
  });

  test("shows the sign-in page without auto-login and takes its answer", async () => {
    const demo = client({ clientId: "demo" });
    const { page, url } = await demo.authorize({ login_hint: '"><b>' });
    assert.match(page, /id="login-submit"/);
    assert.ok(!page.includes('"><b>'));

    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const again = await demo.follow(url, { method: "POST", headers, body: "login=%3Cx" });
    assert.match(again.page, /id="login-problem"/);
    const { params } = await demo.follow(url, { method: "POST", headers, body: "login=bob" });
    const { body } = await demo.exchange(params.get("code"));
    assert.equal(decodeJws(body.id_token).payload.sub, "bob");
  });

  test("a cancelled sign-in goes back as access_denied", async () => {
    const demo = client({ clientId: "demo" });
    const { url } = await demo.authorize();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const { params } = await demo.follow(url, { method: "POST", headers, body: "login=&abort=1" });
    assert.equal(params.get("error"), "access_denied");
    assert.equal(params.get("iss"), op.issuer);
  });

  test("prompt=none answers login_required without a session and a code with one", async () => {
    const demo = client({ clientId: "demo" });
    const { params } = await demo.authorize({ prompt: "none" });
    assert.equal(params.get("error"), "login_required");

    const spa = client();
    await spa.signIn();
    const silent = await spa.authorize({ prompt: "none" });
    assert.ok(silent.params.has("code"));
  });

  test("rotates at each refresh and stays silent over 20 rounds", async () => {
    const spa = client();
    const first = await spa.signIn();
    const seen = new Set([first.refresh_token]);
    const before = op.reuseDetected;
    let { refresh_token: current } = first;
    for (let round = 0; round < 20; round += 1) {
      const { status, body } = await spa.refresh(current);
      assert.equal(status, 200);
      assert.ok(!seen.has(body.refresh_token));
      seen.add((current = body.refresh_token));
    }
    assert.equal(op.reuseDetected, before);
    assert.equal(op.requests.of("token").length, 21);
  });

  test("a reused refresh token fires the detector and kills the winner's tokens", async () => {
    const spa = client();
    const first = await spa.signIn();
    const { body: second } = await spa.refresh(first.refresh_token);
    const before = op.reuseDetected;

    const reused = await spa.refresh(first.refresh_token);
    assert.equal(reused.body.error, "invalid_grant");
    assert.equal(op.reuseDetected, before + 1);
    assert.equal((await spa.refresh(second.refresh_token)).body.error, "invalid_grant");
    assert.equal(await userinfo(second.access_token), 401);
  });

  test("a reused code fires the detector", async () => {
    const spa = client();
    const { params } = await spa.authorize();
    await spa.exchange(params.get("code"));
    const before = op.reuseDetected;
    assert.equal((await spa.exchange(params.get("code"))).body.error, "invalid_grant");
    assert.equal(op.reuseDetected, before + 1);
  });

  test("keys rotate with the old ones kept or dropped, and sessions live on", async () => {
    const spa = client();
    const { refresh_token: token, id_token: oldToken } = await spa.signIn();
    const verify = (jwt) => jwtVerify(jwt, createRemoteJWKSet(new URL(`${op.issuer}/jwks`)));

    await op.rotateKeys();
    await verify(oldToken);
    await op.rotateKeys(true);
    await assert.rejects(verify(oldToken), { code: "ERR_JWKS_NO_MATCHING_KEY" });
    const { body } = await spa.refresh(token);
    await verify(body.id_token);
  });

  test("lives can be changed while it runs", async () => {
    op.setTtl({ at: 7 });
    assert.equal((await client().signIn()).expires_in, 7);
    op.setTtl({ at: 30 });
  });

  test("step-up signs in again with the wanted level", async () => {
    const spa = client();
    await spa.signIn();
    const tokens = await spa.signIn({ acr_values: "urn:demo:mfa" });
    assert.equal(decodeJws(tokens.id_token).payload.acr, "urn:demo:mfa");
  });

  test("signs out by the end-session endpoint: with a page, by itself, or never", async () => {
    const signOut = async (spa) => {
      const { id_token: hint } = await spa.signIn();
      const url = new URL(`${op.issuer}/session/end`);
      url.searchParams.set("id_token_hint", hint);
      url.searchParams.set("post_logout_redirect_uri", spa.redirectUri);
      url.searchParams.set("state", "s1");
      return spa.follow(url);
    };
    op.settings.logout = "stuck";
    assert.match((await signOut(client())).page, /id="logout-stuck"/);
    op.settings.logout = "ask";
    const { page } = await signOut(client());
    assert.match(page, /id="logout-yes"/);
    assert.ok(!page.includes("<script>"));
    op.settings.logout = null;
    const auto = client();
    assert.match((await signOut(auto)).page, /getElementById\("logout-yes"\)\.click/);
  });

  test("revocation ends the grant", async () => {
    const spa = client();
    const { refresh_token: token } = await spa.signIn();
    const { status } = await spa.post(`${op.issuer}/token/revocation`, { token, client_id: "spa" });
    assert.equal(status, 200);
    assert.equal((await spa.refresh(token)).body.error, "invalid_grant");
  });

  describe("faults", () => {
    test("a status with a body and Retry-After, for a number of requests, with CORS", async () => {
      const spa = client();
      const { refresh_token: token } = await spa.signIn();
      op.faults.set("refresh", { status: 503, body: "<p>busy", retryAfter: 2, times: 1 });
      const busy = await spa.refresh(token);
      assert.equal(busy.status, 503);
      assert.equal(busy.body, "<p>busy");
      assert.equal(busy.headers.get("retry-after"), "2");
      assert.equal(busy.headers.get("access-control-allow-origin"), spa.origin);
      assert.equal((await spa.refresh(token)).status, 200);
    });

    test("a connection cut before processing leaves the token unspent, after it spends it", async () => {
      const spa = client();
      const { refresh_token: token } = await spa.signIn();
      const cutNext = async (drop) => {
        op.faults.set("refresh", { drop, times: 1 });
        // The server has closed its idle connections; fetch must hear of it before it reuses one.
        await new Promise((go) => setTimeout(go, 50));
      };
      await cutNext("before");
      await assert.rejects(spa.refresh(token), TypeError);
      const { body } = await spa.refresh(token);
      await cutNext("after");
      await assert.rejects(spa.refresh(body.refresh_token), TypeError);
      assert.equal((await spa.refresh(body.refresh_token)).body.error, "invalid_grant");
    });

    test("members left out, put in, and another user in the refreshed ID token", async () => {
      const spa = client();
      const { refresh_token: token } = await spa.signIn();
      op.faults.set("refresh", { omit: ["id_token"], set: { scope: "openid" }, times: 1 });
      const bare = (await spa.refresh(token)).body;
      assert.equal(bare.id_token, undefined);
      assert.equal(bare.scope, "openid");

      op.faults.set("refresh", { claims: { sub: "mallory" } });
      const { body } = await spa.refresh(bare.refresh_token);
      const keys = createRemoteJWKSet(new URL(`${op.issuer}/jwks`));
      const { payload } = await jwtVerify(body.id_token, keys);
      assert.equal(payload.sub, "mallory");
    });

    test("a held request waits for its release, before or after processing", async () => {
      const spa = client();
      let { refresh_token: token } = await spa.signIn();
      for (const hold of ["before", "after"]) {
        op.faults.set("refresh", { hold });
        let answered = false;
        const pending = spa.refresh(token).finally(() => (answered = true));
        while (op.faults.held("refresh") === 0) await new Promise(setImmediate);
        assert.equal(answered, false);
        op.faults.release("refresh");
        const { status, body } = await pending;
        assert.equal(status, 200);
        token = body.refresh_token;
      }
    });

    test("a huge answer and one without CORS", async () => {
      op.faults.set("discovery", { bytes: 300_000, times: 1 });
      const text = await (await fetch(`${op.issuer}/.well-known/openid-configuration`)).text();
      assert.ok(text.length > 300_000);
      op.faults.set("jwks", { cors: false, times: 1 });
      const headers = { origin: "http://localhost:5173" };
      const response = await fetch(`${op.issuer}/jwks`, { headers });
      assert.equal(response.headers.get("access-control-allow-origin"), null);
      assert.ok((await response.json()).keys.length >= 5);
    });

    test("down and up again", async () => {
      await op.down();
      await assert.rejects(fetch(`${op.issuer}/jwks`), TypeError);
      await op.up();
      assert.equal((await fetch(`${op.issuer}/jwks`)).status, 200);
    });
  });

  describe("its log and control routes", () => {
    test("the log is whole in this process and without secrets outside", async () => {
      const spa = client();
      const { refresh_token: token } = await spa.signIn();
      await spa.refresh(token);
      assert.equal(op.requests.last("token").param("refresh_token"), token);
      assert.deepEqual(op.requests.last("token").fields, [
        "client_id",
        "grant_type",
        "refresh_token",
      ]);
      const text = await (await fetch(`${op.issuer}/__test/requests`)).text();
      assert.ok(text.includes('"refresh_token"'));
      assert.ok(!text.includes(token));
      assert.ok(!text.includes(spa.verifier));
    });

    test("switches work over HTTP, but not for a page of another site", async () => {
      const post = (path, body, headers) =>
        fetch(`${op.issuer}/__test/${path}`, {
          method: "POST",
          headers,
          body: JSON.stringify(body),
        });
      await post("fault?endpoint=jwks", { status: 500, times: 1 });
      assert.equal((await fetch(`${op.issuer}/jwks`)).status, 500);
      await post("ttl", { at: 11 });
      assert.equal(op.settings.ttl.at, 11);
      assert.equal((await fetch(`${op.issuer}/__test/nothing`)).status, 404);
      const foreign = await post("ttl", { at: 1 }, { "sec-fetch-site": "cross-site" });
      assert.equal(foreign.status, 403);
      assert.equal(op.settings.ttl.at, 11);
    });
  });
});
