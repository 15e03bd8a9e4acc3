// Where tests put files that they build.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const target = resolve(dirname(fileURLToPath(import.meta.url)), "../../../target");

/** A folder below target/ that no test program beside this one uses: LANE numbers those that run at once. */
export const scratch = (name) => join(target, `e2e-${process.env.LANE ?? 0}`, name);
