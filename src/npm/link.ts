import { AuthError, explain, isExplained, type WireError } from "./errors.js";

/** The version of the messages between a front and its vault. */
const VERSION = 1;

/** What the vault tells without being asked. */
export interface Notice extends SnapshotWire {
  notice:
    | ("signedIn" | "state" | "refreshed" | "refreshFailed" | "diagnosis" | "endEverywhere")
    | ("expiring" | "extended")
    /** The mark is not what the ledger shows. */
    | "repairMark"
    /** The vault's worker is gone; the next command starts another. */
    | "vaultLost";
  origin?: "interactive" | "joined" | "restored";
  code?: WireError["code"];
  detail?: string;
  /** When the session ends, and by which limit. */
  endsAt?: number;
  limit?: "idle" | "maxAge";
  mark?: string;
  insteadOf?: string;
}

/** The observable state as the vault writes it. */
export interface SnapshotWire {
  status?: "signedIn" | "signedOut";
  reason?: "neverSignedIn" | "expired" | "signedOut" | "signedOutElsewhere" | "sessionEnded";
  session?: string;
  userHash?: string;
  user?: Record<string, unknown>;
  scope?: string;
  expiresAt?: number | null;
  error?: WireError;
}

/** What the vault answers; each command knows which of these it gets. */
export interface Answer extends SnapshotWire {
  url?: string;
  state?: string;
  record?: string;
  returnTo?: string;
  carry?: WireError["code"];
  claims?: Record<string, unknown>;
  token?: string;
}

/** A message of the vault. */
export interface Incoming extends Partial<Notice> {
  ticket?: number;
  ok?: Answer;
  thrown?: null;
}

interface Waiting {
  resolve: (answer: Answer & { handle?: unknown }) => void;
  reject: (reason: unknown) => void;
}

/** Takes a message for the vault. */
export type Post = (json: string, handle: unknown) => void;

/** Opens the way to a vault, whose messages go to `receive`. */
export type Connect = (receive: (message: Incoming, handle: unknown) => void) => Promise<Post>;

/** A front's way to its vault. In the page that is a direct call: an answer can be there before `ask` returns. */
export class Link {
  #post!: Post;
  /** What the texts of errors call by name. */
  readonly #names: Record<string, string>;
  readonly #waiting = new Map<number, Waiting>();
  /** Messages that wait for the texts of an error, in their order. */
  #held: Promise<void> | null = null;
  #tickets = 0;

  private constructor(names: Record<string, string>) {
    this.#names = names;
  }

  /** Connects to a vault. */
  static async open(
    connect: Connect,
    names: Record<string, string>,
    onNotice: (notice: Notice) => void,
  ): Promise<Link> {
    const link = new Link(names);
    link.#post = await connect((message, handle) => link.#receive(message, handle, onNotice));
    return link;
  }

  /** Sends a command and waits for its answer. */
  ask(
    command: string,
    fields: Record<string, unknown> = {},
    handle?: unknown,
    signal?: AbortSignal | null,
  ): Promise<Answer & { handle?: unknown }> {
    const ticket = ++this.#tickets;
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting.delete(ticket);
        this.#send("cancel", ticket, {});
        reject(signal?.reason);
      };
      const settled = () => signal?.removeEventListener("abort", abort);
      this.#waiting.set(ticket, {
        resolve: (answer) => (settled(), resolve(answer)),
        reject: (reason) => (settled(), reject(reason)),
      });
      if (signal?.aborted) return abort();
      signal?.addEventListener("abort", abort);
      this.#send(command, ticket, fields, handle);
    });
  }

  #send(command: string, ticket: number, fields: Record<string, unknown>, handle?: unknown): void {
    this.#post(JSON.stringify({ ...fields, v: VERSION, do: command, ticket }), handle);
  }

  #receive(message: Incoming, handle: unknown, onNotice: (notice: Notice) => void): void {
    const deliver = () => this.#deliver(message, handle, onNotice);
    const { code } = message.error ?? { code: message.code ?? message.ok?.carry };
    if (!this.#held && isExplained(code)) return deliver();
    // What the texts hold up holds up what comes after it: the order of the messages is part of what they say.
    const held = (this.#held ?? explain(code)).then(deliver, deliver).finally(() => {
      if (this.#held === held) this.#held = null;
    });
    this.#held = held;
  }

  #deliver(message: Incoming, handle: unknown, onNotice: (notice: Notice) => void): void {
    if (message.notice) return onNotice(message as Notice);
    const waiting = this.#waiting.get(message.ticket ?? 0);
    this.#waiting.delete(message.ticket ?? 0);
    if (message.ok) waiting?.resolve({ ...message.ok, handle });
    else
      waiting?.reject(
        message.error ? new AuthError(message.error, undefined, this.#names) : handle,
      );
  }
}
