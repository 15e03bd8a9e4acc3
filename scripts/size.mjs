// Sizes of what an app downloads, against the budgets. Run after the build.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { Failure, root, runMain } from "./lib.mjs";

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
 * the first error.
 */
export const BUDGETS = {
  entry: { files: ["dist/index.js"], aim: 6_000, budget: 9_000 },
  "entry + core": { files: ["dist/index.js", "dist/core.js"], aim: 38_000, budget: 50_000 },
  texts: { files: ["dist/texts.js"], aim: 5_000, budget: 6_000 },
};

/** The rows of the table; files are compressed one by one, as a server does it. */
export function sizes() {
  return Object.entries(BUDGETS).map(([name, { files, ...limits }]) => {
    const sum = { raw: 0, gzip: 0, brotli: 0 };
    for (const file of files) {
      const path = join(root, file);
      if (!existsSync(path)) throw new Failure(`${file} is missing: run \`npm run build\` first.`);
      const one = measure(readFileSync(path));
      for (const key of Object.keys(sum)) sum[key] += one[key];
    }
    return { name, ...sum, ...limits };
  });
}

function check() {
  const rows = sizes();
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
  return first.padEnd(14) + rest.map((cell) => String(cell).padStart(9)).join("");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await runMain(check);
}
