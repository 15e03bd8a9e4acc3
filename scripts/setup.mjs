// Makes a machine ready: checks what only its owner can install, installs the rest.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Failure, must, read, root, runMain, say, which } from "./lib.mjs";

const TARGET = "wasm32-unknown-unknown";
const OLDEST_RUST = [1, 88];

/** Leaves the wasm target, the npm packages and xtask in place. Quick when nothing is missing. */
export async function setup() {
  checkTools();
  await addTarget();
  await installPackages();
  await must("cargo", ["build", "--package", "xtask"]);
}

/** Names everything that is missing at once, with the way to get it. */
function checkTools() {
  const missing = [];
  if (Number(process.versions.node.split(".")[0]) < 20) {
    missing.push(`Node 20 or newer (this is ${process.versions.node}): https://nodejs.org/`);
  }
  const rust = read("rustc", ["--version"])?.match(/^rustc (\d+)\.(\d+)/);
  if (!which("cargo") || !rust) {
    missing.push("Rust with cargo, best by rustup: https://rustup.rs/");
  } else if (Number(rust[1]) === OLDEST_RUST[0] && Number(rust[2]) < OLDEST_RUST[1]) {
    missing.push(
      `Rust ${OLDEST_RUST.join(".")} or newer (this is ${rust[1]}.${rust[2]}): run \`rustup update\``,
    );
  }
  if (process.platform !== "win32" && !which("cc")) {
    missing.push(
      process.platform === "darwin"
        ? "a C linker: run `xcode-select --install`"
        : "a C linker named cc: install gcc (Debian, Ubuntu: `apt-get install gcc libc6-dev`)",
    );
  }
  if (missing.length > 0) {
    throw new Failure(`This machine lacks:\n${missing.map((line) => `  - ${line}`).join("\n")}`);
  }
}

async function addTarget() {
  const sysroot = read("rustc", ["--print", "sysroot"]);
  if (sysroot && existsSync(join(sysroot, "lib", "rustlib", TARGET, "lib"))) return;
  if (!which("rustup")) {
    throw new Failure(
      `Rust has no ${TARGET} target and there is no rustup to add it.\n` +
        `Install your distribution's package for it, or Rust by https://rustup.rs/`,
    );
  }
  say(`adding the Rust target ${TARGET}`);
  await must("rustup", ["target", "add", TARGET]);
}

async function installPackages() {
  const stamp = join(root, "node_modules", ".keyward-lock");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package.json")))
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("installing the npm packages of package-lock.json");
  await must("npm", ["ci", "--no-audit", "--no-fund"], { quiet: true });
  writeFileSync(stamp, wanted);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(setup);
}
