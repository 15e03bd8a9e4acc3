/**
 * What lies in the browser's storage: per tab the pending sign-ins, per origin the sign-out mark, the hint and the
 * count of restores. None of it is a token. Every access can throw, and none may break the app.
 */

/** `+` or `-`, then the session's id, `.`, and the user's hash. */
export type Mark = string;

/** A restore is tried at most this often without an answer, and this often a minute. */
const MOST_UNANSWERED = 3;
const MOST_A_MINUTE = 5;
const MINUTE = 60_000;
/** How long a restore stays closed after an answer that no new try would change. */
const CLOSED = 10 * MINUTE;
/** Pending sign-ins older than this are thrown away. */
const TRANSACTION_LIFE = 10 * MINUTE;

const TRANSACTION = "keyward.txn.";
const USED = "keyward.used";

interface Attempts {
  unanswered: number;
  times: number[];
  closedUntil: number;
}

export class Store {
  /** What the keys of this client begin with, as they stand in a storage event. */
  readonly key: string;
  readonly #local: Storage | null;

  /** Reads localStorage once: WebKit tells only those documents of changes that did. */
  constructor(issuer: string, clientId: string) {
    this.key = `keyward.${issuer}|${clientId}.`;
    this.#local = attempt(() => {
      localStorage.getItem(this.key + "mark");
      return localStorage;
    });
  }

  /** Whether other tabs can be told anything through storage. */
  get shared(): boolean {
    return this.#local !== null;
  }

  get mark(): Mark | null {
    return this.#read("mark");
  }

  /** Whether it could be written. A tombstone is as long as what it replaces, so that a full storage takes it. */
  setMark(mark: Mark): boolean {
    if (this.#write("mark", mark)) return true;
    if (mark[0] === "-") this.removeMark();
    return false;
  }

  removeMark(): void {
    this.#remove("mark");
  }

  get hint(): boolean {
    return this.#read("hint") !== null;
  }

  setHint(): void {
    this.#write("hint", "1");
    this.restoreAnswered(Date.now(), false);
  }

  removeHint(): void {
    this.#remove("hint");
  }

  /** Whether a restore may leave now. */
  mayRestore(now: number): boolean {
    const { unanswered, times, closedUntil } = this.#attempts();
    const recent = times.filter((time) => now - time < MINUTE && time <= now);
    return unanswered < MOST_UNANSWERED && recent.length < MOST_A_MINUTE && !(now < closedUntil);
  }

  /** Counts a restore before the page leaves for it. */
  countRestore(now: number): void {
    const { unanswered, times } = this.#attempts();
    const recent = times.filter((time) => now - time < MINUTE && time <= now);
    // The last one allowed closes the door behind it, so that a provider which never answers locks nobody out.
    const closedUntil = unanswered + 1 >= MOST_UNANSWERED ? now + CLOSED : 0;
    this.#writeAttempts({ unanswered: unanswered + 1, times: [...recent, now], closedUntil });
  }

  /** An answer came. `final` is one that no new try would change. */
  restoreAnswered(now: number, final: boolean): void {
    const { times } = this.#attempts();
    this.#writeAttempts({ unanswered: 0, times, closedUntil: final ? now + CLOSED : 0 });
  }

  #attempts(): Attempts {
    const empty = { unanswered: 0, times: [], closedUntil: 0 };
    return (
      attempt(() => {
        const read = JSON.parse(this.#read("attempts") ?? "null") as Partial<Attempts> | null;
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

  #writeAttempts(attempts: Attempts): void {
    this.#write("attempts", JSON.stringify(attempts));
  }

  #read(name: string): string | null {
    return attempt(() => this.#local?.getItem(this.key + name) ?? null);
  }

  #write(name: string, value: string): boolean {
    return (
      attempt(() => {
        this.#local?.setItem(this.key + name, value);
        return this.#local !== null;
      }) ?? false
    );
  }

  #remove(name: string): void {
    attempt(() => this.#local?.removeItem(this.key + name));
  }
}

/** The pending sign-ins of this tab: one record per `state`, taken once. */
export const transactions = {
  /** Stores a record; returns the code of what prevents it. */
  put(state: string, record: string): "storage_unavailable" | "storage_full" | null {
    try {
      sessionStorage.setItem(TRANSACTION + state, record);
      return null;
    } catch (error) {
      attempt(() => sessionStorage.removeItem(TRANSACTION + state));
      const full = error instanceof DOMException && /quota/i.test(error.name);
      return full ? "storage_full" : "storage_unavailable";
    }
  },

  peek(state: string): Record<string, unknown> | null {
    return attempt(() => {
      const record: unknown = JSON.parse(sessionStorage.getItem(TRANSACTION + state) ?? "null");
      return typeof record === "object" ? (record as Record<string, unknown>) : null;
    });
  },

  take(state: string): string | null {
    const record = attempt(() => sessionStorage.getItem(TRANSACTION + state));
    attempt(() => sessionStorage.removeItem(TRANSACTION + state));
    // A second load of the same URL is told apart from a stranger's.
    if (record !== null) {
      const used = [state, ...readUsed()].slice(0, 5);
      attempt(() => sessionStorage.setItem(USED, JSON.stringify(used)));
    }
    return record;
  },

  wasUsed(state: string): boolean {
    return readUsed().includes(state);
  },

  drop(state: string): void {
    attempt(() => sessionStorage.removeItem(TRANSACTION + state));
  },

  /** Whether this tab waits for an answer to this client: to a sign-in, or to a sign-out. */
  pending(issuer: string, clientId: string, signOut = false): boolean {
    const states = attempt(() => Object.keys(sessionStorage)) ?? [];
    return states.some((key) => {
      const record = key.startsWith(TRANSACTION) ? this.peek(key.slice(TRANSACTION.length)) : null;
      const own = record?.["issuer"] === issuer && record["clientId"] === clientId;
      return own && (record["signOut"] === true) === signOut;
    });
  },

  /** Throws away what nobody will come back for. */
  prune(now: number): void {
    attempt(() => {
      for (const key of Object.keys(sessionStorage)) {
        if (!key.startsWith(TRANSACTION)) continue;
        const createdAt = Number(this.peek(key.slice(TRANSACTION.length))?.["createdAt"]);
        if (!(now - createdAt <= TRANSACTION_LIFE)) sessionStorage.removeItem(key);
      }
    });
  },
};

function readUsed(): string[] {
  const used: unknown = attempt(() => JSON.parse(sessionStorage.getItem(USED) ?? "[]"));
  return Array.isArray(used) ? used.filter((state) => typeof state === "string") : [];
}

/** Runs what storage may refuse; `null` if it does. */
function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}
