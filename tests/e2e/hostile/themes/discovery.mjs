// The provider's metadata: what of it is refused before the browser leaves, and what is not needed.

import assert from "node:assert/strict";
import { HTML } from "../../../provider/hostile/cases/tools.mjs";
import { startSignIn } from "../../support/harness.mjs";
import { until } from "../../support/until.mjs";
import { acceptances, fresh, inCore, refusals } from "../support/checks.mjs";
import { metadataOf, onStage } from "../support/stage.mjs";

const document = (members) => ({
  metadata: (original, { op }) => ({ ...original, ...members(op) }),
});
const set = (members) => document(() => members);
const served = (fault) => ({ faults: { discovery: { ...fault } } });

/** The correct document, changed as text. */
const text = async (op, change, type = "application/json") =>
  served({
    body: change(JSON.stringify(await metadataOf(op))),
    headers: { "content-type": type },
  });

/** Every case here is refused in place, by a new load that asks for the document once. */
const STAYS = { stays: true, requests: { discovery: 1 } };

const malformed = { ...STAYS, error: "discovery_malformed", group: "discovery" };
const status = { ...STAYS, error: "discovery_status", group: "discovery" };
const foreign = { ...STAYS, error: "discovery_issuer_mismatch", group: "issuer_mismatch" };
const insecure = { ...STAYS, error: "insecure_endpoint", group: "insecure" };
/** A document that can be read stays known for the life of the page, also if it excludes us. */
const EXCLUDES = { ...STAYS, group: "metadata_missing", control: { fresh: true } };
const missing = { ...EXCLUDES, error: "metadata_missing" };

const ISSUER = [
  { id: "O-01", title: "issuer with one more slash", play: "O-01", ...foreign },
  { title: "another issuer", play: "issuerOther", ...foreign, detail: "https://other.example" },
  {
    title: "the issuer in capitals",
    play: { metadata: (original, { op }) => ({ ...original, issuer: op.issuer.toUpperCase() }) },
    ...foreign,
  },
  { title: "no issuer", play: "issuerMissing", ...malformed, detail: "issuer" },
  { title: "issuer in a list", play: document((op) => ({ issuer: [op.issuer] })), ...malformed },
  {
    title: "issuer twice, the right one last",
    play: (op) => text(op, (body) => `{"issuer":"https://other.example",${body.slice(1)}`),
    ...malformed,
  },
];

const ANSWER = [
  {
    id: "O-03",
    title: "a login page with status 200; the next call asks again",
    play: "O-03",
    ...malformed,
    check: (stage, { left }) => assert.doesNotMatch(left.error.message, /Portal|sign in to/),
  },
  { id: "O-04", title: "500, then 200", play: "O-04", ...status, detail: "500" },
  {
    title: "503 with Retry-After",
    play: "discoveryFails",
    ...status,
    detail: "503",
  },
  { title: "404", play: "discoveryNotFound", ...status, detail: "404" },
  { title: "401 with a page", play: served({ status: 401, ...HTML }), ...status },
  { title: "204 without a body", play: served({ status: 204, body: "" }), ...status },
  { title: "a list", play: "discoveryArray", ...malformed },
  { title: "null", play: served({ body: "null" }), ...malformed },
  { title: "half of a document", play: "discoveryBadJson", ...malformed },
  { title: "an empty body", play: "discoveryEmpty", ...malformed },
  { title: "a document 5,000 levels deep", play: "discoveryDeep", ...malformed },
  { title: "20 megabytes", play: "discoveryHuge", ...malformed },
  {
    title: "JSON labelled as a page",
    play: (op) => text(op, (body) => body, "text/html"),
    ...malformed,
    detail: "text/html",
  },
  {
    title: "a redirect is not followed",
    play: "discoveryRedirects",
    ...malformed,
    check: (stage) => assert.equal(stage.op.witness.requests.entries.length, 0),
  },
  {
    title: "no answer at all",
    play: "discoveryCut",
    ...{ stays: true, error: "discovery_down", group: "discovery" },
    // Firefox repeats a GET without an answer by itself.
    requests: { discovery: null },
  },
  {
    title: "no CORS header",
    play: "discoveryNoCors",
    ...{ stays: true, error: "discovery_cors", group: "discovery" },
    // The failed request is looked into with a second, harmless one.
    requests: { discovery: 2 },
  },
];

const ENDPOINTS = [
  { id: "O-05", title: "the token endpoint without TLS", play: "O-05", ...insecure },
  ...[
    ["the authorization endpoint without TLS", "authorizationEndpointInsecure"],
    ["a script as authorization endpoint", "authorizationEndpointScript"],
    ["an authorization endpoint with a fragment", "authorizationEndpointFragment"],
  ].map(([title, play]) => ({ title, play, ...insecure, detail: "authorization_endpoint" })),
  ...[
    ["jwks_uri", "http://provider.example/jwks"],
    ["userinfo_endpoint", "http://provider.example/me"],
    ["revocation_endpoint", "http://192.0.2.1/revoke"],
    ["end_session_endpoint", "data:text/html,signed out"],
    ["authorization_endpoint", "https://user:pass@provider.example/auth"],
    ["authorization_endpoint", "//provider.example/auth"],
    ["authorization_endpoint", "https://provider.example\\@evil.example/auth"],
    ["authorization_endpoint", "https://provider.example/a\tuth"],
    ["authorization_endpoint", "http://localhost.evil.example/auth"],
    ["token_endpoint", "http://127.0.0.1.evil.example/token"],
    ["token_endpoint", "/token"],
    ["token_endpoint", "blob:https://provider.example/0"],
  ].map(([name, url]) => ({
    title: `R-034 ${name} ${JSON.stringify(url)}`,
    play: set({ [name]: url }),
    ...insecure,
    detail: name,
  })),
  { title: "endpoints of a wrong type", play: "endpointsOfWrongType", ...malformed },
  ...[
    ["authorization_endpoint", "authorizationEndpointMissing"],
    ["token_endpoint", "tokenEndpointMissing"],
    ["jwks_uri", "jwksMissing"],
  ].map(([name, play]) => ({ title: `R-035 no ${name}`, play, ...missing, detail: name })),
  { title: "an endpoint that is null", play: set({ token_endpoint: null }), ...missing },
  {
    title: "an authorization endpoint whose own query has our parameter",
    play: document((op) => ({ authorization_endpoint: `${op.origin}/auth?client_id=other` })),
    ...{ ...malformed, control: { fresh: true } },
  },
];

const EXCLUDED = [
  {
    title: "PKCE with plain only",
    play: "pkcePlainOnly",
    ...{ ...EXCLUDES, error: "no_pkce_s256" },
  },
  {
    title: "an empty list of PKCE methods",
    play: set({ code_challenge_methods_supported: [] }),
    ...{ ...EXCLUDES, error: "no_pkce_s256" },
  },
  {
    title: "pushed requests demanded",
    play: "parRequired",
    ...{ ...EXCLUDES, error: "provider_requires_par" },
  },
  {
    title: "no code flow",
    play: set({ response_types_supported: ["id_token", "code id_token"] }),
    ...missing,
  },
  {
    title: "PKCE methods of a wrong type",
    play: set({ code_challenge_methods_supported: "S256" }),
    ...malformed,
  },
];

const ACCEPTED = [
  {
    id: "O-06",
    title: "the authorization endpoint's own query is kept",
    play: "O-06",
    options: {},
    check(stage) {
      const { query } = stage.op.requests.last("authorize");
      assert.equal([...query.keys()][0], "tenant");
      assert.equal(new Set(query.keys()).size, [...query.keys()].length);
    },
  },
  { title: "R-038 only what must be there", play: "metadataMinimal", options: {} },
  { title: "members nobody knows", play: "metadataUnknownMembers", options: {} },
  { title: "client secrets only, as many providers list them", play: "secretsOnly", options: {} },
  { title: "no UserInfo endpoint", play: "userinfoMissing", options: {} },
  { title: "no revocation endpoint", play: "revocationMissing", options: {} },
  { title: "no end-session endpoint", play: "endSessionMissing", options: {} },
  {
    title: "lists that are null",
    play: set({ code_challenge_methods_supported: null }),
    options: {},
  },
  {
    title: "prompt values without none hinder no interactive sign-in",
    play: set({ prompt_values_supported: ["login"] }),
    options: {},
  },
  { title: "half a second late", play: served({ delay: 500 }), options: {} },
  {
    title: "another JSON label, with a charset",
    play: (op) => text(op, (body) => body, "Application/JSON ; charset=UTF-8"),
    options: {},
  },
  { title: "no label", play: (op) => text(op, (body) => body, ""), options: {} },
  { title: "a byte order mark", play: (op) => text(op, (body) => `\ufeff${body}`), options: {} },
];

const PATHS = [
  {
    id: "O-02",
    title: "an issuer that ends in a slash, after a path",
    path: "/tenant/",
    asked: "/tenant/.well-known/openid-configuration",
  },
  {
    title: "R-030 an issuer with a path",
    path: "/realms/a",
    asked: "/realms/a/.well-known/openid-configuration",
  },
  {
    title: "R-030 an issuer whose path ends in two slashes loses one",
    path: "/tenant//",
    asked: "/tenant//.well-known/openid-configuration",
  },
  {
    title: "R-030 an issuer that is a host and a slash",
    path: "/",
    asked: "/.well-known/openid-configuration",
  },
  {
    title: "R-031 the form of RFC 8414, with a path",
    path: "/tenant",
    options: { discovery: "oauth-authorization-server" },
    asked: "/.well-known/oauth-authorization-server/tenant",
  },
  {
    title: "R-031 the form of RFC 8414, with a slash at the end",
    path: "/tenant/",
    options: { discovery: "oauth-authorization-server" },
    asked: "/.well-known/oauth-authorization-server/tenant",
  },
].map(({ path, asked, options, ...one }) => ({
  ...one,
  play: { issuerPath: path },
  options: (op) => ({ issuer: op.origin + path, ...options }),
  check: (stage) => assert.equal(stage.op.requests.of("discovery")[0].path, asked),
}));

const STATIC_REFUSED = [
  ["another issuer", () => ({ issuer: "https://other.example" }), foreign],
  ["an endpoint without TLS", () => ({ token_endpoint: "http://provider.example/t" }), insecure],
  ["no token endpoint", () => ({ token_endpoint: undefined }), missing],
  [
    "an endpoint of a wrong type",
    () => ({ jwks_uri: 7 }),
    { error: "config_invalid", group: "config" },
  ],
  [
    "PKCE with plain only",
    () => ({ code_challenge_methods_supported: ["plain"] }),
    { error: "no_pkce_s256", group: "metadata_missing" },
  ],
].map(([title, members, right]) => ({
  title: `static metadata with ${title}`,
  options: async (op) => ({ metadata: { ...(await metadataOf(op)), ...members(op) } }),
  ...right,
  stays: true,
  requests: {},
}));

const STATIC_ACCEPTED = [
  {
    title: "R-037 static metadata, without any discovery request",
    options: async (op) => ({ metadata: await metadataOf(op) }),
    requests: { authorize: 1, token: 1, jwks: 1 },
  },
  {
    title: "R-037 static metadata with three endpoints and nothing else",
    options: async (op) => {
      const { authorization_endpoint, token_endpoint, jwks_uri } = await metadataOf(op);
      return { metadata: { authorization_endpoint, token_endpoint, jwks_uri } };
    },
    requests: { authorize: 1, token: 1, jwks: 1 },
  },
];

onStage("discovery", (scene) => {
  refusals(scene, ANSWER);
  refusals(scene, inCore([...ISSUER, ...ENDPOINTS, ...EXCLUDED, ...STATIC_REFUSED]));
  acceptances(scene, [...inCore([...ACCEPTED, ...PATHS]), ...STATIC_ACCEPTED]);

  scene.test("O-07 three sign-ins at once ask for the metadata once", async (stage) => {
    await fresh(stage, {});
    await stage.script({ faults: { authorize: { status: 204 } } });
    for (let attempt = 0; attempt < 3; attempt += 1) await startSignIn(stage.actor);
    await until(() => stage.op.count("authorize") > 0, "a way to the provider");
    assert.equal(stage.op.count("discovery"), 1);
    await stage.sweep();
  });
});
