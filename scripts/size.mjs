// Sizes of what an app downloads, against the budgets. Run after the build; with `--yew` the apps in Rust alone, which
// need no build before.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { Failure, must, root, runMain, xtask } from "./lib.mjs";

/** Bytes of a file as it is, by `gzip -9` and by brotli 11. */
export function measure(bytes) {
  const brotli = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length };
}

/**
 * `budget` is what a release may weigh, `aim` where we want to be, in bytes by gzip. The texts of errors come only with
 * the first error that needs them.
 */
export const BUDGETS = {
  entry: { files: ["dist/index.js"], aim: 6_000, budget: 7_000 },
  // With one grant for all tabs. The budget that is wanted is 50,000; this one keeps what is reached.
  "entry + core": { files: ["dist/index.js", "dist/core.js"], aim: 50_000, budget: 66_600 },
  texts: { files: ["dist/texts.js"], aim: 5_000, budget: 6_000 },
  // What every load of a page with a vault in a worker downloads.
  "vault, page": { files: ["dist/vault.js"], aim: 6_000, budget: 9_000 },
  // With what comes with the first call, and with the first sign-in, sign-out or way back from the provider. `frame.js`
  // comes on top where the vault has an origin of its own, `limits.js` there too and with the options `idle` and `maxAge`.
  "vault, all": {
    files: ["dist/vault.js", "dist/calls.js", "dist/trip.js"],
    aim: 9_000,
    budget: 12_800,
  },
};

/**
 * What Keyward adds to a small Yew app, WebAssembly and glue: `bench/yew-keyward` less `bench/yew-bare`. With the vault in
 * the page the core is part of the app; its budget keeps what is reached.
 */
const YEW = { name: "Yew, vault in worker", aim: 38_000, budget: 50_000 };
const YEW_PAGE = { name: "Yew, vault in page", aim: 90_000, budget: 116_500 };

/** Builds the apps and gives the rows. */
export async function yewRows() {
  const bare = await appWeight("yew-bare");
  const row = async (limits, ...options) => {
    const keyward = await appWeight("yew-keyward", ...options);
    return { ...added(bare, keyward), ...limits, bare, keyward };
  };
  return [await row(YEW), await row(YEW_PAGE, "--features", "page-vault")];
}

/** Builds an app in Rust for release; what its two files weigh. `options` are those of `xtask app`. */
export async function appWeight(name, ...options) {
  const out = join("target/app", name, "out");
  await must(xtask(), ["app", name, out, ...options], { quiet: true });
  return weigh([`${name}.js`, `${name}_bg.wasm`].map((file) => join(out, file)));
}

/** What the second weighs more than the first. */
export function added(first, second) {
  return Object.fromEntries(Object.keys(first).map((key) => [key, second[key] - first[key]]));
}

/** The rows of the npm package; files are compressed one by one, as a server does it. */
export function sizes() {
  return Object.entries(BUDGETS).map(([name, { files, ...limits }]) => {
    return { name, ...weigh(files), ...limits };
  });
}

function weigh(files) {
  const sum = { raw: 0, gzip: 0, brotli: 0 };
  for (const file of files) {
    const path = join(root, file);
    if (!existsSync(path)) throw new Failure(`${file} is missing: run \`npm run build\` first.`);
    const one = measure(readFileSync(path));
    for (const key of Object.keys(sum)) sum[key] += one[key];
  }
  return sum;
}

async function check() {
  const yew = process.argv.includes("--yew");
  const rows = [...(yew ? [] : sizes()), ...(await yewRows())];
  console.log(row("bytes", "raw", "gzip", "brotli", "aim", "budget"));
  for (const { name, raw, gzip, brotli, aim, budget } of rows) {
    console.log(row(name, raw, gzip, brotli, aim, budget));
  }
  const over = rows.filter(({ gzip, budget }) => gzip > budget);
  if (over.length > 0) {
    throw new Failure(
      over
        .map(({ name, gzip, budget }) => `${name}: ${gzip} bytes by gzip, the budget is ${budget}.`)
        .join("\n"),
    );
  }
}

function row(first, ...rest) {
  return first.padEnd(20) + rest.map((cell) => String(cell).padStart(9)).join("");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(check);
}
