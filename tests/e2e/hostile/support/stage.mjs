// Where the cases of the scripted provider are played: one browser, and in it one context with two
// tabs of the test app, used case after case and theme after theme.
//
//   actor      signs in under the case's script
//   bystander  is signed in the whole time: what goes wrong in one tab must not reach another
//
// In the actor's sessionStorage lies one more sign-in that waits for its answer all the time.
// A test that fails leaves the stage in pieces, so the next one gets a new context.

import { after, before, describe } from "node:test";
import { startHostile } from "../../../provider/hostile.mjs";
import { catalogue } from "../../../provider/hostile/cases/index.mjs";
import { bundle, startApp } from "../../app/build.mjs";
import { browserNames, closeContexts, forEachBrowser, launch } from "../../support/browsers.mjs";
import { onlyFor } from "../../support/front.mjs";
import { ask, go, startSignIn, startSignOut } from "../../support/harness.mjs";
import { test } from "../../support/timed.mjs";
import { answer, until } from "../../support/until.mjs";
import { forgetRestores, look, ownTime, prepare, tell } from "./page.mjs";

/** Who signs in: a name that is found nowhere by chance. */
export const USER = "stage-user-7Qx";

/** Endpoints whose requests are counted. */
export const ENDPOINTS = [
  "discovery",
  "authorize",
  "token",
  "jwks",
  "userinfo",
  "revocation",
  "endSession",
];

/** Lives in seconds, where a theme does not say otherwise: nothing ends by itself. */
const TTL = { at: 3600, rt: 36_000, id: 300 };

/** A sign-in that waits is good for ten minutes; after this many milliseconds a new one is begun. */
const WAITS_FOR = 240_000;

/** A page that was left is not kept for a way back: hundreds are left here. */
const LEAN = {
  chromium: ["--disable-features=BackForwardCache"],
  firefox: { "browser.sessionhistory.max_total_viewers": 0 },
};

/** Whether every case is to be played in every browser; else one browser plays those in the core. */
const everywhere = Boolean(process.env.EVERYWHERE);

const themes = [];

/**
 * Adds a theme. `declare(scene)` gets
 *   scene.test(title, (stage) => …)
 *   scene.core(title, (stage) => …)   for what is decided in the core, see `plays`
 *   scene.onlyFor(front, why)         gives a `test` for one front, see `support/front.mjs`
 *   scene.plays(one)                  whether this browser plays a case: with `core` set only the
 *                                     first does, unless EVERYWHERE is set
 *   scene.browser                     its name
 * `settings`: `options` of `createAuth`, `ttl` of the provider (seconds).
 */
export function onStage(theme, declare, settings = {}) {
  themes.push({ theme, declare, settings });
}

/** Declares all themes, or those that THEMES names, in each browser: one browser after the other. */
export function playAll() {
  const wanted = process.env.THEMES?.split(",").map((name) => name.trim());
  forEachBrowser((name) => {
    describe(`in ${name}`, () => {
      let stage;
      before(async () => (stage = await Stage.start(name)));
      after(() => stage?.close());
      for (const { theme, declare, settings } of themes) {
        if (wanted && !wanted.includes(theme)) continue;
        describe(theme, () => {
          before(() => stage.enter(settings));
          declare(sceneOf(name, (play) => () => stage.run(play)));
        });
      }
    });
  });
}

function sceneOf(browser, onIt) {
  const plays = ({ core }) => !core || everywhere || browser === browserNames[0];
  return {
    browser,
    plays,
    test: (title, play) => test(title, onIt(play)),
    core: (title, play) => plays({ core: true }) && test(title, onIt(play)),
    onlyFor: (front, why) => (title, play) => onlyFor(front, why)(title, onIt(play)),
  };
}

class Stage {
  #broken = true;
  #spoilt = false;
  /** The next test begins with a new load of the page. */
  #stale = false;
  /** Whether the actor's page may have metadata and keys already. */
  knowsProvider = true;
  /** Codes and tokens that the provider gave out since `forget`. */
  #given = { codes: [], tokens: [] };
  /** How often a page told that there is something to see. */
  #told = 0;
  /** The tab's history before the last step. */
  #visited = [];

  static async start(name) {
    const stage = new Stage();
    stage.op = await startHostile();
    stage.#listen();
    stage.app = await startApp({ files: await cachedFiles() });
    stage.browser = await launch(name, { args: LEAN[name] });
    return stage;
  }

  /** Prepares for the tests of a theme. */
  enter({ ttl, options = {} }) {
    this.settings = { options };
    Object.assign(this.op.settings.ttl, TTL, ttl);
    this.#stale = true;
  }

  /** Runs one test on a stage that is whole, with the correct provider and an empty log. */
  async run(play) {
    if (this.#broken || Date.now() - this.waiting.since > WAITS_FOR) await this.#open();
    this.#broken = true;
    await this.script({});
    this.configure();
    if (this.#stale) await this.visit("/");
    await answer(() => this.actor.evaluate(forgetRestores));
    this.forget();
    this.#spoilt = this.#stale = false;
    await play(this);
    this.#broken = this.#spoilt;
  }

  /** The next test begins with a new context. */
  spoil() {
    this.#spoilt = true;
  }

  /** Puts a script in force: an object, a ready-made case by name or catalogue id, or a function. */
  async script(script) {
    const found = typeof script === "string" ? catalogue(script).script : script;
    const made = typeof found === "function" ? await found(this.op) : found;
    this.op.script = { user: USER, ...made };
  }

  /**
   * Options of the app for the loads that follow. Time in these pages runs `pace` times as fast,
   * so that nobody waits for a deadline or a pause; see also `later`. `first` is a function that
   * the page runs before it makes the client.
   */
  configure(more = {}, { pace = 1, first = () => {} } = {}) {
    const options = JSON.stringify(this.options(more));
    // The texts of errors have a deadline too, which is not what is tested here.
    const texts = 'import("/app/texts.js").catch(() => {})';
    this.app.configure(`(${texts}, (${tell})(), (${ownTime})(${pace}), (${first})(), ${options})`);
  }

  /** Lets the clock of the actor's page jump ahead, for its life. Timers do not notice. */
  later(seconds) {
    this.#stale = true;
    return this.actor.evaluate((ms) => void (window.ahead += ms), seconds * 1000);
  }

  options(more = {}) {
    return {
      issuer: this.op.issuer,
      clientId: "spa",
      restore: false,
      // What a case comes to is not to be covered by the session that the bystander has.
      handover: false,
      ...this.settings.options,
      ...more,
    };
  }

  /** Forgets the requests and secrets so far. */
  forget() {
    this.op.requests.clear();
    this.op.witness.requests.clear();
    this.op.grants.reuseDetected = 0;
    this.#given = { codes: [], tokens: [] };
  }

  get tokens() {
    return this.#given.tokens.filter(isSecret);
  }

  /** With the verifiers that were sent. */
  get codes() {
    const verifiers = this.op.requests.of("token").map(({ form }) => form.get("code_verifier"));
    return [...this.#given.codes, ...verifiers].filter(isSecret);
  }

  /** How many requests each endpoint got. */
  counts() {
    return Object.fromEntries(ENDPOINTS.map((name) => [name, this.op.count(name)]));
  }

  /** Signs the actor in; gives what the page shows once the attempt is over. */
  signIn(options) {
    this.knowsProvider = true;
    return this.#settled("the end of the sign-in", () => startSignIn(this.actor, options));
  }

  /** Leads the actor from wherever it is to a path of the app. */
  async open(path) {
    await this.leave(path);
    await this.look();
  }

  /** The same, where the app may lead on to the provider at once. */
  leave(path) {
    return go(this.actor, this.app.origin + path);
  }

  /** Loads a URL in the actor; gives what the page shows then. */
  visit(path = "/") {
    this.knowsProvider = false;
    const url = path.startsWith("/") ? this.app.origin + path : path;
    return this.#settled(`the load of ${path}`, () => go(this.actor, url));
  }

  /** Signs the actor out; gives what the page shows that the provider sends the browser back to. */
  signOut(options) {
    const back = (seen) => !seen.stayed;
    const start = () => startSignOut(this.actor, options);
    return this.#settled("the return from the sign-out", start, back);
  }

  /**
   * Takes a step, and waits for a new load that is through or for an attempt that was refused in
   * place. The page is looked at only when it has told that there is something to see.
   */
  async #settled(what, step, enough = () => true) {
    let heard = this.#told;
    this.#visited = await answer(() => this.actor.evaluate(prepare));
    await step();
    const seen = async () => {
      const told = this.#told;
      if (told === heard) return null;
      const shown = await this.actor.evaluate(look, { waits: true });
      // Only now: what got no answer is asked again.
      heard = told;
      return shown && enough(shown) && shown;
    };
    return this.#newEntries(await until(seen, what, { interval: 5 }));
  }

  #newEntries(seen) {
    return { ...seen, entries: seen.entries.filter((url) => !this.#visited.includes(url)) };
  }

  /** What the actor shows now. */
  async look() {
    const seen = () => this.actor.evaluate(look, { waits: false });
    return this.#newEntries(await until(seen, "the page"));
  }

  /** One of the client's methods in the actor: its outcome as data. */
  ask(method, ...args) {
    return ask(this.actor, method, ...args);
  }

  /** Signs the other tab in again, after something ended the session everywhere. */
  async mend() {
    await this.script({});
    const tab = this.bystander;
    const isSignedIn = () => tab.evaluate(() => auth.state.status === "signedIn");
    // News that is on its way is heard before a call is answered.
    await answer(() => tab.evaluate(() => settle(auth.accessToken()).then(() => {})));
    if (await answer(isSignedIn)) return;
    await startSignIn(tab);
    await until(isSignedIn, "the other tab");
  }

  /** Removes own pending sign-ins from the actor: all but the one that waits. */
  sweep() {
    const remove = (kept) => {
      for (const key of Object.keys(sessionStorage)) {
        if (key !== kept) sessionStorage.removeItem(key);
      }
    };
    return answer(() => this.actor.evaluate(remove, this.waiting.key));
  }

  /** A tab of the same browser profile. */
  async tab(path = "/") {
    const page = await this.context.newPage();
    await go(page, this.app.origin + path);
    await until(() => page.evaluate(look, { waits: false }), "a new tab");
    return page;
  }

  async close() {
    await this.browser?.close();
    await Promise.all([this.app?.close(), this.op?.close(), this.onClose?.()]);
  }

  async #open() {
    this.browser = await closeContexts(this.browser);
    this.context = await this.browser.newContext();
    await this.context.exposeFunction("stageTold", () => void (this.#told += 1));
    await this.script({});
    this.configure();
    this.bystander = this.actor = await this.tab();
    const { status } = await this.signIn();
    if (status !== "signedIn") throw new Error(`the correct provider gave ${status}`);
    this.actor = await this.tab();
    await this.#begin();
  }

  /** Begins the sign-in that stays without an answer: the provider keeps the browser where it is. */
  async #begin() {
    await this.script({ faults: { authorize: { status: 204 } } });
    this.forget();
    await startSignIn(this.actor);
    this.waiting = await until(
      () =>
        this.actor.evaluate(() => {
          const key = Object.keys(sessionStorage).find((name) => name.startsWith("keyward.txn."));
          return key && { key, record: sessionStorage.getItem(key) };
        }),
      "a pending sign-in",
    );
    await until(() => this.op.count("authorize") > 0, "its request");
    this.waiting.since = Date.now();
    this.waiting.query = this.op.requests.last("authorize").query;
  }

  /** Notes what the provider gives out. */
  #listen() {
    const hook = this.op.hook.bind(this.op);
    this.op.hook = (name, value, ...more) => {
      const given = hook(name, value, ...more);
      if (name === "callback") this.#given.codes.push(new Map(value).get("code"));
      if (name === "tokenResponse" && given && typeof given === "object") {
        const { access_token, refresh_token, id_token } = given;
        this.#given.tokens.push(access_token, refresh_token, id_token);
      }
      return given;
    };
  }
}

/** The test app's files; its code may be kept by the browser, since every case loads the page. */
async function cachedFiles() {
  const headers = { "cache-control": "max-age=3600" };
  const files = Object.entries(await bundle());
  return Object.fromEntries(
    files.map(([path, body]) => [path, /\.(js|wasm)$/.test(path) ? { body, headers } : body]),
  );
}

/** Whether it is long enough to be found by nothing but itself. */
const isSecret = (text) => typeof text === "string" && text.length >= 8;

/** The provider's metadata as it is without a script. */
export async function metadataOf(op) {
  const { script } = op;
  op.script = {};
  const response = await fetch(`${op.origin}/.well-known/openid-configuration`);
  op.script = script;
  op.requests.clear();
  return response.json();
}
