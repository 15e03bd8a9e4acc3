// Which front the test page stands on: FRONT is "npm", the default, or "rust".

import { test } from "./timed.mjs";

export const front = process.env.FRONT ?? "npm";
if (!["npm", "rust"].includes(front)) throw new Error(`no such front: ${front}`);

/** Declares tests as `test` does, for one front; for the other they count as skipped, and `why` says why. */
export function onlyFor(wanted, why) {
  return front === wanted ? test : (title) => test(title, undefined, { skip: why });
}
