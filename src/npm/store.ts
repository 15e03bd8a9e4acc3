/**
 * What an origin's storage has of a client: the sign-out mark, the hint and the count of restores. None of it is a token.
 * Every access can throw, and none may break the app.
 */

/** `+` or `-`, then the session's id, `.`, and the user's hash. */
export type Mark = string;

/** Where the count of restores lies. */
export const ATTEMPTS = "attempts";

/** The count of restores. */
export interface Attempts {
  unanswered: number;
  times: number[];
  closedUntil: number;
}

export class Store {
  /** What the keys of this client begin with, as they stand in a storage event. */
  declare readonly key: string;
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
    return this.read("mark");
  }

  /** Whether it could be written. A tombstone is as long as what it replaces, so that a full storage takes it. */
  setMark(mark: Mark): boolean {
    if (this.write("mark", mark)) return true;
    if (mark[0] === "-") this.removeMark();
    return false;
  }

  removeMark(): void {
    this.#remove("mark");
  }

  get hint(): boolean {
    return this.read("hint") !== null;
  }

  setHint(): void {
    this.write("hint", "1");
    this.reopen();
  }

  removeHint(): void {
    this.#remove("hint");
  }

  /** A session is there: the door for restores is open again. */
  reopen(): void {
    attempt(() => {
      const { times } = JSON.parse(this.read(ATTEMPTS) ?? "{}") as Partial<Attempts>;
      this.write(ATTEMPTS, JSON.stringify({ unanswered: 0, times: times ?? [], closedUntil: 0 }));
    });
  }

  read(name: string): string | null {
    return attempt(() => this.#local?.getItem(this.key + name) ?? null);
  }

  /** Whether it could be written. */
  write(name: string, value: string): boolean {
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

/** Runs what storage may refuse; `null` if it does. */
export function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}
