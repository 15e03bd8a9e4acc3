import type { Answer, Incoming, Notice } from "../link.js";
import { transferOf, type Asking, type RequestMessage, type ToPage } from "../vault/messages.js";
import { Call, describeResponse } from "./call.js";
import { openCore } from "./open.js";
import type { Parking } from "./parking.js";
import type { Tab } from "./tab.js";

/** So many calls of one page are on their way at once, and so many more wait: a page that floods the vault harms itself. */
const MOST_CALLS = 256;
const MOST_WAITING = 10_000;
/** For so long the other tabs wait for the one that went to the provider to restore the session, in milliseconds. */
const CLAIM_MS = 15_000;
/** For so long a vault that gives way waits for the calls on their way, in milliseconds. */
const DRAIN_MS = 5_000;
/** So long a page takes to show the session it was told of, in milliseconds. */
const SHOWN_MS = 1_000;
/** What is done even then: none of it begins anything. */
const ENDING = ["state", "cancel", "drop", "signOut", "wake", "touch"];

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
  #released: (() => void) | undefined;
  readonly #parking: Parking | null;
  /** What came since this vault gives way. */
  #held: (Asking & { tab: Tab; ticket: number })[] | undefined;
  /** The end that is near, and who was warned of it. */
  #warning: Notice | undefined;
  #warned = new WeakSet<Tab>();
  /** Told when nobody waits for anything. */
  #drained: (() => void) | undefined;
  /** Questions of the vault's own to the core. */
  readonly #own = new Map<number, () => void>();

  private constructor(parking: Parking | null) {
    this.#parking = parking;
  }

  /** `origin` is the app's. Rejects with the JSON of an error for a bad option. */
  static async open(
    config: string,
    origin: string,
    mark: string | null,
    parking: Parking | null,
  ): Promise<Vault> {
    const vault = new Vault(parking);
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
    this.#held = this.#held?.filter((held) => held.tab !== tab);
  }

  receive(tab: Tab, { json, request }: Asking): void {
    const message = JSON.parse(json) as Command;
    const { ticket, do: command } = message;
    if (this.#held && !ENDING.includes(command)) {
      this.#held.push({ tab, ticket, json, ...(request ? { request } : {}) });
      return;
    }
    const answer = (reply: Partial<Incoming>) => tab.post({ message: { ticket, ...reply } });
    switch (command) {
      case "state":
        this.#compare(message.mark);
        if (this.#warning) setTimeout(() => this.#warn(tab), SHOWN_MS);
        return answer({ ok: this.#snapshot });
      case "accessToken":
        return answer({ error: { code: "token_stays_in_vault" } });
      case "drop":
        // A page that is late ends no session but its own.
        if (message.session !== this.#snapshot.session) return answer({ ok: {} });
        break;
      case "cancel":
        this.#held = this.#held?.filter((held) => held.tab !== tab || held.ticket !== ticket);
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

  /**
   * Gives way to a later version of the vault, in the worker of that name: begins nothing more, lets what is on its way
   * come to its end, and leaves the session with the service worker. Tells whether it did; a session that nobody would keep is not given up. If it
   * did, no refresh leaves any more.
   */
  async retire(name: string): Promise<boolean> {
    // A tab is at the provider: the next vault would let a second one go there.
    while (this.#claim) await new Promise<void>((resolve) => (this.#released = resolve));
    this.#held = [];
    await this.#drain();
    const left = await this.#leave(name);
    const held = this.#held;
    if (!left) {
      this.#held = undefined;
      for (const asking of held) this.receive(asking.tab, asking);
      return false;
    }
    for (const tab of this.#tabs) {
      const back = held
        .filter((asking) => asking.tab === tab && !(asking.request?.body instanceof ReadableStream))
        .map(({ json, request }) => ({ json, ...(request ? { request } : {}) }));
      tab.post({ retired: 1, back } satisfies ToPage, back.flatMap(transferOf));
    }
    this.#tabs.clear();
    for (const call of this.#calls.values()) call.abort();
    return true;
  }

  async #drain(): Promise<void> {
    if (this.#asked.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      setTimeout(resolve, DRAIN_MS);
    });
  }

  /** A session that changes while it is left is left anew. */
  async #leave(name: string): Promise<boolean> {
    for (;;) {
      await new Promise<void>((resolve) => this.#settle(resolve));
      // From that answer to here something may have begun.
      let settled = false;
      this.#settle(() => (settled = true));
      if (!settled) continue;
      const how = (await this.#parking?.leave(name)) ?? "nobody";
      if (how === "changed") continue;
      return how === "left" || this.#snapshot.status !== "signedIn";
    }
  }

  /** Asks the core to say when no code or token is being spent: in this very call, if none is. */
  #settle(done: () => void): void {
    const id = ++this.#tickets;
    this.#own.set(id, () => {
      this.#own.delete(id);
      done();
    });
    this.#post(JSON.stringify({ v: 1, do: "settle", ticket: id }), undefined);
  }

  /** Nobody waits for it any more. */
  #forget(id: number): void {
    this.#asked.delete(id);
    if (this.#asked.size === 0) this.#drained?.();
  }

  took(tab: Tab, ticket: number, bytes: number): void {
    this.#calls.get(this.#idOf(tab, ticket))?.took(bytes);
  }

  stop(tab: Tab, ticket: number): void {
    this.#cancel(this.#idOf(tab, ticket));
  }

  #call(id: number, tab: Tab, ticket: number, json: string, request?: RequestMessage): void {
    const refuse = (thrown: unknown) => {
      this.#forget(id);
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
    this.#forget(id);
    this.#endCall(id, asked.tab);
    call?.abort();
    if (call || waited) this.#post(JSON.stringify({ v: 1, do: "cancel", ticket: id }), undefined);
  }

  /** The core says something. */
  #hear(message: Incoming, handle: unknown): void {
    if (message.notice) return this.#tell(message as Notice);
    const id = message.ticket ?? 0;
    this.#own.get(id)?.();
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
      this.#forget(id);
      this.#endCall(id, tab);
    };
    if (call && response) void call.stream(response).finally(end);
    else end();
  }

  /** Every page hears it; the one that signed out knows that it was itself. */
  #tell(notice: Notice): void {
    const { notice: name, origin, ...rest } = notice;
    const before = this.#snapshot.session;
    if (name === "signedIn" || name === "state") {
      this.#snapshot = rest;
      if (before !== rest.session) this.#warning = undefined;
    }
    if (name === "refreshed")
      this.#snapshot = { ...this.#snapshot, expiresAt: rest.expiresAt ?? null };
    if (name === "expiring") {
      this.#warning = notice;
      this.#warned = new WeakSet(this.#tabs);
    }
    if (name === "extended") this.#warning = undefined;
    const leaver = [...this.#asked.values()].find(({ command }) => command === "signOut")?.tab;
    for (const tab of this.#tabs) {
      const elsewhere = notice.reason === "signedOut" && tab !== leaver;
      tab.post({ message: elsewhere ? { ...notice, reason: "signedOutElsewhere" } : notice });
    }
    if (name === "signedIn" && before !== rest.session) this.#release();
  }

  /** A page that came after the warning hears it too. */
  #warn(tab: Tab): void {
    if (!this.#warning || !this.#tabs.has(tab) || this.#warned.has(tab)) return;
    this.#warned.add(tab);
    tab.post({ message: this.#warning });
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
    this.#released?.();
    for (const id of this.#waiting.keys()) {
      const asked = this.#asked.get(id);
      this.#forget(id);
      asked?.tab.post({ message: { ticket: asked.ticket, ok: {} } });
    }
    this.#waiting.clear();
  }
}
