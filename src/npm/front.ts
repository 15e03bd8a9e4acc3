import { arrive, load, type Arrival } from "./callback.js";
import { claimsOfUser } from "./claims.js";
import type { AuthErrorCode } from "./codes.js";
import { AuthError, explain, explained, fail, isAuthError, type WireError } from "./errors.js";
import { Link, type Answer, type Notice, type SnapshotWire } from "./link.js";
import { checkOptions, defaultRedirectUri, parseUrl, returnPath } from "./options.js";
import { pageVault } from "./page_vault.js";
import { hide, hideAndReload, isTopLevel, shown, watchPage } from "./page_life.js";
import { Store, transactions, type Mark } from "./store.js";
import { Telling } from "./telling.js";
import type {
  Auth,
  AuthEvents,
  AuthOptions,
  AuthState,
  Diagnosis,
  SignedOutReason,
  SignInOptions,
  SignOutOptions,
  User,
  VaultOptions,
} from "./types.js";
import { wireError, type Outcome } from "./vault/outcome.js";
import { redeems, workerVault } from "./vault/place.js";
import { VaultSide } from "./vault/side.js";
import { vaultRedirectUri, vaultUrl } from "./vault/url.js";

/** A navigation that shows no effect for this long did not happen. */
const NAVIGATION_DEADLINE = 60_000;
/** So long a sign-out in another tab may take to reach the vault that both have. */
const LEAVING_MS = 1_000;
const METHODS = [
  "subscribe",
  "on",
  "signIn",
  "fetch",
  "userInfo",
  "refresh",
  "accessToken",
  "preload",
  "signOut",
  "touch",
] as const;
/** The answers to `prompt=none` that say: nobody is signed in there, or the user has to do something. */
const NEEDS_USER = [
  "login_required",
  "interaction_required",
  "consent_required",
  "account_selection_required",
];

/**
 * The front of one client: it navigates where the vault says, hands answers over, keeps the sign-out mark, and shows
 * the state. No token ever gets here, except one that the app asks for itself.
 */
export class Front<TUser> implements Auth<TUser> {
  readonly ready: Promise<AuthState<TUser>>;
  #settle!: (state: AuthState<TUser>) => void;
  #state: AuthState<TUser> = { status: "loading", lastError: null };
  #expiresAt: number | null = null;
  /** The session this page shows, and its mark. */
  #session: string | null = null;
  #mark: Mark | null = null;
  /** The mark that was last seen, so that each change is told once. */
  #seen: Mark | null = null;

  readonly #options: AuthOptions<TUser>;
  readonly #redirectUri: string;
  readonly #configError: Promise<AuthError> | null = null;
  readonly #store: Store;
  readonly #channel: BroadcastChannel | null = null;
  #link: Promise<Link> | undefined;
  /** While the vault says whether another session is the same user's, nothing is asked of it. */
  #adopting: Promise<void> = Promise.resolve();
  #wasStopped: () => boolean = () => false;
  /** Ends a navigation that the user came back from. */
  #cancelNavigation: (() => void) | null = null;

  readonly #telling = new Telling<TUser>();
  /** Only with a vault in a worker. */
  #side!: VaultSide<TUser>;
  readonly #land!: (outcome: Outcome) => void;

  /** `land` is for the redirect page alone, and leads from there to the app. */
  constructor(options: AuthOptions<TUser>, land?: (outcome: Outcome) => void) {
    if (REDIRECT && land) this.#land = land;
    this.#options = options;
    this.#redirectUri = options.redirectUri ?? "";
    this.ready = new Promise((resolve) => (this.#settle = resolve));
    // Apps hand these on by themselves: useSyncExternalStore(auth.subscribe, ...), { fetch: auth.fetch }.
    for (const name of METHODS) this[name] = this[name].bind(this) as never;
    // On a server there is nobody to sign in: the state stays "loading", as the first render in the browser shows it.
    this.#store = new Store(options.issuer, options.clientId);
    if (typeof document === "undefined") {
      this.#settle(this.#state);
      return;
    }
    if (VAULT) {
      const front = this;
      this.#side = new VaultSide<TUser>({
        client: options as object as VaultOptions,
        store: this.#store,
        get state() {
          return front.#state;
        },
        get session() {
          return front.#session;
        },
        get mark() {
          return front.#mark;
        },
        open: () => this.#open(),
        name: (error) => this.#name(error),
        report: (error) => this.report(error),
        restore: (failure) => this.#restore(failure),
        finish: (answer) => this.#finish({ kind: "callback", ...answer }),
        diagnose: (error) => this.#telling.diagnose(error),
        unrestored: (failure) => this.#unrestored(failure),
        follow: ({ session = "", expiresAt = null }, mark) => {
          this.#session = session;
          this.#expiresAt = expiresAt;
          this.#mark = mark;
          this.#seen = this.#store.mark;
        },
        show: (notice, lastError) => this.#showUser(notice, lastError),
        endedElsewhere: () => this.#endedElsewhere(),
        announceEnd: () => this.#announceEnd(this.#mark),
        expire: (error) => {
          this.#announceEnd(this.#mark ?? this.#store.mark);
          this.#ended("expired", error);
        },
        tell: (command, fields) => this.#tell(command, fields),
        emit: (event, detail) => this.#telling.emit(event, detail),
      });
    }
    this.#redirectUri ||= VAULT ? vaultRedirectUri(options) : defaultRedirectUri();
    this.#configError = checkOptions(options as AuthOptions<never>);
    this.#seen = this.#store.mark;
    const arrival = this.#configError
      ? null
      : arrive(options.issuer, options.clientId, this.#redirectUri);
    transactions.prune(Date.now());
    this.#channel = this.#listen();
    void this.#start(arrival);
  }

  get state(): AuthState<TUser> {
    return this.#state;
  }

  get user(): TUser | null {
    return this.#state.status === "signedIn" ? this.#state.user : null;
  }

  get diagnostics(): readonly Diagnosis[] {
    return this.#telling.diagnostics;
  }

  subscribe(listener: () => void): () => void {
    return this.#telling.subscribe(listener);
  }

  on<K extends keyof AuthEvents<TUser> & string>(
    event: K,
    listener: (event: AuthEvents<TUser>[K]) => void,
  ): () => void {
    return this.#telling.on(event, listener);
  }

  async signIn(options: SignInOptions = {}): Promise<never> {
    const { returnTo, signal, ...want } = options;
    if (this.#configError) throw await this.#configError;
    signal?.throwIfAborted();
    const path = returnPath(returnTo);
    if (path === null) throw await explained("config_return_target");
    await requireSecureContext();
    const refused = transactions.put("probe", "null");
    if (refused) throw await explained(refused);
    transactions.drop("probe");
    const link = await this.#open();
    const fields = { ...want, returnTo: path };
    return this.#leave(await link.ask("signIn", fields, undefined, signal), signal);
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    await until(this.#settled(), request.signal);
    if (this.#session === null) {
      const response = await fetch(request);
      if (response.status === 401) throw fail("login_required");
      return response;
    }
    if (VAULT) this.#side.requireVault();
    // A stream is gone once it was sent.
    const replayable = !(init?.body instanceof ReadableStream);
    const link = await this.#open();
    const fields = { session: this.#session, replayable };
    try {
      const sent = VAULT ? [request, init?.body] : request;
      const { handle } = await link.ask("call", fields, sent, request.signal);
      return handle as Response;
    } catch (error) {
      if (isAuthError(error) && error.code === "step_up_required") {
        const { acrValues, maxAge } = error.provider ?? {};
        this.#telling.emit("stepUpRequired", {
          ...(acrValues === undefined ? {} : { acrValues }),
          ...(maxAge === undefined ? {} : { maxAge }),
        });
      }
      throw error;
    }
  }

  async userInfo(): Promise<User> {
    const { claims } = await this.#askSession("userInfo");
    return claims as unknown as User;
  }

  async refresh(): Promise<void> {
    await this.#askSession("refresh");
  }

  async accessToken(): Promise<string> {
    const { token } = await this.#askSession("accessToken");
    return token ?? "";
  }

  async preload(): Promise<void> {
    await this.#open();
  }

  async signOut(options: SignOutOptions = {}): Promise<void> {
    const returnTo = options.returnTo === undefined ? undefined : returnPath(options.returnTo);
    if (returnTo === null) throw await explained("config_return_target");
    if (this.#configError) throw await this.#configError;
    this.#compareMark();
    if (this.#isForeign()) {
      // Another session took this one's place. If it is another user's, the page reloads and signs nobody out.
      await this.#adopting;
      if (this.#isForeign()) return;
    }
    this.#announceEnd(this.#mark ?? this.#store.mark);
    const session = this.#session;
    this.#forget("signedOut");
    const link = await this.#open();
    const fields = VAULT ? { session, returnTo, stays: options.everywhere === false } : { session };
    const { url, state } = await link.ask("signOut", fields);
    if (!url || options.everywhere === false || navigator.onLine === false) return;
    const { issuer, clientId } = this.#options;
    const record = { signOut: true, issuer, clientId, returnTo, createdAt: Date.now() };
    if (!VAULT || this.#side.leave(this.#redirectUri)) {
      transactions.put(state ?? "", JSON.stringify(record));
    }
    location.assign(url);
  }

  touch(): void {
    if (VAULT) this.#side.activity?.touch();
  }

  /** Shows a finding, as state and as diagnosis. */
  report(error: AuthError): void {
    this.#telling.diagnose(error);
    this.#show(withError(this.#state, error));
  }

  // ---- the load of the page -------------------------------------------------------------------------------------

  async #start(arrival: Arrival | null): Promise<void> {
    try {
      if (arrival?.kind === "lost") await this.#diagnose("callback_url_changed");
      if (arrival?.kind === "foreign") await this.#diagnose("logout_state_mismatch");
      if (!this.#store.shared) await this.#diagnose("storage_unavailable");
      if (this.#configError) return this.#settleLoad("neverSignedIn", await this.#configError);
      if (VAULT && "idle" in this.#options) await this.#side.watch();
      if (VAULT && !REDIRECT) return await this.#side.start();
      if (arrival?.kind === "callback") return await this.#finish(arrival);
      if (arrival?.kind === "signedOut") {
        // The provider's session is over too: from here on a restore is worth trying again.
        if (this.#store.mark?.[0] === "-") this.#store.removeMark();
        if (REDIRECT) return this.#land({ ended: true });
        return this.#settleLoad("signedOut", null);
      }
      if (REDIRECT) return this.#land({});
      await this.#restore();
    } catch (error) {
      this.#settleLoad("expired", asAuthError(error));
    }
  }

  async #finish(arrival: Arrival & { kind: "callback" }): Promise<void> {
    const { query, record, replayed, restore } = arrival;
    if (REDIRECT && !(await redeems(this.#options as object as VaultOptions))) {
      return this.#land({ answer: arrival });
    }
    // The session and what failed before it are shown as one.
    await explain(arrival.carry);
    if (replayed) {
      const failure = await explained("callback_replayed");
      if (REDIRECT) return this.#land({ error: wireError(failure) });
      return this.#restore(failure);
    }
    await requireSecureContext();
    const mark = this.#store.mark;
    try {
      const link = await this.#open();
      const { carry } = await link.ask("callback", { query, record, mark });
      if (restore) this.#store.restoreAnswered(Date.now(), false);
      if (REDIRECT) {
        const lonely = this.#store.mark ? undefined : (this.#side.expected ?? undefined);
        return this.#land({ fresh: !restore, carry, mark: lonely });
      }
      if (carry) this.#show(withError(this.#state, this.#name({ code: carry })));
      // A sign-out elsewhere can have come in between.
      this.#settleLoad("signedOutElsewhere", null);
    } catch (error) {
      const failure = asAuthError(error);
      if (REDIRECT && !restore) return this.#land({ error: wireError(failure) });
      if (!restore) return await this.#restore(failure);
      this.#unrestored(failure);
    }
  }

  /** The provider's answer to a restore was no. */
  #unrestored(failure: AuthError): void {
    const needsUser = NEEDS_USER.includes(failure.code);
    // What a new try may mend does not close the door.
    this.#store.restoreAnswered(Date.now(), !needsUser && !failure.retryable);
    if (needsUser) this.#store.removeHint();
    if (REDIRECT) return this.#land({ error: wireError(failure), final: true });
    if (VAULT && failure.code === "session_idle") return this.#settleLoad("expired", failure);
    this.#settleLoad(this.#store.mark?.[0] === "-" ? "signedOut" : "sessionEnded", failure);
  }

  /** Gets the session back with the provider's help, or settles. `failure` is what the user still has to see. */
  async #restore(failure: AuthError | null = null): Promise<void> {
    const { restore = true } = this.#options;
    const mark = this.#store.mark;
    const hinted = this.#store.hint;
    if (mark?.[0] === "-") return this.#settleLoad("signedOut", failure);
    if (VAULT && (hinted || this.#side.expected)) {
      const mayLeave = restore !== false && isTopLevel() && this.#store.mayRestore(Date.now());
      if (await this.#side.join(failure, mayLeave)) return;
    }
    if (restore === false || (restore === true && !hinted)) {
      return this.#settleLoad(hinted ? "expired" : "neverSignedIn", failure);
    }
    if (!isTopLevel()) return this.#settleLoad("expired", failure);
    if (!this.#store.mayRestore(Date.now())) {
      return this.#settleLoad("expired", failure ?? (await explained("restore_closed")));
    }
    // An answer for this client, too, may be in this load; then the failure is what there is to say.
    if (load.taken && !failure) return this.#settleLoad("expired", null);
    load.taken = true;
    await requireSecureContext();
    await shown();
    const link = await this.#open();
    const fields = {
      returnTo: returnPath(undefined),
      mark: this.#store.mark,
      carry: failure?.code,
    };
    const answer = await link.ask("restore", fields);
    await shown();
    // The user may have signed out, here or elsewhere, while the metadata was on its way.
    if (this.#state.status !== "loading") return;
    if (this.#store.mark?.[0] === "-") return this.#settleLoad("signedOutElsewhere", failure);
    // Another tab went to the provider, and came back with nothing.
    if (VAULT && !answer.url) return this.#settleLoad("expired", failure);
    await this.#keep(answer);
    this.#store.countRestore(Date.now());
    this.#cancelNavigation = () => this.#settleLoad("expired", null);
    location.replace(answer.url ?? "");
  }

  /** The load ends signed out, unless something else has ended it. */
  #settleLoad(reason: SignedOutReason, lastError: AuthError | null): void {
    if (this.#state.status === "loading") this.#settleSignedOut(reason, lastError);
  }

  // ---- what the vault tells -------------------------------------------------------------------------------------

  #open(): Promise<Link> {
    this.#link ??= this.#connect().catch((error: unknown) => {
      this.#link = undefined;
      throw error;
    });
    return this.#link;
  }

  #connect(): Promise<Link> {
    const names = this.#names();
    const { user: _, restore: __, ...options } = this.#options;
    const config = { ...options, redirectUri: this.#redirectUri };
    const way = VAULT
      ? workerVault(config as object as VaultOptions, names, this.#side)
      : pageVault(JSON.stringify(config), names);
    return Link.open(way, names, (notice) => this.#hear(notice));
  }

  /** Resolves when it is clear whose session this page shows. */
  async #settled(): Promise<void> {
    if (this.#state.status === "loading") await this.ready;
    this.#compareMark();
    await this.#adopting;
  }

  /** Tells the vault something that needs no answer. */
  #tell(command: string, fields: Record<string, unknown> = {}): void {
    void this.#link?.then((link) => link.ask(command, fields)).catch(() => {});
  }

  async #askSession(command: string) {
    await this.#settled();
    if (this.#session === null) throw fail("login_required");
    if (VAULT) this.#side.requireVault();
    const link = await this.#open();
    return link.ask(command, { session: this.#session });
  }

  #hear(notice: Notice): void {
    const error = notice.error ? this.#name(notice.error) : null;
    switch (notice.notice) {
      case "signedIn":
        return this.#signedIn(notice);
      case "state":
        return notice.status === "signedIn"
          ? this.#showUser(notice, error)
          : this.#ended(notice.reason ?? "sessionEnded", error);
      case "refreshed":
        this.#expiresAt = notice.expiresAt ?? null;
        return this.#telling.emit("refreshed", { expiresAt: this.#expiresAt });
      case "refreshFailed":
        return error ? this.#telling.emit("refreshFailed", { error }) : undefined;
      case "diagnosis":
        return this.#telling.diagnose(this.#name(notice as WireError));
      case "endEverywhere":
        this.#announceEnd(this.#mark);
        // The vault tells every tab why; that others say so too is no news.
        if (VAULT) this.#mark = null;
        return;
      default:
        if (VAULT) this.#adopting = this.#side.hear(notice) ?? this.#adopting;
    }
  }

  /** The mark is written before the state is shown; a restored session never overwrites a sign-out. */
  #signedIn(notice: Notice): void {
    if (VAULT && !REDIRECT) return this.#side.signedIn(notice);
    const { session = "", userHash = "", origin } = notice;
    const now = this.#store.mark;
    const mark = `+${session}.${userHash}`;
    if (REDIRECT) {
      this.#side.expected = mark;
      this.#side.activity?.begin();
    }
    const outrun =
      origin !== "interactive" && (now?.[0] === "-" || (origin === "joined" && now !== mark));
    if (outrun) {
      return this.#tell("drop", { session, revoke: now?.[0] === "-" });
    }
    if (origin !== "joined" && !this.#store.setMark(mark)) {
      // Nothing can be shared: this tab goes on alone, and a missing mark means nothing to it.
      if (this.#store.shared) this.#telling.diagnose(fail("storage_full"));
      this.#mark = null;
    } else {
      this.#mark = mark;
    }
    this.#seen = this.#store.mark;
    this.#session = session;
    this.#store.setHint();
    this.#showUser(notice, null);
    if (origin === "joined") return;
    this.#channel?.postMessage(mark);
  }

  #showUser(snapshot: SnapshotWire, lastError: AuthError | null): void {
    const before = this.#state;
    let user: TUser;
    try {
      user = this.#checkUser(claimsOfUser(snapshot.user ?? {}));
    } catch (error) {
      this.#tell("drop", { session: this.#session, revoke: false });
      return this.#ended("sessionEnded", asAuthError(error));
    }
    const expiresAt = () => this.#expiresAt;
    this.#expiresAt = snapshot.expiresAt ?? null;
    this.#show({
      status: "signedIn",
      user,
      scope: snapshot.scope ?? "",
      get expiresAt() {
        return expiresAt();
      },
      lastError,
    });
    if (before.status !== "signedIn") {
      this.#telling.emit("signedIn", {
        user,
        restored: (snapshot as Notice).origin !== "interactive",
      });
    } else if (JSON.stringify(before.user) !== JSON.stringify(user)) {
      this.#telling.emit("userChanged", { user });
    }
  }

  #checkUser(claims: Record<string, unknown>): TUser {
    const schema = this.#options.user;
    if (!schema) return claims as TUser;
    const result = schema["~standard"].validate(claims);
    if ("then" in result || result.issues) throw fail("user_claims_refused");
    return result.value;
  }

  /** The vault's session is over. Whether other tabs go on is for the mark to say. */
  #ended(reason: SignedOutReason, error: AuthError | null): void {
    if (this.#state.status === "signedOut") return;
    this.#session = this.#mark = null;
    this.#settleSignedOut(reason, error);
    this.#telling.emit("signedOut", { reason });
  }

  // ---- what other tabs tell -------------------------------------------------------------------------------------

  #listen(): BroadcastChannel | null {
    const { issuer, clientId } = this.#options;
    addEventListener("storage", (event) => {
      if (event.key === null || event.key === this.#store.markKey) this.#compareMark();
    });
    this.#wasStopped = watchPage({
      onShow: () => {
        if (VAULT) this.#side.shown(this.#wasStopped());
        this.#compareMark();
        if (this.#wasStopped()) this.#cameBack();
        this.#tell("wake");
      },
      onNetwork: () => {
        this.#compareMark();
        this.#tell("wake");
      },
    });
    if (typeof BroadcastChannel === "undefined") return null;
    // Stays open when the page is hidden: a message then keeps the page from coming back out of the cache.
    const channel = new BroadcastChannel(`keyward.${issuer}|${clientId}`);
    channel.onmessage = ({ data }) => {
      // The message can be here before the storage shows it.
      if (typeof data === "string" && data[0] === "-" && data.slice(1) === this.#mark?.slice(1)) {
        return this.#endedElsewhere();
      }
      this.#compareMark();
    };
    return channel;
  }

  /** Looks whether the mark is still the one of the session that this page shows. */
  #compareMark(): void {
    if (!this.#store.shared) return;
    const mark = this.#store.mark;
    const changed = mark !== this.#seen;
    this.#seen = mark;
    if (this.#session === null) {
      if (changed && mark?.[0] === "+" && this.#state.status === "signedOut") {
        if (VAULT) void this.#side.follow(() => this.#telling.emit("signedInElsewhere", {}));
        else this.#telling.emit("signedInElsewhere", {});
      }
      return;
    }
    if (this.#mark === null || mark === this.#mark) return;
    if (VAULT && mark !== `-${this.#mark.slice(1)}`) {
      this.#adopting = this.#side.compare();
      return;
    }
    if (VAULT || mark?.[0] !== "+") return this.#endedElsewhere();
    this.#adopt(mark);
  }

  /** The grant of this tab is revoked only if storage shows the sign-out now: a new sign-in may have followed it. */
  #endedElsewhere(): void {
    if (VAULT && this.#side.hasLimits && this.#mark !== null && !this.#wasStopped()) {
      // Other tabs can be faster than the vault, which knows why.
      this.#mark = null;
      this.#adopting = this.#side.compare();
      return;
    }
    const session = this.#session;
    const drop = () => this.#tell("drop", { session, revoke: this.#store.mark?.[0] === "-" });
    // Everybody's vault has to show the one who signed out the way to the provider first.
    if (VAULT) setTimeout(drop, LEAVING_MS);
    else drop();
    // A running page shows the end in place; one that comes back would first show what is not its user's any more.
    if (this.#wasStopped()) return hideAndReload();
    this.#ended("signedOutElsewhere", null);
  }

  /** Another session: the same user's is taken over, another user's must not meet what this page shows. */
  #adopt(mark: Mark): void {
    const reveal = hide();
    this.#adopting = this.#open()
      .then((link) => link.ask("adopt", { session: this.#session, mark }))
      .then(({ adopted }) => {
        if (!adopted) return location.reload();
        this.#mark = mark;
        this.#session = mark.slice(1, mark.indexOf("."));
        reveal();
      })
      .catch(() => location.reload());
  }

  /** Whether the mark names a session that this page does not show. */
  #isForeign(): boolean {
    const mark = this.#store.mark;
    return this.#mark !== null && mark?.[0] === "+" && mark !== this.#mark;
  }

  // ---- ends -----------------------------------------------------------------------------------------------------

  /** Tells every tab, in this very task, that a session is over. */
  #announceEnd(mark: Mark | null): void {
    this.#store.removeHint();
    if (!mark) return;
    const tombstone = "-" + mark.slice(1);
    this.#store.setMark(tombstone);
    this.#seen = this.#store.mark;
    this.#channel?.postMessage(tombstone);
  }

  #forget(reason: SignedOutReason): void {
    const was = this.#state.status;
    this.#session = this.#mark = null;
    this.#settleSignedOut(reason, null);
    if (was === "signedIn") this.#telling.emit("signedOut", { reason });
  }

  #settleSignedOut(reason: SignedOutReason, lastError: AuthError | null): void {
    this.#expiresAt = null;
    this.#show({ status: "signedOut", reason, lastError });
    if (lastError) this.#telling.diagnose(lastError);
  }

  // ---- navigation -----------------------------------------------------------------------------------------------

  /** Stores what the way back from the provider needs. */
  async #keep({ state = "", record = "" }: Answer): Promise<void> {
    if (VAULT && !this.#side.leave(this.#redirectUri)) return;
    const refused = transactions.put(state, record);
    if (refused) throw await explained(refused);
  }

  async #leave(answer: Answer, signal?: AbortSignal): Promise<never> {
    await this.#keep(answer);
    const { url = "", state = "" } = answer;
    return new Promise((_, reject) => {
      const cancel = () => {
        clearTimeout(timer);
        this.#cancelNavigation = null;
        transactions.drop(state);
        if (signal?.aborted) reject(signal.reason);
        else void explained("navigation_cancelled").then(reject);
      };
      const timer = setTimeout(cancel, NAVIGATION_DEADLINE);
      if (signal?.aborted) return cancel();
      signal?.addEventListener("abort", cancel);
      this.#cancelNavigation = cancel;
      location.assign(url);
    });
  }

  /** The user came back without an answer, and the browser brought the page back as it was. */
  #cameBack(): void {
    this.#cancelNavigation?.();
    this.#cancelNavigation = null;
  }

  /** The configured values that the texts of errors name. */
  #names(): Record<string, string> {
    const { issuer, clientId } = this.#options;
    const issuerOrigin = parseUrl(issuer)?.origin ?? issuer;
    // The requests of a vault come from its own origin.
    const { origin } = (VAULT && vaultUrl(this.#options)) || location;
    return { issuer, issuerOrigin, clientId, origin, redirectUri: this.#redirectUri };
  }

  async #diagnose(code: AuthErrorCode): Promise<void> {
    this.#telling.diagnose(await explained(code));
  }

  #name(error: WireError): AuthError {
    return new AuthError(error, undefined, this.#names());
  }

  // ---- telling the app ------------------------------------------------------------------------------------------

  #show(state: AuthState<TUser>): void {
    this.#state = state;
    if (state.status !== "loading") this.#settle(state);
    this.#telling.changed();
  }
}

/** The same state with an error. `expiresAt` stays what it is: read anew at each access. */
function withError<TUser>(state: AuthState<TUser>, lastError: AuthError): AuthState<TUser> {
  const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(state));
  return Object.assign(copy, { lastError }) as AuthState<TUser>;
}

async function requireSecureContext(): Promise<void> {
  if (!globalThis.crypto?.subtle) throw await explained("insecure_context");
}

function asAuthError(error: unknown): AuthError {
  return isAuthError(error) ? error : fail("internal_error", undefined, error);
}

function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
