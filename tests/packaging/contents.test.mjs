import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { packedFiles, project, root } from "./tarball.mjs";

const PROSE = /^(CHANGELOG|README|SECURITY)\.md$|^LICENSE-(APACHE|MIT)$/;

describe("the contents of the package", () => {
  const folder = join(project("contents", {}), "node_modules/keyward");
  const text = (name) => readFileSync(join(folder, name), "utf8");
  const files = packedFiles();
  const code = files.filter((name) => name.startsWith("dist/"));

  test("are the scripts of a page, the files of a vault, their types and the prose", () => {
    const filed = (name) => `dist/files/${name}`;
    const scripts = code.filter((name) => !name.endsWith(".d.ts")).sort();
    assert.deepEqual(scripts, [
      "dist/activity.js",
      "dist/calls.js",
      "dist/cli.js",
      "dist/core.js",
      ...["callback.html", "callback.js", "frame.html", "frame.js"].map(filed),
      ...["park.js", "texts.js", "vault.js"].map(filed),
      "dist/frame.js",
      "dist/index.js",
      "dist/limits.js",
      "dist/texts.js",
      "dist/trip.js",
      "dist/vault.js",
      "dist/vault_files.js",
      "dist/vite.js",
    ]);
    for (const name of files) {
      assert.match(name, /^package\.json$|^dist\/[\w/-]+\.(js|html|d\.ts)$|\.md$|^LICENSE-/);
      if (/\.md$|^LICENSE/.test(name)) assert.match(name, PROSE);
    }
    for (const name of ["LICENSE-APACHE", "LICENSE-MIT", "README.md"]) {
      assert.ok(files.includes(name), `${name} is missing`);
    }
  });

  test("ask for no other package and run nothing at installation", () => {
    const manifest = JSON.parse(text("package.json"));
    for (const key of ["dependencies", "peerDependencies", "optionalDependencies"]) {
      assert.equal(manifest[key], undefined, key);
    }
    for (const hook of ["preinstall", "install", "postinstall", "prepare"]) {
      assert.equal(manifest.scripts?.[hook], undefined, hook);
    }
    assert.equal(manifest.sideEffects, false);
    assert.equal(manifest.license, "MIT OR Apache-2.0");
  });

  test("keep the WASM and the texts of errors out of the entry, which finds each by one dynamic import", () => {
    const entry = text("dist/index.js");
    const chunks = ["core", "activity", "texts"];
    // One more asks once more for what could not be had; bundlers leave it alone.
    assert.equal(entry.match(/\bimport\(/g)?.length, chunks.length + 1);
    assert.match(entry, /import\(\s*\/\* webpackIgnore: true \*\/\s*\/\* @vite-ignore \*\//);
    for (const chunk of chunks) assert.ok(entry.includes(`import("./${chunk}.js")`));
    assert.doesNotMatch(entry, /WebAssembly\.(compile|instantiate)|[A-Za-z0-9+/]{400}/);
    // The probe finds the module where it is.
    assert.match(text("dist/core.js"), /[A-Za-z0-9+/]{400}/);
  });

  test("give a page whose vault is a worker no way to the WASM", () => {
    const imports = {
      "dist/vault.js": ["calls", "frame", "limits", "texts", "trip"],
      "dist/calls.js": [],
      "dist/frame.js": [],
      "dist/limits.js": [],
      "dist/trip.js": [],
      "dist/files/callback.js": ["texts"],
    };
    for (const [name, chunks] of Object.entries(imports)) {
      const script = text(name);
      const way = /core\.js|WebAssembly\.(compile|instantiate)|[A-Za-z0-9+/]{400}/;
      assert.ok(!way.test(script), name);
      const found = script.match(/\bimport\("[^"]*"\)/g) ?? [];
      assert.deepEqual(
        found.sort(),
        chunks.map((chunk) => `import("./${chunk}.js")`),
        name,
      );
    }
    // The probe finds the module where it is.
    const worker = text("dist/files/vault.js");
    assert.ok(worker.includes("WebAssembly.compile") && /[A-Za-z0-9+/]{400}/.test(worker));
  });

  test("ask bundlers and servers for no further file", () => {
    // What runs in Node has no part in an app.
    const tools = ["cli", "vault_files", "vite"].map((name) => `dist/${name}.js`);
    const bundles = code.filter((name) => /\.js$/.test(name) && !tools.includes(name));
    for (const name of bundles) {
      assert.doesNotMatch(text(name), /import\.meta|new URL\([^)]*\.wasm|\bfrom ?"[^"]/, name);
    }
  });

  test("tell nothing about the machine that built them", () => {
    const wasm = embeddedWasm(text("dist/core.js"));
    const haystacks = [...code.map(text), wasm.toString("latin1")];
    const paths = [root.replace(/\/$/, ""), homedir(), ".cargo/registry", "index.crates.io"];
    for (const path of paths) {
      for (const haystack of haystacks) assert.ok(!haystack.includes(path), path);
    }
    // The probe can see into the module: a name that every module has is found.
    assert.ok(wasm.includes("memory"));
  });
});

/** The module's bytes, in the order of the streams in which it is embedded. */
function embeddedWasm(script) {
  const streams = script.match(/"[A-Za-z0-9+/]{40,}={0,2}"/g);
  return Buffer.concat(streams.map((text) => inflateRawSync(Buffer.from(text, "base64"))));
}
