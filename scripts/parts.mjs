// The parts of `npm test`, in the order in which they run: cheap ones first.
//
// A part yields its counts: one for each check, and for a test program what that program counted. `notRun` says why it
// could not run.
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ensureBrowsers } from "./browsers.mjs";
import {
  Failure,
  OWN_WORKSPACES,
  PRETTIER_FILES,
  must,
  nodeTool,
  read,
  root,
  run,
  say,
  which,
  xtask,
} from "./lib.mjs";
import { realDeny, viaWasmPack } from "./slow.mjs";
import { buildPackedSite } from "./site.mjs";
import { buildSuite, inChromium, inFirefox, inWebKit } from "./wasm-tests.mjs";

const BROWSER = ["--target", "wasm32-unknown-unknown"];
/** What a Rust app may switch on. */
const RUST = ["--features", "router,trace,worker-vault"];
/** What the npm package is made of: the core of a vault in a worker, and of one in the page. */
const WASM = [...BROWSER, "--no-default-features", "--features", "js,worker"];
const PAGE = [...BROWSER, "--no-default-features", "--features", "js,ledger,limits"];
/** The core of a page alone, without a browser. */
const CORE = ["--no-default-features", "--features", "ledger,limits"];
/** A Rust app whose vault is a worker. */
const LIGHT = ["--no-default-features", "--features", "router,worker-vault"];
const MSRV = "1.88";

/** A test has less time than this, see timed.mjs: a test program that is silent for longer hangs. */
const SILENCE_MINUTES = 5;

const CHROMIUM = { BROWSERS: "chromium" };
const FIREFOX = { BROWSERS: "firefox" };

/**
 * So many test programs run at once: they wait more than they compute. More processors than these may be counted than a
 * container is given.
 */
const LANES = Math.min(availableParallelism() + 1, 4);

const HOSTILE = "tests/e2e/hostile/hostile.test.mjs";
const ATTACKS = "tests/attacks/attacks.test.mjs";
const CHAOS = "tests/chaos/chaos.test.mjs";

/** These have an app of their own; the other end-to-end tests share a page that stands on either front. */
const OWN_APP = [
  "demo.test.mjs",
  "demo-vault.test.mjs",
  "limits.test.mjs",
  "one-grant.test.mjs",
  "own-origin.test.mjs",
  "single-sign-on.test.mjs",
  "spa.test.mjs",
  "vault.test.mjs",
  "versions.test.mjs",
  "yew.test.mjs",
];

/** The tests of the shared page. */
const SHARED_TESTS = readdirSync(join(root, "tests/e2e"))
  .filter((name) => name.endsWith(".test.mjs") && !OWN_APP.includes(name))
  .sort();

/** Of those with an app of their own these are long, or of an app that another test program plays too. */
const LONG_TESTS = ["demo.test.mjs", "limits.test.mjs", "single-sign-on.test.mjs", "spa.test.mjs"];

/** Of those with an app of their own these hold for a Rust app with the vault in its page. */
const RUST_TESTS = ["limits.test.mjs", "one-grant.test.mjs"];

/** What the Rust front plays at every change. */
const RUST_FIRST = ["fetch.test.mjs", "one-grant.test.mjs", "signin.test.mjs", "tabs.test.mjs"];

/** The tests of a list that are not in another one. */
const without = (tests, others) => tests.filter((name) => !others.includes(name));

/** The tests of the shared page that hold for a vault in a worker too; it has a test of its own for the rest. */
const VAULT_TESTS = ["fetch.test.mjs", "refresh.test.mjs", "signin.test.mjs", "tabs.test.mjs"];
/** These are run with it where there is more time. */
const MORE_VAULT_TESTS = ["environment.test.mjs", "fetch-refused.test.mjs", "secrets.test.mjs"];

/** Those of them that ask nothing of where the transactions and the redirect page are. */
const OWN_ORIGIN_TESTS = ["fetch.test.mjs", "tabs.test.mjs"];

/** What WebKit plays beside its own tests: what its driver can. */
const WEBKIT_TESTS = [
  ...["history.test.mjs", "one-grant.test.mjs", "refresh.test.mjs", "restore.test.mjs"],
  ...["signin.test.mjs", "tabs.test.mjs"],
];

export const parts = [
  {
    name: "fmt",
    what: "the form of Rust and TypeScript",
    async *run() {
      yield await check("cargo", ["fmt", "--all", "--check"]);
      for (const folder of OWN_WORKSPACES) {
        yield await check("cargo", ["fmt", "--check"], { cwd: join(root, folder) });
      }
      yield await check(nodeTool("prettier"), ["--check", "--log-level", "warn", PRETTIER_FILES]);
    },
  },
  {
    name: "lint",
    what: "clippy on the host and for the browser, rustdoc",
    async *run() {
      const strict = ["--", "--deny", "warnings"];
      const tools = ["--package", "keyward", "--package", "xtask", "--all-targets"];
      yield await check("cargo", ["clippy", ...tools, ...RUST, ...strict]);
      const crate = ["clippy", "--package", "keyward", "--all-targets"];
      for (const features of [WASM, PAGE, [...BROWSER, ...RUST]]) {
        yield await check("cargo", [...crate, ...features, ...strict]);
      }
      // Without the targets that need a vault in the page.
      const light = ["clippy", "--package", "keyward", "--lib", ...LIGHT];
      for (const target of [[], BROWSER]) {
        yield await check("cargo", [...light, ...target, ...strict]);
      }
      // Apps in Rust, for the only place where they run.
      const apps = ["demo", "rust-app", "yew-app", "yew-bare", "yew-keyward"];
      const packages = apps.flatMap((name) => ["--package", name]);
      yield await check("cargo", ["clippy", ...packages, ...BROWSER, ...strict]);
      // By itself: the module that the package ships has no std, which dev-dependencies would bring in.
      const shipped = ["clippy", "--package", "keyward-npm"];
      yield await check("cargo", [...shipped, "--target", "wasm32-unknown-unknown", ...strict]);
      for (const features of [WASM, [...BROWSER, ...RUST]]) {
        yield await check("cargo", ["doc", "--package", "keyward", "--no-deps", ...features], {
          env: { RUSTDOCFLAGS: "--deny warnings" },
        });
      }
    },
  },
  {
    name: "deny",
    what: "versions, licences, bans and sources of the dependencies",
    async *run() {
      yield await check(xtask(), ["pins"]);
      yield await check(xtask(), ["deny"]);
    },
  },
  {
    name: "codes",
    what: "what is generated: from the table of error codes, and the front that the crate carries",
    async *run() {
      yield await check(xtask(), ["codes", "--check"]);
      yield await check(xtask(), ["front", "--check"]);
    },
  },
  {
    name: "native",
    what: "protocol and session on the host, doc examples, the build tools",
    async *run() {
      yield await cargoTest(["--package", "keyward", ...CORE]);
      // What the vault's worker alone has.
      const worker = ["--no-default-features", "--features", "worker"];
      yield await cargoTest([
        "--package",
        "keyward",
        ...worker,
        "--test",
        "session",
        "--",
        "park",
        "limits",
      ]);
      // The front's own tests, and the README's examples.
      yield await cargoTest(["--package", "keyward", ...RUST, "--lib", "--", "front::", "vault::"]);
      yield await cargoTest(["--package", "keyward", ...RUST, "--doc"]);
      yield await cargoTest(["--package", "xtask"]);
    },
  },
  {
    name: "msrv",
    what: `the oldest supported Rust, ${MSRV}`,
    run: checkMsrv,
  },
  {
    name: "build",
    what: "the npm package",
    async *run() {
      yield await check(xtask(), ["build"]);
    },
  },
  {
    name: "demo",
    what: "the demo in Yew, for release",
    async *run() {
      yield await check(xtask(), ["demo"]);
    },
  },
  {
    name: "types",
    what: "TypeScript",
    needs: ["build"],
    async *run() {
      yield await check(nodeTool("tsc"), ["--project", "tsconfig.json"]);
      // Unpacks the types that the SPA is checked against.
      await buildPackedSite();
      yield await check(nodeTool("tsc"), ["--project", "www/tsconfig.json"]);
    },
  },
  {
    name: "size",
    what: "the size budgets",
    needs: ["build"],
    async *run() {
      yield await check(process.execPath, ["scripts/size.mjs"]);
    },
  },
  {
    name: "packaging",
    what: "the packed tarball, in Node and for TypeScript users; the crate, in apps of their own",
    needs: ["build"],
    async *run() {
      yield* nodeTest("tests/packaging");
    },
  },
  {
    name: "provider",
    what: "the embedded provider and the resource server",
    async *run() {
      yield* nodeTest("tests/provider");
    },
  },
  {
    name: "browser",
    what: "the wasm-bindgen suite in Chromium and Firefox",
    async *run() {
      await ensureBrowsers();
      for (const file of await buildSuite()) {
        say("Chromium");
        yield cargoCounts(await inChromium(file));
        say("Firefox");
        yield cargoCounts(await inFirefox(file));
      }
    },
  },
  {
    name: "e2e",
    what: "the package against the provider in Chromium and Firefox; SPA, demo, the Rust front and the shared page with a vault in Chromium",
    needs: ["build", "demo"],
    async *run() {
      const { chrome, firefox } = await ensureBrowsers();
      const browsers = { CHROME: chrome, FIREFOX: firefox };
      yield* sideBySide(browsers, [
        // The longest first, so that it is not left alone at the end.
        [HOSTILE, CHROMIUM],
        ...programs([...SHARED_TESTS, ...without(OWN_APP, LONG_TESTS)], FIREFOX),
        ...programs([...SHARED_TESTS, ...OWN_APP], CHROMIUM),
        ...programs(RUST_FIRST, { ...CHROMIUM, FRONT: "rust" }),
        ...programs(VAULT_TESTS, { ...CHROMIUM, FRONT: "vault" }),
        ...testFiles("tests/e2e/support").map((file) => [file, {}]),
      ]);
    },
  },
  {
    name: "attacks",
    what: "attacks by script in the page, on either vault, in Chromium",
    needs: ["build"],
    async *run() {
      const { chrome } = await ensureBrowsers();
      const env = { CHROME: chrome, BROWSERS: "chromium", PLACES: "worker,origin" };
      yield* nodeTest("tests/attacks", env);
    },
  },
  {
    name: "docs",
    what: "the documents' examples, and the quick start in both browsers",
    needs: ["build"],
    async *run() {
      const { chrome, firefox } = await ensureBrowsers();
      yield* nodeTest("tests/docs", { CHROME: chrome, FIREFOX: firefox });
    },
  },
  {
    name: "properties",
    what: "the property tests of the session, many more cases",
    slow: true,
    async *run() {
      yield await cargoTest(["--package", "keyward", ...CORE, "--release"], {
        KEYWARD_CASES: process.env.KEYWARD_CASES ?? "200000",
      });
    },
  },
  {
    name: "examples",
    what: "the example for Leptos",
    slow: true,
    async *run() {
      yield* nodeTest("tests/examples");
    },
  },
  {
    name: "attacks-rest",
    what: "the attacks where the part `attacks` does not play them: on tokens in the page, on the client that leaks, and in Firefox",
    needs: ["build"],
    slow: true,
    async *run() {
      const { chrome, firefox } = await ensureBrowsers();
      yield* sideBySide({ CHROME: chrome, FIREFOX: firefox }, [
        [ATTACKS, { ...CHROMIUM, PLACES: "page,leaky" }],
        [ATTACKS, FIREFOX],
      ]);
    },
  },
  {
    name: "chaos",
    what: "tabs, workers and browsers that end at random moments, in Chromium and Firefox, and with the Rust front; MINUTES of each placement",
    needs: ["build"],
    slow: true,
    async *run() {
      const { chrome, firefox } = await ensureBrowsers();
      const env = { CHROME: chrome, FIREFOX: firefox, MINUTES: process.env.MINUTES ?? "2" };
      yield* sideBySide(env, [
        [CHAOS, CHROMIUM],
        [CHAOS, FIREFOX],
        ...["rust", "rust-vault", "rust-own"].map((FRONT) => [CHAOS, { ...CHROMIUM, FRONT }]),
      ]);
    },
  },
  {
    name: "nginx",
    what: "the README's headers for a vault on an origin of its own, with a real nginx",
    needs: ["build"],
    slow: true,
    async *run() {
      const nginx = process.env.NGINX ?? which("nginx");
      if (!nginx) {
        yield { notRun: "nginx is not here: its headers were not tried" };
        return;
      }
      const { chrome, firefox } = await ensureBrowsers();
      yield* nodeTest("tests/nginx", { CHROME: chrome, FIREFOX: firefox, NGINX: nginx });
    },
  },
  {
    name: "e2e-long",
    what: "in Firefox too what is long: SPA, demo, limits, single sign-on",
    needs: ["build", "demo"],
    slow: true,
    async *run() {
      const { firefox } = await ensureBrowsers();
      yield* sideBySide({ FIREFOX: firefox }, programs(LONG_TESTS, FIREFOX));
    },
  },
  {
    name: "e2e-rust",
    what: "the Rust front in Firefox too, the rest of it in Chromium, and with its vaults",
    slow: true,
    async *run() {
      const { chrome, firefox } = await ensureBrowsers();
      const page = [...SHARED_TESTS, ...RUST_TESTS];
      const vault = [...VAULT_TESTS, ...MORE_VAULT_TESTS];
      yield* sideBySide({ CHROME: chrome, FIREFOX: firefox }, [
        ...programs(page, { ...FIREFOX, FRONT: "rust" }),
        ...programs(without(page, RUST_FIRST), { ...CHROMIUM, FRONT: "rust" }),
        // That front is the npm package's; what is to be seen is how the crate hands things on.
        ...programs(vault, { ...FIREFOX, FRONT: "rust-vault" }),
        ...programs(OWN_ORIGIN_TESTS, { ...CHROMIUM, FRONT: "rust-own" }),
      ]);
    },
  },
  {
    name: "e2e-vault",
    what: "the tests of the shared page with the vault in a worker and on an origin of its own, in both browsers",
    slow: true,
    async *run() {
      const { chrome, firefox } = await ensureBrowsers();
      const vault = [...VAULT_TESTS, ...MORE_VAULT_TESTS];
      const runs = [CHROMIUM, FIREFOX].flatMap((browser) => [
        ...programs(vault, { ...browser, FRONT: "vault" }),
        ...programs(OWN_ORIGIN_TESTS, { ...browser, FRONT: "own" }),
      ]);
      yield* sideBySide({ CHROME: chrome, FIREFOX: firefox }, runs);
    },
  },
  {
    name: "e2e-webkit",
    what: "WebKitGTK: the wasm-bindgen suite, and tokens in the page and in a vault, also where tabs and workers end at random moments",
    needs: ["build"],
    slow: true,
    run: testInWebKit,
  },
  {
    name: "hostile-firefox",
    what: "the hostile provider in Firefox: every case",
    slow: true,
    async *run() {
      const { firefox } = await ensureBrowsers();
      yield testProgram(HOSTILE, { FIREFOX: firefox, BROWSERS: "firefox", EVERYWHERE: "1" });
    },
  },
  {
    name: "hostile-rust",
    what: "the Rust front against the hostile provider: every case, in Chromium and Firefox",
    slow: true,
    async *run() {
      const { chrome, firefox } = await ensureBrowsers();
      const env = { CHROME: chrome, FIREFOX: firefox, FRONT: "rust", EVERYWHERE: "1" };
      const runs = [CHROMIUM, FIREFOX].map((browser) => [HOSTILE, browser]);
      yield* sideBySide(env, runs);
    },
  },
  {
    name: "wasm-pack",
    what: "the wasm-bindgen suite by `wasm-pack test --headless --chrome`",
    slow: true,
    async *run() {
      const { chromedriver } = await ensureBrowsers();
      yield cargoCounts(await viaWasmPack(chromedriver));
    },
  },
  {
    name: "advisories",
    what: "cargo-deny with the advisory database",
    slow: true,
    run: realDeny,
  },
];

async function* testInWebKit() {
  let webkit;
  try {
    ({ webkit } = await ensureBrowsers(["webkit", "xvfb"]));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    yield { notRun: "WebKitGTK is not here and cannot be installed: nothing was tested in it" };
    return;
  }
  for (const file of await buildSuite()) yield cargoCounts(await inWebKit(file));
  yield* sideBySide({ WEBKIT: webkit, BROWSERS: "webkit" }, [
    ...programs(WEBKIT_TESTS, {}),
    ...programs(["vault.test.mjs"], {}),
    ...programs(["refresh.test.mjs", "tabs.test.mjs"], { FRONT: "vault" }),
    ...[...testFiles("tests/webkit"), CHAOS].map((file) => [file, {}]),
  ]);
}

async function* checkMsrv() {
  const cargo = [`+${MSRV}`, "check", "--package", "keyward"];
  if (read("cargo", [`+${MSRV}`, "--version"]) === undefined) {
    const install = ["toolchain", "install", MSRV, "--profile", "minimal"];
    const { status } = which("rustup") ? await run("rustup", install) : { status: "no rustup" };
    if (status !== 0) {
      // The manifest still says what cargo must refuse; only the compiler itself is missing here.
      const declared = (await must("cargo", ["read-manifest"], { quiet: true })).includes(
        `"rust_version":"${MSRV}"`,
      );
      yield { passed: declared ? 1 : 0, failed: declared ? 0 : 1 };
      yield { note: `Rust ${MSRV} cannot be installed here: only rust-version was checked` };
      return;
    }
  }
  if (which("rustup")) {
    await must("rustup", ["target", "add", "--toolchain", MSRV, "wasm32-unknown-unknown"], {
      quiet: true,
    });
  }
  // A folder of its own: two compilers in one folder undo each other's work.
  const options = { env: { CARGO_TARGET_DIR: join(root, "target/msrv") } };
  yield await check("cargo", [...cargo, "--no-default-features"], options);
  yield await check("cargo", [...cargo, ...BROWSER, ...RUST], options);
  yield await check("cargo", [...cargo, ...WASM], options);
  yield await check("cargo", [...cargo, ...BROWSER, ...LIGHT], options);
}

async function check(command, args, options) {
  const { status } = await run(command, args, options);
  return status === 0 ? { passed: 1 } : { failed: 1 };
}

async function cargoTest(args, env = {}) {
  return cargoCounts(await run("cargo", ["test", ...args], { env }));
}

/** Adds up the `test result:` lines; a run that failed without a failed test counts as one. */
function cargoCounts({ status, output }) {
  let [passed, failed] = [0, 0];
  for (const [, ok, bad] of output.matchAll(/^test result: .*?(\d+) passed; (\d+) failed/gm)) {
    passed += Number(ok);
    failed += Number(bad);
  }
  return { passed, failed: status === 0 ? failed : Math.max(failed, 1) };
}

/** Runs the `*.test.mjs` files below a folder one after the other, each in a process of its own. */
async function* nodeTest(folder, env = {}) {
  for (const file of testFiles(folder)) yield testProgram(file, env);
}

function testFiles(folder) {
  const names = readdirSync(join(root, folder), { recursive: true });
  const tests = names.filter((name) => name.endsWith(".test.mjs")).sort();
  return tests.map((name) => join(folder, name));
}

/** End-to-end tests of these names, for `sideBySide`. */
function programs(names, env) {
  return names.map((name) => [join("tests/e2e", name), env]);
}

/**
 * Runs test programs, `[file, env]` each, one on each processor: LANE tells them whose folders are theirs. They are
 * processes of their own, so that one that hangs costs no other its results. What one printed is shown if it failed.
 */
async function* sideBySide(env, programs) {
  const waiting = [...programs];
  const results = [];
  const lane = async (_, number) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [file, own] = next;
      const started = Date.now();
      const how = [file, ...Object.values(own)].join(" ");
      const all = { ...env, ...own, LANE: String(number) };
      const result = await testProgram(file, all, { how, quiet: true });
      const { passed, failed } = result;
      const seconds = Math.round((Date.now() - started) / 1000);
      say(`${how}: ${passed} passed, ${failed} failed, ${seconds} s`);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  yield* results;
}

/** Runs a test program; `how` names the run, where a file has several. */
async function testProgram(file, env, { how = file, quiet = false } = {}) {
  const { status, output } = await run(process.execPath, ["--test-reporter=spec", file], {
    env,
    quiet,
    silence: SILENCE_MINUTES * 60_000,
  });
  if (status === "silent") {
    const note = `${how} printed nothing for ${SILENCE_MINUTES} minutes and was killed`;
    say(note);
    if (quiet) console.log(output);
    return { passed: 0, failed: 1, note };
  }
  // The summary stands at the end; tests may print what looks like it.
  const number = (key) =>
    Number([...output.matchAll(new RegExp(`^\\W*${key} (\\d+)$`, "gm"))].at(-1)?.[1] ?? 0);
  const failed = number("fail") + number("cancelled");
  const skipped = number("skipped");
  const notes = [
    ...(skipped > 0 ? [`${skipped} skipped in ${how}`] : []),
    ...failures(output).map((failure) => `FAILED in ${how}: ${failure}`),
  ];
  return {
    passed: number("pass"),
    failed: status === 0 ? failed : Math.max(failed, 1),
    note: notes.join("; ") || undefined,
  };
}

/** The failed tests, as the reporter lists them at its end: title, and the first words of what it says. */
function failures(output) {
  const [, list = ""] = output.split("failing tests:\n");
  return [...list.matchAll(/^✖ (.*) \([\d.]+ms\)\n((?:  .*\n|\n){0,12})/gm)].map(
    ([, title, said]) => `${title} (${said.replace(/\s+/g, " ").trim().slice(0, 300)})`,
  );
}
