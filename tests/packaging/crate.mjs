// The packed crate in projects of their own, as `cargo add` would leave it: no lock of ours, so with the newest versions of
// what it depends on.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, run } from "./tarball.mjs";

export const BROWSER = "wasm32-unknown-unknown";
const workshop = join(root, "target/packaging/rust");

let packed;
/** Packs the crate; gives the folder with what a user gets, and the names of the files in it. */
export function packedCrate() {
  return (packed ??= pack());
}

function pack() {
  const cargo = (...args) =>
    execFileSync("cargo", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const options = ["--package", "keyward", "--allow-dirty"];
  const files = cargo("package", ...options, "--list")
    .trim()
    .split("\n");
  cargo("package", ...options, "--no-verify", "--quiet");
  const { version } = JSON.parse(cargo("read-manifest"));
  const folder = join(workshop, "keyward");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const archive = join(root, `target/package/keyward-${version}.crate`);
  // Packed files all have one old date, by which cargo would take another crate for the one that it has built.
  const hash = createHash("sha256").update(readFileSync(archive)).digest("hex");
  const built = join(workshop, "built");
  const isNew = !existsSync(built) || readFileSync(built, "utf8") !== hash;
  writeFileSync(built, hash);
  execFileSync("tar", [isNew ? "-xzmf" : "-xzf", archive, "-C", folder, "--strip-components=1"]);
  return { folder, files };
}

/**
 * A fresh project: `dependencies` are lines of its manifest after the one of keyward, `files` its sources by path. With
 * `light` it is without keyward's default features.
 */
export function rustProject(name, { features, dependencies, files, light = false }) {
  const { folder: keyward } = packedCrate();
  const folder = join(workshop, name);
  rmSync(folder, { recursive: true, force: true });
  const manifest = `[package]
name = "${name}"
version = "0.0.0"
edition = "2024"

[dependencies]
keyward = { path = ${JSON.stringify(keyward)}, default-features = ${!light}, features = ${JSON.stringify(features)} }
${dependencies}

[workspace]
`;
  for (const [path, text] of Object.entries({ "Cargo.toml": manifest, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Runs cargo in such a project, and shows what it prints: a silent test counts as hung. What projects share is built once. */
export function cargoIn(folder, ...args) {
  // No flag of this repository's may help: a user has none.
  const flags = /^CARGO_.*RUSTFLAGS$|^RUSTFLAGS$/;
  const own = Object.entries(process.env).filter(([name]) => !flags.test(name));
  const env = { ...Object.fromEntries(own), CARGO_TARGET_DIR: join(workshop, "target") };
  return run("cargo", args, { cwd: folder, env, show: true });
}

/** Builds a project for the browser and binds it; gives the folder with `app.js` and `app_bg.wasm`. */
export async function buildForBrowser(folder, name) {
  await must(cargoIn(folder, "build", "--target", BROWSER));
  const tool = locked(root, "wasm-bindgen");
  if (locked(folder, "wasm-bindgen") !== tool) {
    // A newer one came out. It does build, as was just seen; our tool binds its own version alone.
    await must(cargoIn(folder, "add", "--quiet", `wasm-bindgen@=${tool}`));
    rmSync(join(folder, "Cargo.lock"));
    await must(cargoIn(folder, "build", "--target", BROWSER));
  }
  const wasm = join(workshop, "target", BROWSER, "debug", `${name}.wasm`);
  const out = join(folder, "dist");
  const bindgen = ["run", "--quiet", "--package", "xtask", "--", "bindgen"];
  const options = ["--target=web", "--no-typescript", "--out-name=app", `--out-dir=${out}`, wasm];
  await must(run("cargo", [...bindgen, ...options], { cwd: root }));
  return out;
}

async function must(running) {
  const { code, output } = await running;
  if (code !== 0) throw new Error(output);
}

/** The version of a dependency that a folder's lock has. */
function locked(folder, name) {
  const lock = readFileSync(join(folder, "Cargo.lock"), "utf8");
  return lock.match(new RegExp(`^name = "${name}"\\nversion = "(.+)"$`, "m"))?.[1];
}
