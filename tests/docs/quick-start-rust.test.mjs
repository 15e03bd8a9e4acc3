// The Rust program in the README, in a project that is made as the README says, under the policy that it gives.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { build } from "esbuild";
import { forEachBrowser, launch } from "../e2e/support/browsers.mjs";
import { startSite } from "../e2e/support/site.mjs";
import { test } from "../e2e/support/timed.mjs";
import { until } from "../e2e/support/until.mjs";
import { buildForBrowser, rustProject } from "../packaging/crate.mjs";
import { startProvider } from "../provider/provider.mjs";
import { blocks, policyFor } from "./markdown.mjs";

const PAGE = `<!doctype html><html lang="en"><title>app</title><script type="module" src="/start.js"></script>
<body></body></html>`;
const START = `import init from "/app.js"; init({ module_or_path: "/app_bg.wasm" });`;

test("the Rust quick start has at most 25 lines", () => {
  const [{ code }] = blocks("README.md", "rust");
  const lines = code.split("\n").filter((line) => line.trim() !== "");
  assert.ok(lines.length <= 25, `${lines.length} lines`);
});

forEachBrowser((name) => {
  describe(`the Rust quick start in ${name}`, () => {
    let browser, provider, site;

    before(async () => {
      site = await startSite({ files: { "/api/orders": "three lamps" }, fallback: "/index.html" });
      provider = await startProvider({ spaOrigins: [site.origin], autologin: "alice" });
      Object.assign(site.files, await built(provider.issuer));
      site.files["/index.html"] = { body: PAGE, headers: policyFor(provider.issuer) };
      browser = await launch(name);
    });

    after(async () => {
      await browser?.close();
      await provider?.close();
      await site?.close();
    });

    test("signs in, greets by name, calls the API, survives a reload, signs out", async () => {
      const page = await browser.newPage();
      const shows = (text) =>
        until(
          async () => (await page.textContent("body").catch(() => "")).includes(text),
          `"${text}"`,
        );
      const button = (text) => page.locator("button", { hasText: text });
      await page.goto(`${site.origin}/deep/link?x=1`);
      await button("Sign in").click();
      await shows("Hello Alice Example!");
      assert.equal(page.url(), `${site.origin}/deep/link?x=1`);
      await button("Orders").click();
      await shows("three lamps");
      await page.reload();
      await shows("Hello Alice Example!");
      await button("Sign out").click();
      await until(() => provider.count("endSession") > 0, "the provider's sign-out");
      await button("Sign in").waitFor();
      await page.reload();
      await button("Sign in").waitFor();
    });

    test("says what is wrong, with the fix", async () => {
      const page = await browser.newPage();
      await page.goto(`${site.origin}/`);
      const button = page.locator("button", { hasText: "Sign in" });
      await button.waitFor();
      await provider.down();
      try {
        await button.click();
        const alert = page.locator("[role=alert]");
        await alert.waitFor();
        assert.match(await alert.textContent(), /discovery_down/);
        assert.ok((await alert.textContent()).includes(provider.issuer));
      } finally {
        await provider.up();
      }
    });
  });
});

/** Builds the first Rust block of the README, with nothing changed but the issuer. */
async function built(issuer) {
  const [{ code }] = blocks("README.md", "rust");
  const [manifest] = blocks("README.md", "toml");
  assert.match(code, /"https:\/\/id\.example"/);
  const dependencies = manifest.code
    .split("\n")
    .filter((line) => line !== "[dependencies]" && !line.startsWith("keyward"))
    .join("\n");
  assert.match(manifest.code, /keyward = \{ path = "<this folder>", features = \["yew"\] \}/);
  const folder = rustProject("quick-start", {
    features: ["yew"],
    dependencies,
    files: { "src/main.rs": code.replace("https://id.example", issuer) },
  });
  const out = await buildForBrowser(folder, "quick-start");
  // The snippets are bundled, so that the names of the files are known.
  const { outputFiles } = await build({
    entryPoints: [join(out, "app.js")],
    bundle: true,
    write: false,
    format: "esm",
  });
  return {
    "/start.js": START,
    "/app.js": outputFiles[0].text,
    "/app_bg.wasm": readFileSync(join(out, "app_bg.wasm")),
  };
}
