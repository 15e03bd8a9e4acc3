// Bundles as an app would: esbuild, minified, with dynamic imports in files of their own. Nothing is written.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { root } from "../scripts/lib.mjs";
import { CLIENTS } from "./plan.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The version of a client's package that is measured. */
export function versionOf(client) {
  const name = CLIENTS[client];
  const folder = name === "keyward" ? root : join(root, "node_modules", name);
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
}

/**
 * Bundles the client's entry, or `page`, a script of this folder that imports it as "client-under-test".
 * Gives the files by name, and which of them load at once and which on demand.
 */
export async function bundle(client, page) {
  const peer = join(here, "peers", `${client}.mjs`);
  const { outputFiles, metafile } = await build({
    entryPoints: { main: page ? join(here, page) : peer },
    alias: { "client-under-test": peer },
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    legalComments: "none",
    metafile: true,
    write: false,
    outdir: here,
    logLevel: "error",
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  const outputs = new Map(
    Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]),
  );
  const atOnce = reach("main.js", outputs);
  const onDemand = [...files.keys()].filter((name) => !atOnce.has(name));
  return { files, atOnce: [...atOnce], onDemand };
}

/** A file and all that its static imports pull in. */
function reach(name, outputs, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const { path, kind } of outputs.get(name).imports) {
    if (kind === "import-statement") reach(basename(path), outputs, seen);
  }
  return seen;
}
