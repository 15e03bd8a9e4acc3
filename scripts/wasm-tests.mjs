// The wasm-bindgen suite of tests/browser, in Chromium and WebKit by their drivers and in Firefox without one.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { CHROME_FLAGS, findBrowsers } from "./browsers.mjs";
import { Failure, load, metadata, must, read, root, run, xtask } from "./lib.mjs";

const TIMEOUT_SECONDS = 300;

/** Builds the suite and returns the paths of its .wasm files, one for each test target. */
export async function buildSuite() {
  const names = suiteNames();
  if (names.length === 0) throw new Failure("Cargo.toml has no test target below tests/browser.");
  const build = [
    ...["test", "--no-run", "--package", "keyward"],
    ...["--target", "wasm32-unknown-unknown", "--features", "js"],
    ...names.flatMap((name) => ["--test", name]),
  ];
  await must("cargo", build);
  // Once more for the paths alone: the first run shows the compiler's messages as a person reads them.
  const messages = read("cargo", [...build, "--message-format", "json"]) ?? "";
  return messages
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter((message) => message.reason === "compiler-artifact" && message.executable)
    .map((message) => message.executable);
}

function suiteNames() {
  const [{ targets }] = metadata().packages.filter(({ name }) => name === "keyward");
  return targets
    .filter(
      ({ kind, src_path }) =>
        kind.includes("test") && /[\\/]tests[\\/]browser(_worker)?[\\/.]/.test(src_path),
    )
    .map(({ name }) => name);
}

/** Runs one file in Chromium and resolves to what the runner printed. */
export function inChromium(file) {
  const { chrome, chromedriver } = findBrowsers();
  const folder = join(root, "target", "wasm-tests");
  mkdirSync(folder, { recursive: true });
  const capabilities = join(folder, "webdriver.json");
  const options = { binary: chrome, args: ["--headless", ...CHROME_FLAGS] };
  writeFileSync(capabilities, JSON.stringify({ "goog:chromeOptions": options }));
  return byDriver(file, {
    CHROMEDRIVER: chromedriver,
    WASM_BINDGEN_TEST_WEBDRIVER_JSON: capabilities,
  });
}

/** Runs one file in WebKit, which to the runner is a Safari. */
export async function inWebKit(file) {
  const { startDisplay } = await load("tests/e2e/support/webkit.mjs");
  const display = await startDisplay();
  try {
    return await byDriver(file, {
      SAFARIDRIVER: findBrowsers(["webkit"]).webkit,
      DISPLAY: display.name,
    });
  } finally {
    display.end();
  }
}

function byDriver(file, env) {
  const limits = {
    WASM_BINDGEN_TEST_TIMEOUT: String(TIMEOUT_SECONDS),
    WASM_BINDGEN_TEST_DRIVER_TIMEOUT: "60",
  };
  return run(xtask(), ["test-runner", file], { env: { ...env, ...limits } });
}

/**
 * Runs one file in Firefox. The runner only serves the page; it would need geckodriver to open it, so
 * playwright opens it and reads the result off.
 */
export async function inFirefox(file) {
  const address = `127.0.0.1:${await freePort()}`;
  const { launch } = await load("tests/e2e/support/browsers.mjs");
  process.env.FIREFOX ??= findBrowsers().firefox;
  const server = spawn(xtask(), ["test-runner", file], {
    cwd: root,
    env: { ...process.env, NO_HEADLESS: "1", WASM_BINDGEN_TEST_ADDRESS: address },
    stdio: ["ignore", "ignore", "inherit"],
  });
  let browser;
  try {
    await answers(`http://${address}/`, server);
    browser = await launch("firefox");
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(error));
    await page.goto(`http://${address}/`);
    const output = page.locator("#output");
    const deadline = Date.now() + TIMEOUT_SECONDS * 1000;
    let text = "";
    while (!/^test result: /m.test(text)) {
      if (Date.now() > deadline) {
        throw new Failure(`Firefox printed no result in ${TIMEOUT_SECONDS} s:\n${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
      text = (await output.textContent()) ?? "";
    }
    console.log(text);
    return { status: /^test result: ok/m.test(text) ? 0 : 1, output: text };
  } finally {
    await browser?.close();
    // The runner serves for ever.
    server.kill();
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function answers(url, server) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (server.exitCode !== null)
      throw new Failure("The test runner ended before it served a page.");
    try {
      await fetch(url);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Failure(`The test runner does not answer at ${url}.`);
}
