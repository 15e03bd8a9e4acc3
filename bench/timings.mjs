// One browser, one provider, every client in turn: how long the steps of a session take.
import { setTimeout as pause } from "node:timers/promises";
import { launch } from "../tests/e2e/support/browsers.mjs";
import { startSite } from "../tests/e2e/support/site.mjs";
import { until } from "../tests/e2e/support/until.mjs";
import { startProvider } from "../tests/provider/provider.mjs";
import { html } from "./html.mjs";
import { bundle } from "./bundle.mjs";
import { CALLS, PATIENCE_MS, TIMED } from "./plan.mjs";

/** Seconds. Long enough for no client to renew during a round, short enough for its ID token to outlive it. */
const TOKEN_LIFE = 600;
const BATCHES = 20;
const BATCH_SIZE = 10;
/** A client that takes longer for one round hangs. */
const ROUND_MS = 120_000;
const CLOSE_MS = 3_000;

/** Runs `rounds` rounds and gives, per client, a list of results. The clients take turns within each round. */
export async function timings(rounds, say) {
  const sites = {};
  for (const client of TIMED) sites[client] = await serve(client);
  const provider = await startProvider({
    spaOrigins: Object.values(sites).map(({ origin }) => origin),
    autologin: "alice",
    ttl: { at: TOKEN_LIFE, id: 3 * TOKEN_LIFE },
  });
  const browser = await launch("chromium");
  const results = Object.fromEntries(TIMED.map((client) => [client, []]));
  try {
    // The first round warms up provider and browser and does not count.
    for (let round = 0; round <= rounds; round += 1) {
      say(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
      for (const client of TIMED) {
        const site = sites[client];
        site.files["/index.html"] = html(configOf(provider.issuer, site.origin));
        try {
          const result = await within(measureClient({ browser, provider, site }));
          if (round > 0) results[client].push(result);
        } catch (error) {
          say(`${client} did not finish this round and is left out of it: ${error.message}`);
        }
      }
    }
  } finally {
    await browser.close();
    await provider.close();
    for (const site of Object.values(sites)) await site.close();
  }
  return { results, browser: `Chromium ${browser.version()}` };
}

async function serve(client) {
  const { files } = await bundle(client, "page.mjs");
  const site = await startSite({
    files: {
      "/api/ping": { body: '{"ok":true}', headers: { "content-type": "application/json" } },
    },
  });
  for (const [name, bytes] of files) site.files[`/${name}`] = Buffer.from(bytes);
  return site;
}

/** The options of every client. */
function configOf(issuer, origin) {
  return { issuer, clientId: "spa", redirectUri: `${origin}/`, scope: "openid profile" };
}

async function measureClient(world) {
  const session = await oneSession(world);
  return { ...session, signOutMs: await signOutElsewhere(world) };
}

/** Sign-in, calls, and many calls at once on an expired token, in a browser context of their own. */
async function oneSession({ browser, provider, site }) {
  const { open, close } = await start(browser);
  try {
    provider.requests.clear();
    const tab = await open(`${site.origin}/#sign-in`);
    const done = await tab.event("signedIn");
    const asked = provider.requests.of("authorize").find(isInteractive);
    const callback = tab.events.find(({ name, url }) => name === "start" && /code=/.test(url));

    const calls = await tab.page.evaluate((how) => window.bench.authorizedCalls(how), {
      batches: BATCHES,
      size: BATCH_SIZE,
    });
    provider.requests.clear();
    const expired = await tab.page.evaluate((how) => window.bench.expiredCalls(how), {
      count: CALLS,
      life: TOKEN_LIFE,
    });
    return {
      redirectMs: asked.at - tab.events[0].at,
      callbackMs: done.at - callback.at,
      calls,
      expired: { ...expired, tokenRequests: provider.count("token") },
    };
  } finally {
    await close();
  }
}

/** Two signed-in tabs; milliseconds from the sign-out in one to its notice in the other, or null. */
async function signOutElsewhere({ browser, site }) {
  const { open, close } = await start(browser);
  try {
    const one = await open(`${site.origin}/#sign-in`);
    await one.event("signedIn");
    const other = await open(`${site.origin}/#sign-in`);
    await other.event("signedIn");
    const before = other.events.length;
    await one.page.evaluate(() => window.bench.signOut());
    const { at } = await one.event("signOut");
    const seen = () => other.events.slice(before).find(({ name }) => name === "signedOut");
    const event = await until(seen, "sign-out", { timeout: PATIENCE_MS }).catch(() => null);
    return event && event.at - at;
  } finally {
    await close();
  }
}

/** The work, or an error when it takes too long. */
async function within(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${ROUND_MS / 1000} s`)), ROUND_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function start(browser) {
  const context = await browser.newContext();
  const tabs = new Map();
  await context.exposeBinding("report", ({ page, frame }, event) => {
    if (frame === page.mainFrame()) tabs.get(page)?.push(event);
  });
  const open = async (url) => {
    const page = await context.newPage();
    const events = [];
    tabs.set(page, events);
    await page.goto(url, { waitUntil: "commit" });
    const event = (wanted) => until(() => events.find(({ name }) => name === wanted), wanted);
    return { page, events, event };
  };
  // A context that is closed in the middle of a navigation now and then never answers; it ends with the browser.
  const close = () => Promise.race([context.close(), pause(CLOSE_MS)]);
  return { open, close };
}

/** Some clients first ask for a session without showing anything; that is not the sign-in. */
function isInteractive(request) {
  return request.param("prompt") !== "none";
}
