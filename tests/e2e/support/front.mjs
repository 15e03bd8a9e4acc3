// Which front the test page stands on: FRONT is "npm", the default, "rust", or "vault" for the npm package with the vault
// in a worker.

import { test } from "./timed.mjs";

export const front = process.env.FRONT ?? "npm";
if (!["npm", "rust", "vault"].includes(front)) throw new Error(`no such front: ${front}`);

/** Declares tests as `test` does, for all fronts but one. */
export function notFor(unwanted, why) {
  return front === unwanted ? (title) => test(title, undefined, { skip: why }) : test;
}

/** Declares tests as `test` does, for one front; for the other they count as skipped, and `why` says why. */
export function onlyFor(wanted, why) {
  return front === wanted ? test : (title) => test(title, undefined, { skip: why });
}
