// What only `npm run test:all` runs: tools that take minutes to install.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { must, root, run, say, which, xtask } from "./lib.mjs";

const tools = join(root, "target", "tools");

/** The suite as a user of wasm-pack runs it. Its two helpers are shims that call xtask. */
export async function viaWasmPack(chromedriver) {
  const wasmPack = await ensure("wasm-pack");
  const shims = join(tools, "shims");
  mkdirSync(shims, { recursive: true });
  for (const [name, command] of [
    ["wasm-bindgen", "bindgen"],
    ["wasm-bindgen-test-runner", "test-runner"],
  ]) {
    const file = join(shims, name);
    writeFileSync(file, `#!/bin/sh\nexec "${xtask()}" ${command} "$@"\n`);
    chmodSync(file, 0o755);
  }
  return run(wasmPack, ["test", "--headless", "--chrome", "--chromedriver", chromedriver], {
    env: {
      PATH: `${shims}${delimiter}${process.env.PATH}`,
      WASM_BINDGEN_TEST_TIMEOUT: "300",
    },
  });
}

/** cargo-deny itself: the same rules, and the advisories where their database can be fetched. */
export async function* realDeny() {
  const deny = await ensure("cargo-deny");
  const { status } = await run(deny, ["check", "bans", "licenses", "sources"]);
  yield status === 0 ? { passed: 1 } : { failed: 1 };
  const fetched = await run(deny, ["fetch", "db"], { quiet: true });
  if (fetched.status !== 0) {
    yield { note: "the advisory database cannot be reached: advisories were not checked" };
    return;
  }
  const advisories = await run(deny, ["check", "advisories"]);
  yield advisories.status === 0 ? { passed: 1 } : { failed: 1 };
}

/** The path of a cargo tool: from PATH, or built once into target/tools. */
async function ensure(name) {
  const built = join(tools, "bin", name);
  const path = which(name) ?? (existsSync(built) ? built : undefined);
  if (path) return path;
  say(`building ${name}, which takes some minutes once`);
  await must("cargo", ["install", name, "--locked", "--root", tools]);
  return built;
}
