// The packed package in a project of its own, as `npm install` would leave it.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const tarball = join(root, "target/npm/keyward.tgz");

/** A fresh project that depends on the tarball, with `files` in it; returns its folder. */
export function project(name, files) {
  const folder = join(root, "target/packaging", name);
  const installed = join(folder, "node_modules/keyward");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  // A package.json of its own: Node must not take `keyward` for the name of this repository.
  const manifest = { name: `uses-keyward-${name}`, private: true, type: "module" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** The files in the tarball, by their names in the package. */
export function packedFiles() {
  const list = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" });
  return list
    .trim()
    .split("\n")
    .map((name) => name.replace(/^package\//, ""))
    .sort();
}

/** Runs a program to its end; resolves to its exit code and all it printed. `show` prints it as it comes, too. */
export function run(command, args, { show = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => {
        output += text;
        if (show) process.stderr.write(text);
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** The path of a tool in the project's node_modules. */
export function tool(name) {
  return join(root, "node_modules/.bin", name);
}
