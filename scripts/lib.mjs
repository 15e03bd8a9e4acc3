// Helpers of the scripts. Node's own modules only: these files run before `npm ci`.
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const windows = process.platform === "win32";

/** What prettier looks after. Prose is left to its writers. */
export const PRETTIER_FILES = "**/*.{ts,tsx,js,mjs,json,css,html}";

/** Rust that is no part of the workspace: what it depends on is not for everybody to build. */
export const OWN_WORKSPACES = ["bench/yew-oauth2", "examples/leptos"];

/** A failure whose message is meant for the person at the terminal; no stack is shown for it. */
export class Failure extends Error {}

/** Runs `main` and turns a `Failure` into a plain message and exit code 1. */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/** Prints one line about what happens now. */
export function say(text) {
  console.log(`· ${text}`);
}

/** The path of a program on PATH, or undefined. */
export function which(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const suffix of windows ? [".exe", ".cmd"] : [""]) {
      const path = join(folder, name + suffix);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here: look in the next folder.
      }
    }
  }
  return undefined;
}

/** What a short command prints, or undefined where it fails or does not exist. */
export function read(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    shell: windows,
    ...options,
  });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/**
 * Runs a command with its output shown and resolves to `{ status, output }`.
 * `env` is added to the environment; `quiet` shows the output only when the command fails. A command
 * that prints nothing for `silence` milliseconds is killed, and its status is "silent".
 */
export function run(command, args, { env = {}, cwd = root, quiet = false, silence } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      shell: windows,
    });
    let output = "";
    const watchdog =
      silence &&
      setTimeout(() => {
        killTree(child.pid);
        resolve({ status: "silent", output });
      }, silence);
    for (const [stream, target] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        output += text;
        watchdog?.refresh();
        if (!quiet) target.write(text);
      });
    }
    child.on("error", (error) => {
      reject(new Failure(`Cannot start ${command}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      clearTimeout(watchdog);
      const status = code ?? signal;
      if (quiet && status !== 0) process.stderr.write(output);
      resolve({ status, output });
    });
  });
}

/** Kills a process and all that descend from it: browsers lead process groups of their own. */
function killTree(pid) {
  if (windows) return void spawnSync("taskkill", ["/pid", String(pid), "/t", "/f"]);
  const processes = (read("ps", ["-A", "-o", "pid=,ppid="]) ?? "")
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const tree = [pid];
  // The list grows while it is walked.
  for (const one of tree) {
    tree.push(...processes.filter(([, parent]) => parent === one).map(([child]) => child));
  }
  for (const one of tree) {
    try {
      process.kill(one, "SIGKILL");
    } catch {
      // It ended with its parent.
    }
  }
}

/** Like `run`, but a command that fails is a `Failure`. */
export async function must(command, args, options) {
  const { status, output } = await run(command, args, options);
  if (status !== 0) {
    throw new Failure(`This command failed (${status}): ${command} ${args.join(" ")}`);
  }
  return output;
}

/** A module of the project that may import npm packages, and so must wait for `npm ci`. */
export function load(file) {
  return import(new URL(`../${file}`, import.meta.url).href);
}

/** The path of a tool that `npm ci` installed. */
export function nodeTool(name) {
  return join(root, "node_modules", ".bin", windows ? `${name}.cmd` : name);
}

/** What `cargo metadata` tells about the workspace itself. */
export function metadata() {
  const text = read("cargo", ["metadata", "--format-version", "1", "--no-deps"]);
  if (text === undefined) throw new Failure("`cargo metadata` failed in this folder.");
  return JSON.parse(text);
}

/** The path of the workspace's own tool, as `cargo build -p xtask` leaves it. */
export function xtask() {
  return join(metadata().target_directory, "debug", windows ? "xtask.exe" : "xtask");
}
