// The Vite plugin, by Vite itself: in the build, in development, below a base.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { before, describe, test } from "node:test";
import { build, createServer, preview } from "vite";
import { project, root } from "./tarball.mjs";

const PAGE = `<!doctype html><title>App</title><script type="module" src="/main.js"></script>`;
const MAIN = `import { createAuth } from "keyward/vault";
globalThis.auth = createAuth({ issuer: "https://id.example", clientId: "spa", vault: "/keyward/vault.js" });`;
const WORKER_FILES = ["callback.html", "callback.js", "park.js", "texts.js", "vault.js"];

describe("the Vite plugin", () => {
  const folder = project("vite", { "index.html": PAGE, "main.js": MAIN });
  const original = (name) => readFileSync(join(root, "dist/files", name));
  let keywardVault;
  before(async () => {
    const file = join(folder, "node_modules/keyward/dist/vite.js");
    ({ keywardVault } = await import(pathToFileURL(file)));
  });

  const settings = (options, more) => ({
    root: folder,
    configFile: false,
    logLevel: "warn",
    plugins: [keywardVault(options)],
    ...more,
  });

  /** A server's answer to a path of it. */
  async function answer(server, path) {
    const { port } = server.httpServer.address();
    return fetch(`http://localhost:${port}${path}`, { cache: "no-store" });
  }

  test("writes the files into the build as they are, and the app has no WASM in it", async () => {
    await build(settings());
    const out = join(folder, "dist");
    assert.deepEqual(readdirSync(join(out, "keyward")).sort(), WORKER_FILES);
    for (const name of WORKER_FILES) {
      assert.ok(readFileSync(join(out, "keyward", name)).equals(original(name)), name);
    }
    const [app] = readdirSync(join(out, "assets")).filter((name) => name.startsWith("index"));
    const text = readFileSync(join(out, "assets", app), "utf8");
    assert.ok(text.includes("SharedWorker"));
    assert.doesNotMatch(text, /WebAssembly\.compile/);
    assert.match(original("vault.js").toString(), /WebAssembly\.compile/);
  });

  test("bakes a configuration in, with its own origin's frame, and refuses one that is none", async () => {
    const config = { issuer: "https://id.example", clientId: "spa", app: "https://app.example" };
    await build(settings({ path: "/vault/", config }, { build: { outDir: "own" } }));
    const names = readdirSync(join(folder, "own/vault"));
    assert.deepEqual(names.sort(), [...WORKER_FILES, "frame.html", "frame.js"].sort());
    const script = readFileSync(join(folder, "own/vault/vault.js"), "utf8");
    assert.ok(script.startsWith(`self.KEYWARD_CONFIG=${JSON.stringify(config)};\n`));
    assert.throws(() => keywardVault({ config: { issuer: "https://id.example" } }), /"clientId"/);
  });

  test("leaves a server's bundle alone", async () => {
    await build(settings({}, { build: { ssr: "main.js", outDir: "server" } }));
    assert.ok(!existsSync(join(folder, "server/keyward")));
  });

  for (const base of ["/", "/app/"]) {
    test(`serves them in development and preview below ${base}`, async () => {
      const server = { port: 0, host: "localhost" };
      const servers = [
        await createServer(settings({}, { base, server })).then((one) => one.listen()),
        await preview(settings({}, { base, preview: server })),
      ];
      try {
        for (const one of servers) {
          for (const name of WORKER_FILES) {
            const found = await answer(one, `${base}keyward/${name}`);
            assert.equal(found.status, 200, name);
            const type = name.endsWith(".js") ? /^text\/javascript/ : /^text\/html/;
            assert.match(found.headers.get("content-type"), type);
            assert.equal(found.headers.get("cache-control"), "no-cache");
            assert.ok(Buffer.from(await found.arrayBuffer()).equals(original(name)), name);
          }
        }
      } finally {
        await Promise.all(servers.map((one) => one.close()));
      }
    });
  }
});
