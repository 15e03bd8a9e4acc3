// One session in several tabs: joining, signing out, other users, other clients.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { notFor } from "./support/front.mjs";
import {
  ask,
  call,
  eventsOf,
  fillStorage,
  markOf,
  reload,
  signOut,
  startSignIn,
  startSignOut,
  startWorld,
  stateOf,
  status,
} from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { never, until } from "./support/until.mjs";

/** Why a test is not for a vault in a worker; `vault.test.mjs` has its counterpart. */
const OWN_GRANTS = "there is one grant for all tabs of a vault";

forEachBrowser((name) => {
  describe(`tabs in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name);
    });
    after(() => world?.close());
    afterEach(() => world.reset());

    /** Two tabs of one user; each page says if it is ever loaded anew. */
    async function twoTabs(given) {
      const context = given ?? (await world.context());
      const first = await world.signedIn("/first", context);
      const second = await world.open("/second", context);
      await status(second, "signedIn");
      for (const page of [first, second]) await page.evaluate(() => (window.sameLoad = true));
      return { context, first, second };
    }

    const sameLoad = (page) => page.evaluate(() => window.sameLoad === true);
    const subOf = async (page) =>
      JSON.parse((await call(page, "/api/orders")).ok?.text ?? "{}").user;

    notFor("vault", OWN_GRANTS)(
      "handover: false: a second tab joins the session, with a grant of its own, and reloads nobody",
      async () => {
        world.configure({ handover: false });
        const context = await world.context();
        const first = await world.signedIn("/first", context);
        await first.evaluate(() => (window.sameLoad = true));
        const mark = await markOf(first);
        assert.match(mark, /^\+[\w-]{22}\.[\w-]{43}$/);
        const second = await world.open("/second", context);
        await status(second, "signedIn");
        assert.equal(await markOf(second), mark, "the mark stays");
        const [{ detail }] = await eventsOf(second, "signedIn");
        assert.equal(detail.restored, true);

        for (let round = 0; round < 2; round += 1) {
          for (const page of [first, second]) {
            assert.equal(await subOf(page), "alice");
            assert.equal((await ask(page, "refresh")).error, undefined);
          }
        }
        const sent = world.op.requests.of("token").map((one) => one.param("refresh_token"));
        const refreshes = sent.filter(Boolean);
        assert.equal(refreshes.length, 4);
        assert.equal(new Set(refreshes).size, 4, "each refresh token belongs to one tab");
        assert.equal(world.reused, 0);
        assert.ok(await sameLoad(first));
        assert.deepEqual(
          (await eventsOf(first)).map(({ name: event }) => event),
          ["signedIn", "refreshed", "refreshed"],
        );
      },
    );

    for (const [how, prepare] of Object.entries({
      "": async () => {},
      " when the provider's logout page never returns": async () => {
        world.op.settings.logout = "stuck";
      },
      " with a full localStorage": async (page) => {
        await fillStorage(page, "localStorage");
      },
    })) {
      test(`O-61, R-178: a sign-out reaches the other tab, once${how}`, async () => {
        const { first, second } = await twoTabs();
        await prepare(first);
        await startSignOut(first);
        const { reason } = await status(second, "signedOut");
        assert.equal(reason, "signedOutElsewhere");
        await until(() => world.op.count("endSession") > 0, "the end-session request");
        const told = async () => (await eventsOf(second, "signedOut")).map((one) => one.detail);
        assert.deepEqual(await told(), [{ reason: "signedOutElsewhere" }]);
        await assertNoToken(second);
        // Looking again changes nothing.
        await second.bringToFront();
        await second.evaluate(() => dispatchEvent(new Event("focus")));
        assert.equal((await told()).length, 1);
        assert.ok(await sameLoad(second), "the page was not loaded anew");
        await reload(second);
        await status(second, "signedOut");
        assert.equal(world.reused, 0);
      });
    }

    test("a sign-out that is followed at once by a navigation of the app", async () => {
      const { first, second } = await twoTabs();
      await first.evaluate(() => {
        void settle(auth.signOut());
        location.assign("/goodbye");
      });
      assert.equal((await status(second, "signedOut")).reason, "signedOutElsewhere");
      // Either navigation may win; the sign-out stands in both cases.
      await until(async () => (await sameLoad(first)) === false, "another load");
      await status(first, "signedOut");
      await assertNoToken(first);
      await assertNoToken(second);
      const { hint, mark } = await storedOf(first);
      assert.equal(hint, undefined);
      assert.ok(mark === undefined || mark[0] === "-", mark);
      await reload(first);
      await status(first, "signedOut");
    });

    notFor("vault", OWN_GRANTS)(
      "without BroadcastChannel storage alone tells, and each tab restores by itself",
      async () => {
        const context = await world.context();
        await context.addInitScript(() => delete window.BroadcastChannel);
        const { first, second } = await twoTabs(context);
        world.op.settings.logout = "stuck";
        await startSignOut(first);
        assert.equal((await status(second, "signedOut")).reason, "signedOutElsewhere");
        // The other tab drops its grant: a revocation might end one that the same user has by then.
        await until(() => world.op.count("revocation") === 1, "the revocation");
        assert.equal(world.op.count("authorize"), 2);
      },
    );

    notFor("vault", "it vouches for the session")(
      "another user in a second tab: the first is hidden and reloaded, and mixes nothing",
      async () => {
        const { context, first, second } = await twoTabs();
        // What the first tab shows, frame by frame, with the user its calls are made for.
        await context.exposeFunction("keywardTestFrame", (frame) => frames.push(frame));
        const frames = [];
        await first.evaluate(() => {
          const look = () => {
            const shown = getComputedStyle(document.documentElement).display !== "none";
            const mark = localStorage.getItem(
              Object.keys(localStorage).find((key) => key.endsWith(".mark")) ?? "",
            );
            window.keywardTestFrame({
              shown,
              user: document.querySelector("#user").textContent,
              mark,
            });
          };
          new MutationObserver(look).observe(document.documentElement, { attributes: true });
          addEventListener("pagehide", look);
        });
        world.api.requests.clear();
        const aliceToken = (await ask(first, "accessToken")).ok;
        // A call that is on its way when the user changes.
        world.api.faults.set("/api/echo", { hold: "before" });
        await first.evaluate(() => void settle(auth.fetch("/api/echo?late")));
        await until(() => world.api.faults.held("/api/echo") === 1, "the late call");

        world.op.settings.autologin = "bob";
        await second.evaluate(
          () => void settle(auth.signIn({ prompt: "login", loginHint: "bob" })),
        );
        await until(async () => (await status(second, "signedIn")).user.sub === "bob", "bob");
        await until(async () => !(await sameLoad(first)), "the first tab's reload");
        await until(
          async () => (await status(first, "signedIn")).user.sub === "bob",
          "bob, here too",
        );
        world.api.faults.release("/api/echo");

        assert.ok(frames.length > 0, "the first tab was watched");
        const bobs = frames.filter(({ mark }) => mark && mark !== frames[0].mark);
        for (const { shown, user } of frames) assert.ok(!shown || user !== "bob");
        assert.ok(
          frames.some(({ shown }) => !shown),
          "it was hidden",
        );
        assert.ok(bobs.every(({ shown }) => !shown));

        assert.equal(await first.textContent("#user"), "bob");
        assert.equal(await subOf(first), "bob");
        assert.equal(await subOf(second), "bob");
        assert.notEqual((await ask(first, "accessToken")).ok, aliceToken);
        // Every request that was made for Alice carried Alice's token.
        const late = world.api.requests.of("/api/echo");
        assert.equal(late.length, 1);
        assert.equal(late[0].headers.authorization, `Bearer ${aliceToken}`);
        const restored = (await eventsOf(first, "signedIn")).at(-1);
        assert.equal(restored.detail.user.sub, "bob");
      },
    );

    notFor("vault", "it vouches for the session")(
      "the same user signs in again in another tab: taken silently, calls go on",
      async () => {
        const { first, second } = await twoTabs();
        const mark = await markOf(first);
        const states = await first.evaluate(() => window.states.length);
        await startSignIn(second, { prompt: "login" });
        await until(async () => (await markOf(first)) !== mark, "a new mark");
        await status(second, "signedIn");
        assert.notEqual(await markOf(second), mark);
        for (const page of [first, second]) assert.equal(await subOf(page), "alice");
        assert.ok(await sameLoad(first), "the first tab was not loaded anew");
        assert.equal(await first.evaluate(() => window.states.length), states);
        assert.ok(
          await first.evaluate(() => getComputedStyle(document.documentElement).display !== "none"),
        );
        const events = (await eventsOf(first)).map(({ name: event }) => event);
        assert.deepEqual(events, ["signedIn"]);
        // It shares the new session now: a sign-out there reaches it.
        await startSignOut(second);
        assert.equal((await status(first, "signedOut")).reason, "signedOutElsewhere");
        assert.equal((await eventsOf(first, "signedOut")).length, 1);
      },
    );

    test("O-58 across tabs: signed out while this tab refreshes, its answer is thrown away", async () => {
      const { first, second } = await twoTabs();
      world.op.faults.set("refresh", { hold: "after" });
      await second.evaluate(() => {
        window.waiting = settle(auth.refresh());
      });
      await until(() => world.op.faults.held("refresh") === 1, "the refresh");
      await startSignOut(first);
      await status(second, "signedOut");
      const { error } = await second.evaluate(() => window.waiting);
      assert.equal(error?.code, "login_required");
      world.op.faults.release("refresh");
      await never(
        async () => (await stateOf(second)).status !== "signedOut",
        "a revival of the session",
        500,
      );
      await assertNoToken(second);
    });

    notFor("vault", OWN_GRANTS)(
      "handover: false: tabs opened at once get a grant each",
      async () => {
        world.configure({ handover: false });
        const context = await world.context();
        const first = await world.signedIn("/first", context);
        const mark = await markOf(first);
        world.op.requests.clear();
        const opening = ["/a", "/b", "/c"].map((path) => world.open(path, context));
        for (const page of await Promise.all(opening)) {
          await status(page, "signedIn");
          assert.equal(await markOf(page), mark, "one session");
          assert.equal((await ask(page, "refresh")).error, undefined);
        }
        assert.equal(world.op.count("authorize"), 3);
        const sent = world.op.requests.of("token").map((one) => one.param("refresh_token"));
        assert.equal(
          new Set(sent.filter(Boolean)).size,
          3,
          "each refresh token belongs to one tab",
        );
        assert.equal(world.reused, 0);
        assert.equal(await subOf(first), "alice");
      },
    );

    notFor("vault", OWN_GRANTS)(
      "handover: false: who waits hears that a tab is back, whatever storage showed before",
      async () => {
        world.configure({ handover: false });
        const context = await world.context();
        const first = await world.signedIn("/first", context);
        const second = await world.open("/second", context);
        await status(second, "signedIn");
        await first.evaluate(() => {
          window.heard = [];
          addEventListener("storage", ({ key, newValue }) => {
            if (!key?.endsWith(".attempts")) return;
            const { unanswered, times, closedUntil } = JSON.parse(newValue);
            // The word of what went before may come late.
            if (unanswered === 0 && window.heard.length === 0) return;
            window.heard.push(unanswered);
            // The count as the tab that left is about to write it: engines tell of no value that stays what it was.
            if (unanswered !== 1) return;
            localStorage.setItem(key, JSON.stringify({ unanswered: 0, times, closedUntil }));
          });
        });
        await reload(second);
        await status(second, "signedIn");
        const heard = () => first.evaluate(() => window.heard);
        await until(async () => (await heard()).includes(0), "word of the tab that is back");
        assert.equal((await heard())[0], 1, "the probe wrote before it");
      },
    );

    notFor("vault", OWN_GRANTS)(
      "handover: false: invalid_grant in one tab leaves the others alone",
      async () => {
        world.configure({ handover: false });
        const { first, second } = await twoTabs();
        world.op.faults.set("refresh", { status: 400, body: { error: "invalid_grant" }, times: 1 });
        assert.equal((await ask(second, "refresh")).error?.code, "login_required");
        assert.equal((await status(second, "signedOut")).reason, "sessionEnded");
        assert.equal((await stateOf(first)).status, "signedIn");
        assert.equal(await subOf(first), "alice");
        await reload(second);
        await status(second, "signedIn");
        assert.ok(await sameLoad(first));
      },
    );

    test("O-71: two clients of one origin stay apart", async () => {
      const context = await world.context();
      const first = await world.signedIn("/first", context);
      world.configure({ clientId: "demo" });
      const second = await world.signedIn("/second", context);
      assert.equal(await first.evaluate(() => auth.state.status), "signedIn");
      assert.deepEqual(await eventsOf(first, "signedInElsewhere"), []);
      assert.notEqual(await markOf(first, "spa"), await markOf(first, "demo"));

      // Messages of no known form, and of other clients, are ignored.
      await second.evaluate((issuer) => {
        for (const client of ["spa", "demo", "unknown"]) {
          const channel = new BroadcastChannel(`keyward.${issuer}|${client}`);
          for (const data of ["-", "+", "-x.y", null, { a: 1 }, 7, "-" + "a".repeat(66)]) {
            channel.postMessage(data);
          }
        }
        localStorage.setItem(`keyward.${issuer}|unknown.mark`, "-" + "a".repeat(66));
      }, world.op.issuer);
      assert.equal(await subOf(first), "alice");
      assert.equal(await subOf(second), "alice");

      await signOut(second);
      assert.equal(await subOf(first), "alice");
      assert.deepEqual(await eventsOf(first, "signedOut"), []);
    });

    notFor("own", "a vault's folder is one client's there")(
      "O-71, R-055: two clients in one page: a sign-in of one survives the other's restore",
      async () => {
        world.app.configure([world.options(), world.options({ clientId: "demo" })]);
        const page = await world.signedIn("/both");
        const both = () => page.evaluate(() => window.auths.map(({ state }) => state.status));
        assert.deepEqual(await both(), ["signedIn", "signedOut"]);
        await page.evaluate(() => void settle(window.auths[1].signIn()));
        await until(async () => (await both())[1] === "signedIn", "the second client");
        const loads = world.op.count("authorize");
        // Each redirect of one client costs the other its memory: they must not send the page to and fro.
        await never(
          () => world.op.count("authorize") > loads + 1,
          "a page that goes to and fro",
          2000,
        );
        assert.equal((await both())[1], "signedIn");
      },
    );

    test("a callback in one tab does not disturb a pending sign-in of another", async () => {
      const context = await world.context();
      world.op.settings.autologin = null;
      const first = await world.open("/first?a=1", context);
      const second = await world.open("/second?b=2", context);
      for (const page of [first, second]) {
        await status(page, "signedOut");
        await startSignIn(page);
        await page.waitForSelector("#username");
      }
      await second.click("#as-alice");
      await status(second, "signedIn");
      await first.click("#as-alice");
      await status(first, "signedIn");
      assert.equal(first.url(), `${world.app.origin}/first?a=1`);
      assert.equal(second.url(), `${world.app.origin}/second?b=2`);
      assert.equal(await subOf(first), "alice");
      assert.equal(await subOf(second), "alice");
    });

    async function assertNoToken(page) {
      assert.equal((await ask(page, "accessToken")).error?.code, "login_required");
      assert.equal((await call(page, "/api/echo")).error?.code, "login_required");
      assert.equal(world.api.requests.last("/api/echo").headers.authorization, undefined);
      assert.equal(await page.textContent("#user"), "");
      assert.equal((await stateOf(page)).user, undefined);
    }
  });
});

/** What the client keeps in localStorage, by the last part of the key. */
function storedOf(page) {
  return page.evaluate(() =>
    Object.fromEntries(
      Object.entries(localStorage)
        .filter(([key]) => key.startsWith("keyward."))
        .map(([key, value]) => [key.slice(key.lastIndexOf(".") + 1), value]),
    ),
  );
}
