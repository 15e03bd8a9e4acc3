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
/** Outcomes in which the attacker has something. */
const LOOT = ["token", "own grant", "calls while open"];
/** The app has this long to show that its session still works, in milliseconds. */
const WELL_MS = 15_000;
const SIGNED_OUT_TIMES = 20;
const SIGN_IN_MS = 30_000;

const LEAKY = {
  "/keyward/vault.js": "leaky/vault.js",
  "/keyward/frame.html": "leaky/frame.html",
  "/keyward/park.js": "leaky/park.js",
  "/keyward/texts.js": "leaky/park.js",
  "/keyward/callback.html": "../e2e/app/index.html",
};

/** One host for the app, its vault and the provider: the frames of one are given the cookies of all. */
const SAME_HOST = { app: "localhost", vault: "localhost" };

/** Starts one placement in one browser. */
export async function startStage(browser, placement) {
  const files = { "/cache-first.js": await text("cache-first.js") };
  if (placement === "leaky") {
    files["/app/main.js"] = await leakyApp();
    for (const [path, name] of Object.entries(LEAKY)) files[path] = await text(name);
  }
  const own = placement === "origin" && SAME_HOST;
  const vault = placement === "worker" || Boolean(own);
  const world = await startWorld(browser, { own, app: { vault, files } });
  const careless = await startAttacker(world.op.issuer);
  return new Stage(placement, world, careless, await pinning());
}

/** Attacks may be played beside each other: each has a context and an attacker of its own. */
class Stage {
  #placement;
  #world;
  /** Plays an API of the app's that sends back the headers it was sent. */
  #careless;
  /** The options of the app. */
  #config;
  #workerName;

  constructor(placement, world, careless, workerName) {
    this.#placement = placement;
    this.#world = world;
    this.#careless = careless;
    const { vault, resources, ...config } = world.options();
    const { origin } = world.vaultSite ?? world.app;
    config.redirectUri = origin + (vault ? "/keyward/callback.html" : "/callback");
    config.resources = [...resources, { origin: careless.origin, paths: ["/careless/"] }];
    this.#config = config;
    this.#workerName = workerName(config);
    if (world.vaultSite) return void deployApart(world, config.resources, careless.origin);
    // Each attack may have some of its own.
    world.app.configure(
      `Object.assign(${JSON.stringify({ ...config, vault })}, window.optionsHere)`,
    );
  }

  async close() {
    await this.#world.close();
    await this.#careless.close();
  }

  /** Plays one attack of which an outcome is `wanted`; gives it, and what was seen for a person to read. */
  async play({ options = {}, ...payload }, wanted) {
    const world = this.#world;
    const attacker = await startAttacker(world.op.issuer);
    const context = await world.context();
    try {
      const name = await this.#workerName;
      const env = {
        config: this.#config,
        /** The folder of the vault's files, and whether its origin is not the app's. */
        vault: `${(world.vaultSite ?? world.app).origin}/keyward/`,
        apart: Boolean(world.vaultSite),
        name,
        verifier: `attackers-own-${randomBytes(32).toString("base64url")}`,
        attacker: attacker.origin,
        careless: `${this.#careless.origin}/careless/echo`,
        orders: `${world.app.origin}/api/orders`,
      };
      const { loot } = attacker;
      await context.exposeFunction("loot", (text) => void loot.push(text));
      const { worker, leaky } = { [this.#placement]: true };
      const here = { ...(worker || leaky ? options : {}), ...(leaky ? { workerName: name } : {}) };
      // Script gets into pages of the app, and not into the redirect page of a vault.
      const inApp = `location.origin === ${JSON.stringify(world.app.origin)} && !location.pathname.startsWith("/keyward/")`;
      await context.addInitScript(`if (${inApp}) {
        window.optionsHere = ${JSON.stringify(here)};
        (${prepare})(${JSON.stringify(env)});
        ${payload.first ?? ""}
      }`);
      const page = await world.open("/", context);
      const judged = () => judge(loot, world.op.issued, env.verifier);
      // There is nothing beyond a token.
      const done = () => judged() === "token";
      const notes = await attack(page, payload, loot, done);
      // On a slow machine it may be on its way still; what comes late makes no outcome milder.
      if (LOOT.includes(wanted)) {
        await until(async () => judged() === wanted, "the loot", { timeout: WELL_MS }).catch(
          () => {},
        );
      }
      const taken = judged();
      const outcome = taken ?? ((await well(page)) ? "nothing" : "no session");
      const state = await stateOf(page).catch(() => null);
      return { outcome, seen: { notes, state, loot: loot.length } };
    } finally {
      await context.close();
      await attacker.close();
    }
  }
}

/** The vault's files are on its own site alone, and may reach the careless API. */
function deployApart(world, resources, careless) {
  const { files } = world.app;
  for (const path of Object.keys(files)) if (path.startsWith("/keyward/")) delete files[path];
  const { headers } = world.vaultSite.files["/keyward/vault.js"];
  headers["content-security-policy"] += ` ${careless}`;
  world.configure({ resources });
}

/** A user's visit, with the attack in it, until it is `done`. Gives what went wrong with the attack itself. */
async function attack(page, { before, later, drive, reloads = 0 }, loot, done) {
  const notes = [];
  const act = async (script) => {
    if (script) await page.evaluate(script).catch((error) => void notes.push(error.message));
  };
  await act(before);
  if (before) await reload(page);
  if (!(await signIn(page))) return notes;
  const steps = [
    () => work(page),
    () => act(later),
    () => drive?.(page, (text) => loot.push(text)),
    () => work(page),
    ...Array.from({ length: reloads }, () => async () => {
      await reload(page);
      await well(page);
      await work(page);
    }),
    () => act("attack.sweep()"),
  ];
  for (const step of steps) if (!done()) await step();
  return notes;
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

/** Whether the app's session works. A page that says for a while that nobody is signed in does not change its mind. */
async function well(page) {
  const end = Date.now() + WELL_MS;
  let out = 0;
  while (Date.now() < end && out < SIGNED_OUT_TIMES) {
    const status = await stateOf(page).then(
      (state) => state?.status,
      () => null,
    );
    out = status === "signedOut" ? out + 1 : 0;
    if (status === "signedIn") {
      const { ok } = await call(page, "/api/orders").catch(() => ({}));
      if (ok?.status === 200) return true;
    }
    await pause(100);
  }
  return false;
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
