// `npx keyward vault`: writes what an app's server serves, and looks at what it does serve.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { startSite } from "../e2e/support/site.mjs";
import { project, root, run as inProject } from "./tarball.mjs";

const FILES = ["callback.html", "callback.js", "park.js", "texts.js", "vault.js"];
const WITH_FRAME = [...FILES, "frame.html", "frame.js"].sort();

describe("npx keyward vault", () => {
  const folder = project("cli", {});
  const cli = join(folder, "node_modules/keyward/dist/cli.js");
  const out = join(folder, "public/keyward");
  const run = (...args) =>
    promisify(execFile)(process.execPath, [cli, ...args], { cwd: folder }).then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      ({ code, stdout, stderr }) => ({ code, text: stdout + stderr }),
    );
  let site;
  before(async () => {
    site = await startSite({ headers: { "cache-control": "no-cache" } });
  });
  after(() => site.close());

  /** Serves what was written. */
  function deploy() {
    for (const name of FILES) site.files[`/keyward/${name}`] = readFileSync(join(out, name));
  }

  test("writes the files with their hashes, twice the same", async () => {
    const first = await run("vault", "public/keyward");
    assert.equal(first.code, 0, first.text);
    assert.deepEqual(readdirSync(out).sort(), FILES);
    assert.equal(first.text.match(/^[0-9a-f]{64} /gm).length, FILES.length);
    assert.equal((await run("vault", "public/keyward")).text, first.text);
  });

  test("--check: what is deployed is this version's, with the right headers", async () => {
    await run("vault", "public/keyward");
    deploy();
    for (const url of ["/keyward", "/keyward/", "/keyward/vault.js"]) {
      const { code, text } = await run("vault", "--check", site.origin + url);
      assert.equal(code, 0, text);
    }
    site.files["/keyward/park.js"] += "//";
    delete site.files["/keyward/callback.js"];
    site.files["/keyward/vault.js"] = {
      body: site.files["/keyward/vault.js"],
      headers: { "content-type": "text/plain", "cache-control": "max-age=3600" },
    };
    const { code, text } = await run("vault", "--check", `${site.origin}/keyward/`);
    assert.equal(code, 1);
    assert.match(text, /park\.js: is not the file of this version/);
    assert.match(text, /callback\.js: the server answers 404/);
    assert.match(text, /vault\.js: has the Content-Type text\/plain/);
    assert.match(text, /vault\.js: has the Cache-Control max-age=3600/);
  });

  test("--config bakes the options in, and --check still knows the file", async () => {
    const options = { issuer: "https://id.example", clientId: "spa" };
    writeFileSync(join(folder, "vault.json"), JSON.stringify(options));
    const { code, text } = await run("vault", "public/keyward", "--config", "vault.json");
    assert.equal(code, 0, text);
    const script = readFileSync(join(out, "vault.js"), "utf8");
    assert.ok(script.startsWith(`self.KEYWARD_CONFIG=${JSON.stringify(options)};\n`));
    deploy();
    assert.equal((await run("vault", "--check", `${site.origin}/keyward/`)).code, 0);
    writeFileSync(join(folder, "vault.json"), '{ "issuer": "https://id.example" }');
    const bad = await run("vault", "public/keyward", "--config", "vault.json");
    assert.equal(bad.code, 1);
    assert.match(bad.text, /"clientId" is missing/);
  });

  test("--config with app writes the frame, for that app alone, and --check looks at its headers", async () => {
    const options = { app: "https://app.example", issuer: "https://id.example", clientId: "spa" };
    writeFileSync(join(folder, "own.json"), JSON.stringify(options));
    const { code, text } = await run("vault", "public/own", "--config", "own.json");
    assert.equal(code, 0, text);
    const own = join(folder, "public/own");
    assert.deepEqual(readdirSync(own).sort(), WITH_FRAME);
    const line = `self.KEYWARD_CONFIG=${JSON.stringify(options)};\n`;
    const written = WITH_FRAME.filter((name) =>
      readFileSync(join(own, name), "utf8").startsWith(line),
    );
    assert.deepEqual(written, ["callback.js", "frame.js", "vault.js"]);

    for (const name of WITH_FRAME) site.files[`/own/${name}`] = readFileSync(join(own, name));
    const open = await run("vault", "--check", `${site.origin}/own/`);
    assert.match(
      open.text,
      /frame\.html: lets every page frame it; say frame-ancestors https:\/\/app\.example/,
    );
    const frame = (headers) =>
      (site.files["/own/frame.html"] = { body: readFileSync(join(own, "frame.html")), headers });
    frame({ "content-security-policy": "default-src 'none'; frame-ancestors https://app.example" });
    assert.equal((await run("vault", "--check", `${site.origin}/own/`)).code, 0);
    frame({ "content-security-policy": "frame-ancestors *", "x-frame-options": "DENY" });
    const wrong = await run("vault", "--check", `${site.origin}/own/`);
    assert.match(wrong.text, /frame\.html: lets \* frame it/);
    assert.match(wrong.text, /frame\.html: has an X-Frame-Options header/);
    site.files["/own/frame.js"] = readFileSync(join(out, "callback.js"));
    assert.match(
      (await run("vault", "--check", `${site.origin}/own/`)).text,
      /frame\.js: has not the configuration/,
    );

    for (const app of ["https://app.example/", "app.example", 1]) {
      writeFileSync(join(folder, "own.json"), JSON.stringify({ ...options, app }));
      const bad = await run("vault", "public/own", "--config", "own.json");
      assert.equal(bad.code, 1);
      assert.match(bad.text, /"app" must be an origin/);
    }
  });

  test("the crate's command writes the same files, with and without a configuration", async () => {
    const crate = (...args) => {
      const flags = ["--quiet", "--no-default-features", "--features", "vault-files"];
      const command = ["run", ...flags, "--bin", "keyward", "--", ...args];
      return inProject("cargo", command, { cwd: root });
    };
    const options = { issuer: "https://id.example", clientId: "spa", app: "https://app.example" };
    const [path, ours, theirs] = ["crate.json", "by-npm", "by-crate"].map((name) =>
      join(folder, name),
    );
    writeFileSync(path, JSON.stringify(options));
    for (const config of [[], ["--config", path]]) {
      assert.equal((await run("vault", ours, ...config)).code, 0);
      const { code, output } = await crate("vault", theirs, ...config);
      assert.equal(code, 0, output);
      assert.deepEqual(readdirSync(theirs), readdirSync(ours));
      for (const name of readdirSync(ours)) {
        assert.ok(readFileSync(join(theirs, name)).equals(readFileSync(join(ours, name))), name);
      }
    }
    assert.equal(readdirSync(theirs).length, FILES.length + 2);
    for (const wrong of ['{ "issuer": "https://id.example" }', '{ "app": 1 }', "[]"]) {
      writeFileSync(path, wrong);
      const { code, output } = await crate("vault", theirs, "--config", path);
      assert.equal(code, 1, wrong);
      assert.match(output, /"clientId"|"issuer"|no JSON object/);
    }
    writeFileSync(path, JSON.stringify({ ...options, app: "https://app.example/" }));
    assert.match((await crate("vault", theirs, "--config", path)).output, /must be an origin/);
  });

  test("says how it is used when it is not", async () => {
    for (const args of [[], ["vault"], ["other"], ["vault", "--nothing"]]) {
      const { code, text } = await run(...args);
      assert.equal(code, 1, args.join(" "));
      assert.match(text, /keyward vault|--nothing/);
    }
    assert.equal((await run("--help")).code, 0);
  });
});
