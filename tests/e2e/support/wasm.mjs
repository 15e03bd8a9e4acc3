// Builds a crate of this repository for the browser, as its files by path.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { scratch } from "./scratch.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const TARGET = "wasm32-unknown-unknown";

const built = new Map();

/**
 * Compiles a package of the workspace and gives `{ glue, wasm }`: one ES module, which fetches nothing by itself, and the
 * module's bytes. Once per process; cargo knows what it has built before. `release` is slower to build and faster to load,
 * `bare` is without the package's default features.
 */
export function buildWasm(name, { release = false, bare = false } = {}) {
  if (!built.has(name)) built.set(name, compile(name, release, bare));
  return built.get(name);
}

/** The files of a page that runs such a package and nothing else. */
export async function wasmPage(name) {
  const { glue, wasm } = await buildWasm(name);
  return { "/index.html": PAGE, "/wasm/app.js": glue, "/wasm/app.wasm": wasm };
}

const PAGE = `<!doctype html><html lang="en"><title>App</title><link rel="icon" href="data:,">
<script type="module">
  import init from "/wasm/app.js";
  await init({ module_or_path: "/wasm/app.wasm" });
</script><body></body></html>`;

async function compile(name, release, bare) {
  const cargo = (...args) =>
    execFileSync("cargo", args, {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
    });
  const flags = [...(release ? ["--release"] : []), ...(bare ? ["--no-default-features"] : [])];
  cargo("build", "--package", name, "--target", TARGET, ...flags);
  const target = join(root, "target");
  const folder = join(target, TARGET, release ? "release" : "debug");
  // A binary has the package's name, a library that of its crate.
  const file = [name, name.replaceAll("-", "_")]
    .map((one) => join(folder, `${one}.wasm`))
    .find(existsSync);
  const out = scratch(`wasm/${name}`);
  rmSync(out, { recursive: true, force: true });
  cargo(
    ...["run", "--package", "xtask", "--", "bindgen", "--target=web", "--no-typescript"],
    ...["--omit-default-module-path", "--out-name=app", `--out-dir=${out}`, file],
  );
  // One file, with the snippets of JavaScript that the crates bring along.
  const { outputFiles } = await build({
    entryPoints: [join(out, "app.js")],
    bundle: true,
    write: false,
    format: "esm",
    logLevel: "warning",
  });
  return { glue: outputFiles[0].text, wasm: readFileSync(join(out, "app_bg.wasm")) };
}
