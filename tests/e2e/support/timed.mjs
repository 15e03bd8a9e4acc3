// Node's `test` with a limit, which by default it does not have. `--test-timeout` would limit whole
// files: in Node 20 it is the file that inherits it.

import { test as unlimited } from "node:test";

// Far beyond what a loaded machine needs: every single wait in a test has a shorter limit of its own.
const LIMIT_MS = 180_000;

/** Declares a test; one that takes for ever fails, and the next one gets its turn. `options` are Node's. */
export function test(title, play, options = {}) {
  void unlimited(title, { timeout: LIMIT_MS, ...options }, play);
}
