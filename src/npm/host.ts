import type { Load } from "./callback.js";
import type { AuthErrorCode } from "./codes.js";
import type { AuthError } from "./errors.js";
import type { Answer, Link, SnapshotWire } from "./link.js";
import type { Outcome } from "./vault/outcome.js";

/** What the front does for its parts. Some of them are chunks of their own: what has to be one in a page is handed to them. */
export interface Host {
  /** The way to the vault, which is opened if it is not. */
  open(): Promise<Link>;
  /** Tells the vault something that needs no answer. */
  tell(command: string, fields?: Record<string, unknown>): void;
  /** Gets the session back at load, or settles. `failure` is what the user still has to see. */
  restore(failure: AuthError | null): Promise<void>;
  show(snapshot: SnapshotWire, lastError: AuthError | null): void;
  /** The session ended elsewhere: shown in place, or by a reload where the page was stopped. */
  endedElsewhere(): void;
  wasStopped(): boolean;
  /** With the tokens in the page: asks for the session as it comes back at load; `null` if no tab may try. */
  askRestore?(fields: Record<string, unknown>): Promise<Answer | null>;
  /** With a vault: the page is about to leave for the provider. Whether the transaction is the page's to keep. */
  leaves?(): boolean;
  /** Gets the texts of a code. */
  explain(code: unknown): Promise<void>;
  explained(code: AuthErrorCode): Promise<AuthError>;
  asAuthError(thrown: unknown): AuthError;
  /** One for all clients of a page. */
  readonly load: Load;
  /** On the redirect page alone. */
  readonly redirect?: RedirectHost;
}

/** What only the redirect page of a vault does. */
export interface RedirectHost {
  /** Whether an answer can be redeemed there. */
  redeems(): Promise<boolean>;
  /** Leads to the app. */
  land(outcome: Outcome): void;
  /** The mark of the session that an answer brought. */
  brought(): string | null;
}
