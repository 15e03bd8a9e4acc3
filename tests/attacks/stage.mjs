// Where the attacks are played: each placement with the servers around it, and the judge of what an attack got.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ask, call, reload, startSignIn, startWorld, stateOf } from "../e2e/support/harness.mjs";
import { until } from "../e2e/support/until.mjs";
import { AGENT, startAttacker } from "./attacker.mjs";
import { prepare } from "./payloads/taking.mjs";

const here = dirname(fileURLToPath(import.meta.url));
/** What only this test's user can read. */
const DATA = "Garden lamp";
/** The app has this long to show that its session still works, in milliseconds. */
const WELL_MS = 6_000;
const SIGN_IN_MS = 15_000;

const LEAKY = {
  "/keyward/vault.js": "leaky/vault.js",
  "/keyward/park.js": "leaky/park.js",
  "/keyward/texts.js": "leaky/park.js",
  "/keyward/callback.html": "../e2e/app/index.html",
};

/** Starts one placement in one browser. */
export async function startStage(browser, placement) {
  const files = { "/cache-first.js": await text("cache-first.js") };
  if (placement === "leaky") {
    files["/app/main.js"] = await leakyApp();
    for (const [path, name] of Object.entries(LEAKY)) files[path] = await text(name);
  }
  const attacker = await startAttacker();
  const world = await startWorld(browser, { app: { vault: placement === "worker", files } });
  attacker.issuer = world.op.issuer;
  return new Stage(placement, world, attacker, await pinning());
}

class Stage {
  #placement;
  #world;
  #attacker;
  #workerName;

  constructor(placement, world, attacker, workerName) {
    this.#placement = placement;
    this.#world = world;
    this.#attacker = attacker;
    this.#workerName = workerName;
  }

  async close() {
    await this.#world.close();
    await this.#attacker.close();
  }

  /** Plays one attack; gives its outcome, and what was seen for a person to read. */
  async play({ first, before, later, drive, reloads = 0, options = {} }) {
    const world = this.#world;
    const attacker = this.#attacker;
    attacker.loot.length = 0;
    const told = [];
    const config = this.#config();
    const name = await this.#workerName(config);
    world.configure({ ...config, ...this.#placed(options, name) });
    const env = {
      config,
      name,
      verifier: `attackers-own-${randomBytes(32).toString("base64url")}`,
      attacker: attacker.origin,
      careless: `${attacker.origin}/careless/echo`,
      orders: `${world.app.origin}/api/orders`,
    };
    try {
      const context = await world.context();
      await context.exposeFunction("loot", (text) => void told.push(text));
      // Script gets into pages of the app, and not into the redirect page of a vault.
      const inApp = `location.origin === ${JSON.stringify(world.app.origin)} && !location.pathname.startsWith("/keyward/")`;
      const prepared = `(${prepare})(${JSON.stringify(env)});`;
      await context.addInitScript(`if (${inApp}) { ${prepared} ${first ?? ""} }`);
      const page = await world.open("/", context);
      const act = (script) => script && page.evaluate(script).catch((error) => error.message);
      const notes = [await act(before)];
      if (before) await reload(page);
      const signedIn = await signIn(page);
      if (signedIn) {
        await work(page);
        notes.push(await act(later));
        await drive?.(page, (text) => told.push(text));
        await work(page);
        for (let n = 0; n < reloads; n += 1) {
          await reload(page);
          await well(page);
          await work(page);
        }
        await act("attack.sweep()");
      }
      const loot = [...told, ...attacker.loot];
      const taken = judge(loot, world.op.issued, env.verifier);
      const outcome = taken ?? (signedIn && (await well(page)) ? "nothing" : "no session");
      const state = await stateOf(page).catch(() => null);
      return { outcome, seen: { notes: notes.filter(Boolean), state, loot: loot.length } };
    } finally {
      await world.reset();
    }
  }

  /** Options that only this placement has. */
  #placed(options, workerName) {
    if (this.#placement === "worker") return { ...options, vault: "/keyward/vault.js" };
    return this.#placement === "leaky" ? { ...options, workerName } : {};
  }

  #config() {
    const { vault: _, resources, ...config } = this.#world.options();
    const { app } = this.#world;
    const path = this.#world.vault ? "/keyward/callback.html" : "/callback";
    const careless = { origin: this.#attacker.origin, paths: ["/careless/"] };
    return {
      ...config,
      redirectUri: app.origin + path,
      resources: [...resources, careless],
    };
  }
}

/** What the servers gave out is the truth; what the script has of it decides. */
function judge(loot, issued, verifier) {
  const has = (secret) => secret && loot.some((text) => text.includes(secret));
  const taken = issued.filter(({ access, refresh }) => has(access) || has(refresh));
  const isOwn = (one) => one.verifier === verifier || one.agent === AGENT;
  if (!taken.every(isOwn)) return "token";
  if (taken.length > 0) return "own grant";
  return has(DATA) ? "calls while open" : null;
}

/** Whether somebody is signed in at last. */
async function signIn(page) {
  const settled = async () => {
    const { status } = (await stateOf(page)) ?? { status: "loading" };
    return status !== "loading" && status;
  };
  if ((await until(settled, "a state")) !== "signedIn") await startSignIn(page);
  const end = Date.now() + SIGN_IN_MS;
  while (Date.now() < end) {
    const now = await stateOf(page).catch(() => null);
    if (now?.status === "signedIn") return true;
    if (now?.status === "signedOut" && now.lastError) return false;
    if (await page.evaluate(() => window.left?.error).catch(() => null)) return false;
    await pause(50);
  }
  return false;
}

/** What an app does: a call, a refresh, a call. */
async function work(page) {
  const patient = (work) => Promise.race([work, pause(WELL_MS)]).catch(() => {});
  await patient(call(page, "/api/orders"));
  await patient(ask(page, "refresh"));
  await patient(call(page, "/api/orders"));
}

async function well(page) {
  const works = async () =>
    (await stateOf(page))?.status === "signedIn" &&
    (await call(page, "/api/orders")).ok?.status === 200;
  return until(works, "a session that works", { timeout: WELL_MS }).then(
    () => true,
    () => false,
  );
}

function text(name) {
  return readFile(join(here, name), "utf8");
}

/** The test page on the leaky client. */
async function leakyApp() {
  const client = join(here, "leaky/client.mjs");
  const { outputFiles } = await build({
    entryPoints: [join(here, "../e2e/app/main.js")],
    alias: { keyward: client },
    external: ["/app/options.js"],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
  });
  return outputFiles[0].text;
}

/** The package's own way to a worker's name: an attacker can compute it too. */
async function pinning() {
  const { outputFiles } = await build({
    entryPoints: [join(here, "../../src/npm/vault/pin.ts")],
    bundle: true,
    write: false,
    format: "esm",
  });
  const { workerName } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
  return workerName;
}
