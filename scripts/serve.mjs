// `npm run serve -- <folder> [port]`: an app of your own on this machine, with an answer for each address that names no
// file. Without the policy of the demos: what an app needs there is its own to say.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure, load, runMain } from "./lib.mjs";

await runMain(async () => {
  const [folder, port = "8080"] = process.argv.slice(2);
  const root = folder && resolve(process.env.INIT_CWD ?? ".", folder);
  if (!root || !existsSync(join(root, "index.html"))) {
    throw new Failure(`Give a folder with an index.html: npm run serve -- <folder> [port]`);
  }
  const { serveSite } = await load("www/serve.mjs");
  const headers = { "Content-Security-Policy": "frame-ancestors 'none'" };
  const site = await serveSite({ root, port: Number(port), deepLinks: true, headers });
  console.log(`${site.url}/`);
});
