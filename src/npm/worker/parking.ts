/** The worker's side of the parking service worker. */

/** A service worker that takes longer than this is not one to rely on. */
const WITHIN_MS = 5_000;

/** What is kept: the session's text, and which session it is. */
interface Parked {
  session: string;
  text: string;
}

export class Parking {
  readonly #key: string;
  /** Each request waits for the one before it: the last state has to be the one that stays. */
  #queue: Promise<unknown> = Promise.resolve();
  #last: Parked | null = null;
  /** While this vault gives way, what it would change waits. */
  #held: (() => void)[] | undefined;

  constructor(key: string) {
    this.#key = key;
  }

  /**
   * The session that an earlier vault of this configuration left, if it is the one that the mark names. A service worker
   * that does not answer has none.
   */
  async take(mark: string | null): Promise<string | undefined> {
    const answer = await this.#ask({}).catch(() => null);
    const parked = (await answer?.json().catch(() => null)) as Parked | null | undefined;
    if (!parked) return undefined;
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
    this.#last = text === undefined ? null : { session: sessionOf(text), text };
    void this.#ask({ parked: this.#last }).then(
      () => done(true),
      () => done(false),
    );
  }

  /**
   * Leaves the session to the next vault: whether a service worker has it, and it is still what there is to have. Then
   * nothing is kept any more, and so no refresh leaves; else all goes on as before.
   */
  async leave(): Promise<"left" | "changed" | "nobody"> {
    const held = (this.#held = [] as (() => void)[]);
    const kept = await this.#ask({ parked: this.#last }).catch(() => null);
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
    const signal = AbortSignal.timeout(WITHIN_MS);
    try {
      const answer = await fetch(new URL("parked", location.href), {
        method: "POST",
        body,
        // No cache has an answer to a POST, so nothing of this can ever reach a network: either the service worker takes
        // it or it fails.
        mode: "same-origin",
        cache: "only-if-cached",
        signal,
      });
      return answer.ok ? answer : null;
    } catch (error) {
      if (signal.aborted) throw error;
      return null;
    }
  }
}

function sessionOf(text: string): string {
  return (JSON.parse(text) as { session: string }).session;
}
