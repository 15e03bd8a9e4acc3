// Which front the test page stands on: FRONT is "npm", the default, "rust", or, for the npm package with the vault in a
// worker, "vault" or "own": that of an origin of its own.

import { test } from "./timed.mjs";

export const front = process.env.FRONT ?? "npm";
if (!["npm", "rust", "vault", "own"].includes(front)) throw new Error(`no such front: ${front}`);

/** Whether the page stands on this front. What is true of a vault is so wherever it is. */
export const isFront = (name) => front === name || (name === "vault" && front === "own");

/** Declares tests as `test` does, for all fronts but one. */
export function notFor(unwanted, why) {
  return isFront(unwanted) ? (title) => test(title, undefined, { skip: why }) : test;
}

/** Declares tests as `test` does, for one front; for the other they count as skipped, and `why` says why. */
export function onlyFor(wanted, why) {
  return isFront(wanted) ? test : (title) => test(title, undefined, { skip: why });
}
