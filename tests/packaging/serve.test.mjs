// How `npm start` serves the demos and `npm run serve` an app of one's own: what is answered at which address.

import assert from "node:assert/strict";
import { request } from "node:http";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { serveSite } from "../../www/serve.mjs";
import { root } from "./tarball.mjs";

const META = /<meta\s+name="keyward-demo"\s+content='([^']*)'/;
/** As prettier leaves it in the demo's page. */
const PAGE = `<!doctype html>
<meta
  name="keyward-demo"
  content='{"issuer":"http://localhost:1","api":"http://localhost:2"}'
/>
<title>app</title>
`;
const FILES = { "index.html": PAGE, "app.js": "run();\n", "app_bg.wasm": "\0asm" };
const config = { issuer: "http://localhost:9401", api: "http://localhost:9501" };

describe("a served app", () => {
  const folder = join(root, "target/packaging/serve/site");
  let app, plain;

  before(async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "../secret.txt"), "not for the site");
    app = await serveSite({ root: folder, config, deepLinks: true });
    plain = await serveSite({ root: folder, config });
  });
  after(() => Promise.all([app, plain].map((site) => site?.close())));

  test("has its page at each address that names no file, and nowhere else", async () => {
    for (const path of [
      "/",
      "/?code=c&state=s",
      "/index.html",
      "/orders",
      "/orders/7/",
      "/a%20b",
    ]) {
      const { status, headers, text } = await get(app, path);
      assert.equal(status, 200, path);
      assert.match(headers["content-type"], /^text\/html/, path);
      assert.equal(headers["cache-control"], "no-store", path);
      assert.match(text, /<title>app<\/title>/, path);
    }
    for (const path of ["/gone.js", "/orders/gone.wasm"]) {
      assert.equal((await get(app, path)).status, 404, path);
    }
    // Without a router in the app the address is wrong.
    assert.equal((await get(plain, "/")).status, 200);
    assert.equal((await get(plain, "/orders")).status, 404);
  });

  test("finds the provider, the API and the pages about errors of this run in its page", async () => {
    for (const path of ["/", "/orders"]) {
      const { text } = await get(app, path);
      const found = JSON.parse(text.match(META)[1]);
      assert.deepEqual(found, { ...config, vault: "", errors: "/errors/" });
      assert.equal(text.replace(META, ""), PAGE.replace(META, ""));
    }
  });

  test("has its files as they are, in the types that browsers ask for", async () => {
    const wasm = await get(app, "/app_bg.wasm");
    assert.equal(wasm.headers["content-type"], "application/wasm");
    assert.equal(wasm.text, FILES["app_bg.wasm"]);
    const script = await get(app, "/app.js");
    assert.match(script.headers["content-type"], /^text\/javascript/);
    assert.equal(script.text, FILES["app.js"]);
  });

  test("sends the policy with every answer, and reaches its provider and its API alone", async () => {
    for (const path of ["/", "/orders", "/app.js", "/gone.js"]) {
      const { headers } = await get(app, path);
      const policy = headers["content-security-policy"].split("; ");
      assert.ok(policy.includes("script-src 'self' 'wasm-unsafe-eval'"), path);
      assert.ok(policy.includes(`connect-src 'self' ${config.issuer} ${config.api}`), path);
      assert.ok(policy.includes("frame-ancestors 'none'"), path);
      assert.equal(headers["x-content-type-options"], "nosniff", path);
      assert.equal(headers["referrer-policy"], "no-referrer", path);
    }
  });

  test("gives nothing from outside its folder", async () => {
    for (const path of ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"]) {
      const { status, text } = await get(app, path);
      assert.equal(status, 404, path);
      assert.doesNotMatch(text, /not for the site/);
    }
  });
});

/** The path goes out as it stands: `fetch` would tidy it up. */
function get(site, path) {
  return new Promise((resolve, reject) => {
    request({ host: "localhost", port: site.port, path }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => (text += part));
      response.on("end", () => {
        resolve({ status: response.statusCode, headers: response.headers, text });
      });
    })
      .on("error", reject)
      .end();
  });
}
