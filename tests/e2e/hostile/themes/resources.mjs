// Calls of an API: where the token goes, and what an API's refusals lead to.

import assert from "node:assert/strict";
import { startApi } from "../../../provider/api.mjs";
import { call } from "../../support/harness.mjs";
import { until } from "../../support/until.mjs";
import { assertBystander, assertError, assertNotStored } from "../support/checks.mjs";
import { onStage } from "../support/stage.mjs";

const refusal = (status, challenge, more = {}) => ({
  status,
  body: "",
  headers: {
    "access-control-expose-headers": "WWW-Authenticate",
    ...(challenge === null ? {} : { "www-authenticate": challenge }),
  },
  ...more,
});

/** 401 once, in all the forms that APIs have for it: one refresh, one replay. */
const EXPIRED = [
  ["invalid_token", 'Bearer error="invalid_token"'],
  ["without an error", "Bearer"],
  ["without a challenge", null],
  ["with a realm alone", 'Bearer realm="api"'],
  ["another scheme first", 'Basic realm="a, b", Bearer error="invalid_token"'],
  ["a broken challenge", 'Bearer error="invalid_token'],
  ["commas and nothing else", ", ,, ="],
  ["an unquoted error", "bearer error=invalid_token"],
  ["20 kB of challenge", `Bearer realm="${"x".repeat(8_000)}", error="invalid_token"`],
];

/** Refusals that no new token lifts. */
const FINAL = [
  [
    "O-88 403 insufficient_scope",
    refusal(403, 'Bearer error="insufficient_scope", scope="api:admin"'),
    ["insufficient_scope", { scope: "api:admin", status: 403 }],
  ],
  [
    "403 insufficient_scope behind another scheme",
    refusal(403, 'Basic realm="x", Bearer error="insufficient_scope", scope="a b"'),
    ["insufficient_scope", { scope: "a b" }],
  ],
  [
    "403 insufficient_scope with quoted commas",
    refusal(403, 'Bearer realm="a, error=\\"x\\"", error="insufficient_scope", scope="a,b"'),
    ["insufficient_scope", { scope: "a,b" }],
  ],
  [
    "R-125 401 insufficient_user_authentication",
    refusal(
      401,
      'Bearer error="insufficient_user_authentication", acr_values="urn:mfa urn:otp", max_age="300"',
    ),
    ["step_up_required", { acrValues: "urn:mfa urn:otp", maxAge: 300, status: 401 }],
  ],
  [
    "R-125 a broken max_age",
    refusal(401, 'Bearer error="insufficient_user_authentication", max_age="soon"'),
    ["step_up_required", { maxAge: undefined }],
  ],
];

/** Answers that are the app's own business: handed over as they are. */
const HANDED_OVER = [
  ["403 without a challenge", refusal(403, null), 403],
  ["403 with another error", refusal(403, 'Bearer error="invalid_token"'), 403],
  ["400", refusal(400, 'Bearer error="invalid_request"'), 400],
  ["404", { status: 404, body: { error: "not_found" } }, 404],
  ["500", { status: 500, body: "<p>sorry" }, 500],
  ["503 with Retry-After", { status: 503, body: "", retryAfter: 1 }, 503],
  ["304", { status: 304, body: "" }, 304],
];

/** URLs that must not get a token, with what they try. `home` is the API that is allowed. */
const NOT_ALLOWED = [
  ["O-87 another origin", ({ op }) => `${op.witness.origin}/api/x`],
  ["O-87 the provider", ({ op }) => `${op.origin}/me`],
  ["O-87 another scheme", ({ home }) => home.replace("http:", "https:") + "/api/x"],
  ["O-87 another port", ({ home }) => home.replace(/\d+$/, "1") + "/api/x"],
  [
    "O-87 another name of the host",
    ({ home }) => home.replace("localhost", "127.0.0.1") + "/api/x",
  ],
  [
    "O-87 a host that begins the same",
    ({ home }) => home.replace("localhost", "localhost.evil.example") + "/api/x",
  ],
  ["another path", ({ home }) => `${home}/other/x`],
  ["a path that begins the same", ({ home }) => `${home}/apish/x`],
  ["a path with dots", ({ home }) => `${home}/api/../other/x`],
  ["a path with escaped dots", ({ home }) => `${home}/api/%2e%2e/other/x`],
  ["a path with an escaped slash", ({ home }) => `${home}/api/..%2fother/x`],
  ["a path with an escaped backslash", ({ home }) => `${home}/api/..%5cother/x`],
  ["the path in capitals", ({ home }) => `${home}/API/x`],
  ["credentials in the URL", ({ home }) => home.replace("//", "//user@") + "/api/x"],
  ["the page's own origin", () => "/api/x"],
];

onStage(
  "resources",
  (scene) => {
    for (const [title, challenge] of EXPIRED) {
      scene.test(`R-124 401 once, ${title}: one refresh, one replay`, async (stage) => {
        const { api, url } = await ready(stage, { anew: true });
        api.faults.set("/api/echo", refusal(401, challenge, { times: 1 }));
        const { ok } = await call(stage.actor, url, { method: "POST", body: "hello" });
        assert.equal(ok?.status, 200);
        const sent = api.requests.of("/api/echo");
        assert.equal(sent.length, 2);
        assert.notEqual(sent[0].headers.authorization, sent[1].headers.authorization);
        assert.deepEqual(
          sent.map(({ body }) => body.toString()),
          ["hello", "hello"],
        );
        assert.equal(stage.op.count("token"), 1);
      });
    }

    for (const [title, fault, [error, provider]] of FINAL) {
      scene.test(`${title}: told, no refresh`, async (stage) => {
        const { api, url } = await ready(stage);
        api.faults.set("/api/echo", fault);
        const outcome = await call(stage.actor, url);
        assertError(outcome.error, { error, group: "api", provider });
        assert.equal(api.count("/api/echo"), 1);
        assert.equal(stage.op.count("token"), 0);
        assert.equal((await stage.look()).status, "signedIn");
        await assertBystander(stage);
        api.faults.clear();
        assert.equal((await call(stage.actor, url)).ok.status, 200);
      });
    }

    for (const [title, fault, status] of HANDED_OVER) {
      scene.test(`${title} is the app's: handed over, no refresh`, async (stage) => {
        const { api, url } = await ready(stage);
        api.faults.set("/api/echo", fault);
        const { ok } = await call(stage.actor, url);
        assert.equal(ok?.status, status);
        assert.equal(api.count("/api/echo"), 1);
        assert.equal(stage.op.count("token"), 0);
      });
    }

    for (const [title, make] of NOT_ALLOWED) {
      scene.test(`${title}: nothing is sent`, async (stage) => {
        const { api } = await ready(stage);
        const { ok, error } = await call(stage.actor, make({ op: stage.op, home: api.url }));
        assert.equal(ok, undefined);
        // A URL with credentials is refused by the platform's Request already.
        if (!/credentials/.test(title))
          assertError(error, { error: "api_not_allowed", group: "api" });
        assert.equal(stage.op.witness.requests.entries.length, 0);
        assert.equal(api.requests.entries.length, 0);
        assert.equal(stage.op.count("userinfo"), 0);
        assert.ok(!stage.app.requests.some((line) => line.includes("/api/x")));
      });
    }

    scene.test("the control: a call with the token, in the header alone", async (stage) => {
      const { api, url } = await ready(stage);
      const { ok } = await call(stage.actor, `${url}?a=1`);
      assert.equal(JSON.parse(ok.text).user, "stage-user-7Qx");
      const { headers, query } = api.requests.last("/api/echo");
      assert.match(headers.authorization, /^Bearer [\w.-]+$/);
      assert.deepEqual([...query], [["a", "1"]]);
      assert.equal(headers.cookie, undefined);
      const idToken = stage.op.requests.entries.length;
      assert.ok(idToken >= 0 && !JSON.stringify(headers).includes("id_token"));
      await assertNotStored(stage);
    });

    scene.test("R-127 an API that says 401 for ever: a handful of refreshes", async (stage) => {
      const { api, url } = await ready(stage, { anew: true });
      api.faults.set("/api/echo", refusal(401, 'Bearer error="invalid_token"'));
      const statuses = await stage.actor.evaluate(async (target) => {
        const all = new Set();
        for (let round = 0; round < 200; round += 1) all.add((await auth.fetch(target)).status);
        return [...all];
      }, url);
      assert.deepEqual(statuses, [401]);
      assert.ok(stage.op.count("token") <= 2, `${stage.op.count("token")} refreshes`);
      assert.equal((await stage.look()).status, "signedIn");
    });

    scene.test("twenty calls that meet a 401 share one refresh", async (stage) => {
      const { api, url } = await ready(stage, { anew: true });
      api.faults.set("/api/echo", refusal(401, null, { times: 20 }));
      // Each fault is for a first sending: none is replayed before all were sent.
      const before = api.count("/api/echo");
      await stage.script({ faults: { refresh: { hold: "before" } } });
      const statuses = stage.actor.evaluate(
        (target) =>
          Promise.all(
            Array.from({ length: 20 }, () => auth.fetch(target).then(({ status }) => status)),
          ),
        url,
      );
      await until(async () => api.count("/api/echo") - before === 20, "all calls");
      stage.op.faults.release("refresh");
      assert.deepEqual(new Set(await statuses), new Set([200]));
      assert.equal(stage.op.count("token"), 1);
    });

    const testStream = scene.onlyFor("npm", "a Request does not show its body's source");
    testStream(
      "R-124 a stream cannot be sent twice: an error, and the next call has a new token",
      async (stage) => {
        const { api, url } = await ready(stage, { anew: true });
        api.faults.set("/api/echo", refusal(401, null, { times: 1 }));
        const error = await stage.actor.evaluate(async (target) => {
          const body = new Blob(["hello"]).stream();
          const { error: thrown } = await settle(
            auth.fetch(target, { method: "POST", body, duplex: "half" }),
          );
          return thrown;
        }, url);
        const { ok } = await call(stage.actor, url);
        assert.equal(ok.status, 200);
        // Chromium uploads streams by HTTP/2 only; Firefox sends some text in their place.
        if (scene.browser === "chromium") assert.equal(error.name, "TypeError");
        else assert.equal(error.code, "api_body_not_replayable");
      },
    );

    scene.test("an Authorization header of the app's own is refused", async (stage) => {
      const { api, url } = await ready(stage);
      for (const name of ["Authorization", "DPoP"]) {
        const { error } = await call(stage.actor, url, { headers: { [name]: "x" } });
        assertError(error, { error: "api_own_authorization", group: "api" });
      }
      assert.equal(api.requests.entries.length, 0);
    });

    for (const status of [301, 302, 303, 307, 308]) {
      scene.test(`R-123 ${status} to another origin: the token does not follow`, async (stage) => {
        const { api, url } = await ready(stage);
        const location = `${stage.op.witness.origin}/stolen`;
        api.faults.set("/api/echo", { status, headers: { location }, body: "" });
        const { error } = await call(stage.actor, url);
        assertError(error, { error: "api_redirected", group: "api" });
        assert.equal(stage.op.witness.requests.entries.length, 0);
      });
    }

    scene.test("no CORS header at the API: what the browser's fetch throws", async (stage) => {
      const { api, url } = await ready(stage);
      api.faults.set("/api/echo", { status: 200, body: {}, cors: false });
      const { error } = await call(stage.actor, url);
      assert.deepEqual([error?.name, error?.isAuthError], ["TypeError", false]);
      assert.equal((await stage.look()).status, "signedIn");
    });

    scene.test("O-89 a token of two seconds is renewed before the call, once", async (stage) => {
      await ready(stage);
      await stage.script("O-89");
      await stage.signIn();
      stage.forget();
      await stage.later(2);
      await stage.script({});
      const { api, url } = stage.resources;
      api.requests.clear();
      const outcomes = await Promise.all([1, 2, 3].map(() => call(stage.actor, url)));
      for (const { ok } of outcomes) assert.equal(ok.status, 200);
      assert.equal(stage.op.count("token"), 1);
      const used = new Set(
        api.requests.of("/api/echo").map(({ headers }) => headers.authorization),
      );
      assert.equal(used.size, 1);
    });

    scene.test(
      "R-128 tokens of one second for ever: one refresh per use at most, none in between",
      async (stage) => {
        await ready(stage);
        await stage.script({ tokenResponse: (body) => ({ ...body, expires_in: 1 }) });
        await stage.signIn();
        stage.forget();
        const { url } = stage.resources;
        for (let round = 0; round < 5; round += 1) {
          await stage.later(2);
          assert.equal((await call(stage.actor, url)).ok.status, 200);
        }
        assert.equal(stage.op.count("token"), 5);
      },
    );
  },
  { options: { authorizationParams: { resource: "urn:demo:api" } }, ttl: { id: 36_000 } },
);

/**
 * The actor signed in, for an API that is allowed; empty logs. A token that a 401 has brought is
 * not renewed for the next one at once, so tests of that begin `anew`.
 */
async function ready(stage, { anew = false } = {}) {
  if (!stage.resources) {
    const api = await startApi({ issuer: stage.op.issuer, origins: [stage.app.origin] });
    stage.resources = { api, url: `${api.url}/api/echo` };
    stage.onClose = () => api.close();
  }
  const { api } = stage.resources;
  api.faults.clear();
  stage.configure({ resources: [{ origin: api.url, paths: ["/api/"] }] });
  let seen = await stage.look();
  if (anew || seen.status !== "signedIn") seen = await stage.signIn();
  assert.equal(seen.status, "signedIn", JSON.stringify(seen.error));
  stage.forget();
  api.requests.clear();
  stage.app.requests.length = 0;
  return stage.resources;
}
