// WebKitGTK's MiniBrowser by its WebDriver, in the form of the parts of playwright-core that the tests use: playwright
// itself drives only a WebKit of its own. What is not here is `Missing`, and a test that needs it counts as skipped.

import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { freePort } from "./site.mjs";
import { Missing } from "./timed.mjs";
import { until } from "./until.mjs";

/** For one answer of the driver. */
const LIMIT_MS = 60_000;
/** Between two looks at whether a promise in a page has settled. */
const POLL_MS = 15;

/** Starts a display for the windows; contexts are browsers of their own, each with a driver. `driver` is its path. */
export async function launchWebKit(driver) {
  const display = process.env.HEADED ? null : await startDisplay();
  const contexts = new Set();
  return partly("browser", {
    contexts: () => [...contexts],
    async newContext() {
      const context = new Context(() => contexts.delete(context));
      contexts.add(context);
      await context.start(driver, display?.name);
      return partly("context", context);
    },
    async close() {
      await Promise.all(
        [...contexts].map((context) => context.close().catch(() => context.kill())),
      );
      display?.end();
    },
    again: () => launchWebKit(driver),
  });
}

/** A display that nobody sees. Gives `{ name, end }`. */
export async function startDisplay() {
  const args = ["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"];
  const { child, end } = start(process.env.XVFB ?? "Xvfb", args, {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const number = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`Xvfb ended with ${code}`)));
    child.stdout.once("data", (text) => resolve(String(text).trim()));
  });
  return { name: `:${number}`, end };
}

/** A program that ends with us, and all that it starts. */
function start(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true });
  const end = () => {
    process.off("exit", end);
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  process.on("exit", end);
  return { child, end };
}

/** One browser with storage of its own, that ends with it. */
class Context {
  #pages = new Map();
  #queue = Promise.resolve();
  /** The session ends with its last window, so this one stays, empty. */
  #first;
  #current;
  #forget;
  #driver;
  #session;

  constructor(forget) {
    this.#forget = forget;
  }

  async start(driver, display) {
    const port = await freePort();
    const env = { ...process.env, ...(display ? { DISPLAY: display } : {}) };
    this.#driver = start(driver, [`--port=${port}`], { env, stdio: "ignore" });
    const origin = `http://127.0.0.1:${port}`;
    await until(() => fetch(`${origin}/status`).then(({ ok }) => ok), "the driver of WebKit");
    // The driver would wait for ever for the load of a page that comes out of the browser's cache.
    const capabilities = { alwaysMatch: { pageLoadStrategy: "none" } };
    const { sessionId } = await send(`${origin}/session`, "POST", { capabilities });
    this.#session = `${origin}/session/${sessionId}`;
    this.#first = this.#current = await send(`${this.#session}/window`, "GET");
  }

  /** A command to a window. The driver talks to one at a time, so those to different ones take turns. */
  ask(window, method, path, body) {
    const answer = this.#queue.then(async () => {
      if (window !== this.#current) {
        await send(`${this.#session}/window`, "POST", { handle: window });
        this.#current = window;
      }
      return send(`${this.#session}/${path}`, method, body);
    });
    this.#queue = answer.catch(() => {});
    return answer;
  }

  /** In a window and not a tab, since only one tab of a window can be seen. */
  async newPage() {
    const { handle } = await this.ask(this.#first, "POST", "window/new", { type: "window" });
    const context = partly("context", this);
    const page = partly("page", new Page(context, handle, () => this.#pages.delete(handle)));
    this.#pages.set(handle, page);
    return page;
  }

  pages() {
    return [...this.#pages.values()];
  }

  /** Those that the open pages' servers get, HttpOnly ones included. */
  async cookies() {
    const lists = [...this.#pages.keys()].map((window) => this.ask(window, "GET", "cookie"));
    return (await Promise.all(lists)).flat();
  }

  /** A page finds no such function. For the test page that is no harm: nobody hears its events but itself. */
  async exposeFunction(name) {
    if (name !== "keywardTestEvent") throw new Missing("the driver of WebKit exposes no function");
  }

  /** The process ids of the browser's processes of that name. */
  processes(name) {
    return descendants(this.#driver.child.pid).filter(
      (pid) =>
        readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0].split("/").at(-1) === name,
    );
  }

  async close() {
    try {
      await send(this.#session, "DELETE");
    } catch (error) {
      // With its last session the driver may end before it has answered.
      if (!(error instanceof TypeError)) throw error;
    }
    this.kill();
  }

  kill() {
    this.#driver.end();
    this.#forget();
  }
}

class Page {
  #context;
  #window;
  #forget;
  #url = "about:blank";
  #evaluations = 0;

  constructor(context, window, forget) {
    this.#context = context;
    this.#window = window;
    this.#forget = forget;
  }

  context() {
    return this.#context;
  }

  /** The address at the time of the last answer, another of which is on its way now. */
  url() {
    this.#ask("GET", "url").then(
      (url) => (this.#url = url),
      () => {},
    );
    return this.#url;
  }

  goto(url) {
    return this.#load("url", { url });
  }

  reload() {
    return this.#load("refresh", {});
  }

  /** Until the scripts of another document have run. */
  async #load(path, body) {
    await this.evaluate(() => void (window[Symbol.for("keyward test leaves")] = true));
    await this.#ask("POST", path, body);
    const isNext = () =>
      document.readyState !== "loading" && !window[Symbol.for("keyward test leaves")];
    await until(() => this.evaluate(isNext), "the page");
  }

  goBack() {
    return this.#ask("POST", "back", {});
  }

  /** Windows lie beside each other: each is in front. */
  async bringToFront() {}

  async close() {
    await this.#ask("DELETE", "window");
    this.#forget();
  }

  /** A promise is asked for again and again, so that other windows get their turn meanwhile. */
  async evaluate(script, given) {
    const id = (this.#evaluations += 1);
    let answer = await this.#run(begin, id, encode(given), `(${script})`);
    while (answer.pending) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      answer = await this.#run(look, id);
    }
    if (answer.error) throw new Error(`evaluate: ${answer.error}`);
    return decode(answer.value);
  }

  async #run(step, id, given, script) {
    const code = `return (${step})(arguments[0], arguments[1], ${script}, ${encode}, ${decode});`;
    const answer = await this.#ask("POST", "execute/sync", { script: code, args: [id, given] });
    this.#url = answer.url;
    return answer;
  }

  textContent(selector) {
    return this.evaluate((one) => document.querySelector(one).textContent, selector);
  }

  async waitForSelector(selector) {
    const isThere = (one) => document.querySelector(one)?.checkVisibility() ?? false;
    await until(() => this.evaluate(isThere, selector), selector);
  }

  async click(selector) {
    await this.#ask("POST", `element/${await this.#element(selector)}/click`, {});
  }

  async fill(selector, text) {
    const element = await this.#element(selector);
    await this.#ask("POST", `element/${element}/clear`, {});
    await this.#ask("POST", `element/${element}/value`, { text });
  }

  async #element(selector) {
    await this.waitForSelector(selector);
    const query = { using: "css selector", value: selector };
    return Object.values(await this.#ask("POST", "element", query))[0];
  }

  #ask(method, path, body) {
    return this.#context.ask(this.#window, method, path, body);
  }
}

/** Runs in the page: starts a script. One that gives no promise has ended. */
function begin(id, given, script, encode, decode) {
  const url = location.href;
  const name = (error) => `${error?.name}: ${error?.message}`;
  try {
    const result = script(decode(given));
    if (typeof result?.then !== "function") return { url, value: encode(result) };
    const pending = (window[Symbol.for("keyward test")] ??= new Map());
    pending.set(id, { url, pending: true });
    result.then(
      (value) => pending.set(id, { value: encode(value) }),
      (error) => pending.set(id, { error: name(error) }),
    );
    return { url, pending: true };
  } catch (error) {
    return { url, error: name(error) };
  }
}

/** Runs in the page: what became of it. */
function look(id) {
  const pending = window[Symbol.for("keyward test")];
  const url = location.href;
  if (!pending?.has(id)) return { url, error: "the page was destroyed meanwhile" };
  const answer = { ...pending.get(id), url };
  if (!answer.pending) pending.delete(id);
  return answer;
}

/** Runs here and in the page: data as text, in which `undefined` is told from `null`. */
function encode(value) {
  const none = (one) => ["undefined", "function", "symbol"].includes(typeof one);
  return JSON.stringify([value], (_, one) => (none(one) ? { "\0": "undefined" } : one));
}

/** The same. */
function decode(text) {
  const revive = (value) => {
    if (value === null || typeof value !== "object") return value;
    if ("\0" in value) return undefined;
    for (const key of Object.keys(value)) value[key] = revive(value[key]);
    return value;
  };
  return revive(JSON.parse(text))[0];
}

async function send(url, method, body) {
  const response = await fetch(url, {
    method,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const { value } = await response.json();
  if (response.ok) return value;
  throw new Error(
    `${method} ${new URL(url).pathname.split("/").at(-1)}: ${value.error}: ${value.message}`,
  );
}

/** An object of which other methods and properties are known to be missing. */
function partly(what, object) {
  return new Proxy(object, {
    get(target, key) {
      // Of a promise, which it is not.
      if (typeof key === "symbol" || key === "then") return undefined;
      if (!(key in target)) throw new Missing(`the driver of WebKit has no ${what}.${key}`);
      const value = target[key];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** The ids of all processes that descend from one. */
function descendants(root) {
  const tree = [root];
  const parents = new Map();
  for (const pid of readdirSync("/proc").map(Number).filter(Boolean)) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]));
    } catch {
      // It ended meanwhile.
    }
  }
  // The list grows while it is walked.
  for (const one of tree) for (const [pid, parent] of parents) if (parent === one) tree.push(pid);
  return tree;
}
