// Which front the test page stands on: FRONT is "npm", the default, "rust", "vault" for the npm package with the vault in a
// worker, or "rust-vault" for the Rust front with it, and without a vault of its own.

import { test } from "./timed.mjs";

const FRONT = process.env.FRONT ?? "npm";
if (!["npm", "rust", "vault", "rust-vault"].includes(FRONT)) {
  throw new Error(`no such front: ${FRONT}`);
}

/** Whether the page is an app in Rust, and whether its vault is a worker. */
export const rust = FRONT.startsWith("rust");
export const vault = FRONT.endsWith("vault");

/** `npm` is the npm package with the vault in the page. */
const is = (front) => ({ npm: !rust && !vault, rust, vault })[front];

/** Declares tests as `test` does, for all fronts but one. */
export function notFor(unwanted, why) {
  return is(unwanted) ? (title) => test(title, undefined, { skip: why }) : test;
}

/** Declares tests as `test` does, for one front; for the other they count as skipped, and `why` says why. */
export function onlyFor(wanted, why) {
  return is(wanted) ? test : (title) => test(title, undefined, { skip: why });
}
