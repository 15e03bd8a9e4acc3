import { ATTEMPTS, attempt, type Attempts, type Store } from "./store.js";

/** A restore is tried at most this often without an answer, and this often a minute. */
const MOST_UNANSWERED = 3;
const MOST_A_MINUTE = 5;
const MINUTE = 60_000;
/** How long a restore stays closed after an answer that no new try would change. */
const CLOSED = 10 * MINUTE;

/** Whether a restore may leave now. */
export function mayRestore(store: Store, now: number): boolean {
  const { unanswered, times, closedUntil } = read(store);
  return (
    unanswered < MOST_UNANSWERED &&
    lately(times, now).length < MOST_A_MINUTE &&
    !(now < closedUntil)
  );
}

/** Counts a restore before the page leaves for it. */
export function countRestore(store: Store, now: number): void {
  const { unanswered, times } = read(store);
  // The last one allowed closes the door behind it, so that a provider which never answers locks nobody out.
  const closedUntil = unanswered + 1 >= MOST_UNANSWERED ? now + CLOSED : 0;
  write(store, { unanswered: unanswered + 1, times: [...lately(times, now), now], closedUntil });
}

/** An answer came. `final` is one that no new try would change. */
export function restoreAnswered(store: Store, now: number, final: boolean): void {
  const { times } = read(store);
  write(store, { unanswered: 0, times, closedUntil: final ? now + CLOSED : 0 });
}

function lately(times: number[], now: number): number[] {
  return times.filter((time) => now - time < MINUTE && time <= now);
}

function read(store: Store): Attempts {
  const empty = { unanswered: 0, times: [], closedUntil: 0 };
  return (
    attempt(() => {
      const read = JSON.parse(store.read(ATTEMPTS) ?? "null") as Partial<Attempts> | null;
      if (!read || !Array.isArray(read.times)) return empty;
      const now = Date.now();
      const closed = Number(read.closedUntil) || 0;
      // The door is open again after its time, and after a clock that was far ahead.
      const open = closed > 0 && (now >= closed || closed - now > CLOSED);
      return {
        unanswered: open ? 0 : Number(read.unanswered) || 0,
        times: read.times.map(Number),
        closedUntil: open ? 0 : closed,
      };
    }) ?? empty
  );
}

function write(store: Store, attempts: Attempts): void {
  // Never the same text twice: the tabs that wait hear of no value that stays what it was.
  store.write(ATTEMPTS, JSON.stringify({ ...attempts, at: Date.now() }));
}
