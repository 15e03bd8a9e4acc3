// Tabs, workers and browsers that end at random moments, with a provider that rotates refresh tokens and knows when one is
// used twice, and two users who take turns. What must hold: no token is used twice, a sign-out stays one, whoever signed in
// gets on, and no tab that shows one of them gets what belongs to the other.
//
//   MINUTES   how long each placement is played in each browser (1)
//   SEED      of the moves; a failure names it. The engine's own timing is not in it.
//   PLACE     where the vault is, as PLACES names it; else all are played
//   FRONT     as in the end-to-end tests; it brings its place with it
//   BROWSERS, CHROME, FIREFOX, WEBKIT as in the end-to-end tests
//
// WebKit's driver ends with a browser or a page that dies, and has no switch for the network: there tabs are closed, and
// what ends hard is the process of a closed tab that still holds the vault.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { forEachBrowser, launch, launchProfile } from "../e2e/support/browsers.mjs";
import { own, vault } from "../e2e/support/front.mjs";
import { go, startWorld, stateOf } from "../e2e/support/harness.mjs";
import { inTime, until } from "../e2e/support/until.mjs";
import { endWorkers } from "../e2e/support/workers.mjs";

const MINUTES = Number(process.env.MINUTES ?? 1);
const FIRST_SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** Seconds of an access token: so short that every round has its refreshes. */
const TOKEN_LIFE = 6;
const MOST_TABS = 5;
const MOVES_A_ROUND = 12;
/** After a round everything comes to rest within this time. */
const REST = { timeout: 60_000, interval: 200 };
/** Where a tab tells of an answer that was for somebody else. */
const MIXED = "/mixed?";
const PLACES = {
  "in the page": { app: { vault: false } },
  "in a worker": { app: { vault: true } },
  "on an origin of its own": { own: true },
};
const ofFront = Object.keys(PLACES)[own ? 2 : vault ? 1 : 0];
const PLACE = process.env.FRONT ? ofFront : process.env.PLACE;

forEachBrowser((name) => {
  for (const [place, options] of Object.entries(PLACES)) {
    if (PLACE && PLACE !== place) continue;
    // WebKitGTK has no such origin without a certificate.
    if (name === "webkit" && options.own) continue;
    describe(`ends at random moments in ${name}, with the vault ${place}`, () => {
      let chaos;
      before(async () => {
        chaos = await Chaos.start(name, options);
      });
      after(() => chaos?.close());

      const limit = { timeout: (MINUTES * 60 + 300) * 1_000 };
      test(
        "no token is used twice, a sign-out stays one, the user gets on, and no other user's data is shown",
        limit,
        async () => {
          const end = Date.now() + MINUTES * 60_000;
          for (let seed = FIRST_SEED; Date.now() < end; seed += 1) {
            await chaos.round(seed).catch((error) => {
              const moves = chaos.moves.join(", ");
              throw new Error(`SEED=${seed}: ${moves}: ${error.message}`, { cause: error });
            });
          }
          const { done } = chaos;
          console.log(`${name}, ${place}: ${JSON.stringify(done)}`);
          // The probe: what is to be survived has happened.
          const workers = name !== "firefox" && place !== "in the page" ? ["worker"] : [];
          const hard = name === "webkit" ? [] : ["kill"];
          const needed = ["round", "refresh", "close", "switch", ...workers, ...hard];
          for (const what of needed) assert.ok(done[what] > 0, what);
        },
      );

      test("the detectors fire", async () => {
        assert.equal(await chaos.spendTwice(), 1);
        assert.equal(await chaos.callAsNobody(), 1);
      });
    });
  }
});

class Chaos {
  /** How often each move was made. */
  done = {};
  moves = [];
  #name;
  #world;
  #profile;
  #dice;
  /** Whether the user means to be signed in. */
  #wanted = false;
  /** Tabs that ended, or are about to: nobody can ask them anything. */
  #gone = new WeakSet();
  /** When the browser ended hard. */
  #kills = [];
  /** Codes that came once more after such an end. */
  #reopened = 0;
  /** Processes of the tabs, for WebKit. */
  #processes = new WeakMap();

  static async start(name, options) {
    const chaos = new Chaos();
    chaos.#name = name;
    chaos.#world = await startWorld(name, options);
    chaos.#world.op.setTtl({ at: TOKEN_LIFE, rt: 36_000, id: 300, session: 36_000 });
    await chaos.#take(await (name === "webkit" ? launchBrowser(name) : launchProfile(name)));
    return chaos;
  }

  /** A browser, in which a tab's end takes along those that share its process. */
  async #take(profile) {
    this.#profile = profile;
    if (this.#name === "webkit") return;
    profile.context.on("page", (page) =>
      page.once("crash", () => {
        this.#count("crashed");
        void this.#close(page);
      }),
    );
  }

  async close() {
    await this.#profile?.close().catch(() => {});
    await this.#profile?.remove();
    await this.#world.close();
  }

  /** Answers that a tab got for another user than the one it showed, as it told its server. */
  get #mixed() {
    return this.#world.app.requests.filter((line) => line.includes(MIXED)).map(decodeURIComponent);
  }

  get #tabs() {
    return this.#profile.context
      .pages()
      .filter((page) => page.url().startsWith("http") && !this.#gone.has(page));
  }

  /** Some moves, one upon the other, then rest: and what must hold then. */
  async round(seed) {
    this.#dice = dice(seed);
    this.moves = [];
    this.#count("round");
    // Every other round has its hard end.
    const kill = seed % 2 === 0 && this.#profile.kill ? this.#dice(MOVES_A_ROUND) : undefined;
    for (let n = 0; n < MOVES_A_ROUND; n += 1) {
      const move = n === kill ? "kill" : this.#pick();
      this.moves.push(move);
      this.#count(move);
      await this.#make(move);
      await pause(this.#dice(700));
    }
    await this.#setOffline(false);
    if (this.#tabs.length === 0) await this.#open();
    await (this.#wanted ? this.#assertGetsOn() : this.#assertStaysOut());
    this.#reopened = 0;
    const twice = this.#sentTwice();
    const { reused } = this.#world;
    const isClean = twice.length === 0 && reused <= this.#reopened;
    assert.ok(isClean, `a token was used twice: ${JSON.stringify(twice)}`);
    assert.deepEqual(this.#mixed, [], "another user's data");
  }

  /**
   * Token requests with what had been sent before, each with the first one. A browser that ends hard opens its tabs again as
   * it last wrote them down, maybe at a provider's answer with all that is needed to redeem it: that code, whose grant has
   * died with the browser, is no finding.
   */
  #sentTwice() {
    const firsts = new Map();
    const twice = [];
    for (const one of this.#world.op.requests.of("token")) {
      const code = one.param("code");
      const first = firsts.get(code ?? one.param("refresh_token"));
      if (!first) firsts.set(code ?? one.param("refresh_token"), one);
      else if (code && this.#kills.some((at) => first.at < at && at < one.at)) this.#reopened += 1;
      else twice.push([first, one]);
    }
    return twice;
  }

  #count(what) {
    this.done[what] = (this.done[what] ?? 0) + 1;
  }

  #pick() {
    const tabs = this.#tabs;
    if (tabs.length === 0) return "open";
    const all = [
      ...["open", "open", "close", "reload", "call", "call", "refresh", "refresh", "leave"],
      ...["offline", "crash", this.#wanted ? "refresh" : "signIn", "signIn", "signOut"],
      ...["switch"],
    ];
    for (;;) {
      const move = all[this.#dice(all.length)];
      if (move === "open" && tabs.length >= MOST_TABS) continue;
      if (move === "offline" && this.#name === "webkit") continue;
      if (move === "signOut" && (!this.#wanted || this.#dice(2))) continue;
      return move;
    }
  }

  /** Begins a move. It is waited for only where nothing else can be done before. */
  async #make(move) {
    const page = this.#tabs[this.#dice(this.#tabs.length || 1)];
    switch (move) {
      case "open":
        return this.#open();
      case "close":
        return void this.#close(page);
      case "reload":
        return void page.reload({ waitUntil: "commit" }).catch(() => {});
      case "leave":
        // Away and back, out of the cache if the engine has put the page there.
        await page.goto("about:blank", { waitUntil: "commit" }).catch(() => {});
        return void page.goBack({ waitUntil: "commit" }).catch(() => {});
      case "call":
        return this.#everywhere(callAs, [MIXED]);
      case "refresh":
        return this.#everywhere(() => void auth.refresh().catch(() => {}));
      case "offline":
        await this.#setOffline(true);
        await pause(this.#dice(1_500));
        return this.#setOffline(false);
      case "crash":
        return this.#crash(page);
      case "kill":
        this.#kills.push(Date.now());
        await this.#profile.kill();
        await this.#take(await this.#profile.again());
        return this.#open();
      case "signIn":
        return this.#begin(page, "signIn", "signedOut");
      case "signOut":
        return this.#begin(page, "signOut", "signedIn");
      case "switch": {
        const { settings } = this.#world.op;
        settings.autologin = settings.autologin === "alice" ? "bob" : "alice";
        return this.#begin(page, "signIn", "signedIn", { prompt: "login" });
      }
    }
  }

  async #setOffline(offline) {
    if (this.#name !== "webkit") await this.#profile.context.setOffline(offline);
  }

  async #open() {
    const before = this.#pids();
    const page = await this.#profile.context.newPage();
    await go(page, this.#world.app.origin + "/");
    const own = this.#pids().filter((pid) => !before.includes(pid));
    this.#processes.set(page, own);
  }

  #pids() {
    return this.#name === "webkit" ? this.#profile.context.processes("WebKitWebProcess") : [];
  }

  /** In every tab at once, wherever it is. */
  async #everywhere(act, given) {
    const begun = this.#tabs.map((page) => tell(page, act, given));
    await Promise.all(begun);
  }

  /** A tab's process ends, or the workers' do. Firefox has no word for that: there the tab is closed. */
  async #crash(page) {
    if (this.#name === "webkit") return this.#endLeftBehind(page);
    if (this.#name === "firefox") return void this.#close(page);
    if (this.#dice(2)) {
      const browser = this.#profile.context.browser();
      // Where the tokens are in the page there are none.
      return endWorkers(browser).then(
        () => this.#count("worker"),
        () => {},
      );
    }
    const session = await this.#profile.context.newCDPSession(page);
    void session.send("Page.crash").catch(() => {});
    await pause(100);
    await this.#close(page);
  }

  async #close(page) {
    this.#gone.add(page);
    await page.close().catch(() => {});
  }

  /** A tab is closed; its process ends too, if it stays for a worker. */
  async #endLeftBehind(page) {
    await this.#close(page);
    await pause(300);
    const [own] = this.#processes.get(page) ?? [];
    const pids = this.#pids();
    // One more than there are tabs is of the driver's own window.
    if (!pids.includes(own) || pids.length <= this.#tabs.length + 1) return;
    process.kill(own, "SIGKILL");
    this.#count("worker");
  }

  /** Signs in or out where that can be done. From the call of a sign-out on nobody is signed in, whatever ends next. */
  async #begin(page, method, from, options) {
    const act = ([name, status, given]) => {
      if (window.auth?.state.status !== status) return false;
      auth[name](given).catch(() => {});
      return true;
    };
    if (await tell(page, act, [method, from, options])) this.#wanted = method === "signIn";
  }

  /** Whoever is not signed in can sign in, and then every tab can call. */
  async #assertGetsOn() {
    await this.#atRest();
    const [first] = this.#tabs;
    const signedIn = async () => {
      const state = await stateOf(first);
      if (state?.status === "signedIn") return true;
      // A sign-out that is still on its way to the provider takes the page along: then once more.
      if (state?.status === "signedOut") {
        const failed = await tell(first, () => {
          const before = window.signInFailed;
          auth.signIn().catch((error) => (window.signInFailed = String(error)));
          return [before, ...auth.diagnostics.map(({ code, message }) => `${code}: ${message}`)];
        });
        throw new Error(JSON.stringify([state, failed]));
      }
      throw new Error(JSON.stringify(state));
    };
    await until(signedIn, "a sign-in", { ...REST, interval: 5_000 });
    for (const page of this.#tabs) {
      await until(
        async () => {
          const { status, lastError } = await stateOf(page);
          // What a dead vault or a lost token leaves behind ends with the next load.
          if (lastError === "reauthentication_needed") await page.reload({ waitUntil: "commit" });
          // A sign-out that was still on its way came after the sign-in, or the provider ended the grant of the user before.
          const all = await Promise.all(this.#tabs.map(stateOf));
          if (all.every((state) => state?.status === "signedOut")) {
            await tell(page, () => void auth.signIn().catch(() => {}));
          }
          const answer = await page.evaluate(() => settle(auth.fetch("/api/orders")));
          if (answer.ok?.status === 200) return true;
          throw new Error(JSON.stringify({ status, lastError, answer, all }));
        },
        "a call that is answered",
        { ...REST, interval: 1_000 },
      );
    }
  }

  /** No tab shows anybody, and no load brings the session back. */
  async #assertStaysOut() {
    await this.#atRest();
    const out = async () => {
      const states = await Promise.all(this.#tabs.map(stateOf));
      const all = states.every((state) => state?.status === "signedOut");
      if (!all) throw new Error(JSON.stringify(states));
      return true;
    };
    await until(out, "everybody out", REST);
    await this.#open();
    await this.#tabs[0].reload({ waitUntil: "commit" });
    await this.#atRest();
    await out();
  }

  /** No tab is on its way, or waits. */
  async #atRest() {
    const rest = async () => {
      const tabs = this.#tabs;
      const asked = tabs.map((page) => inTime(stateOf(page), page.url(), 5_000));
      const states = await Promise.all(asked);
      for (const [at, page] of tabs.entries()) if (!states[at]) await this.#loadAgain(page);
      const seen = states.map((state, at) => state?.status ?? tabs[at].url());
      if (seen.some((one) => !/^signed(In|Out)$/.test(one))) throw new Error(seen.join(", "));
      return true;
    };
    await until(rest, "rest", REST);
  }

  /** What was loaded while there was no network has no app in it, and nobody but the user who loads it again. */
  async #loadAgain(page) {
    // The redirect page takes the answer out of its address.
    const isBare = (app) =>
      document.documentURI.startsWith("about:") ||
      (document.readyState === "complete" &&
        (location.pathname.includes("/keyward/")
          ? location.search !== ""
          : location.origin === app && !window.auth));
    if (!(await tell(page, isBare, this.#world.app.origin))) return;
    if (!this.moves.includes("offline")) return;
    this.#count("bare");
    await page.reload({ waitUntil: "commit" }).catch(() => {});
  }

  /** A spent token once more, by hand: how often the provider notices. */
  async spendTwice() {
    const { op } = this.#world;
    await this.#assertGetsOn();
    const [page] = this.#tabs;
    op.requests.clear();
    for (let n = 0; n < 2; n += 1) await page.evaluate(() => auth.refresh());
    const refreshes = op.requests.of("token").filter((one) => one.param("refresh_token"));
    const body = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "spa",
      refresh_token: refreshes[0].param("refresh_token"),
    });
    const before = this.#world.reused;
    await fetch(`${op.issuer}/token`, { method: "POST", body });
    return this.#world.reused - before;
  }

  /** A call whose answer is not that user's: how often it is noticed. */
  async callAsNobody() {
    await this.#tabs[0].evaluate(callAs, [MIXED, "nobody"]);
    await until(async () => this.#mixed.length, "word of it");
    return this.#mixed.length;
  }
}

/** A browser in place of a profile: it has no hard end. */
async function launchBrowser(name) {
  const browser = await launch(name);
  return { context: await browser.newContext(), close: () => browser.close(), remove() {} };
}

/** A call of the user that the page shows, which tells when the answer is another one's. */
function callAs([mixed, as]) {
  const user = as ?? window.auth?.user?.sub;
  if (!user) return;
  const tell = async (response) => {
    const answer = await response.json();
    if (answer.user === user) return;
    const what = encodeURIComponent(`${user} got ${JSON.stringify(answer)}`);
    await fetch(mixed + what, { keepalive: true });
  };
  auth
    .fetch("/api/orders")
    .then(tell)
    .catch(() => {});
}

/** What the page answers, or `undefined` if it goes away over it. */
async function tell(page, act, argument) {
  try {
    return await inTime(page.evaluate(act, argument), "a page", 5_000);
  } catch {
    return undefined;
  }
}

/** Whole numbers below `n`, the same for the same seed. */
function dice(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
  };
}
