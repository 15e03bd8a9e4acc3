/** The worker's side of the parking service worker. */

/** A service worker that takes longer than this is not one to rely on. */
const WITHIN_MS = 5_000;

/** What is kept: the session's text, which session it is, and the name of the worker that goes on with it. */
interface Parked {
  session: string;
  text: string;
  by: string;
}

/** What a service worker has. */
interface Answer {
  parked: Parked | null;
}

/** In WebKit a worker knows its service worker. The others have no such property in a shared worker. */
const { serviceWorker } = navigator as {
  serviceWorker?: {
    readonly controller: { postMessage(data: unknown, transfer: Transferable[]): void } | null;
  };
};

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
    const parked = (await this.#ask({}).catch(() => null))?.parked;
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
   * Leaves the session to the next vault, the one of that name: whether a service worker has it, and it is still what
   * there is to have. Then nothing is kept any more, and so no refresh leaves; else all goes on as before.
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
  #ask(what: { parked?: Parked | null }): Promise<Answer | null> {
    const send = serviceWorker ? post : request;
    const asked = this.#queue.then(() => send({ key: this.#key, ...what }));
    this.#queue = asked.catch(() => {});
    return asked;
  }
}

/** WebKit sends a request that no service worker takes to the network, whatever its cache mode. A message has no way there. */
function post(asked: unknown): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve({ parked: data as Parked | null });
    setTimeout(reject, WITHIN_MS);
    if (serviceWorker?.controller) serviceWorker.controller.postMessage(asked, [port2]);
    else resolve(null);
  });
}

async function request(asked: unknown): Promise<Answer | null> {
  const signal = AbortSignal.timeout(WITHIN_MS);
  try {
    const answer = await fetch(new URL("parked", location.href), {
      method: "POST",
      body: JSON.stringify(asked),
      // No cache has an answer to a POST, so nothing of this can ever reach a network: either the service worker takes
      // it or it fails.
      mode: "same-origin",
      cache: "only-if-cached",
      signal,
    });
    return answer.ok ? { parked: (await answer.json()) as Parked | null } : null;
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

function sessionOf(text: string): string {
  return (JSON.parse(text) as { session: string }).session;
}
