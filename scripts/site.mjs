// The SPA of www/ on the packed package, as a user of npm would build it.
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { load, root, say } from "./lib.mjs";

/**
 * Builds the SPA from `target/npm/keyward.tgz`; resolves to the folder of the site. `vault` and `baked` as in `buildSite`.
 */
export async function buildPackedSite({ vault = false, baked } = {}) {
  const how = baked ? ", with a vault on an origin of its own" : vault ? ", with a vault" : "";
  say(`building the SPA on the packed package${how}`);
  const { buildSite } = await load("www/build.mjs");
  const outDir = join(
    root,
    "target",
    ["site", vault && "vault", baked && "own"].filter(Boolean).join("-"),
  );
  await buildSite({ tarball: join(root, "target/npm/keyward.tgz"), outDir, vault, baked });
  return outDir;
}

/** Puts the built demo into a folder, with the files of a vault in a worker beside it; gives the folder. */
export function demoWithVault(folder = join(root, "target/demo-vault")) {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(root, "target/demo"), folder, { recursive: true });
  cpSync(join(root, "dist/files"), join(folder, "keyward"), { recursive: true });
  return folder;
}
