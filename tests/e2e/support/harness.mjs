// What the end-to-end tests share: a browser, the embedded provider, the API, the test app on the
// packed package, and the steps of a user.

import { startApi } from "../../provider/api.mjs";
import { startProvider } from "../../provider/provider.mjs";
import { bakedVault, startApp } from "../app/build.mjs";
import { closeContexts, launch } from "./browsers.mjs";
import { own as ownFront, vault } from "./front.mjs";
import { startSite } from "./site.mjs";
import { Late, answer, until } from "./until.mjs";

/** The audience of the resource server. */
export const AUDIENCE = "urn:demo:api";

/** The names of one site for the app and a vault on an origin of its own. */
const OWN = { app: "spa.app.localhost", vault: "vault.app.localhost" };

/** What a page says, of all options, to a vault that has the others written into it. */
const OF_PAGE = ["issuer", "clientId", "vault", "restore", "user"];

const SCOPE = "openid profile api:read api:write";

/**
 * Starts everything for one browser; see `World`. `cacheable` lets pages into the back-forward cache,
 * `alsoOrigins` are those of other apps that the provider knows, `args` are for `launch`, the rest for the servers.
 * With `own` the vault has a site of its own, and the provider knows no address of the app: `true`, or the names of both.
 */
export async function startWorld(
  name,
  { provider = {}, app = {}, alsoOrigins = [], own = ownFront, cacheable, args } = {},
) {
  const world = new World(name, cacheable ? { "cache-control": "no-cache" } : {});
  const hosts = own === true ? OWN : own;
  world.vault = Boolean(app.vault ?? (own || vault));
  // The site's port is known only now, and the provider has to know the site.
  let api;
  world.app = await startApp({
    hostname: hosts.app,
    ...app,
    vault: world.vault,
    proxy: { "/api/": { toString: () => api.url } },
  });
  if (own) world.vaultSite = await startSite({ hostname: hosts.vault });
  const home = world.vaultSite?.origin ?? world.app.origin;
  world.op = await startProvider({
    spaOrigins: [home, ...alsoOrigins],
    autologin: "alice",
    ...provider,
  });
  api = await startApi({ issuer: world.op.issuer, origins: [home] });
  world.api = api;
  if (own) await world.deployVault();
  world.browser = await launch(name, { args });
  world.clear();
  return world;
}

/** One browser and the servers around it. Tests open contexts of their own. */
class World {
  #reusedBefore = 0;
  #headers;
  /** The files in whose place a test put its own. */
  #replaced = {};

  constructor(name, headers) {
    this.name = name;
    this.#headers = headers;
  }

  /** Back to how it was at the start, and no context left: call it after each test. */
  async reset() {
    this.clear();
    this.browser = await closeContexts(this.browser);
    this.clear();
  }

  /** The servers as they were at the start, with empty logs; pages that are open stay. */
  clear() {
    this.op.settings.autologin = "alice";
    this.op.settings.logout = null;
    // A token that lives for less than the leeway is renewed by any call after half of that: no test is to be so slow.
    this.op.setTtl({ at: 600, rt: 3600, id: 300, session: 3600 });
    this.op.faults.clear();
    this.op.requests.clear();
    this.op.issued.length = 0;
    this.#reusedBefore = this.op.reuseDetected;
    this.api.faults.clear();
    this.api.expireNext(0);
    this.api.requests.clear();
    for (const key of Object.keys(this.app.headers)) delete this.app.headers[key];
    Object.assign(this.app.headers, this.#headers);
    for (const site of [this.app, this.vaultSite]) {
      if (site) site.requests.length = site.referrers.length = 0;
    }
    this.configure();
  }

  /** How often the provider saw a spent code or refresh token in this test: its reuse detector. */
  get reused() {
    return this.op.reuseDetected - this.#reusedBefore;
  }

  /** Puts a document of the test's own at a path, in the app's place; `null` takes it away. */
  serve(path, body) {
    const { files } = this.app;
    if (!(path in this.#replaced)) this.#replaced[path] = files[path];
    if (body !== null) {
      files[path] = { body, headers: { "content-type": "text/html; charset=utf-8" } };
    } else if (this.#replaced[path] === undefined) {
      delete files[path];
    } else {
      files[path] = this.#replaced[path];
    }
  }

  /** Options of the app for the loads that follow; the usual ones where not said otherwise. */
  configure(options = {}) {
    const all = this.options(options);
    if (!this.vaultSite) return this.app.configure(all);
    const isPages = ([name]) => OF_PAGE.includes(name);
    const entries = Object.entries(all);
    this.app.configure(Object.fromEntries(entries.filter(isPages)));
    const { issuer, clientId } = all;
    const written = Object.fromEntries(entries.filter((entry) => !isPages(entry)));
    this.#bake({ app: this.app.origin, issuer, clientId, ...written });
  }

  options(more = {}) {
    const vault = this.vaultSite ? `${this.vaultSite.origin}/keyward/` : "/keyward/vault.js";
    return {
      issuer: this.op.issuer,
      clientId: "spa",
      scope: SCOPE,
      authorizationParams: { resource: AUDIENCE },
      resources: ["/api/", { origin: this.api.url, paths: ["/api/"] }],
      ...(this.vault ? { vault } : {}),
      ...this.further,
      ...more,
    };
  }

  /** Puts the files of a vault onto its site, as the command writes them, with the headers of the README. */
  async deployVault() {
    const { issuer, clientId } = this.options();
    const files = await bakedVault({ app: this.app.origin, issuer, clientId });
    const reach = `${issuer} ${this.api.url} ${this.app.origin}`;
    const page = (ancestors) => `default-src 'self'; frame-ancestors ${ancestors}`;
    const policies = {
      "/keyward/vault.js": `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${reach}`,
      "/keyward/frame.html": page(this.app.origin),
      "/keyward/callback.html": page("'none'"),
    };
    for (const [path, body] of Object.entries(files)) {
      const policy = policies[path];
      const headers = policy ? { "content-security-policy": policy } : {};
      this.vaultSite.files[path] = { body, headers: { "cache-control": "no-cache", ...headers } };
    }
    this.configure();
  }

  /** Writes other options into the files. */
  #bake(options) {
    const config = JSON.stringify(options);
    for (const file of Object.values(this.vaultSite.files)) {
      const line = /^self\.KEYWARD_CONFIG=.*/;
      file.body = file.body.replace(line, () => `self.KEYWARD_CONFIG=${config};`);
    }
  }

  /** A user of their own: nothing is shared with other contexts. `events` collects all pages' events. */
  async context(options = {}) {
    const context = await this.browser.newContext(options);
    context.events = [];
    await context.exposeFunction("keywardTestEvent", (event) => void context.events.push(event));
    return context;
  }

  /** A page on the app, in a context of its own unless one is given. */
  async open(path = "/", context) {
    const page = await (context ?? (await this.context())).newPage();
    await go(page, this.app.origin + path);
    return page;
  }

  /** A page on which somebody is signed in. */
  async signedIn(path = "/", context) {
    const page = await this.open(path, context);
    await signIn(page);
    return page;
  }

  async close() {
    await this.browser?.close();
    const servers = [this.app, this.vaultSite, this.op, this.api];
    await Promise.all(servers.map((server) => server?.close()));
  }
}

/** Loads a URL. The page may leave for the provider while it loads, which is no failure. */
export async function go(page, url) {
  await page.goto(url, { waitUntil: "commit" }).catch(overtaken);
}

export async function reload(page) {
  const begun = async () => {
    try {
      await page.reload({ waitUntil: "commit" });
    } catch (error) {
      // A page that was loaded a moment ago may not be the active one yet, says Chromium.
      if (/Not attached to an active page/.test(error.message)) return false;
      overtaken(error);
    }
    return true;
  };
  await until(begun, "a page that can be loaded anew");
}

/** A page that goes away interrupts what it is doing, or never answers. */
function overtaken(error) {
  if (error instanceof Late) return;
  if (!/interrupted|aborted|ERR_ABORTED|NS_BINDING_ABORTED|detached|destroyed/i.test(error.message))
    throw error;
}

/** Begins a sign-in; its outcome, should it fail, is in the page's `leaving`. */
export function startSignIn(page, options) {
  return leave(page, "signIn", options);
}

/** Begins a sign-out without waiting for it: the page may be gone before it answers. */
export function startSignOut(page, options) {
  return leave(page, "signOut", options);
}

/** Calls what may lead away from the page. Whether it did is seen there, so no answer is no failure. */
async function leave(page, method, options) {
  const begin = ([name, one]) => {
    window.leaving = settle(auth[name](one)).then((outcome) => (window.left = outcome));
  };
  await page.evaluate(begin, [method, options]).catch(overtaken);
}

/** Signs in by the provider's auto-login and waits until the page shows the user. */
export async function signIn(page, options) {
  await status(page, ["signedOut"]);
  await startSignIn(page, options);
  await status(page, ["signedIn"]);
}

/** Signs out, and waits for the load to which the provider sends the browser back. */
export async function signOut(page, options) {
  await startSignOut(page, options);
  // The page that is left has signed out already.
  await until(() => page.evaluate(() => window.auth && !window.leaving), "the way back");
  await status(page, "signedOut");
}

/** Waits until the app's state is one of these; gives it. */
export async function status(page, wanted) {
  const list = [wanted].flat();
  return until(
    async () => {
      const state = await stateOf(page);
      if (list.includes(state?.status)) return state;
      throw new Error(`${JSON.stringify(state)} at ${page.url()}`);
    },
    `the state ${list.join(" or ")}`,
  );
}

/** The app's state as data; undefined while the page is elsewhere. */
export function stateOf(page) {
  const look = () => {
    if (!window.auth) return undefined;
    const { status, reason, user, scope, expiresAt, lastError } = auth.state;
    return { status, reason, user, scope, expiresAt, lastError: lastError?.code ?? null };
  };
  return answer(() => page.evaluate(look));
}

/** `auth.fetch` in the page; the outcome as data. Absolute or relative URLs, plain init. */
export function call(page, url, init) {
  return page.evaluate(([target, options]) => settle(auth.fetch(target, options)), [url, init]);
}

/** The outcome of one of the client's methods. */
export function ask(page, method, ...args) {
  return page.evaluate(([name, list]) => settle(auth[name](...list)), [method, args]);
}

/** The events of the page's present load, by name, or those of one name. */
export function eventsOf(page, name) {
  const find = (one) => window.events.filter((event) => !one || event.name === one);
  return answer(() => page.evaluate(find, name));
}

/** The pending sign-ins of the page's tab, as they are stored. */
export function transactionsOf(page) {
  const find = () =>
    Object.entries(sessionStorage).filter(([key]) => key.startsWith("keyward.txn."));
  return answer(() => page.evaluate(find));
}

/** The sign-out mark that the tabs of a client share. */
export function markOf(page, clientId = "spa") {
  const find = (id) => {
    const key = Object.keys(localStorage).find((one) => one.endsWith(`|${id}.mark`));
    return key ? localStorage.getItem(key) : null;
  };
  return answer(() => page.evaluate(find, clientId));
}

/** Fills "localStorage" or "sessionStorage" until nothing more fits. */
export async function fillStorage(page, storage) {
  const full = await page.evaluate((name) => {
    const put = (key, size) => {
      try {
        window[name].setItem(key, "x".repeat(size));
        return true;
      } catch {
        return false;
      }
    };
    for (let size = 1 << 20; size >= 1; size >>= 1) {
      for (let n = 0; put(`filler ${size} ${n}`, size); n += 1);
    }
    return !put("one more key", 1);
  }, storage);
  if (!full) throw new Error(`${storage} could not be filled`);
}
