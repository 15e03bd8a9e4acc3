import { execFileSync } from "node:child_process";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const workshop = resolve(here, "../target/www-package");

/**
 * Builds the app against the packed package, so that it gets what a user of npm gets.
 *
 * @param {object} options
 * @param {string} options.tarball the file that `npm pack` wrote
 * @param {string} options.outDir an own folder for the site; what was in it is deleted
 * @param {boolean} [options.vault] builds it on `keyward/vault`, with the vault's files below `/keyward/`
 * @returns {Promise<{ outDir: string, outputs: Record<string, number> }>} the bundle's files, in bytes
 */
export async function buildSite({ tarball, outDir, vault = false }) {
  const keyward = await unpack(resolve(tarball));
  const out = resolve(outDir);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const outputs = await bundle(out, vault ? "keyward/vault" : "keyward");
  await cp(join(here, "static"), out, { recursive: true });
  await cp(join(here, "index.html"), join(out, "index.html"));
  if (vault) {
    const cli = join(keyward, "dist/cli.js");
    execFileSync(process.execPath, [cli, "vault", join(out, "keyward")], { stdio: "ignore" });
  }
  return { outDir: out, outputs };
}

async function unpack(tarball) {
  const target = join(workshop, "node_modules/keyward");
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  // A scope of its own: without it the bundler would take `keyward` for a self-reference of the
  // project's root package and build the sources' output instead of the tarball.
  await writeFile(join(workshop, "package.json"), '{ "name": "keyward-www", "private": true }\n');
  execFileSync("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
  return target;
}

/** `entry` is what the app gets for `keyward`. */
async function bundle(outdir, entry) {
  const { build } = await import("esbuild");
  const { metafile } = await build({
    entryPoints: [
      { in: join(here, "src/main.ts"), out: "main" },
      { in: join(here, "styles/index.css"), out: "style" },
    ],
    outdir,
    bundle: true,
    // Keeps the package's dynamic import a file of its own, which only a sign-in downloads.
    splitting: true,
    format: "esm",
    target: "es2022",
    chunkNames: "[name]",
    minify: true,
    sourcemap: "linked",
    metafile: true,
    legalComments: "none",
    plugins: [packedKeyward(entry), servedSettings],
    logLevel: "warning",
  });
  return Object.fromEntries(
    Object.entries(metafile.outputs).map(([file, { bytes }]) => [file.split("/").pop(), bytes]),
  );
}

const packedKeyward = (entry) => ({
  name: "packed-keyward",
  setup(build) {
    build.onResolve({ filter: /^keyward$/ }, ({ kind, pluginData }) =>
      pluginData === packedKeyward
        ? undefined
        : build.resolve(entry, { kind, resolveDir: workshop, pluginData: packedKeyward }),
    );
  },
});

/** The settings stay a file of their own, which a host may change without a build. */
const servedSettings = {
  name: "served-settings",
  setup(build) {
    build.onResolve({ filter: /\/static\/config\.js$/ }, () => ({
      path: "/config.js",
      external: true,
    }));
  },
};
