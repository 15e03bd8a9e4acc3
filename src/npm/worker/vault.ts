import type { Answer, Incoming, Notice } from "../link.js";
import type { RequestMessage } from "../vault/messages.js";
import { Call, describeResponse } from "./call.js";
import { openCore } from "./open.js";
import type { Parking } from "./parking.js";
import type { Tab } from "./tab.js";

/** So many calls of one page are on their way at once, and so many more wait: a page that floods the vault harms itself. */
const MOST_CALLS = 256;
const MOST_WAITING = 10_000;
/** For so long the other tabs wait for the one that went to the provider to restore the session, in milliseconds. */
const CLAIM_MS = 15_000;

/** A command as a page sent it. */
interface Command {
  ticket: number;
  do: string;
  session?: string | null;
  mark?: string | null;
}

/** A command that waits for its answer. */
interface Asked {
  tab: Tab;
  ticket: number;
  command: string;
}

/** The core, and the pages that use it. Every page counts its tickets from one; the core sees them by names of its own. */
export class Vault {
  #post!: (json: string, handle: unknown) => void;
  readonly #tabs = new Set<Tab>();
  readonly #asked = new Map<number, Asked>();
  readonly #calls = new Map<number, Call>();
  /** What a page that asks for the state is told. */
  #snapshot: Answer = { status: "signedOut", reason: "neverSignedIn" };
  #tickets = 0;
  /** The tab that went to the provider to restore the session, and what waits for it. */
  #claim: { tab: Tab; until: number; timer: ReturnType<typeof setTimeout> } | undefined;
  readonly #waiting = new Map<number, string>();

  /** `origin` is the app's. Rejects with the JSON of an error for a bad option. */
  static async open(
    config: string,
    origin: string,
    mark: string | null,
    parking: Parking | null,
  ): Promise<Vault> {
    const vault = new Vault();
    const parked = await parking?.take(mark);
    vault.#post = await openCore(
      config,
      origin,
      (json, handle) => vault.#hear(JSON.parse(json) as Incoming, handle),
      parked,
      (text, done) => (parking ? parking.keep(text, done) : done(true)),
    );
    return vault;
  }

  add(tab: Tab): void {
    this.#tabs.add(tab);
  }

  /** A page is gone, and with it whoever waits for its calls. */
  remove(tab: Tab): void {
    this.#tabs.delete(tab);
    tab.waiting.length = 0;
    for (const [id, asked] of this.#asked) if (asked.tab === tab) this.#cancel(id);
  }

  receive(tab: Tab, json: string, request: RequestMessage | undefined): void {
    const message = JSON.parse(json) as Command;
    const { ticket, do: command } = message;
    const answer = (reply: Partial<Incoming>) => tab.post({ message: { ticket, ...reply } });
    switch (command) {
      case "state":
        this.#compare(message.mark);
        return answer({ ok: this.#snapshot });
      case "accessToken":
        return answer({ error: { code: "token_stays_in_vault" } });
      case "drop":
        // A page that is late ends no session but its own.
        if (message.session !== this.#snapshot.session) return answer({ ok: {} });
        break;
      case "cancel":
        return this.#cancel(this.#idOf(tab, ticket));
    }
    const id = ++this.#tickets;
    this.#asked.set(id, { tab, ticket, command });
    const forCore = JSON.stringify({ ...message, ticket: id });
    if (command === "restore" && this.#mustWait(tab)) {
      this.#waiting.set(id, forCore);
      return;
    }
    if (command !== "call") return this.#post(forCore, undefined);
    this.#call(id, tab, ticket, forCore, request);
  }

  took(tab: Tab, ticket: number, bytes: number): void {
    this.#calls.get(this.#idOf(tab, ticket))?.took(bytes);
  }

  stop(tab: Tab, ticket: number): void {
    this.#cancel(this.#idOf(tab, ticket));
  }

  #call(id: number, tab: Tab, ticket: number, json: string, request?: RequestMessage): void {
    const refuse = (thrown: unknown) => {
      this.#asked.delete(id);
      tab.post({ message: { ticket, thrown: null }, thrown });
    };
    if (!request) return refuse(new TypeError("no request"));
    if (tab.calls >= MOST_CALLS) {
      if (tab.waiting.length >= MOST_WAITING)
        return refuse(new TypeError("too many calls at once"));
      tab.waiting.push(() => this.#asked.has(id) && this.#call(id, tab, ticket, json, request));
      return;
    }
    try {
      const call = new Call(ticket, request, tab.post);
      this.#calls.set(id, call);
      tab.calls += 1;
      this.#post(json, call.request);
    } catch (error) {
      this.#endCall(id, tab);
      refuse(error);
    }
  }

  /** Makes room for the next call of the page. */
  #endCall(id: number, tab: Tab): void {
    if (!this.#calls.delete(id)) return;
    tab.calls -= 1;
    tab.waiting.shift()?.();
  }

  #idOf(tab: Tab, ticket: number): number {
    for (const [id, asked] of this.#asked) {
      if (asked.tab === tab && asked.ticket === ticket) return id;
    }
    return 0;
  }

  /** Nobody waits any more. What cannot be taken back, such as a sign-out, goes on. */
  #cancel(id: number): void {
    const asked = this.#asked.get(id);
    if (!asked) return;
    const call = this.#calls.get(id);
    const waited = this.#waiting.delete(id);
    this.#asked.delete(id);
    this.#endCall(id, asked.tab);
    call?.abort();
    if (call || waited) this.#post(JSON.stringify({ v: 1, do: "cancel", ticket: id }), undefined);
  }

  /** The core says something. */
  #hear(message: Incoming, handle: unknown): void {
    if (message.notice) return this.#tell(message as Notice);
    const id = message.ticket ?? 0;
    const asked = this.#asked.get(id);
    if (!asked) return;
    const { tab, ticket, command } = asked;
    const response = handle instanceof Response ? handle : undefined;
    tab.post({
      message: { ...message, ticket },
      ...(response ? { response: describeResponse(response) } : { thrown: handle }),
    });
    // What the claim was for has come to an end, whatever it was.
    if (command === "callback" || (command === "restore" && !message.ok)) this.#release();
    const call = this.#calls.get(id);
    const end = () => {
      this.#asked.delete(id);
      this.#endCall(id, tab);
    };
    if (call && response) void call.stream(response).finally(end);
    else end();
  }

  /** Every page hears it; the one that signed out knows that it was itself. */
  #tell(notice: Notice): void {
    const { notice: name, origin, ...rest } = notice;
    const before = this.#snapshot.session;
    if (name === "signedIn" || name === "state") this.#snapshot = rest;
    if (name === "refreshed")
      this.#snapshot = { ...this.#snapshot, expiresAt: rest.expiresAt ?? null };
    const leaver = [...this.#asked.values()].find(({ command }) => command === "signOut")?.tab;
    for (const tab of this.#tabs) {
      const elsewhere = notice.reason === "signedOut" && tab !== leaver;
      tab.post({ message: elsewhere ? { ...notice, reason: "signedOutElsewhere" } : notice });
    }
    if (name === "signedIn" && before !== rest.session) this.#release();
  }

  /** A session whose sign-out only its mark tells of is over too. */
  #compare(mark: string | null | undefined): void {
    const { session } = this.#snapshot;
    if (session === undefined || !mark?.startsWith(`-${session}.`)) return;
    this.#post(
      JSON.stringify({ v: 1, do: "drop", ticket: ++this.#tickets, session, revoke: true }),
      undefined,
    );
  }

  /** One tab goes to the provider; the others wait for what it brings, or for its time to be over. */
  #mustWait(tab: Tab): boolean {
    const claim = this.#claim;
    if (claim && claim.tab !== tab && Date.now() < claim.until) return true;
    clearTimeout(claim?.timer);
    const timer = setTimeout(() => this.#release(), CLAIM_MS);
    this.#claim = { tab, until: Date.now() + CLAIM_MS, timer };
    return false;
  }

  /** Whoever waited for a restore goes on: there is a session, or there will be none. */
  #release(): void {
    clearTimeout(this.#claim?.timer);
    this.#claim = undefined;
    for (const id of this.#waiting.keys()) {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      asked?.tab.post({ message: { ticket: asked.ticket, ok: {} } });
    }
    this.#waiting.clear();
  }
}
