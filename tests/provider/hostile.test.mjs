import assert from "node:assert/strict";
import { createHmac, createPublicKey } from "node:crypto";
import { after, before, beforeEach, describe, test } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";
import { startApi } from "./api.mjs";
import { FetchClient } from "./fetch-client.mjs";
import { startHostile } from "./hostile.mjs";
import { callbacks } from "./hostile/cases/callback.mjs";
import { discovery } from "./hostile/cases/discovery.mjs";
import { idTokenClaims, idTokenForm } from "./hostile/cases/id-token.mjs";
import { cases, catalogue } from "./hostile/cases/index.mjs";
import { keys } from "./hostile/cases/keys.mjs";
import { sessionEnd, userinfo } from "./hostile/cases/session.mjs";
import { codeExchange, refresh } from "./hostile/cases/token.mjs";
import { halfHash } from "./hostile/tokens.mjs";
import { transcript } from "./hostile/transcript.mjs";
import { decodeJws, publicJwk } from "./keys.mjs";

let op;
before(async () => (op = await startHostile()));
after(() => op.close());
beforeEach(() => op.reset());

const client = () => new FetchClient({ issuer: op.issuer });

describe("the scripted provider without a script", () => {
  test("gives a sign-in that a strict client accepts", async () => {
    const spa = client();
    const tokens = await spa.signIn();
    const jwks = createLocalJWKSet({ keys: op.keys.map(publicJwk) });
    const { payload } = await jwtVerify(tokens.id_token, jwks, {
      issuer: op.issuer,
      audience: "spa",
    });
    assert.equal(payload.nonce, spa.nonce);
    assert.equal(payload.at_hash, halfHash("RS256", tokens.access_token));
  });

  test("is strict about verifier, redirect URI, client and code", async () => {
    const wrong = [
      { code_verifier: "v".repeat(43) },
      { redirect_uri: "http://localhost:5173/other" },
      { code: "unknown" },
      { client_id: "demo" },
    ];
    for (const parameters of wrong) {
      const spa = client();
      const { params } = await spa.authorize();
      const { body } = await spa.exchange(params.get("code"), parameters);
      assert.deepEqual(body, { error: "invalid_grant" });
    }
    const { params } = await client().authorize({ code_challenge_method: "plain" });
    assert.equal(params.get("error"), "invalid_request");
    const evil = await client().authorize({ redirect_uri: "https://evil.example/" });
    assert.match(evil.page, /invalid_redirect_uri/);
  });

  test("a code presented twice kills what the first exchange gave", async () => {
    const spa = client();
    const { params } = await spa.authorize();
    const { body } = await spa.exchange(params.get("code"));
    assert.equal((await spa.exchange(params.get("code"))).status, 400);
    assert.equal(op.reuseDetected, 1);
    assert.equal((await spa.refresh(body.refresh_token)).status, 400);
  });

  test("a refresh token presented twice kills its family", async () => {
    const spa = client();
    const first = await spa.signIn();
    const { body: second } = await spa.refresh(first.refresh_token);
    assert.equal(op.reuseDetected, 0);
    assert.equal((await spa.refresh(first.refresh_token)).status, 400);
    assert.equal(op.reuseDetected, 1);
    assert.equal((await spa.refresh(second.refresh_token)).status, 400);
  });

  test("prompt=none needs a session, and the end of the session takes it away", async () => {
    const spa = client();
    const none = () => spa.authorize({ prompt: "none" });
    assert.equal((await none()).params.get("error"), "login_required");
    await spa.signIn({ login_hint: "bob" });
    assert.ok((await none()).params.has("code"));
    const end = `${op.origin}/session/end?state=s1&post_logout_redirect_uri=${spa.redirectUri}`;
    assert.equal((await spa.follow(end)).url.search, "?state=s1");
    assert.equal((await none()).params.get("error"), "login_required");
  });

  test("a named resource gets a JWT access token that the API takes", async () => {
    const tokens = await client().signIn({ resource: "urn:demo:api" });
    assert.equal(decodeJws(tokens.access_token).payload.aud, "urn:demo:api");
    assert.equal(decodeJws(tokens.access_token).header.typ, "at+jwt");

    const api = await startApi({ issuer: op.issuer });
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const { status } = await fetch(`${api.url}/api/echo`, { headers });
    await api.close();
    assert.equal(status, 200);
  });
});

describe("every ready-made case changes what a client sees", () => {
  let correct;
  const waits = ({ faults = {} }) =>
    Object.entries(faults).find(([, fault]) => fault.hold || fault.delay);

  test("the correct transcript is the same twice", async () => {
    correct = await transcript(op);
    op.reset();
    assert.deepEqual(await transcript(op), correct);
    assert.equal(correct.token.body.id_token.verifies, true);
    assert.equal(correct.refresh.body.id_token.verifies, true);
    assert.equal(correct.refreshNext.status, 200);
    assert.equal(correct.userinfo.status, 200);
  });

  for (const [name, { script }] of Object.entries(cases)) {
    test(name, async () => {
      const waiting = waits(await script(op));
      if (waiting) return assertWaits(name, ...waiting);
      await op.play(name);
      assert.notDeepEqual(await transcript(op), correct);
    });
  }

  async function assertWaits(name, endpoint, { hold, delay }) {
    const spa = client();
    const tokens = await spa.signIn();
    await op.play(name);
    const requests = {
      discovery: () => fetch(`${op.issuer}/.well-known/openid-configuration`),
      jwks: () => fetch(`${op.origin}/jwks`),
      code: () => client().signIn(),
      refresh: () => spa.refresh(tokens.refresh_token),
      revocation: () => spa.post(`${op.origin}/token/revocation`, { token: "x" }),
      endSession: () => fetch(`${op.origin}/session/end`),
    };
    const started = Date.now();
    const pending = requests[endpoint]();
    if (hold) {
      while (op.faults.held(endpoint) === 0) await new Promise((go) => setTimeout(go, 5));
      op.faults.release(endpoint);
    }
    await pending;
    if (delay) assert.ok(Date.now() - started >= delay - 5);
  }

  test("no two groups use the same name", () => {
    const groups = [discovery, callbacks, codeExchange, refresh, idTokenClaims, idTokenForm, keys];
    const names = [...groups, userinfo, sessionEnd].flatMap(Object.keys);
    assert.equal(new Set(names).size, names.length);
  });

  test("every catalogue id has a case", () => {
    const range = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
    const ids = [...range(1, 62), 64, ...range(70, 77), ...range(84, 89)];
    for (const id of ids) catalogue(`O-${String(id).padStart(2, "0")}`);
    assert.throws(() => catalogue("O-99"), /no such case/);
  });

  test("a script with an unknown member is refused", () => {
    assert.throws(() => op.set({ idtoken: () => ({}) }), /not part of a script: idtoken/);
  });
});

describe("forged tokens are forged as they say", () => {
  const idTokenOf = async (name) => {
    await op.play(name);
    return (await client().signIn()).id_token;
  };
  const published = async () => (await fetch(`${op.origin}/jwks`)).json();

  test("O-40 alg none has no signature", async () => {
    const token = await idTokenOf("O-40");
    assert.equal(decodeJws(token).header.alg, "none");
    assert.ok(token.endsWith("."));
  });

  test("O-41 the HS256 MAC is right for the published RSA key", async () => {
    const token = await idTokenOf("O-41");
    const input = token.slice(0, token.lastIndexOf("."));
    const key = createPublicKey({ key: (await published()).keys[0], format: "jwk" });
    const mac = createHmac("sha256", key.export({ type: "spki", format: "pem" })).update(input);
    assert.equal(token, `${input}.${mac.digest("base64url")}`);
  });

  test("O-44 the key is published from the second request on", async () => {
    const token = await idTokenOf("O-44");
    const verify = async () => jwtVerify(token, createLocalJWKSet(await published()));
    await assert.rejects(verify(), { code: "ERR_JWKS_NO_MATCHING_KEY" });
    await verify();
  });

  test("the embedded key verifies its token, so only trust in it is wrong", async () => {
    const token = await idTokenOf("keyEmbedded");
    const { header } = decodeJws(token);
    await jwtVerify(token, createLocalJWKSet({ keys: [header.jwk] }));
    await assert.rejects(jwtVerify(token, createLocalJWKSet(await published())));
  });

  test("the small key is small and verifies", async () => {
    const token = await idTokenOf("keySmall");
    const key = createPublicKey({ key: (await published()).keys[0], format: "jwk" });
    assert.equal(key.asymmetricKeyDetails.modulusLength, 1024);
    const { verify } = await import("node:crypto");
    const [head, payload, signature] = token.split(".");
    const input = Buffer.from(`${head}.${payload}`);
    assert.ok(verify("sha256", input, key, Buffer.from(signature, "base64url")));
  });

  for (const [name, alg] of [
    ["signsWithPs256", "PS256"],
    ["signsWithEs256", "ES256"],
    ["signsWithEdDsa", "EdDSA"],
  ]) {
    test(`${alg} signatures verify, at_hash included`, async () => {
      await op.play(name);
      const tokens = await client().signIn();
      const { payload, protectedHeader } = await jwtVerify(
        tokens.id_token,
        createLocalJWKSet(await published()),
      );
      assert.equal(protectedHeader.alg, alg);
      assert.equal(payload.at_hash, halfHash(alg, tokens.access_token));
    });
  }

  test("O-29 the witness records a POST that followed the redirect", async () => {
    await op.play("O-29");
    const spa = client();
    const { params } = await spa.authorize();
    const { status, headers } = await spa.exchange(params.get("code"));
    assert.equal(status, 307);
    await spa.post(headers.get("location"), { code: "planted" });
    assert.equal(op.witness.requests.last("/token").param("code"), "planted");
  });
});
