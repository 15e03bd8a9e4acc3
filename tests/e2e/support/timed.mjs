// Node's `test` with a limit, which by default it does not have. `--test-timeout` would limit whole
// files: in Node 20 it is the file that inherits it.

import { test as unlimited } from "node:test";

// Far beyond what a loaded machine needs: every single wait in a test has a shorter limit of its own.
const LIMIT_MS = 180_000;

/** What a browser's driver cannot do. */
export class Missing extends Error {}

/**
 * Declares a test; one that takes for ever fails, and the next one gets its turn. One for which the driver is `Missing`
 * something counts as skipped. `options` are Node's.
 */
export function test(title, play, options = {}) {
  const skipping = async (context) => {
    try {
      await play(context);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      context.skip(error.message);
    }
  };
  void unlimited(title, { timeout: LIMIT_MS, ...options }, play && skipping);
}
