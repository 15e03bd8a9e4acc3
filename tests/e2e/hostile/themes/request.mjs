// The authorization request and the token request as the provider receives them, and what the app
// asks for that must not leave the page at all.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { startSignIn } from "../../support/harness.mjs";
import { until } from "../../support/until.mjs";
import {
  acceptances,
  assertControl,
  assertError,
  assertTransactions,
  fresh,
  inCore,
  refusals,
} from "../support/checks.mjs";
import { onStage } from "../support/stage.mjs";

const HERE = { stays: true, requests: {} };
const ANYWHERE = { stays: true, anywhere: true, requests: { discovery: null } };
/** Why a case of wrong types is none for the Rust front. */
const TYPED = "it does not compile against AuthConfig and SignInOptions";
const reserved = { ...ANYWHERE, error: "config_reserved_parameter", group: "config" };

/** Parameters that carry the protection of a sign-in. */
const RESERVED = [
  ...["state", "redirect_uri", "code_challenge", "code_challenge_method", "client_id"],
  ...["response_type", "response_mode", "nonce", "scope", "request", "request_uri"],
  ...["State", "CODE_CHALLENGE", "client_secret"],
].map((name) => ({
  id: "O-10",
  title: `an extra parameter ${name} of a sign-in`,
  with: { authorizationParams: { [name]: "x" } },
  ...reserved,
  detail: name,
}));

const REFUSED = [
  {
    id: "O-10",
    title: "an extra parameter state of createAuth",
    options: { authorizationParams: { state: "x" } },
    ...reserved,
    detail: "state",
  },
  {
    title: "R-014 prompt none beside login",
    with: { prompt: "none login" },
    ...{ ...ANYWHERE, error: "config_prompt_none_combined", group: "config" },
  },
  {
    title: "an extra parameter prompt beside the option",
    with: { prompt: "login", authorizationParams: { prompt: "none" } },
    ...reserved,
  },
  {
    title: "an extra parameter that is no string",
    with: { authorizationParams: { audience: ["a"] } },
    npm: TYPED,
    ...{ ...ANYWHERE, error: "config_invalid", group: "config" },
  },
];

/** Options that no sign-in can be done with. They show at once, in the state, and at the sign-in. */
const OPTIONS = [
  ["O-11", "scope without openid", { scope: "profile" }, "config_scope_without_openid"],
  ["O-11", "scope openid in capitals", { scope: "OpenID" }, "config_scope_without_openid"],
  ["O-11", "scope with a name like openid", { scope: "openid2" }, "config_scope_without_openid"],
  ["R-010", "a redirect URI with a fragment", { redirectUri: "http://localhost/#x" }],
  ["R-010", "a relative redirect URI", { redirectUri: "/callback" }],
  ["R-010", "a script as redirect URI", { redirectUri: "javascript:alert(1)" }],
  ["R-010", "a relative return from the sign-out", { postLogoutRedirectUri: "bye" }],
  ["R-034", "an issuer without TLS", { issuer: "http://provider.example" }, "config_bad_issuer"],
  ["R-034", "an issuer with a query", { issuer: "https://p.example/?a" }, "config_bad_issuer"],
  ["R-034", "an issuer with a fragment", { issuer: "https://p.example/#a" }, "config_bad_issuer"],
  ["R-034", "an issuer that is no URL", { issuer: "provider" }, "config_bad_issuer"],
  ["", "a leeway beyond five minutes", { leeway: 301 }, "config_invalid"],
  ["", "a negative leeway", { leeway: -1 }, "config_invalid", TYPED],
  ["", "a misspelt option", { clientID: "spa" }, "config_invalid", TYPED],
].map(([id, title, options, error = "config_bad_redirect_uri", npm]) => ({
  ...{ id, title, options, error, npm, group: "config", ...HERE },
  check: (stage, seen) => assert.equal(seen.error?.code, error, "lastError"),
}));

/** What the core finds when it is loaded for the sign-in. */
const LATE_OPTIONS = [
  ["a resource with dots", { resources: ["/api/../admin/"] }, "config_bad_resource"],
  ["a resource without TLS", { resources: ["http://api.example/"] }, "config_bad_resource"],
  ["a resource with a star", { resources: ["/api/*"] }, "config_bad_resource"],
  ["an unknown document", { discovery: "jwks" }, "config_invalid", TYPED],
  ["metadata that is a text", { metadata: "{}" }, "config_invalid"],
].map(([title, options, error, npm]) => ({
  ...{ title, options, error, npm, group: "config", ...HERE },
}));

/** Storage that refuses to write; the page must not leave with a sign-in it cannot remember. */
const STORAGE = [
  ["O-12", "a full sessionStorage", "QuotaExceededError", "storage_full"],
  ["O-12", "a forbidden sessionStorage", "SecurityError", "storage_unavailable"],
].map(([id, title, name, error]) => [
  `${id} ${title}`,
  error,
  "storage",
  (page) =>
    page.evaluate((one) => {
      Storage.prototype.setItem = () => {
        throw new DOMException("refused", one);
      };
    }, name),
]);

const NO_CRYPTO = [
  "O-09 no WebCrypto: never plain, no navigation",
  "insecure_context",
  "insecure",
  (page) => page.evaluate(() => Object.defineProperty(crypto, "subtle", { value: undefined })),
];

const ACCEPTED = [
  {
    title: "R-019 the options of a sign-in reach the provider, encoded",
    with: {
      prompt: "login",
      acrValues: "urn:a urn:b",
      maxAge: 300,
      loginHint: "stage-user-7Qx",
      uiLocales: "de-CH en",
      authorizationParams: { audience: "https://api.example/?a=1&b=ä" },
    },
    check(stage) {
      const { query } = stage.op.requests.last("authorize");
      const sent = Object.fromEntries(query);
      assert.equal(sent.prompt, "login");
      assert.equal(sent.acr_values, "urn:a urn:b");
      assert.equal(sent.max_age, "300");
      assert.equal(sent.login_hint, "stage-user-7Qx");
      assert.equal(sent.ui_locales, "de-CH en");
      assert.equal(sent.audience, "https://api.example/?a=1&b=ä");
    },
  },
  {
    title: "R-016 the default scope is openid and profile, nothing is added to a given one",
    options: { scope: "openid email" },
    check: (stage) =>
      assert.equal(stage.op.requests.last("authorize").param("scope"), "openid email"),
  },
  {
    title: "the extras of a sign-in win over those of createAuth",
    options: { authorizationParams: { audience: "a", tone: "b" } },
    with: { authorizationParams: { audience: "c" } },
    check(stage) {
      const { query } = stage.op.requests.last("authorize");
      assert.deepEqual([query.get("audience"), query.get("tone")], ["c", "b"]);
    },
  },
  {
    title: "R-070 R-071 R-011 the token request: a form, no secret, no cookie, no referrer",
    check(stage) {
      const { method, headers, form, query } = stage.op.requests.last("token");
      assert.equal(method, "POST");
      assert.match(headers["content-type"], /^application\/x-www-form-urlencoded/);
      const names = ["client_id", "code", "code_verifier", "grant_type", "redirect_uri"];
      assert.deepEqual([...form.keys()].sort(), names);
      assert.equal(form.get("grant_type"), "authorization_code");
      const { query: asked } = stage.op.requests.last("authorize");
      assert.equal(form.get("redirect_uri"), asked.get("redirect_uri"));
      assert.equal([...query].length, 0);
      for (const name of ["cookie", "authorization", "referer"]) {
        assert.equal(headers[name], undefined, name);
      }
    },
  },
  {
    title: "R-002 R-008 the authorization request: code flow, S256, openid",
    check(stage) {
      const { query } = stage.op.requests.last("authorize");
      const one = Object.fromEntries(query);
      assert.equal(one.response_type, "code");
      assert.equal(one.code_challenge_method, "S256");
      assert.equal(one.scope, "openid profile");
      assert.equal(one.client_id, "spa");
      assert.equal(one.redirect_uri, `${stage.app.origin}/`);
      assert.equal(new Set(query.keys()).size, [...query.keys()].length, "a name twice");
    },
  },
];

onStage("authorization request", (scene) => {
  refusals(scene, [...RESERVED, ...REFUSED]);
  refusals(scene, inCore([...OPTIONS, ...LATE_OPTIONS]));
  acceptances(scene, ACCEPTED);

  for (const [title, error, group, spoil] of [...STORAGE, NO_CRYPTO]) {
    scene.test(title, async (stage) => {
      await fresh(stage, {});
      await spoil(stage.actor);
      const seen = await stage.signIn();
      assertError(seen.left.error, { error, group });
      assert.equal(stage.op.count("authorize"), 0);
      assertTransactions(stage, seen);
      await fresh(stage, {});
      await assertControl(stage);
    });
  }

  scene.test(
    "O-08 fifty sign-ins share nothing, and none can be read from the URL",
    async (stage) => {
      await fresh(stage, {});
      await stage.script({ faults: { authorize: { status: 204 } } });
      for (let round = 1; round <= 50; round += 1) {
        await startSignIn(stage.actor, { returnTo: "/private-corner" });
        await until(() => stage.op.count("authorize") >= round, `request ${round}`);
      }
      const asked = stage.op.requests.of("authorize").map(({ query }) => query);
      assert.equal(asked.length, 50);
      for (const name of ["state", "nonce", "code_challenge"]) {
        const values = asked.map((query) => query.get(name));
        assert.equal(new Set(values).size, 50, name);
        // 256 bits in base64url: within the 64 characters that a nonce may have.
        for (const value of values) assert.match(value, /^[\w-]{43}$/);
      }
      for (const query of asked) assert.doesNotMatch(query.toString(), /private-corner/);

      const records = await stage.actor.evaluate(() => Object.entries({ ...sessionStorage }));
      const verifiers = records.flatMap(([key, text]) => {
        if (!key.startsWith("keyward.txn.")) return [];
        const { state, verifier } = JSON.parse(text);
        return [[state, verifier]];
      });
      for (const query of asked) {
        const [, verifier] = verifiers.find(([state]) => state === query.get("state"));
        assert.match(verifier, /^[\w.~-]{43,128}$/);
        const digest = createHash("sha256").update(verifier).digest("base64url");
        assert.equal(query.get("code_challenge"), digest);
      }
      await stage.sweep();
    },
  );
});
