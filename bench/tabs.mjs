// Many tabs of one user: what they ask of the provider, what they lose, and what one more costs.
import { readFileSync, readdirSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { root } from "../scripts/lib.mjs";
import { launch } from "../tests/e2e/support/browsers.mjs";
import { startSite } from "../tests/e2e/support/site.mjs";
import { until } from "../tests/e2e/support/until.mjs";
import {
  corsHeaders,
  isPreflight,
  listen,
  preflight,
  readBody,
  redirect,
  send,
  stop,
} from "../tests/provider/http.mjs";
import { startProvider } from "../tests/provider/provider.mjs";
import { html } from "./html.mjs";
import { bundle } from "./bundle.mjs";
import { residentBytes } from "./memory.mjs";
import { TABBED } from "./plan.mjs";

const TABS = 20;
/** Seconds of an access token. */
const TOKEN_LIFE = 600;
/** Seconds that outlast any number of rounds. */
const LONG = 10_000_000;
/** A tab that is not signed in by then counts as one that is not. */
const READY_MS = 30_000;
/** All tabs begin a round at one moment, so long after they are told. */
const AHEAD_MS = 500;
const NEW_TABS = 10;
const MEMORY_TABS = 10;
const CALLS = [
  { name: "1 KB", url: "/api/1k", batches: 20, size: 20 },
  { name: "1 MB", url: "/api/1m", batches: 20, size: 3 },
];

const realNow = Date.now.bind(Date);

/** Measures each client with many tabs; `rounds` is how often all tabs' token expires. */
export async function tabs({ rounds, clients = Object.keys(TABBED) }, say) {
  const results = {};
  let version = "";
  for (const client of clients) {
    const bench = await Bench.start(client);
    version = bench.version;
    try {
      results[client] = {};
      for (const [what, measure] of Object.entries({
        expiry: () => bench.expiry(rounds, say),
        cold: () => bench.coldStart(),
        newTab: () => bench.newTab(),
        calls: () => bench.calls(),
        memory: () => bench.memory(),
      })) {
        say(`${TABBED[client]}: ${what}`);
        try {
          results[client][what] = await measure();
        } catch (error) {
          say(`${TABBED[client]}: no ${what}: ${error.message}`);
        }
        bench.setClock(0);
      }
    } finally {
      await bench.close();
    }
  }
  return { results, browser: `Chromium ${version}` };
}

/** One client, a provider of its own and a browser. */
class Bench {
  static async start(client) {
    const bench = new Bench();
    bench.client = client;
    bench.site = await serve(client);
    const { origin } = bench.site;
    const ttl = { at: TOKEN_LIFE, id: LONG, rt: LONG, session: LONG };
    bench.provider = await startProvider({ spaOrigins: [origin], autologin: "alice", ttl });
    bench.issuer = bench.provider.issuer;
    if (client === "auth0-spa-js") {
      bench.auth0 = await startAuth0Paths(bench.provider.issuer);
      bench.issuer = bench.auth0.origin;
      bench.provider.faults.set("token", { claims: { iss: `${bench.issuer}/` } });
    }
    const config = {
      issuer: bench.issuer,
      clientId: "spa",
      redirectUri: client === "keyward-vault" ? `${origin}/keyward/callback.html` : `${origin}/`,
      scope: "openid profile",
      shared: true,
    };
    bench.site.files["/index.html"] = html(config);
    bench.browser = await launch("chromium");
    bench.version = bench.browser.version();
    return bench;
  }

  async close() {
    this.setClock(0);
    await this.browser.close();
    await Promise.all([this.provider, this.site, this.auth0].map((server) => server?.close()));
  }

  /** The clock of this process, and so of the provider. Pages have their own. */
  setClock(ahead) {
    Date.now = () => realNow() + ahead;
  }

  /** A context, `state` with what an earlier one kept on the disk. */
  async context(state) {
    const context = await this.browser.newContext(state ? { storageState: state } : {});
    const events = new Map();
    await context.exposeBinding("report", ({ page, frame }, event) => {
      if (frame === page.mainFrame()) events.get(page)?.push(event);
    });
    const open = async (path = "/#sign-in") => {
      const page = await context.newPage();
      const own = [];
      events.set(page, own);
      const asked = realNow();
      await page.goto(this.site.origin + path, { waitUntil: "commit" }).catch(() => {});
      const signedIn = () => own.find(({ name }) => name === "signedIn");
      const ready = () => until(signedIn, "a session", { timeout: READY_MS });
      return { page, asked, ready, events: own };
    };
    return { context, open, close: () => Promise.race([context.close(), pause(3_000)]) };
  }

  async signedInTabs() {
    const world = await this.context();
    const all = [await world.open()];
    await all[0].ready();
    for (let n = 1; n < TABS; n += 1) {
      const tab = await world.open();
      await tab.ready();
      all.push(tab);
    }
    return { ...world, all };
  }

  /** The access token expires in all tabs at once, and each makes a call. */
  async expiry(rounds, say) {
    const told = { rounds: 0, tokenRequests: 0, reused: 0, lost: 0 };
    let world = await this.signedInTabs();
    let ahead = 0;
    for (let round = 1; round <= rounds; round += 1) {
      ahead += (TOKEN_LIFE + 1) * 1_000;
      this.setClock(ahead);
      const pages = world.all.map(({ page }) => page);
      await Promise.all(
        pages.map((page) => page.evaluate((to) => window.bench.setClock(to), ahead)),
      );
      this.provider.requests.clear();
      const before = this.provider.reuseDetected;
      const moment = realNow() + AHEAD_MS;
      const call = (page) => page.evaluate((at) => window.bench.callAt(at), moment);
      const good = await Promise.all(pages.map((page) => call(page).catch(() => false)));
      told.rounds += 1;
      told.tokenRequests += this.provider.count("token");
      told.reused += this.provider.reuseDetected > before ? 1 : 0;
      const lost = good.filter((one) => !one).length;
      told.lost += lost;
      if (round % 10 === 0) say(`round ${round}: ${JSON.stringify(told)}`);
      if (lost === 0) continue;
      // Whoever lost the session signs in again.
      await world.close();
      this.setClock((ahead = 0));
      world = await this.signedInTabs();
    }
    await world.close();
    return told;
  }

  /** The browser was closed with somebody signed in; now all tabs open at once. */
  async coldStart() {
    const first = await this.context();
    await (await first.open()).ready();
    const state = await first.context.storageState();
    await first.close();
    const world = await this.context(state);
    this.provider.requests.clear();
    const all = await Promise.all(Array.from({ length: TABS }, () => world.open("/")));
    const ready = await Promise.all(
      all.map((tab) =>
        tab.ready().then(
          () => true,
          () => false,
        ),
      ),
    );
    const told = {
      authorizationRequests: this.provider.count("authorize"),
      tokenRequests: this.provider.count("token"),
      signedIn: ready.filter(Boolean).length,
    };
    await world.close();
    return told;
  }

  /** Milliseconds from the first script of a new tab beside a signed-in one until it is ready. */
  async newTab() {
    const world = await this.context();
    await (await world.open()).ready();
    const times = [];
    for (let n = 0; n < NEW_TABS; n += 1) {
      this.provider.requests.clear();
      const tab = await world.open();
      const { at } = await tab.ready();
      times.push({ ms: at - tab.events[0].at, asked: this.provider.count("authorize") });
      await tab.page.close();
    }
    await world.close();
    return times;
  }

  /** Milliseconds of a call, with the client and without it. */
  async calls() {
    const world = await this.context();
    const { page, ready } = await world.open();
    await ready();
    const told = {};
    for (const { name, ...how } of CALLS) {
      told[name] = await page.evaluate((one) => window.bench.authorizedCalls(one), how);
    }
    await world.close();
    return told;
  }

  /** Bytes of memory per tab, on the app and on a page without a client. */
  async memory() {
    const world = await this.context();
    await (await world.open()).ready();
    const plain = await this.#perTab(() => world.open("/plain.html"));
    const own = await this.#perTab(async () => {
      const tab = await world.open();
      await tab.ready();
      return tab;
    });
    await world.close();
    return { plain, own };
  }

  async #perTab(open) {
    // What the first one brings along is not its own.
    const opened = [await open()];
    await pause(2_000);
    const before = residentBytes();
    for (let n = 0; n < MEMORY_TABS; n += 1) opened.push(await open());
    await pause(2_000);
    const bytes = (residentBytes() - before) / MEMORY_TABS;
    for (const { page } of opened) await page.close();
    await pause(1_000);
    return bytes;
  }
}

/** Stands before the vault's script: its clock follows that of the pages. */
const CLOCK = `{
  const now = Date.now.bind(Date);
  let ahead = 0;
  Date.now = () => now() + ahead;
  new BroadcastChannel("bench.clock").onmessage = ({ data }) => (ahead = data);
}\n`;

async function serve(client) {
  const { files } = await bundle(client, "page.mjs");
  const bytes = (length) => ({
    body: Buffer.alloc(length, "x"),
    headers: { "content-type": "application/octet-stream" },
  });
  const site = await startSite({
    files: {
      "/api/ping": { body: '{"ok":true}', headers: { "content-type": "application/json" } },
      "/api/1k": bytes(1_024),
      "/api/1m": bytes(1_048_576),
      "/plain.html": "<!doctype html><title>bench</title>",
    },
  });
  for (const [name, text] of files) site.files[`/${name}`] = Buffer.from(text);
  const folder = join(root, "dist/files");
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), "utf8");
    site.files[`/keyward/${name}`] = name === "vault.js" ? CLOCK + text : text;
  }
  return site;
}

/** The provider's endpoints where auth0-spa-js looks for them: it reads no discovery document. */
async function startAuth0Paths(issuer) {
  const server = http.createServer(async (req, res) => {
    if (isPreflight(req)) return send(res, preflight(req, "*"));
    const { pathname, search } = new URL(req.url, issuer);
    if (pathname === "/authorize") return send(res, redirect(`${issuer}/auth${search}`));
    const headers = { "content-type": req.headers["content-type"] ?? "" };
    const body = await readBody(req);
    const answer = await fetch(`${issuer}/token`, { method: "POST", headers, body });
    const type = { "content-type": "application/json", ...corsHeaders(req, "*") };
    send(res, { status: answer.status, headers: type, body: await answer.text() });
  });
  const port = await listen(server);
  return { origin: `http://localhost:${port}`, close: () => stop(server) };
}
