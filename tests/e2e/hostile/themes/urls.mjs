// The app's own URLs: what of them survives a sign-in, and where a sign-in may lead.

import assert from "node:assert/strict";
import {
  assertBystander,
  assertCleanUrl,
  assertError,
  assertSignedIn,
} from "../support/checks.mjs";
import { onStage } from "../support/stage.mjs";

const raw = (change) => ({ callback: (pairs) => change(new URLSearchParams(pairs).toString()) });

const EVIL = [
  "https://evil.example/",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "https:evil.example",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,x",
  "blob:http://localhost/0",
  "about:blank",
  "\t//evil.example",
  " https://evil.example",
  "/\t/evil.example",
  "http://localhost.evil.example/",
  "http://127.0.0.1/",
  "http://user@evil.example/",
  "http://[",
];

/** Where the user was, and where the sign-in ends. */
const LANDINGS = [
  ["O-86 a hash route", "/#/orders/7"],
  ["O-86 a hash route with a query of its own", "/?theme=dark#/orders?open=1"],
  ["a deep path", "/orders/7?open=1#top"],
  ["a query with odd characters", "/search?q=a%20b+c%26d&empty=&flag"],
  ["a path in another script", "/%E6%9D%B1%E4%BA%AC"],
];

/** What `returnTo` may be. */
const TARGETS = [
  ["/orders?open=1#top", "/orders?open=1#top"],
  ["orders", "/orders"],
  ["?q=1", "/?q=1"],
  ["#part", "/#part"],
  ["/a/../b", "/b"],
];

/** What comes back, and what stays of it. */
const ANSWERS = [
  ["O-84 the app's own query and hash", (query) => `a=1&${query}#tab2`, "/?a=1#tab2"],
  ["the app's own query behind the answer", (query) => `${query}&b=2&c=3`, "/?b=2&c=3"],
  ["values like those of the answer", (query) => `q=code%3D1&${query}`, "/?q=code%3D1"],
  ["session_state and scope", (query) => `session_state=x&${query}&scope=openid`, "/"],
  ["a name with escapes", (query) => query.replace("code=", "%63ode="), "/"],
  ["an empty pair", (query) => `&${query}&`, "/"],
];

onStage("URLs", (scene) => {
  for (const target of EVIL) {
    scene.test(`O-85 returnTo ${JSON.stringify(target)} is refused`, async (stage) => {
      const seen = await stage.signIn({ returnTo: target });
      assertError(seen.left?.error, { error: "config_return_target", group: "config" });
      assert.equal(seen.stayed, true);
      assert.equal(stage.op.count("authorize"), 0);
      await assertBystander(stage);
    });
  }

  for (const [title, path] of LANDINGS) {
    scene.test(`${title} is where the user ends`, async (stage) => {
      await elsewhere(stage, path);
      const seen = await stage.signIn();
      assertSignedIn(seen);
      assert.equal(seen.href, stage.app.origin + path);
      assertCleanUrl(stage, seen);
    });
  }

  for (const [target, landing] of TARGETS) {
    scene.test(`returnTo ${JSON.stringify(target)} leads to ${landing}`, async (stage) => {
      await elsewhere(stage, "/");
      const seen = await stage.signIn({ returnTo: target });
      assertSignedIn(seen);
      assert.equal(seen.href, stage.app.origin + landing);
    });
  }

  for (const [title, change, landing] of ANSWERS) {
    scene.test(`${title}: the answer is taken out of the URL`, async (stage) => {
      await elsewhere(stage, "/");
      await stage.script(raw(change));
      const seen = await stage.signIn();
      assertSignedIn(seen);
      assert.equal(seen.href, stage.app.origin + landing);
      assertCleanUrl(stage, seen);
    });
  }

  scene.test("O-84 a refused answer is taken out of the URL as well", async (stage) => {
    await elsewhere(stage, "/");
    await stage.script({
      callback: (pairs) => `a=1&${new URLSearchParams([...pairs, ["code", "twice"]])}#tab2`,
    });
    const seen = await stage.signIn();
    assert.equal(seen.error.code, "callback_malformed");
    assert.equal(seen.href, `${stage.app.origin}/?a=1#tab2`);
    assertCleanUrl(stage, seen);
  });

  scene.test("R-060 no request after the callback tells where it came from", async (stage) => {
    await elsewhere(stage, "/");
    stage.app.referrers.length = 0;
    await stage.signIn();
    await stage.ask("userInfo");
    const told = [
      ...stage.app.referrers,
      ...stage.op.requests.entries
        .filter(({ endpoint }) => endpoint !== "authorize")
        .map(({ headers }) => headers.referer ?? ""),
    ];
    // The page's own scripts are asked for while its URL is still the callback.
    const own = (url) => url.startsWith(stage.app.origin);
    for (const url of told.filter((one) => !own(one))) assert.doesNotMatch(url, /code=|state=/);
    await stage.actor.evaluate(() => fetch("/probe"));
    assert.doesNotMatch(stage.app.referrers.at(-1), /code=|state=|iss=/);
  });

  for (const path of ["/shop?code=SALE", "/shop?state=open", "/shop?error=none", "/?state=open"]) {
    scene.test(`${path} is the app's own and stays`, async (stage) => {
      const seen = await stage.visit(path);
      assert.deepEqual([seen.status, seen.error], ["signedOut", null]);
      assert.equal(seen.href, stage.app.origin + path);
      assert.equal(stage.op.count("token"), 0);
      await stage.visit("/");
    });
  }

  scene.test("a state of the router that remembers the answer is forgotten", async (stage) => {
    await elsewhere(stage, "/");
    const first = () => history.replaceState({ url: location.href, key: 1 }, "");
    stage.configure({}, { first });
    const seen = await stage.signIn();
    assertSignedIn(seen);
    assertCleanUrl(stage, seen);
  });

  scene.test(
    "a router that hides the answer before it could be read is found out",
    async (stage) => {
      await elsewhere(stage, "/");
      stage.configure({}, { first: () => history.replaceState(null, "", "/") });
      const seen = await stage.signIn();
      assert.equal(seen.status, "signedOut");
      assert.deepEqual(seen.diagnoses, ["callback_url_changed"]);
      assert.equal(stage.op.count("token"), 0);
      await stage.sweep();
    },
  );
});

/** Leads the actor to a path of the app, by a load of the page: a change of the hash alone is none. */
async function elsewhere(stage, path) {
  const [now] = (await stage.look()).href.split("#");
  if (now === (stage.app.origin + path).split("#")[0]) await stage.visit("/elsewhere");
  await stage.visit(path);
  stage.forget();
}
