/** The worker's side of the parking service worker. */

/** A service worker that takes longer than this is not one to rely on. */
const WITHIN_MS = 5_000;

/** What is kept: the session's text, which session it is, and the name of the worker that goes on with it. */
interface Parked {
  session: string;
  text: string;
  by: string;
}

export class Parking {
  readonly #key: string;
  readonly #name: string;
  /** Each request waits for the one before it: the last state has to be the one that stays. */
  #queue: Promise<unknown> = Promise.resolve();
  #last: Parked | null = null;
  /** While this vault gives way, what it would change waits. */
  #held: (() => void)[] | undefined;

  /** `key` is the name of the configuration, `name` the worker's. */
  constructor(key: string, name: string) {
    this.#key = key;
    this.#name = name;
  }

  /**
   * The session that an earlier vault of this configuration left, if it is the one that the mark names. A service worker
   * that does not answer has none.
   */
  async take(mark: string | null): Promise<string | undefined> {
    const answer = await this.#ask({}).catch(() => null);
    const parked = (await answer?.json().catch(() => null)) as Parked | null | undefined;
    // A script can start a vault beside the one that there is, under the name of a version: it is given nothing. Where a
    // worker of the first name starts there is no other left.
    if (!parked || (this.#name !== this.#key && this.#name !== parked.by)) return undefined;
    if (mark?.startsWith(`+${parked.session}.`)) {
      this.#last = parked;
      return parked.text;
    }
    this.keep(undefined, () => {});
    return undefined;
  }

  /** Keeps a session, or forgets it. `done` says whether it is as safe as without a service worker. */
  keep(text: string | undefined, done: (kept: boolean) => void): void {
    if (this.#held) return void this.#held.push(() => this.keep(text, done));
    this.#last = text === undefined ? null : { session: sessionOf(text), text, by: this.#name };
    void this.#ask({ parked: this.#last }).then(
      () => done(true),
      () => done(false),
    );
  }

  /**
   * Leaves the session to the next vault, the one of that name: whether a service worker has it, and it is still what there is to have. Then
   * nothing is kept any more, and so no refresh leaves; else all goes on as before.
   */
  async leave(by: string): Promise<"left" | "changed" | "nobody"> {
    const held = (this.#held = [] as (() => void)[]);
    const parked = this.#last && { ...this.#last, by };
    const kept = await this.#ask({ parked }).catch(() => null);
    if (kept && held.length === 0) return "left";
    this.#held = undefined;
    for (const go of held) go();
    return kept ? "changed" : "nobody";
  }

  /** Gives no answer where no service worker is, and rejects where one is that does not answer. */
  #ask(what: { parked?: Parked | null }): Promise<Response | null> {
    const asked = this.#queue.then(() => this.#send(JSON.stringify({ key: this.#key, ...what })));
    this.#queue = asked.catch(() => {});
    return asked;
  }

  async #send(body: string): Promise<Response | null> {
    // Not `AbortSignal.timeout`, see platform.js.
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), WITHIN_MS);
    try {
      const answer = await fetch(new URL("parked", location.href), {
        method: "POST",
        body,
        // No cache has an answer to a POST, so nothing of this can ever reach a network: either the service worker takes
        // it or it fails.
        mode: "same-origin",
        cache: "only-if-cached",
        signal: abort.signal,
      });
      return answer.ok ? answer : null;
    } catch (error) {
      if (abort.signal.aborted) throw error;
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}

function sessionOf(text: string): string {
  return (JSON.parse(text) as { session: string }).session;
}
