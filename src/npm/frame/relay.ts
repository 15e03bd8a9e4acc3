import { loadTexts } from "../errors.js";
import type { Answer, Incoming } from "../link.js";
import { sameOriginPath } from "../path.js";
import { Store } from "../store.js";
import * as transactions from "../transactions.js";
import type { VaultOptions } from "../types.js";
import {
  transferOf,
  type FromFrame,
  type ToPage,
  type ToWorker,
  type Welcome,
} from "../vault/messages.js";
import { takeOutcome, type Outcome, type Unredeemed } from "../vault/outcome.js";
import { canonical } from "../vault/pin.js";
import { placeOf } from "../vault/place.js";
import { openPort, type Port } from "../vault/port.js";

/** What a front with a vault asks. `callback` is the redirect page's alone. */
const COMMANDS = [
  "signIn",
  "restore",
  "signOut",
  "call",
  "userInfo",
  "refresh",
  "accessToken",
  "state",
  "drop",
  "touch",
  "wake",
  "cancel",
];
/** A page waits a second for its vault at first: so long the texts may take. */
const TEXTS_WITHIN_MS = 500;
/** The ticket of this frame's own command; those of a page count from one. */
const OWN = -1;

/** A command as a page sent it. */
interface Command {
  ticket: number;
  do: string;
  session?: string | null;
  mark?: string | null;
  returnTo?: string;
  revoke?: boolean;
  stays?: boolean;
}

/** Hands on what passes between a page of the app and the worker, and keeps what the page must not have. */
export class Relay {
  readonly #page: MessagePort;
  readonly #client: VaultOptions;
  readonly #store: Store;
  #worker!: Port;
  /** The options of the core. */
  #config: Record<string, unknown> = {};
  /** The texts of errors, for a page of the crate: it has no way to the files of this origin. */
  #late: Promise<typeof import("../texts.js") | undefined> | undefined;
  /** Where the user lands after what was asked: paths of the app. */
  readonly #targets = new Map<number, string | undefined>();
  /** Over when the page has its welcome. */
  #welcomed: Promise<void> = Promise.resolve();
  /** Takes the answer to this frame's own command. */
  #redeemed: ((answer: Incoming) => void) | undefined;
  /** The session that the worker told of last. */
  #told: Incoming = {};

  constructor(page: MessagePort, client: VaultOptions) {
    this.#page = page;
    this.#client = client;
    this.#store = new Store(client.issuer, client.clientId);
  }

  async open(): Promise<void> {
    const { place, config } = placeOf(this.#client);
    this.#config = config as Record<string, unknown>;
    try {
      this.#worker = await openPort(await place());
    } catch (error) {
      return this.#post({ welcome: null, refused: String(error) });
    }
    this.#worker.listen(
      (message) => this.#toPage(message as ToPage),
      () => this.#post({ failed: true }),
    );
    addEventListener("pagehide", () => this.#worker.post({ bye: true } satisfies ToWorker));
    this.#page.onmessage = ({ data }) => this.#toWorker(data as ToWorker);
  }

  // ---- from the page ----------------------------------------------------------------------------------------------

  #toWorker(message: ToWorker): void {
    if ("hello" in message) return this.#greet(message);
    if (!("json" in message)) return this.#worker.post(message);
    const command = JSON.parse(message.json) as Command;
    const { ticket } = command;
    if (!(ticket > 0)) return;
    const answer = (reply: Partial<Incoming>) => this.#post({ message: { ticket, ...reply } });
    const { mark } = this.#store;
    if (!COMMANDS.includes(command.do)) {
      return answer({ error: { code: "vault_unavailable", detail: `no page asks ${command.do}` } });
    }
    switch (command.do) {
      case "signIn":
      case "restore":
        // Nothing that the app's storage says brings an ended session back.
        if (command.do === "restore" && mark?.[0] === "-") return answer({ ok: {} });
        if (!this.#aim(command)) return answer({ error: { code: "config_return_target" } });
        command.mark = mark;
        break;
      case "state":
        command.mark = this.#judge(command.mark);
        break;
      case "signOut":
        if (!this.#aim(command)) return answer({ error: { code: "config_return_target" } });
        this.#end(command.session);
        break;
      case "drop":
        if (command.revoke) this.#end(command.session);
    }
    this.#worker.post({ ...message, json: JSON.stringify(command) }, transferOf(message));
  }

  /** A page that has other options than the vault is told so, instead of wondering. */
  #greet({ hello, config, mark, texts }: Extract<ToWorker, { hello: number }>): void {
    if (texts) this.#late = soon(loadTexts());
    const given = JSON.parse(config) as Record<string, unknown>;
    const text = (value: unknown) => JSON.stringify(canonical(value ?? null));
    const other = Object.keys(given).find((name) => text(given[name]) !== text(this.#config[name]));
    if (other) {
      const refused = `it belongs to another configuration: ${other} is not the same`;
      return void this.#welcome({ welcome: null, refused });
    }
    const own = { hello, config: JSON.stringify(this.#config), mark: this.#judge(mark) };
    this.#worker.post(own satisfies ToWorker);
  }

  /** Keeps where the user lands; whether that is a place of the app. */
  #aim(command: Command): boolean {
    const { ticket, returnTo, stays } = command;
    const path = returnTo === undefined ? "/" : sameOriginPath(returnTo);
    if (path === null) return false;
    if (!stays) this.#targets.set(ticket, path);
    // While the answer is redeemed the address is the redirect page's, which then leads on.
    if (command.do !== "signOut") command.returnTo = new URL(this.#client.redirectUri!).pathname;
    return true;
  }

  /** The mark that counts: this origin's, unless the page's says that its session is over. */
  #judge(theirs: string | null | undefined): string | null {
    const { mark } = this.#store;
    return mark && theirs === `-${mark.slice(1)}` ? theirs : mark;
  }

  /** Nothing that comes late, or is parked, brings this session back. */
  #end(session: string | null | undefined): void {
    const { mark } = this.#store;
    if (mark && session && !mark.startsWith(`+${session}.`)) return;
    this.#store.removeHint();
    if (mark) this.#store.setMark(`-${mark.slice(1)}`);
  }

  // ---- to the page ------------------------------------------------------------------------------------------------

  #toPage(message: ToPage): void {
    if ("welcome" in message) return void (this.#welcomed = this.#welcome(message));
    if ("chunk" in message) return this.#post(message, [message.chunk.buffer]);
    if (!("message" in message)) return this.#post(message);
    const { notice, ticket } = message.message;
    if (notice === "signedIn") this.#told = message.message;
    if (notice === "endEverywhere") this.#end(null);
    // A page that has not been taken in hears nothing else yet.
    if (notice === "diagnosis") return void this.#welcomed.then(() => this.#post(message));
    if (ticket === OWN) return this.#redeemed?.(message.message);
    this.#post({ ...message, message: this.#kept(message.message) });
  }

  /** The answer without what stays here. */
  #kept(message: Incoming): Incoming {
    const { ticket = 0, ok } = message;
    const target = this.#targets.get(ticket);
    this.#targets.delete(ticket);
    if (!ok) return message;
    const { record, token: _, ...rest } = ok;
    const refused = this.#remember(rest, record, target);
    return refused ? { ticket, error: { code: refused } } : { ...message, ok: rest };
  }

  #remember({ state, url }: Answer, record: string | undefined, target: string | undefined) {
    if (!state || !url || target === undefined) return null;
    const { issuer, clientId } = this.#client;
    const signOut = { signOut: true, issuer, clientId, createdAt: Date.now() };
    const kept = record === undefined ? signOut : (JSON.parse(record) as object);
    return transactions.put(state, JSON.stringify({ ...kept, target }));
  }

  /** The worker took the page in: with it goes what the redirect page left, except a secret. */
  async #welcome(message: Welcome): Promise<void> {
    // Before anything is taken that this page may not wait for.
    const late = (await this.#late)?.late;
    const welcome = late ? { ...message, late } : message;
    if (message.welcome === null) return this.#post(welcome);
    const { answer, ...left } = takeOutcome(this.#client);
    const outcome = answer ? await this.#redeem(answer) : left;
    const { mark } = this.#store;
    // A session that is new to the page, whose own storage does not name it.
    if (outcome.fresh !== undefined) outcome.mark ??= mark ?? undefined;
    this.#post({ ...welcome, kept: { mark, outcome } });
  }

  /** Where nothing of the vault outlives the redirect page, its answer is redeemed here. */
  async #redeem({ query, record, replayed, restore }: Unredeemed): Promise<Outcome> {
    if (replayed) return { error: { code: "callback_replayed" } };
    const command = { v: 1, do: "callback", ticket: OWN, query, record, mark: this.#store.mark };
    const { ok, error } = await new Promise<Incoming>((resolve) => {
      this.#redeemed = resolve;
      this.#worker.post({ json: JSON.stringify(command) } satisfies ToWorker);
    });
    if (!ok) return { error: error ?? { code: "internal_error" }, final: restore };
    const { session = "", userHash = "", origin } = this.#told;
    const now = this.#store.mark;
    const mark = `+${session}.${userHash}`;
    if (origin !== "interactive" && now?.[0] === "-") {
      const drop = { v: 1, do: "drop", ticket: OWN, session, revoke: true };
      this.#worker.post({ json: JSON.stringify(drop) } satisfies ToWorker);
      return {};
    }
    this.#store.setMark(mark);
    return { fresh: !restore, carry: ok.carry, mark };
  }

  #post(message: ToPage | FromFrame, transfer: Transferable[] = []): void {
    this.#page.postMessage(message, transfer);
  }
}

/** What comes before the page's patience with its vault is over. */
function soon<T>(coming: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, TEXTS_WITHIN_MS));
  return Promise.race([coming.catch(() => undefined), late]);
}
