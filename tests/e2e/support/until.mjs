// Waiting for something to become true, instead of sleeping and hoping; and for nothing without end.

import { setTimeout as pause } from "node:timers/promises";

// Generous on purpose: a loaded machine must not fail a test, and a passing one never waits long.
const TIMEOUT_MS = 30_000;
const INTERVAL_MS = 25;
// A question that a page was asked just as it went away may never be answered: it is asked again.
const PROBE_MS = 10_000;

/**
 * Polls `probe` until it gives something truthy, and gives that.
 * After `timeout` milliseconds it rejects, naming `what` and the last value or error.
 */
export async function until(probe, what, { timeout = TIMEOUT_MS, interval = INTERVAL_MS } = {}) {
  const deadline = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      last = await inTime(probe(), "an answer to the probe", PROBE_MS);
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`waited ${timeout} ms for ${what}; last seen: ${seen}`);
    }
    await pause(interval);
  }
}

/** The answer to a question that may be asked twice, such as one about what a page shows. */
export async function answer(question, what = "an answer of the page") {
  const { value } = await until(async () => ({ value: await question() }), what);
  return value;
}

/** Waited for in vain. */
export class Late extends Error {}

/** What becomes of a promise; after `ms` milliseconds it rejects with `Late`, naming `what`. */
export async function inTime(promise, what, ms) {
  // Made now: its stack shows who waits.
  const late = new Late(`waited ${ms} ms for ${what}`);
  let timer;
  const end = new Promise((_, reject) => (timer = setTimeout(reject, ms, late)));
  try {
    return await Promise.race([promise, end]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Watches that `probe` stays falsy for `ms` milliseconds; rejects as soon as it does not.
 * For absences that only time can show, such as "no second request".
 */
export async function never(probe, what, ms) {
  const deadline = Date.now() + ms;
  while (Date.now() < deadline) {
    const seen = await inTime(probe(), "an answer to the probe", PROBE_MS);
    if (seen) throw new Error(`${what} happened: ${JSON.stringify(seen)}`);
    await pause(INTERVAL_MS);
  }
}
