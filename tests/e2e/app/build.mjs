// Builds the test page on the packed package, as a user of npm would, and serves it. With FRONT=rust
// or rust-vault the same page stands on the Rust front instead, see ../rust-app.

import { execFileSync } from "node:child_process";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { rust, tabs, vault } from "../support/front.mjs";
import { scratch } from "../support/scratch.mjs";
import { startSite } from "../support/site.mjs";
import { buildWasm } from "../support/wasm.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(here, "../../../target");
const workshop = scratch("app");

/**
 * Starts the test app on a site of its own; every unknown path shows its page.
 *
 * `options` are those of `createAuth`, or a list for several clients; `configure` changes them for
 * the loads that follow. `headers` go onto every answer and may be changed as well. With `vault` the
 * page stands on `keyward/vault`, whose files lie below `/keyward/`, with `tabs` on `keyward/tabs`. The rest is for `startSite`.
 * Gives what `startSite` gives, and `configure`, `headers`.
 */
export async function startApp({
  options = {},
  headers = {},
  files = {},
  vault,
  tabs,
  ...rest
} = {}) {
  const page = vault ? vaultBundle : tabs && !rust ? tabsBundle : bundle;
  const site = await startSite({
    files: { ...(await page()), ...files },
    fallback: "/index.html",
    headers,
    ...rest,
  });
  site.headers = headers;
  site.configure = (next) => {
    // The text may be any expression, for options that JSON cannot hold.
    const text = typeof next === "string" ? next : JSON.stringify(next);
    site.files["/app/options.js"] = `export default ${text};\n`;
  };
  site.configure(options);
  return site;
}

/** The page's files by path, built once per process. */
let built;
export function bundle() {
  return (built ??= buildFiles());
}

/** The same on `keyward/tabs`. */
let builtTabs;
export function tabsBundle() {
  return (builtTabs ??= buildFiles(tabsFront));
}

/** The same on `keyward/vault`, with the vault's files. */
let builtVault;
export function vaultBundle() {
  return (builtVault ??= buildFiles(vaultFront));
}

async function buildFiles(make = rust ? rustFront : tabs ? tabsFront : npmFront) {
  const { plugin, files: more } = await make();
  const { outputFiles } = await build({
    entryPoints: { main: join(here, "main.js") },
    outdir: "/app",
    write: false,
    bundle: true,
    // Keeps the core in a file of its own, so that its download can be seen.
    splitting: true,
    format: "esm",
    target: "es2022",
    chunkNames: "[name]",
    plugins: [plugin],
    external: ["/app/options.js"],
    logLevel: "warning",
  });
  const files = outputFiles.map(({ path, text }) => [path.replaceAll("\\", "/"), text]);
  const page = await readFile(join(here, "index.html"), "utf8");
  return { ...Object.fromEntries(files), ...more, "/index.html": page };
}

async function npmFront() {
  await unpack(join(target, "npm/keyward.tgz"));
  return { plugin: packedKeyward("keyward"), files: {} };
}

async function tabsFront() {
  return { ...(await npmFront()), plugin: packedKeyward("keyward/tabs") };
}

async function vaultFront() {
  await npmFront();
  const folder = join(workshop, "node_modules/keyward/dist/files");
  const app = rust ? await rustFront() : { plugin: packedKeyward("keyward/vault"), files: {} };
  return { ...app, files: { ...app.files, ...(await filesOf(folder)) } };
}

/** The files of a folder as a site has them below `/keyward/`. */
async function filesOf(folder) {
  const names = await readdir(folder);
  const files = names.map(async (name) => [
    `/keyward/${name}`,
    await readFile(join(folder, name), "utf8"),
  ]);
  return Object.fromEntries(await Promise.all(files));
}

/** What `npx keyward vault --config` writes for a configuration. `startApp` has unpacked the package before. */
export async function bakedVault(config) {
  const folder = scratch("vault");
  const cli = join(workshop, "node_modules/keyward/dist/cli.js");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const path = join(folder, "config.json");
  await writeFile(path, JSON.stringify(config));
  const out = join(folder, "files");
  execFileSync(process.execPath, [cli, "vault", out, "--config", path], { stdio: "ignore" });
  return filesOf(out);
}

/** With a vault in a worker as an app is that has no other. */
async function rustFront() {
  const { glue, wasm } = await buildWasm("rust-app", { release: true, bare: vault });
  return { plugin: rustKeyward(glue), files: { "/app/rust.wasm": wasm } };
}

async function unpack(tarball) {
  const folder = join(workshop, "node_modules/keyward");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // A scope of its own, so that `keyward` is the tarball and not the project around it.
  await writeFile(join(workshop, "package.json"), '{ "name": "keyward-e2e", "private": true }\n');
  execFileSync("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
}

/** `entry` is what the page gets for `keyward`. */
const packedKeyward = (entry) => ({
  name: "packed-keyward",
  setup({ onResolve, resolve: find }) {
    onResolve({ filter: /^keyward$/ }, ({ kind, pluginData }) =>
      pluginData === packedKeyward
        ? undefined
        : find(entry, { kind, resolveDir: workshop, pluginData: packedKeyward }),
    );
  },
});

/** `glue` is what wasm-bindgen made for the module. */
const rustKeyward = (glue) => ({
  name: "rust-keyward",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^keyward$/ }, () => ({ path: join(here, "../rust-app/keyward.js") }));
    onResolve({ filter: /^rust-app$/ }, () => ({ path: "rust-app", namespace: "glue" }));
    onLoad({ filter: /^/, namespace: "glue" }, () => ({ contents: glue }));
  },
});
