// UserInfo: asked by the app, never believed about somebody else.

import assert from "node:assert/strict";
import { HTML } from "../../../provider/hostile/cases/tools.mjs";
import { assertBystander, assertError, assertNotStored } from "../support/checks.mjs";
import { USER, onStage } from "../support/stage.mjs";

const served = (fault) => ({ faults: { userinfo: fault } });
const claims = (change) => ({ userinfo: change });

const ONCE = { userinfo: 1 };
/** A 401 costs one refresh and one more try. */
const TWICE = { userinfo: 2, token: 1, jwks: 0 };

const other = { error: "userinfo_sub", group: "userinfo", requests: ONCE };
const failed = { error: "userinfo_failed", group: "userinfo", requests: ONCE };
const malformed = { error: "userinfo_malformed", group: "userinfo", requests: ONCE };

const REFUSED = [
  { id: "O-48", title: "sub of somebody else", play: "O-48", ...other },
  { id: "O-49", title: "no sub", play: "O-49", ...other },
  { title: "sub as a number", play: claims((one) => ({ ...one, sub: 7 })), ...other },
  { title: "sub in a list", play: claims((one) => ({ ...one, sub: [one.sub] })), ...other },
  { title: "an empty sub", play: claims((one) => ({ ...one, sub: "" })), ...other },
  {
    title: "sub in capitals",
    play: claims((one) => ({ ...one, sub: USER.toUpperCase() })),
    ...other,
  },
  { title: "sub with a blank", play: claims((one) => ({ ...one, sub: `${USER} ` })), ...other },
  {
    id: "O-51",
    title: "401 invalid_token for ever: one refresh, one more try, then an error",
    play: "O-51",
    ...failed,
    requests: TWICE,
  },
  {
    title: "401 without a body or a challenge",
    play: served({ status: 401, body: "" }),
    ...failed,
    requests: TWICE,
  },
  {
    title: "403 insufficient_scope: no refresh",
    play: served({
      status: 403,
      headers: { "www-authenticate": 'Bearer error="insufficient_scope", scope="openid"' },
    }),
    ...failed,
  },
  { title: "500", play: "userinfoFails", ...failed, detail: "500" },
  { title: "503 with Retry-After", play: served({ status: 503, retryAfter: 7 }), ...failed },
  {
    title: "R-122 a JWT, which nobody asked for",
    play: "userinfoJwt",
    ...{ error: "userinfo_signed_unsupported", group: "userinfo", requests: ONCE },
  },
  { title: "a page with status 200", play: "userinfoHtml", ...malformed },
  { title: "a list", play: "userinfoArray", ...malformed },
  { title: "an empty body", play: served({ status: 200, body: "" }), ...malformed },
  { title: "half an answer", play: served({ body: `{"sub":"${USER}"` }), ...malformed },
  { title: "sub twice", play: served({ body: `{"sub":"mallory","sub":"${USER}"}` }), ...malformed },
  { title: "20 megabytes", play: served({ bytes: 20_000_000 }), ...failed },
  {
    title: "a redirect to another origin is not followed",
    play: (op) => served({ status: 307, headers: { location: `${op.witness.origin}/me` } }),
    ...failed,
    check: (stage) => assert.equal(stage.op.witness.requests.entries.length, 0),
  },
  { title: "no CORS header", play: served({ cors: false }), ...failed, requests: null },
  { title: "no answer", play: served({ drop: "before" }), ...failed, requests: null },
];

onStage("UserInfo", (scene) => {
  for (const { id, title, play, requests, check, ...right } of REFUSED) {
    scene.test(id ? `${id} ${title}` : title, async (stage) => {
      // A token that a 401 has brought is not renewed for the next one before half its life.
      const before = await signedIn(stage, { anew: requests === TWICE });
      await stage.script(play);
      const { ok, error } = await stage.ask("userInfo");
      assert.equal(ok, undefined, "claims were given out");
      assertError(error, right);
      if (requests) assertCounts(stage, requests);
      await check?.(stage);

      // The sign-in stands, and nothing of the answer is in it.
      const after = await stage.look();
      assert.deepEqual([after.status, after.user], ["signedIn", before.user]);
      await assertNotStored(stage);
      await assertBystander(stage);
      await stage.script({});
      const control = await stage.ask("userInfo");
      assert.equal(control.ok?.sub, USER);
    });
  }

  scene.test("O-50 the token goes in the header and nowhere else", async (stage) => {
    await signedIn(stage);
    const { ok } = await stage.ask("userInfo");
    assert.deepEqual(ok, { sub: USER, name: `User ${USER}` });
    const { method, headers, query, form } = stage.op.requests.last("userinfo");
    const token = (await stage.ask("accessToken")).ok;
    assert.equal(method, "GET");
    assert.equal(headers.authorization, `Bearer ${token}`);
    assert.deepEqual([[...query], [...form]], [[], []]);
    assert.equal(headers.cookie, undefined);
    assert.equal(headers.referer, undefined);
  });

  scene.test("R-124 401 once: one refresh, one more try, and the claims", async (stage) => {
    await signedIn(stage, { anew: true });
    await stage.script("userinfoUnauthorizedOnce");
    const { ok } = await stage.ask("userInfo");
    assert.equal(ok.sub, USER);
    assertCounts(stage, TWICE);
    const sent = stage.op.requests.of("userinfo").map(({ headers }) => headers.authorization);
    assert.notEqual(sent[0], sent[1], "the second try has the new token");
  });

  scene.test("an answer about the user changes nothing of the state", async (stage) => {
    const before = await signedIn(stage);
    await stage.script(claims((one) => ({ ...one, name: "Another Name", admin: true })));
    const { ok } = await stage.ask("userInfo");
    assert.equal(ok.admin, true);
    assert.deepEqual((await stage.look()).user, before.user);
  });

  scene.test("no UserInfo endpoint: an error that names it", async (stage) => {
    await stage.script("userinfoMissing");
    await stage.signIn();
    stage.forget();
    const { error } = await stage.ask("userInfo");
    assertError(error, {
      ...{ error: "metadata_missing", group: "metadata_missing", detail: "userinfo_endpoint" },
    });
    assertCounts(stage, {});
    // This page keeps the document for its life.
    await stage.visit("/");
  });
});

/** The actor with a session of its own, and an empty log. */
async function signedIn(stage, { anew = false } = {}) {
  let seen = await stage.look();
  if (anew || seen.status !== "signedIn") seen = await stage.signIn();
  assert.equal(seen.status, "signedIn");
  stage.forget();
  return seen;
}

function assertCounts(stage, { userinfo = 0, token = 0 }) {
  const counts = stage.counts();
  assert.deepEqual([counts.userinfo, counts.token, counts.authorize], [userinfo, token, 0]);
}
