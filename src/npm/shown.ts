import type { Activity } from "./activity.js";
import { AuthError, explained, type WireError } from "./errors.js";
import type { AuthErrorCode } from "./codes.js";
import { parseUrl } from "./options.js";
import { Store, type Mark } from "./store.js";
import { Telling } from "./telling.js";
import type { AuthOptions, AuthState, SignedOutReason } from "./types.js";
import { vaultUrl } from "./vault/url.js";

/** What a page shows its app, the session and the mark behind it, and what is stored and told of them. */
export class Shown<TUser> {
  declare readonly ready: Promise<AuthState<TUser>>;
  #settle!: (state: AuthState<TUser>) => void;
  state: AuthState<TUser> = { status: "loading", lastError: null };
  expiresAt: number | null = null;
  /** The session this page shows, and its mark. */
  session: string | null = null;
  mark: Mark | null = null;
  /** The mark that was last seen, so that each change is told once. */
  declare seen: Mark | null;

  declare readonly options: AuthOptions<TUser>;
  declare redirectUri: string;
  declare readonly store: Store;
  /** To the other tabs. */
  channel: BroadcastChannel | null = null;
  readonly telling = new Telling<TUser>();
  /** Only with the option `idle`. */
  declare activity: Activity | undefined;

  constructor(options: AuthOptions<TUser>) {
    this.options = options;
    this.redirectUri = options.redirectUri ?? "";
    this.store = new Store(options.issuer, options.clientId);
    this.seen = this.store.mark;
    this.ready = new Promise((resolve) => (this.#settle = resolve));
    if (typeof document === "undefined") this.#settle(this.state);
  }

  show(state: AuthState<TUser>): void {
    this.state = state;
    if (state.status !== "loading") this.#settle(state);
    this.telling.changed();
  }

  /** Shows a finding, as state and as diagnosis. */
  report(error: AuthError): void {
    this.telling.diagnose(error);
    this.note(error);
  }

  /** The same state with an error. `expiresAt` stays what it is: read anew at each access. */
  note(lastError: AuthError): void {
    const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(this.state));
    this.show(Object.assign(copy, { lastError }) as AuthState<TUser>);
  }

  /** The load ends signed out, unless something else has ended it. */
  settleLoad(reason: SignedOutReason, lastError: AuthError | null): void {
    if (this.state.status === "loading") this.signedOut(reason, lastError);
  }

  signedOut(reason: SignedOutReason, lastError: AuthError | null): void {
    this.session = this.mark = this.expiresAt = null;
    this.show({ status: "signedOut", reason, lastError });
    if (lastError) this.telling.diagnose(lastError);
  }

  /** The vault's session is over. Whether other tabs go on is for the mark to say. */
  ended(reason: SignedOutReason, error: AuthError | null): void {
    if (this.state.status === "signedOut") return;
    this.signedOut(reason, error);
    this.telling.emit("signedOut", { reason });
  }

  /** Tells every tab, in this very task, that a session is over. */
  announceEnd(mark: Mark | null): void {
    this.store.removeHint();
    if (!mark) return;
    const tombstone = "-" + mark.slice(1);
    this.store.setMark(tombstone);
    this.seen = this.store.mark;
    this.channel?.postMessage(tombstone);
  }

  async diagnose(code: AuthErrorCode): Promise<void> {
    this.telling.diagnose(await explained(code));
  }

  name(error: WireError): AuthError {
    return new AuthError(error, undefined, this.names());
  }

  /** The configured values that the texts of errors name. */
  names(): Record<string, string> {
    const { issuer, clientId } = this.options;
    const issuerOrigin = parseUrl(issuer)?.origin ?? issuer;
    // The requests of a vault come from its own origin.
    const { origin } = (VAULT && vaultUrl(this.options)) || location;
    return { issuer, issuerOrigin, clientId, origin, redirectUri: this.redirectUri };
  }
}

/** Beside a session that came in the meantime, what went wrong before is still to be seen. */
export function noteBeside<TUser>(page: Shown<TUser>, failure: AuthError | null): void {
  if (failure && page.session !== null) page.note(failure);
}
