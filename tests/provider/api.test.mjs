import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startApi } from "./api.mjs";
import { FetchClient } from "./fetch-client.mjs";
import { decodeJws, newKey, signJws } from "./keys.mjs";
import { startProvider } from "./provider.mjs";

const ORIGIN = "http://localhost:5173";
const AUDIENCE = "urn:demo:api";

describe("the resource server", () => {
  let op;
  let api;
  let token;

  const getToken = async (scope = "openid api:read", extra = {}) => {
    const client = new FetchClient({ issuer: op.issuer, scope });
    return (await client.signIn({ resource: AUDIENCE, ...extra })).access_token;
  };
  const call = (path, { bearer = token, ...init } = {}) =>
    fetch(api.url + path, {
      redirect: "manual",
      ...init,
      headers: { origin: ORIGIN, ...(bearer && { authorization: `Bearer ${bearer}` }) },
    });
  const challengeOf = (response) => response.headers.get("www-authenticate");

  before(async () => {
    op = await startProvider({ autologin: "alice" });
    api = await startApi({ issuer: op.issuer, audience: AUDIENCE, origins: [ORIGIN] });
    token = await getToken();
  });
  after(() => Promise.all([op.close(), api.close()]));

  test("gives orders for a good token", async () => {
    const response = await call("/api/orders");
    assert.equal(response.status, 200);
    assert.equal((await response.json()).user, "alice");
  });

  test("asks for a token without an error code when none came", async () => {
    const response = await call("/api/orders", { bearer: null });
    assert.equal(response.status, 401);
    assert.equal(challengeOf(response), 'Bearer realm="keyward-test-api"');
    assert.match(response.headers.get("access-control-expose-headers"), /WWW-Authenticate/);
  });

  test("refuses what is not a good access token", async () => {
    const { header, payload } = decodeJws(token);
    const client = new FetchClient({ issuer: op.issuer });
    const { id_token: idToken, access_token: opaque } = await client.signIn();
    const flipped = token.slice(0, -4) + (token.at(-4) === "A" ? "B" : "A") + token.slice(-3);
    const foreignKey = { ...(await newKey("RS256")), kid: header.kid };
    const bad = {
      garbage: "abc",
      opaque,
      idToken,
      flipped,
      foreign: signJws(header, payload, foreignKey),
      unsigned: `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${token.split(".")[1]}.`,
    };
    for (const [name, bearer] of Object.entries(bad)) {
      const response = await call("/api/orders", { bearer });
      assert.equal(response.status, 401, name);
      assert.match(challengeOf(response), /error="invalid_token"/, name);
    }
  });

  test("refuses an expired token on time", async () => {
    op.setTtl({ at: 1 });
    const short = await getToken();
    op.setTtl({ at: 30 });
    while (Math.floor(Date.now() / 1000) <= decodeJws(short).payload.exp) {
      await new Promise((go) => setTimeout(go, 50));
    }
    assert.equal((await call("/api/orders", { bearer: short })).status, 401);
  });

  test("scopes: orders need api:read, forbidden names what it wants", async () => {
    const weak = await getToken("openid api:write");
    const orders = await call("/api/orders", { bearer: weak });
    assert.equal(orders.status, 403);
    assert.match(challengeOf(orders), /error="insufficient_scope", scope="api:read"/);
    const forbidden = await call("/api/forbidden");
    assert.equal(forbidden.status, 403);
    assert.match(challengeOf(forbidden), /scope="api:admin"/);
  });

  test("echoes method, body and headers, but never the token", async () => {
    const response = await call("/api/echo?x=1", { method: "POST", body: "hello" });
    const text = await response.text();
    const echoed = JSON.parse(text);
    assert.equal(echoed.method, "POST");
    assert.equal(echoed.body, "hello");
    assert.equal(echoed.path, "/api/echo?x=1");
    assert.ok(!text.includes(token));
  });

  test("always-401 and the call after expire answer invalid_token, then all is well", async () => {
    const always = await call("/api/always-401");
    assert.equal(always.status, 401);
    assert.match(challengeOf(always), /error="invalid_token"/);
    assert.equal((await call("/api/expire", { method: "POST" })).status, 200);
    assert.equal((await call("/api/orders")).status, 401);
    assert.equal((await call("/api/orders")).status, 200);
  });

  test("step-up tells what it wants and takes it", async () => {
    const refused = await call("/api/step-up");
    assert.match(challengeOf(refused), /error="insufficient_user_authentication"/);
    assert.match(challengeOf(refused), /acr_values="urn:demo:mfa", max_age="300"/);
    const strong = await getToken("openid api:read", { acr_values: "urn:demo:mfa" });
    assert.equal((await call("/api/step-up", { bearer: strong })).status, 200);
  });

  test("redirects to itself or elsewhere on loopback only", async () => {
    const own = await call("/api/redirect");
    assert.equal(own.headers.get("location"), `${api.url}/api/echo`);
    const elsewhere = await call("/api/redirect?status=307&to=http://127.0.0.1:1/x");
    assert.equal(elsewhere.status, 307);
    assert.equal(elsewhere.headers.get("location"), "http://127.0.0.1:1/x");
    assert.equal((await call("/api/redirect?to=https://example.com/")).status, 400);
  });

  test("streams, takes its time, sends much", async () => {
    const stream = await call("/api/stream?chunks=3&every=5");
    assert.equal(await stream.text(), "line 1\nline 2\nline 3\n");
    const started = Date.now();
    await call("/api/slow?ms=60");
    assert.ok(Date.now() - started >= 55);
    const large = await (await call("/api/large?bytes=123456")).arrayBuffer();
    assert.equal(large.byteLength, 123_456);
  });

  test("CORS for its origins only; preflights are answered without a token", async () => {
    const preflight = (origin) =>
      fetch(`${api.url}/api/orders`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "GET",
          "access-control-request-headers": "authorization",
        },
      });
    const own = await preflight(ORIGIN);
    assert.equal(own.status, 204);
    assert.equal(own.headers.get("access-control-allow-origin"), ORIGIN);
    assert.equal(own.headers.get("access-control-allow-headers"), "authorization");
    const foreign = await preflight("http://evil.example");
    assert.equal(foreign.headers.get("access-control-allow-origin"), null);
  });

  test("keys that rotated are fetched again", async () => {
    await op.rotateKeys(true);
    const fresh = await getToken();
    // The validator asks for keys at most once a second.
    await new Promise((go) => setTimeout(go, 1050));
    assert.equal((await call("/api/orders", { bearer: fresh })).status, 200);
  });

  test("counts requests and distinct tokens", async () => {
    const before = await (await fetch(`${api.url}/api/stats`)).json();
    const bearer = await getToken();
    await call("/api/orders", { bearer });
    await call("/api/orders", { bearer });
    const stats = await (await fetch(`${api.url}/api/stats`)).json();
    assert.equal(stats.accepted, before.accepted + 2);
    assert.equal(stats.distinctTokens, before.distinctTokens + 1);
  });
});
