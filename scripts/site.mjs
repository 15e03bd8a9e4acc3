// The SPA of www/ on the packed package, as a user of npm would build it.
import { join } from "node:path";
import { load, root, say } from "./lib.mjs";

/** Builds the SPA from `target/npm/keyward.tgz`; resolves to the folder of the site. */
export async function buildPackedSite() {
  say("building the SPA on the packed package");
  const { buildSite } = await load("www/build.mjs");
  const outDir = join(root, "target/site");
  await buildSite({ tarball: join(root, "target/npm/keyward.tgz"), outDir });
  return outDir;
}
