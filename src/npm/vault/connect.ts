import { AuthError, explain, explained, isAuthError, learn, type WireError } from "../errors.js";
import type { Connect, Incoming } from "../link.js";
import type { Store } from "../store.js";
import { part } from "../part.js";
import type { Arriving } from "./calls.js";
import {
  VERSION,
  transferOf,
  type Asking,
  type ToPage,
  type ToWorker,
  type Welcome,
} from "./messages.js";
import type { Outcome } from "./outcome.js";
import type { Place, Port } from "./port.js";

/**
 * For so long a worker may take to start and to answer the first time. A shared one is called again in between: for some
 * time after its end an engine still leads to a worker that has closed itself, and one can end as it starts.
 */
const START_MS = [1_000, 3_000, 6_000];
const OWN_START_MS = 10_000;
/**
 * So long a worker that failed is left alone: Firefox still leads to it for some 20 ms, or for good where it is called
 * meanwhile.
 */
const REST_MS = 250;
/** A vault that does not say for this long that it is there is not. If it is after all, it is found again by its name. */
const SILENCE_MS = 5_000;
/** Whoever waits for a vault that has said nothing for this long asks it whether it is there. */
const QUIET_MS = 1_000;

/** What a page brings to its vault. */
export interface Caller {
  /** The JSON of the options. */
  config: string;
  names: Record<string, string>;
  place: Promise<Place>;
  open: (place: Place) => Promise<Port>;
  page: Known;
}

/** What a page knows and learns when it says hello. */
export interface Known {
  /** The sign-out mark as it is now: a vault takes no parked session that was signed out meanwhile. */
  readonly mark: string | null;
  readonly store: Store;
  /** What the redirect page left on the vault's origin, where that is not the page's. */
  outcome: Outcome;
}

/** A vault in a worker. */
export function connectWorker(caller: Caller): Connect {
  return async (receive) => {
    const way = new Way(caller, receive);
    await way.open();
    return (json, handle) => void way.send(json, handle);
  };
}

/** The way to a worker, which may die without a word: then another one is started. */
class Way {
  readonly #caller: Caller;
  readonly #receive: Parameters<Connect>[0];
  #port: Port | undefined;
  /** Names the worker's life; another name behind the same port is a worker that has forgotten everything. */
  #boot = "";
  #opening: Promise<void> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;
  /** Commands that wait for their answer, and what ends a call until that begins. */
  readonly #waiting = new Map<number, AbortSignal | undefined>();
  /** Responses that are not through. */
  readonly #arriving = new Map<number, Arriving>();
  /** What calls need: it is there since the first of them. */
  #calls!: typeof import("./calls.js");
  /** Commands that have not left yet. */
  readonly #leaving = new Set<number>();
  /** A vault of another version is asked once to give way to a later one. */
  #askedToRetire = false;

  constructor(caller: Caller, receive: Parameters<Connect>[0]) {
    this.#caller = caller;
    this.#receive = receive;
    // A message to a page in the browser's cache would throw it out: a page that is hidden there says so, and asks anew.
    addEventListener("pagehide", () => {
      if (!this.#port?.shared) return;
      this.#post({ bye: true });
      this.#drop();
    });
    addEventListener("pageshow", ({ persisted }) => {
      if (persisted && !this.#port) this.#lose();
    });
  }

  /** Resolves when the worker has taken this page in. */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch(async (error: unknown) => {
      this.#drop();
      if (isAuthError(error)) throw error;
      throw await explained("vault_unavailable", (error as Error).message, error);
    });
    return this.#opening;
  }

  async #open(): Promise<void> {
    const { open, place } = this.#caller;
    const where = await place;
    let said: Welcome | undefined | null;
    let port!: Port;
    for (const patience of START_MS) {
      port = this.#port = await open(where);
      said = await this.#hello(port, port.shared ? patience : OWN_START_MS);
      if (said || this.#port !== port || !port.shared) break;
      port.post({ bye: true } satisfies ToWorker);
      port.close();
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
    if (!said) throw new Error(said === null ? "it does not start" : "it does not answer");
    const { welcome, build, lore, refused } = said;
    learn(lore);
    if (CRATE) learn(said.late);
    if (welcome === null) throw await this.#refusal(refused ?? "");
    this.#boot = welcome;
    port.listen(
      (data) => this.#port === port && this.#hear(data as ToPage),
      () => this.#port === port && this.#lose(),
    );
    if (build === BUILD || this.#askedToRetire) return;
    this.#askedToRetire = true;
    port.post({ retire: 1 } satisfies ToWorker);
  }

  /** What the vault says first, if it says anything; `null` if its script fails, or its process ends meanwhile. */
  #hello(port: Port, patience: number): Promise<Welcome | undefined | null> {
    return new Promise((resolve) => {
      setTimeout(resolve, patience);
      port.listen(
        (message) => "welcome" in (message as ToPage) && resolve(message as Welcome),
        () => resolve(null),
      );
      const { config, page } = this.#caller;
      const hello: ToWorker = { hello: VERSION, config, mark: page.mark };
      port.post(CRATE ? { ...hello, texts: true } : hello);
    });
  }

  /** The vault refuses a bad option with the JSON of an error. */
  async #refusal(text: string): Promise<Error> {
    if (!text.startsWith("{")) return new Error(text);
    const refused = JSON.parse(text) as WireError;
    await explain(refused.code);
    return new AuthError(refused, undefined, this.#caller.names);
  }

  /** Hands a message of the front over, with the request of a call beside it. */
  async send(json: string, handle: unknown): Promise<void> {
    const { ticket, do: command } = JSON.parse(json) as { ticket: number; do: string };
    if (command === "cancel") {
      this.#waiting.delete(ticket);
      if (!this.#leaving.delete(ticket)) this.#post({ json });
      return;
    }
    const [request, body] = (handle ?? []) as [Request?, unknown?];
    this.#waiting.set(ticket, request?.signal);
    await this.#leave(ticket, async () => {
      if (!request) return { json };
      this.#calls = await part(import("./calls.js"));
      return { json, request: await this.#calls.describeRequest(request, body) };
    });
  }

  async #leave(ticket: number, describe: () => Promise<Asking>): Promise<void> {
    this.#leaving.add(ticket);
    try {
      const message = await describe();
      await this.open();
      // It may have been cancelled meanwhile.
      if (this.#leaving.delete(ticket)) this.#post(message, transferOf(message));
    } catch (error) {
      this.#leaving.delete(ticket);
      if (!this.#waiting.delete(ticket)) return;
      this.#receive({ ticket, thrown: null }, error);
    }
  }

  #post(message: ToWorker, transfer?: Transferable[]): void {
    this.#port?.post(message, transfer);
    if (!("bye" in message)) this.#expect();
  }

  /** Something is to be heard now. */
  #expect(): void {
    if (!this.#port) return;
    this.#watch ??= setTimeout(() => {
      this.#watch = setTimeout(() => this.#lose(), SILENCE_MS);
      this.#port?.post({ ping: VERSION } satisfies ToWorker);
    }, QUIET_MS);
  }

  #hear(message: ToPage): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
    if ("pong" in message) {
      if (message.boot !== this.#boot) this.#lose();
    } else if ("chunk" in message) {
      this.#arriving.get(message.ticket)?.chunk(message.chunk);
    } else if ("end" in message) {
      this.#arriving.get(message.ticket)?.end(message.end);
      this.#arriving.delete(message.ticket);
    } else if ("retired" in message) {
      if (message.retired) this.#lose(message.back);
    } else if ("message" in message) {
      const { ticket } = message.message;
      this.#receive(message.message, this.#handleOf(message));
      if (ticket !== undefined) this.#waiting.delete(ticket);
    }
    if (this.#waiting.size > 0) this.#expect();
  }

  #handleOf({ message, response, thrown }: Extract<ToPage, { message: Incoming }>): unknown {
    if (!response) return thrown;
    const ticket = message.ticket ?? 0;
    const flow = {
      took: (bytes: number) => this.#post({ ticket, took: bytes }),
      stop: () => {
        this.#arriving.delete(ticket);
        this.#post({ ticket, stop: true });
      },
    };
    const arriving = new this.#calls.Arriving(response, flow, this.#waiting.get(ticket));
    if (response.body) this.#arriving.set(ticket, arriving);
    return arriving.response;
  }

  /**
   * The worker is gone. What it was asked is not asked again, since nobody can tell whether it was done; unless it gave
   * it back.
   */
  #lose(back: Asking[] = []): void {
    this.#drop();
    for (const message of back) {
      const { ticket } = JSON.parse(message.json) as { ticket: number };
      if (this.#waiting.has(ticket)) void this.#leave(ticket, async () => message);
    }
    for (const ticket of this.#waiting.keys()) {
      if (this.#leaving.has(ticket)) continue;
      this.#waiting.delete(ticket);
      this.#receive(
        { ticket, error: { code: "vault_unavailable", detail: "it ended" } },
        undefined,
      );
    }
    this.#receive({ notice: "vaultLost" }, undefined);
  }

  #drop(): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
    this.#port?.close();
    this.#port = this.#opening = undefined;
    for (const arriving of this.#arriving.values()) arriving.end("broken");
    this.#arriving.clear();
  }
}
