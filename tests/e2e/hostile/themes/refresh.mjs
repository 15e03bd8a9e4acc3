// Refreshes that succeed, and refreshed ID tokens that must not be believed.

import assert from "node:assert/strict";
import { newKey, publicJwk } from "../../../provider/keys.mjs";
import { ask } from "../../support/harness.mjs";
import { until } from "../../support/until.mjs";
import { assertBystander, assertError, assertNobody, assertNotStored } from "../support/checks.mjs";
import { beginSession, sentTokens, statesOf } from "../support/session.mjs";
import { USER, onStage } from "../support/stage.mjs";

const onRefresh = (members) => ({
  tokenResponse: (body, { grant }) => (grant === "refresh" ? { ...body, ...members } : body),
});

const claims = (change) => ({
  idToken(original, header, { grant }) {
    if (grant === "refresh") Object.assign(original, change(original));
  },
});

/** The refreshed ID token of each is refused, and the session ends in every tab. */
const REFUSED = [
  ["another user", "refreshOtherUser", "id_token_sub"],
  ["no user", claims(() => ({ sub: undefined })), "id_token_sub"],
  ["another issuer", "refreshOtherIssuer", "id_token_iss"],
  ["another audience", "refreshOtherAudience", "id_token_aud"],
  ["a stranger beside us", claims(() => ({ aud: ["spa", "x"] })), "id_token_aud"],
  ["azp of another client", claims(() => ({ azp: "x" })), "id_token_azp"],
  ["another nonce", "refreshOtherNonce", "id_token_nonce"],
  ["another auth_time", "refreshOtherAuthTime", "id_token_auth_time"],
  ["an expired ID token", "refreshExpiredIdToken", "id_token_exp"],
  ["iat an hour ahead", claims(({ iat }) => ({ iat: iat + 3600 })), "id_token_iat"],
  ["at_hash of another token", claims(() => ({ at_hash: "A".repeat(22) })), "id_token_at_hash"],
  ["alg none", "algNone", "id_token_alg"],
  ["one bit of the signature flipped", "signatureBitFlipped", "id_token_signature"],
  ["an unknown key", "kidUnknown", "id_token_key"],
  ["an access token instead of an ID token", "typAccessToken", "id_token_typ"],
  ["no token at all", onRefresh({ id_token: "nothing" }), "id_token_malformed"],
];

onStage(
  "refresh",
  (scene) => {
    for (const [title, play, error] of REFUSED) {
      const declare = /user|signature/.test(title) ? scene.test : scene.core;
      declare(`R-143 ${title}: the session ends in every tab`, async (stage) => {
        await beginSession(stage);
        // The other tab knows of this session: a call waits until it does.
        await ask(stage.bystander, "accessToken");
        stage.forget();
        await stage.script(play);
        const outcome = await stage.ask("refresh");
        assert.equal(outcome.error.code, "login_required");
        assert.equal(stage.op.count("token"), 1);

        const seen = await stage.look();
        assert.deepEqual([seen.status, seen.reason], ["signedOut", "sessionEnded"]);
        assertError(seen.error, { error, group: "id_token" });
        assert.equal(seen.events.filter(({ name }) => name === "signedOut").length, 1);
        await assertNobody(stage, seen);
        await assertNotStored(stage, [USER]);
        const mark = Object.entries(seen.localStorage).find(([key]) => key.endsWith(".mark"));
        assert.match(mark[1], /^-/);

        const other = await until(
          () => stage.bystander.evaluate(() => auth.state.status === "signedOut" && auth.state),
          "the end in the other tab",
        );
        assert.equal(other.reason, "signedOutElsewhere");
        await stage.script({});
        assert.equal((await stage.signIn()).status, "signedIn");
        await stage.mend();
      });
    }

    scene.test("O-52 twenty callers with an expired token: one refresh for all", async (stage) => {
      await beginSession(stage);
      const old = (await stage.ask("accessToken")).ok;
      await stage.later(3700);
      const tokens = await stage.actor.evaluate(() =>
        Promise.all(Array.from({ length: 20 }, () => auth.accessToken())),
      );
      assert.equal(new Set(tokens).size, 1);
      assert.notEqual(tokens[0], old);
      assert.equal(stage.op.count("token"), 1);
      assert.equal(stage.op.reuseDetected, 0);
    });

    scene.test(
      "O-54 R-140 answers without a refresh token: the old one is used next",
      async (stage) => {
        await beginSession(stage);
        await stage.script("O-54");
        for (let round = 0; round < 3; round += 1) {
          assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
        }
        const sent = sentTokens(stage);
        assert.equal(sent.length, 3);
        assert.equal(new Set(sent).size, 1);
      },
    );

    scene.test("O-55 rotation: no token twice in a hundred rounds", async (stage) => {
      await beginSession(stage);
      const outcomes = await stage.actor.evaluate(async () => {
        const all = [];
        for (let round = 0; round < 100; round += 1) all.push(await settle(auth.refresh()));
        return all;
      });
      assert.ok(outcomes.every(({ error }) => !error));
      const sent = sentTokens(stage);
      assert.deepEqual([sent.length, new Set(sent).size], [100, 100]);
      assert.equal(stage.op.reuseDetected, 0);
      await assertNotStored(stage);

      // The detector does fire: the last token but one is spent.
      const form = { grant_type: "refresh_token", client_id: "spa", refresh_token: sent[50] };
      const body = new URLSearchParams(form);
      await fetch(`${stage.op.origin}/token`, { method: "POST", body });
      assert.equal(stage.op.reuseDetected, 1);
      await stage.signIn();
    });

    scene.test("R-142 the refresh names no scope, and nothing secret", async (stage) => {
      await beginSession(stage);
      await stage.ask("refresh");
      const { form, headers } = stage.op.requests.last("token");
      assert.deepEqual([...form.keys()].sort(), ["client_id", "grant_type", "refresh_token"]);
      assert.equal(headers.authorization, undefined);
      assert.equal(headers.cookie, undefined);
    });

    scene.test("R-144 no ID token: the claims stay", async (stage) => {
      const before = await beginSession(stage);
      await stage.script("refreshWithoutIdToken");
      assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
      assert.deepEqual((await stage.look()).user, before.user);
    });

    scene.test("R-143 no nonce, as most providers do it", async (stage) => {
      await beginSession(stage);
      await stage.script("refreshWithoutNonce");
      assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
      assert.equal((await stage.look()).status, "signedIn");
    });

    scene.test("a refresh changes no state that an app could see, but the end", async (stage) => {
      await beginSession(stage);
      const before = await statesOf(stage);
      await stage.later(100);
      await stage.ask("refresh");
      const after = await statesOf(stage);
      assert.equal(after.count, before.count);
      assert.ok(after.same, "the state object was replaced");
      assert.ok(after.expiresAt > before.expiresAt + 50_000);
      const { events } = await stage.look();
      assert.deepEqual(
        events.map(({ name }) => name),
        ["signedIn", "refreshed"],
      );
    });

    scene.test("R-075 a narrower scope is told", async (stage) => {
      await beginSession(stage);
      await stage.script("refreshNarrowerScope");
      await stage.ask("refresh");
      assert.equal((await stage.look()).scope, "openid");
    });

    scene.test("another name of the same user is told once", async (stage) => {
      await beginSession(stage);
      await stage.script(claims(() => ({ name: "New Name" })));
      await stage.ask("refresh");
      await stage.ask("refresh");
      const { user, events } = await stage.look();
      assert.equal(user.name, "New Name");
      assert.equal(events.filter(({ name }) => name === "userChanged").length, 1);
    });

    scene.test(
      "a key rotated between sign-in and refresh costs one look at the keys",
      async (stage) => {
        await beginSession(stage);
        const key = await newKey("RS256");
        await stage.script({
          signingKey: key,
          jwks: ({ keys }) => ({ keys: [...keys, publicJwk(key)] }),
        });
        assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
        assert.deepEqual([stage.op.count("token"), stage.op.count("jwks")], [1, 1]);
      },
    );

    scene.test(
      "R-143 keys that cannot be had: the answer waits, the refresh is not repeated",
      async (stage) => {
        await beginSession(stage);
        const old = (await stage.ask("accessToken")).ok;
        const key = await newKey("RS256");
        const script = { signingKey: key, faults: { jwks: { status: 503 } } };
        await stage.script(script);
        const { error } = await stage.ask("refresh");
        assertError(error, { error: "jwks_unavailable", group: "transient" });
        assert.equal((await stage.look()).status, "signedIn");
        assert.equal((await stage.ask("accessToken")).ok, old, "the new token is not used yet");
        await assertNotStored(stage);

        await stage.script({ jwks: ({ keys }) => ({ keys: [...keys, publicJwk(key)] }) });
        assert.deepEqual(await stage.ask("refresh"), { ok: undefined });
        assert.notEqual((await stage.ask("accessToken")).ok, old);
        assert.equal(stage.op.count("token"), 1);
      },
    );

    scene.test("no refresh token: the session lasts as long as the access token", async (stage) => {
      await stage.script("refreshTokenMissing");
      await stage.signIn();
      stage.forget();
      assertError((await stage.ask("refresh")).error, {
        error: "refresh_missing",
        group: "config",
      });
      assert.ok((await stage.ask("accessToken")).ok);
      await stage.later(3700);
      assert.equal((await stage.ask("accessToken")).error.code, "login_required");
      const seen = await stage.look();
      assert.deepEqual([seen.status, seen.reason], ["signedOut", "expired"]);
      assert.equal(stage.op.count("token"), 0);
      await assertBystander(stage);
    });

    scene.test(
      "O-58 sign-out while a refresh is on its way: its result is thrown away",
      async (stage) => {
        // Without an end-session endpoint the page stays, and with it the request on its way.
        await stage.script("endSessionMissing");
        await beginSession(stage);
        stage.op.faults.set("refresh", { hold: "after" });
        await stage.actor.evaluate(() => {
          window.refreshing = settle(auth.refresh());
        });
        await until(() => stage.op.faults.held("refresh") === 1, "a refresh on its way");
        const [, late] = stage.tokens;
        await ask(stage.actor, "signOut");
        const { error } = await stage.actor.evaluate(() => window.refreshing);
        assert.equal(error.code, "login_required");
        stage.op.faults.release("refresh");
        const revoked = () =>
          stage.op.requests.of("revocation").map(({ form }) => form.get("token"));
        await until(() => revoked().includes(late), "the late grant to be given back");

        const seen = await stage.look();
        assert.deepEqual([seen.status, seen.reason], ["signedOut", "signedOut"]);
        await assertNobody(stage, seen);
        await assertNotStored(stage, [USER]);
        const other = await ask(stage.bystander, "accessToken");
        assert.equal(other.error?.code, "login_required");
        await stage.visit("/");
        await stage.mend();
      },
    );
  },
  { ttl: { id: 36_000 } },
);
