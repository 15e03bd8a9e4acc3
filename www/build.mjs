import { execFileSync } from "node:child_process";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import defaults from "./static/config.js";

const here = dirname(fileURLToPath(import.meta.url));

/**
 * Builds the app against the packed package, so that it gets what a user of npm gets.
 *
 * @param {object} options
 * @param {string} options.tarball the file that `npm pack` wrote
 * @param {string} options.outDir an own folder for the site; what was in it is deleted. The package is unpacked beside it
 * @param {boolean} [options.vault] builds it on `keyward/vault`, with the vault's files below `/keyward/`
 * @param {object} [options.baked] the configuration to write into the vault's files
 * @returns {Promise<{ outDir: string, outputs: Record<string, number> }>} the bundle's files, in bytes
 */
export async function buildSite({ tarball, outDir, vault = false, baked }) {
  const out = resolve(outDir);
  const workshop = `${out}-package`;
  const keyward = await unpack(resolve(tarball), workshop);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const outputs = await bundle(out, packedKeyward(vault ? "keyward/vault" : "keyward", workshop));
  await cp(join(here, "static"), out, { recursive: true });
  await cp(join(here, "index.html"), join(out, "index.html"));
  if (vault) {
    const command = [join(keyward, "dist/cli.js"), "vault", join(out, "keyward")];
    if (baked) {
      const config = join(workshop, "vault.json");
      await writeFile(config, JSON.stringify(baked));
      command.push("--config", config);
    }
    execFileSync(process.execPath, command, { stdio: "ignore" });
  }
  return { outDir: out, outputs };
}

/** What to write into the files of a vault on an origin of its own: what src/auth.ts says. */
export function bakedOptions({ issuer, api }) {
  const { clientId, scope, authorizationParams } = defaults;
  const resources = [{ origin: api, paths: ["/api/"] }];
  return { issuer, clientId, scope, authorizationParams, resources };
}

async function unpack(tarball, workshop) {
  const target = join(workshop, "node_modules/keyward");
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  // A scope of its own: without it the bundler would take `keyward` for a self-reference of the
  // project's root package and build the sources' output instead of the tarball.
  await writeFile(join(workshop, "package.json"), '{ "name": "keyward-www", "private": true }\n');
  execFileSync("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
  return target;
}

async function bundle(outdir, keyward) {
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
    plugins: [keyward, servedSettings],
    logLevel: "warning",
  });
  return Object.fromEntries(
    Object.entries(metafile.outputs).map(([file, { bytes }]) => [file.split("/").pop(), bytes]),
  );
}

/** `entry` is what the app gets for `keyward`. */
const packedKeyward = (entry, workshop) => ({
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
