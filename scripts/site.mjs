// The SPA of www/ on the packed package, as a user of npm would build it.
import { join } from "node:path";
import { load, root, say } from "./lib.mjs";

/** Builds the SPA from `target/npm/keyward.tgz`; resolves to the folder of the site. `vault` as in `buildSite`. */
export async function buildPackedSite({ vault = false } = {}) {
  say(`building the SPA on the packed package${vault ? ", with a vault" : ""}`);
  const { buildSite } = await load("www/build.mjs");
  const outDir = join(root, vault ? "target/site-vault" : "target/site");
  await buildSite({ tarball: join(root, "target/npm/keyward.tgz"), outDir, vault });
  return outDir;
}
