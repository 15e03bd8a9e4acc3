// The README's headers for a vault on an origin of its own, served by the real nginx that they are written for.
//
//   NGINX    path of nginx
//   CHROME, FIREFOX, BROWSERS as in the end-to-end tests

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe } from "node:test";
import { promisify } from "node:util";
import { forEachBrowser } from "../e2e/support/browsers.mjs";
import {
  call,
  reload,
  signIn,
  signOut,
  startWorld,
  stateOf,
  status,
} from "../e2e/support/harness.mjs";
import { test } from "../e2e/support/timed.mjs";
import { until } from "../e2e/support/until.mjs";

const root = join(import.meta.dirname, "../..");

/** The README's block, with the addresses of this run in place of its examples. */
async function snippet(folder, { vault, app, issuer, api }) {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, block] = /```nginx\n([\s\S]*?)```/.exec(readme);
  const { hostname, port } = new URL(vault);
  const addresses = {
    "server_name vault.app.example;": `listen 127.0.0.1:${port}; server_name ${hostname};`,
    "/srv/vault": folder,
    "https://app.example": app,
    "https://id.example": issuer,
    "https://api.example": `${api} ${app}`,
  };
  return Object.entries(addresses).reduce((text, [example, here]) => {
    assert.ok(text.includes(example), `the README's block has ${example}`);
    return text.replaceAll(example, here);
  }, block);
}

/** nginx in the foreground, with nothing of the machine's own settings. */
async function startNginx(folder, server) {
  const file = join(folder, "nginx.conf");
  const types = `types { text/html html; application/javascript js; application/wasm wasm; }`;
  const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(" ");
  // Started by root it would serve as somebody who may not read the folder.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  await writeFile(
    file,
    `${user} daemon off; pid ${join(folder, "pid")}; error_log stderr;
     events {}
     http { ${types} access_log off; ${own}\n${server} }`,
  );
  const nginx = spawn(process.env.NGINX ?? "nginx", ["-p", folder, "-c", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  nginx.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = new Promise((done) => nginx.once("close", done));
  return {
    said: () => said,
    async stop() {
      nginx.kill("SIGTERM");
      await ended;
    },
  };
}

forEachBrowser((name) => {
  describe(`the README's nginx block in ${name}`, () => {
    let world, folder, nginx;
    before(async () => {
      world = await startWorld(name, { own: true });
      folder = await mkdtemp(join(tmpdir(), "keyward-nginx-"));
      const site = world.vaultSite;
      for (const [path, { body }] of Object.entries(site.files)) {
        const file = join(folder, "www", path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, body);
      }
      const server = await snippet(join(folder, "www"), {
        vault: site.origin,
        app: world.app.origin,
        issuer: world.op.issuer,
        api: world.api.url,
      });
      // nginx takes its place, at its port.
      await site.close();
      nginx = await startNginx(folder, server);
      const isUp = () => fetch(`http://127.0.0.1:${site.port}/keyward/vault.js`).catch(() => null);
      await until(isUp, "nginx").catch((error) => {
        throw new Error(nginx.said(), { cause: error });
      });
    });
    after(async () => {
      await nginx?.stop();
      await world?.close();
      if (folder) await rm(folder, { recursive: true, force: true });
    });

    test("signs in, calls the APIs, comes back after a reload, and signs out", async () => {
      const page = await world.open("/here");
      await signIn(page);
      assert.equal(page.url(), `${world.app.origin}/here`);
      for (const base of ["", world.api.url]) {
        assert.equal((await call(page, `${base}/api/orders`)).ok?.status, 200, base);
      }
      await reload(page);
      assert.equal((await status(page, "signedIn")).user.sub, "alice");
      await signOut(page);
      assert.equal((await stateOf(page)).reason, "signedOut");
    });

    test("`keyward vault --check` finds nothing to mend", async () => {
      const check = [
        join(root, "dist/cli.js"),
        "vault",
        "--check",
        `http://127.0.0.1:${world.vaultSite.port}/keyward/`,
      ];
      const { stdout } = await promisify(execFile)(process.execPath, check);
      assert.match(stdout, /^ok +\S+frame\.html$/m);
    });
  });
});
