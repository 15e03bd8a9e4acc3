import * as transactions from "./transactions.js";

/** A navigation that shows no effect for this long did not happen. */
const NAVIGATION_DEADLINE = 60_000;

/** The way to the provider, from which a user may come back without an answer. */
export class Navigation {
  /** Ends the one that is on its way. */
  #cancel: (() => void) | null = null;
  readonly #cancelled: () => Promise<Error>;

  /** `cancelled` makes what a sign-in that was given up on the way rejects with. */
  constructor(cancelled: () => Promise<Error>) {
    this.#cancelled = cancelled;
  }

  /** Leaves for a sign-in; `state` names its transaction. */
  leave(url: string, state: string, signal?: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      const cancel = () => {
        clearTimeout(timer);
        this.#cancel = null;
        transactions.drop(state);
        if (signal?.aborted) reject(signal.reason);
        else void this.#cancelled().then(reject);
      };
      const timer = setTimeout(cancel, NAVIGATION_DEADLINE);
      if (signal?.aborted) return cancel();
      signal?.addEventListener("abort", cancel);
      this.#cancel = cancel;
      location.assign(url);
    });
  }

  /** Leaves for a restore, and puts the provider's page in the place of this one. */
  replace(url: string, cancelled: () => void): void {
    this.#cancel = cancelled;
    location.replace(url);
  }

  /** The user came back without an answer, and the browser brought the page back as it was. */
  cameBack(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
