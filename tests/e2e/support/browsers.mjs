// The browsers that the end-to-end tests drive: by playwright-core, and WebKit by webkit.mjs.
//
//   CHROME    path of a Chromium; else the usual places
//   FIREFOX   path of a Firefox; else the usual places
//   WEBKIT    path of WebKitGTK's WebDriver; else the usual place
//   BROWSERS  "chromium", "firefox", "webkit", comma-separated (default: the first two)
//   HEADED    set: with windows

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, firefox } from "playwright-core";
import { inTime } from "./until.mjs";
import { launchWebKit } from "./webkit.mjs";

const headless = !process.env.HEADED;

/** For one answer of a browser; some are about a thousand calls on a loaded machine. */
const LIMIT_MS = 60_000;
/** How long contexts may take to end before their browser is given up. */
const CLOSE_MS = 15_000;

const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Nothing of Firefox's own may reach for the network.
const FIREFOX_PREFS = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.region.update.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "datareporting.healthreport.uploadEnabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "dom.push.connection.enabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "browser.sessionstore.interval": 500,
  "browser.sessionstore.resume_from_crash": true,
  "browser.sessionstore.interval.idle": 500,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};

const KINDS = {
  chromium: {
    type: chromium,
    variable: "CHROME",
    places: [
      "/usr/bin/chromium",
      "/usr/bin/chromium-browser",
      "/usr/bin/google-chrome",
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ],
    // The back-forward cache is on, as it is for users.
    options: { args: CHROMIUM_ARGS, ignoreDefaultArgs: ["--disable-back-forward-cache"] },
  },
  firefox: {
    type: firefox,
    variable: "FIREFOX",
    places: [
      "/usr/bin/firefox-esr",
      "/usr/bin/firefox",
      "/Applications/Firefox.app/Contents/MacOS/firefox",
    ],
    // This channel speaks WebDriver BiDi, so a stock Firefox will do.
    options: { channel: "moz-firefox", firefoxUserPrefs: FIREFOX_PREFS },
  },
  webkit: { variable: "WEBKIT", places: ["/usr/bin/WebKitWebDriver"] },
};

/** Names of the browsers that this run is to use. */
export const browserNames = (process.env.BROWSERS ?? "chromium,firefox")
  .split(",")
  .map((name) => name.trim());

/** Where a browser is, or null. */
export function browserPath(name) {
  const kind = KINDS[name];
  if (!kind) throw new Error(`no such browser: ${name}`);
  const named = process.env[kind.variable];
  return named ?? kind.places.find((path) => existsSync(path)) ?? null;
}

/**
 * Starts a browser; tests open contexts of their own, which share nothing. `args` are added to those
 * of Chromium, or in Firefox's case are preferences. `again` starts one like it.
 */
export async function launch(name, { args } = {}) {
  const options = launchOptions(name);
  if (name === "webkit") return launchWebKit(options.executablePath);
  if (name === "firefox") Object.assign((options.firefoxUserPrefs = { ...FIREFOX_PREFS }), args);
  else options.args = [...options.args, ...(args ?? [])];
  const browser = limited(await KINDS[name].type.launch(options), ["newContext"]);
  const { newContext } = browser;
  browser.newContext = async (...given) => limitedContext(await newContext(...given));
  browser.again = () => launch(name, { args });
  return browser;
}

/**
 * Closes all contexts of a browser; gives the browser to go on with. Chromium may never answer when a
 * context is closed in the middle of a navigation. Such a context ends with its browser, and a new
 * browser takes its place.
 */
export async function closeContexts(browser, within = CLOSE_MS) {
  try {
    const closing = browser.contexts().map((context) => context.close());
    await inTime(Promise.all(closing), "the end of the contexts", within);
    return browser;
  } catch {
    await browser.close();
    return browser.again();
  }
}

/**
 * Starts a browser on a profile folder of its own, as a user does, for looking at what it leaves
 * on the disk. Gives `{ context, folder, close, kill, again, remove }`; `close` keeps the folder, `kill` ends all of the
 * browser's processes in the middle of what they do (Linux only), `again` starts one on the same folder.
 */
export async function launchProfile(name, options = {}, kept = undefined) {
  const folder = kept ?? (await mkdtemp(join(tmpdir(), `keyward-${name}-`)));
  const context = await KINDS[name].type.launchPersistentContext(folder, {
    ...launchOptions(name),
    ...options,
  });
  return {
    context: limitedContext(context),
    folder,
    close: () => context.close(),
    kill: async () => {
      const closed = new Promise((resolve) => context.once("close", resolve));
      for (const pid of processesOf(folder)) killNow(pid);
      await inTime(closed, "the end of a killed browser", LIMIT_MS);
    },
    again: () => launchProfile(name, options, folder),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** The processes that were started for a profile; those that they started end with them. */
function processesOf(folder) {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder);
    } catch {
      return false;
    }
  });
}

function killNow(pid) {
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch {
    // It has ended with another one.
  }
}

/** A context and its pages whose every answer has a limit. Closing a browser has one: playwright kills it. */
function limitedContext(context) {
  const limitedPage = (page) => limited(page, ["evaluate", "close"]);
  context.pages().forEach(limitedPage);
  context.on("page", limitedPage);
  return limited(context, [
    ...["newPage", "close", "exposeFunction", "addInitScript"],
    ...["cookies", "addCookies", "clearCookies"],
  ]);
}

/** Puts a limit on methods that playwright gives none: a page that goes away may leave them unanswered. */
function limited(object, methods) {
  for (const name of methods) {
    const method = object[name];
    object[name] = (...given) => inTime(method.apply(object, given), `\`${name}\``, LIMIT_MS);
  }
  return object;
}

/** Calls `fn` with the name of each browser: usually to declare a `describe` for it. */
export function forEachBrowser(fn) {
  for (const name of browserNames) fn(name);
}

function launchOptions(name) {
  const executablePath = browserPath(name);
  if (!executablePath) {
    const { variable, places } = KINDS[name];
    throw new Error(`${name} was not found at ${places.join(", ")}; set ${variable} to its path.`);
  }
  return { ...KINDS[name].options, executablePath, headless };
}
