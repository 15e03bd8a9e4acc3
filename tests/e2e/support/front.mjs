// Which front the test page stands on: FRONT is "npm", the default, or "rust". With the vault in a worker it is "vault" for
// the npm package, "own" for that with a vault of an origin of its own; "rust-vault" and "rust-own" are a Rust app without a
// vault in it.

import { test } from "./timed.mjs";

const FRONT = process.env.FRONT ?? "npm";
if (!["npm", "rust", "vault", "own", "rust-vault", "rust-own"].includes(FRONT)) {
  throw new Error(`no such front: ${FRONT}`);
}

/** Whether the page is an app in Rust, and where its vault is: in a worker, and that on an origin of its own. */
export const rust = FRONT.startsWith("rust");
export const own = FRONT.endsWith("own");
export const vault = own || FRONT.endsWith("vault");

/** `npm` is the npm package with the vault in the page. What is true of a vault is so wherever it is. */
const is = (front) => ({ npm: !rust && !vault, rust, vault, own })[front];

/** Declares tests as `test` does, for all fronts but one. */
export function notFor(unwanted, why) {
  return is(unwanted) ? (title) => test(title, undefined, { skip: why }) : test;
}

/** Declares tests as `test` does, for one front; for the other they count as skipped, and `why` says why. */
export function onlyFor(wanted, why) {
  return is(wanted) ? test : (title) => test(title, undefined, { skip: why });
}
