// The program in the README, as a newcomer copies it, under the content security policy that the README gives.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { project, run, tool } from "../packaging/tarball.mjs";
import { startProvider } from "../provider/provider.mjs";
import { forEachBrowser, launch } from "../e2e/support/browsers.mjs";
import { startSite } from "../e2e/support/site.mjs";
import { test } from "../e2e/support/timed.mjs";
import { until } from "../e2e/support/until.mjs";
import { blocks, policyFor } from "./markdown.mjs";

const PAGE = `<!doctype html><html lang="en"><title>app</title><body>
<script type="module" src="/main.js"></script></body></html>`;

forEachBrowser((name) => {
  describe(`the quick start in ${name}`, () => {
    let browser, provider, site;

    before(async () => {
      site = await startSite({ files: { "/index.html": PAGE, "/api/orders": "three lamps" } });
      provider = await startProvider({ spaOrigins: [site.origin], autologin: "alice" });
      for (const file of await build(provider.issuer)) site.files[`/${file.name}`] = file.text;
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
      const { shown, accepted } = dialogs(page);
      const body = () => page.textContent("body").catch(() => "");
      const greeted = () =>
        until(async () => (await body()).includes("Hello Alice Example!"), "greeting");
      const button = (text) => page.locator("button", { hasText: text });

      await page.goto(`${site.origin}/`);
      await button("Sign in").click();
      await greeted();
      assert.equal(page.url(), `${site.origin}/`);

      await button("Orders").click();
      await until(() => shown.includes("three lamps"), "the API's answer");

      await page.reload();
      await greeted();

      await button("Sign out").click();
      await until(() => provider.count("revocation") === 1, "the revocation");
      await until(() => provider.count("endSession") > 0, "the provider's sign-out");
      await button("Sign in").waitFor();
      await page.reload();
      await button("Sign in").waitFor();
      await accepted();
      assert.deepEqual(shown, ["three lamps"]);
    });

    test("is held up by a policy without 'wasm-unsafe-eval', and says what to add", async () => {
      const headers = policyFor(provider.issuer);
      const strict = headers["content-security-policy"].replace("'wasm-unsafe-eval'", "");
      site.files["/index.html"] = { body: PAGE, headers: { "content-security-policy": strict } };
      const page = await browser.newPage();
      const { shown, accepted } = dialogs(page);
      await page.goto(`${site.origin}/`);
      await page.locator("button", { hasText: "Sign in" }).click();
      await until(() => shown.length > 0, "an error");
      await accepted();
      assert.match(shown[0], /Content Security Policy/);
    });
  });
});

/** What a page says by `alert`; `accepted` waits until all of it is out of the way. */
function dialogs(page) {
  const shown = [];
  const accepting = [];
  page.on("dialog", (dialog) => {
    shown.push(dialog.message());
    accepting.push(dialog.accept());
  });
  return { shown, accepted: () => Promise.all(accepting) };
}

/** Bundles the first block of the README, with nothing changed but the issuer. */
async function build(issuer) {
  const [{ code }] = blocks("README.md", "ts");
  assert.match(code, /"https:\/\/id\.example"/);
  const folder = project("quick-start", { "main.ts": code.replace("https://id.example", issuer) });
  const options = ["--bundle", "--splitting", "--format=esm", "--target=es2022", "--outdir=out"];
  const { code: status, output } = await run(
    tool("esbuild"),
    ["main.ts", ...options, "--chunk-names=[name]"],
    { cwd: folder },
  );
  assert.equal(status, 0, output);
  return readdirSync(join(folder, "out")).map((name) => ({
    name,
    text: readFileSync(join(folder, "out", name)),
  }));
}
