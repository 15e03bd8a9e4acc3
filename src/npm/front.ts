import { arrive, type Arrival, type Load } from "./callback.js";
import { claimsOfUser } from "./claims.js";
import { explain, explained, fail, isAuthError, type AuthError, type WireError } from "./errors.js";
import type { Host } from "./host.js";
import { Link, type Notice, type SnapshotWire } from "./link.js";
import { checkOptions, defaultRedirectUri } from "./options.js";
import { loadCore, pageVault } from "./page_vault.js";
import { hideAndReload, watchPage } from "./page_life.js";
import { part } from "./part.js";
import { returnPath } from "./path.js";
import { noteBeside, Shown } from "./shown.js";
import type { TabsSide } from "./tabs/side.js";
import * as transactions from "./transactions.js";
import type { Trip } from "./trip.js";
import type {
  Auth,
  AuthEvents,
  AuthOptions,
  AuthState,
  Diagnosis,
  SignInOptions,
  SignOutOptions,
  User,
  VaultOptions,
} from "./types.js";
import type { Outcome } from "./vault/outcome.js";
import { redeems, workerVault } from "./vault/place.js";
import { VaultSide } from "./vault/side.js";
import { vaultRedirectUri } from "./vault/url.js";

/** One for all clients of the page. */
const load: Load = { taken: false };
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

/**
 * The front of one client: it navigates where the vault says, hands answers over, keeps the sign-out mark, and shows
 * the state. No token ever gets here, except one that the app asks for itself.
 */
export class Front<TUser> implements Auth<TUser> {
  declare readonly ready: Promise<AuthState<TUser>>;
  readonly #shown: Shown<TUser>;
  readonly #options: AuthOptions<TUser>;
  readonly #configError: Promise<AuthError> | null = null;
  #link: Promise<Link> | undefined;
  /** While the vault says whether another session is the same user's, nothing is asked of it. */
  #adopting: Promise<void> = Promise.resolve();
  #wasStopped: () => boolean = () => false;
  /** Once it was needed. */
  #trip: Trip<TUser> | undefined;
  /** Only with a vault in a worker. */
  #side!: VaultSide<TUser>;
  /** Only with the tokens in the page: it comes with the core. */
  #tabs: TabsSide<TUser> | undefined;
  readonly #land!: (outcome: Outcome) => void;
  readonly #host!: Host;

  /** `land` is for the redirect page alone, and leads from there to the app. */
  constructor(options: AuthOptions<TUser>, land?: (outcome: Outcome) => void) {
    if (REDIRECT && land) this.#land = land;
    this.#options = options;
    const page = (this.#shown = new Shown(options));
    this.ready = page.ready;
    // Apps hand these on by themselves: useSyncExternalStore(auth.subscribe, ...), { fetch: auth.fetch }.
    for (const name of METHODS) this[name] = this[name].bind(this) as never;
    // On a server there is nobody to sign in: the state stays "loading", as the first render in the browser shows it.
    if (typeof document === "undefined") return;
    page.redirectUri ||= VAULT ? vaultRedirectUri(options) : defaultRedirectUri();
    this.#host = {
      open: () => this.#open(),
      tell: (command, fields) => this.#tell(command, fields),
      restore: (failure) => this.#restore(failure),
      show: (snapshot, lastError) => this.#showUser(snapshot, lastError),
      endedElsewhere: () => this.#endedElsewhere(),
      wasStopped: () => this.#wasStopped(),
      explain,
      explained,
      asAuthError,
      load,
      ...(VAULT
        ? { leaves: () => this.#side.leave(page.redirectUri) }
        : { askRestore: async (fields) => (await this.#withTabs()).restore(fields) }),
      ...(REDIRECT
        ? {
            redirect: {
              redeems: () => redeems(options as object as VaultOptions),
              land: (outcome) => this.#land(outcome),
              brought: () => this.#side.expected,
            },
          }
        : {}),
    };
    if (VAULT) {
      const trip = () => this.#withTrip();
      this.#side = new VaultSide<TUser>(page, { ...this.#host, trip });
    }
    this.#configError = checkOptions(options as AuthOptions<never>);
    const { href } = location;
    // In this very call, before anything else on the page can see it. Beside a vault no code comes to the app's page.
    const arrival =
      (VAULT && !REDIRECT) || this.#configError
        ? null
        : arrive(options, page.redirectUri, load, href);
    if (!VAULT || REDIRECT) transactions.prune(Date.now());
    page.channel = this.#listen();
    void this.#start(arrival, href);
  }

  get state(): AuthState<TUser> {
    return this.#shown.state;
  }

  get user(): TUser | null {
    return this.#shown.state.status === "signedIn" ? this.#shown.state.user : null;
  }

  get diagnostics(): readonly Diagnosis[] {
    return this.#shown.telling.diagnostics;
  }

  subscribe(listener: () => void): () => void {
    return this.#shown.telling.subscribe(listener);
  }

  on<K extends keyof AuthEvents<TUser> & string>(
    event: K,
    listener: (event: AuthEvents<TUser>[K]) => void,
  ): () => void {
    return this.#shown.telling.on(event, listener);
  }

  async signIn(options: SignInOptions = {}): Promise<never> {
    const path = returnPath(options.returnTo);
    if (this.#configError) throw await this.#configError;
    options.signal?.throwIfAborted();
    if (path === null) throw await explained("config_return_target");
    const trip = await this.#withTrip();
    return trip.signIn(path, options);
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    await until(this.#settled(), request.signal);
    if (this.#shown.session === null) {
      const response = await fetch(request);
      if (response.status === 401) throw await explained("login_required");
      return response;
    }
    if (VAULT) this.#side.requireVault();
    // A stream is gone once it was sent.
    const replayable = !(init?.body instanceof ReadableStream);
    const link = await this.#open();
    const fields = { session: this.#shown.session, replayable };
    try {
      const sent = VAULT ? [request, init?.body] : request;
      const { handle } = await link.ask("call", fields, sent, request.signal);
      return handle as Response;
    } catch (error) {
      if (isAuthError(error) && error.code === "step_up_required") {
        const { acrValues, maxAge } = error.provider ?? {};
        this.#shown.telling.emit("stepUpRequired", {
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
    await Promise.all([this.#open(), this.#withTrip()]);
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
    this.#shown.announceEnd(this.#shown.mark ?? this.#shown.store.mark);
    const session = this.#shown.session;
    const { status } = this.#shown.state;
    this.#shown.signedOut("signedOut", null);
    if (status === "signedIn") this.#shown.telling.emit("signedOut", { reason: "signedOut" });
    // Without it the way back is not recognised, which is no reason to stay.
    const coming = this.#withTrip().catch(() => null);
    const link = await this.#open();
    const fields = VAULT ? { session, returnTo, stays: options.everywhere === false } : { session };
    const { url, state } = await link.ask("signOut", fields);
    if (!url || options.everywhere === false || navigator.onLine === false) return;
    (await coming)?.keepSignOut(state ?? "", returnTo);
    location.assign(url);
  }

  touch(): void {
    this.#shown.activity?.touch();
  }

  /** Somebody made the same client with other options. */
  async conflict(): Promise<void> {
    this.#shown.report(await explained("config_conflict"));
  }

  // ---- the load of the page -------------------------------------------------------------------------------------

  async #start(arrived: Arrival | null, href: string): Promise<void> {
    try {
      const waits = VAULT && !REDIRECT && !this.#configError && transactions.any();
      // A sign-in that was given up on the way is no reason to show nobody.
      const trip = waits && (await this.#withTrip().catch(() => null));
      const arrival = trip ? trip.arrive(href) : arrived;
      if (arrival?.kind === "lost") await this.#shown.diagnose("callback_url_changed");
      if (arrival?.kind === "foreign") await this.#shown.diagnose("logout_state_mismatch");
      if (!this.#shown.store.shared) await this.#shown.diagnose("storage_unavailable");
      if (this.#configError) {
        return this.#shown.settleLoad("neverSignedIn", await this.#configError);
      }
      if (VAULT && !REDIRECT) return await this.#side.start(arrival?.kind === "signedOut");
      // Before anything of a session is shown that ends when nobody is active.
      if (this.#options.idle) {
        const { Activity } = await part(import("./activity.js"));
        this.#shown.activity = new Activity(this.#options.idle, this.#shown, this.#host.tell);
      }
      if (arrival?.kind === "callback") {
        const trip = await this.#withTrip().catch((error: unknown) => {
          // It was no answer of the provider that the load failed with.
          this.#shown.store.reopen();
          return this.#restore(asAuthError(error));
        });
        return await trip?.finish(arrival);
      }
      if (arrival?.kind === "signedOut") {
        // The provider's session is over too: from here on a restore is worth trying again.
        if (this.#shown.store.mark?.[0] === "-") {
          this.#shown.store.removeMark();
          // Who asks the provider without a session of before needs the word of the ledger too.
          if (!VAULT && this.#options.restore === "always") {
            await this.#open()
              .then((link) => link.ask("lift"))
              .catch(() => {});
          }
        }
        if (REDIRECT) return this.#land({ ended: true });
        return this.#shown.settleLoad("signedOut", null);
      }
      if (REDIRECT) return this.#land({});
      await this.#restore();
    } catch (error) {
      this.#shown.settleLoad("expired", asAuthError(error));
    }
  }

  /** Gets the session back with the provider's help, or settles. `failure` is what the user still has to see. */
  async #restore(failure: AuthError | null = null): Promise<void> {
    const { restore = true } = this.#options;
    const mark = this.#shown.store.mark;
    const hinted = this.#shown.store.hint;
    if (mark?.[0] === "-") return this.#shown.settleLoad("signedOut", failure);
    const mayLeave = async () => restore !== false && (await this.#withTrip()).mayRestore();
    // What a vault or the other tabs have can be had without a way to the provider.
    if (VAULT) {
      const known = hinted || this.#side.expected;
      if (known && (await this.#side.join(failure, mayLeave))) return;
    } else if (hinted) {
      if (this.#shown.activity?.isOver()) {
        this.#shown.announceEnd(mark);
        return this.#shown.settleLoad("expired", await explained("session_idle"));
      }
      if (!(await mayLeave())) await (await this.#withTabs()).join();
      if (this.#shown.state.status !== "loading") return noteBeside(this.#shown, failure);
    }
    if (restore === false || (restore === true && !hinted)) {
      return this.#shown.settleLoad(hinted ? "expired" : "neverSignedIn", failure);
    }
    await (await this.#withTrip()).restore(failure);
  }

  // ---- what the vault tells -------------------------------------------------------------------------------------

  #open(): Promise<Link> {
    this.#link ??= this.#connect().catch((error: unknown) => {
      this.#link = undefined;
      throw error;
    });
    return this.#link;
  }

  async #connect(): Promise<Link> {
    const names = this.#shown.names();
    const { user: _, restore: __, ...options } = this.#options;
    const config = { ...options, redirectUri: this.#shown.redirectUri };
    const way = VAULT
      ? workerVault(config as object as VaultOptions, names, this.#side)
      : pageVault(config, names);
    if (!VAULT) await this.#withTabs();
    return Link.open(way, names, (notice) => this.#hear(notice));
  }

  async #withTabs(): Promise<TabsSide<TUser>> {
    if (!VAULT) {
      const { TabsSide } = await loadCore();
      this.#tabs ??= new TabsSide<TUser>(this.#shown, this.#host);
    }
    return this.#tabs!;
  }

  /** Resolves when it is clear whose session this page shows. */
  async #settled(): Promise<void> {
    if (this.#shown.state.status === "loading") await this.ready;
    this.#compareMark();
    await this.#adopting;
  }

  /** Tells the vault something that needs no answer. */
  #tell(command: string, fields: Record<string, unknown> = {}): void {
    void this.#link?.then((link) => link.ask(command, fields)).catch(() => {});
  }

  async #askSession(command: string) {
    await this.#settled();
    if (this.#shown.session === null) throw await explained("login_required");
    if (VAULT) this.#side.requireVault();
    const link = await this.#open();
    return link.ask(command, { session: this.#shown.session });
  }

  #hear(notice: Notice): void {
    const error = notice.error ? this.#shown.name(notice.error) : null;
    switch (notice.notice) {
      case "signedIn":
        return this.#signedIn(notice);
      case "state":
        if (notice.status !== "signedIn") {
          return this.#shown.ended(notice.reason ?? "sessionEnded", error);
        }
        // News of a session that this page does not show, or not any more.
        if (this.#shown.session === null) return;
        if (!VAULT && !error && this.#tabs!.followed(notice)) return;
        return this.#showUser(notice, error);
      case "refreshed":
        this.#shown.expiresAt = notice.expiresAt ?? null;
        return this.#shown.telling.emit("refreshed", { expiresAt: this.#shown.expiresAt });
      case "refreshFailed":
        return error ? this.#shown.telling.emit("refreshFailed", { error }) : undefined;
      case "diagnosis":
        return this.#shown.telling.diagnose(this.#shown.name(notice as WireError));
      case "endEverywhere":
        this.#shown.announceEnd(this.#shown.mark);
        // The vault tells every tab why; that others say so too is no news.
        if (VAULT) this.#shown.mark = null;
        return;
      default:
        if (VAULT) this.#adopting = this.#side.hear(notice) ?? this.#adopting;
        else this.#tabs!.hear(notice);
    }
  }

  /** The mark is written before the state is shown; a restored session never overwrites a sign-out. */
  #signedIn(notice: Notice): void {
    if (!VAULT) return this.#tabs!.signedIn(notice);
    if (!REDIRECT) return this.#side.signedIn(notice);
    const { session = "", userHash = "", origin } = notice;
    const now = this.#shown.store.mark;
    const mark = `+${session}.${userHash}`;
    this.#side.expected = mark;
    this.#shown.activity?.begin();
    const outrun =
      origin !== "interactive" && (now?.[0] === "-" || (origin === "joined" && now !== mark));
    if (outrun) {
      return this.#tell("drop", { session, revoke: now?.[0] === "-" });
    }
    if (origin !== "joined" && !this.#shown.store.setMark(mark)) {
      // Nothing can be shared: this tab goes on alone, and a missing mark means nothing to it.
      if (this.#shown.store.shared) void this.#shown.diagnose("storage_full");
      this.#shown.mark = null;
    } else {
      this.#shown.mark = mark;
    }
    this.#shown.seen = this.#shown.store.mark;
    this.#shown.session = session;
    this.#shown.store.setHint();
    this.#showUser(notice, null);
    if (origin === "joined") return;
    this.#shown.channel?.postMessage(mark);
  }

  #showUser(snapshot: SnapshotWire, lastError: AuthError | null): void {
    const before = this.#shown.state;
    let user: TUser;
    try {
      user = this.#checkUser(claimsOfUser(snapshot.user ?? {}));
    } catch (error) {
      this.#tell("drop", { session: this.#shown.session, revoke: false });
      return this.#shown.ended("sessionEnded", asAuthError(error));
    }
    const expiresAt = () => this.#shown.expiresAt;
    this.#shown.expiresAt = snapshot.expiresAt ?? null;
    this.#shown.show({
      status: "signedIn",
      user,
      scope: snapshot.scope ?? "",
      get expiresAt() {
        return expiresAt();
      },
      lastError,
    });
    if (before.status !== "signedIn") {
      this.#shown.telling.emit("signedIn", {
        user,
        restored: (snapshot as Notice).origin !== "interactive",
      });
    } else if (JSON.stringify(before.user) !== JSON.stringify(user)) {
      this.#shown.telling.emit("userChanged", { user });
    }
  }

  #checkUser(claims: Record<string, unknown>): TUser {
    const schema = this.#options.user;
    if (!schema) return claims as TUser;
    const result = schema["~standard"].validate(claims);
    if ("then" in result || result.issues) throw fail("user_claims_refused");
    return result.value;
  }

  // ---- what other tabs tell -------------------------------------------------------------------------------------

  #listen(): BroadcastChannel | null {
    const { issuer, clientId } = this.#options;
    addEventListener("storage", (event) => {
      // Also where the mark stays what it was: the count of restores tells who waits that a tab came back with its session.
      if (event.key === null || event.key.startsWith(this.#shown.store.key)) this.#compareMark();
    });
    this.#wasStopped = watchPage({
      onShow: () => {
        if (VAULT) this.#side.shown(this.#wasStopped());
        else if (this.#tabs?.shown()) return;
        this.#compareMark();
        if (this.#wasStopped()) this.#trip?.cameBack();
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
      if (data === `-${this.#shown.mark?.slice(1)}`) this.#endedElsewhere();
      else this.#compareMark();
    };
    return channel;
  }

  /** Looks whether the mark is still the one of the session that this page shows. */
  #compareMark(): void {
    if (!this.#shown.store.shared) return;
    const mark = this.#shown.store.mark;
    const changed = mark !== this.#shown.seen;
    this.#shown.seen = mark;
    if (!VAULT) {
      // Without the core no session is shown, and nobody waits for one.
      const comes = mark?.[0] === "+" && (changed || this.#shown.store.hint);
      const look = (tabs: TabsSide<TUser>) => tabs.look(changed);
      const looking = this.#tabs
        ? look(this.#tabs)
        : comes && this.#withTabs().then(look, () => {});
      this.#adopting = looking || this.#adopting;
      return;
    }
    if (this.#shown.session === null) {
      const { status, lastError } = this.#shown.state;
      // A load that could not reach the vault may have more luck now. No call waits for that.
      if ((changed || lastError?.retryable) && mark?.[0] === "+" && status === "signedOut") {
        void this.#side.follow(changed);
      }
      return;
    }
    if (this.#shown.mark === null || mark === this.#shown.mark) return;
    if (mark === `-${this.#shown.mark.slice(1)}`) return this.#endedElsewhere();
    this.#adopting = this.#side.compare();
  }

  #endedElsewhere(): void {
    const { idle, maxAge } = this.#options;
    const { mark } = this.#shown;
    const limited = VAULT ? this.#side.limited : idle || maxAge;
    if (limited && mark && !this.#wasStopped()) {
      // Other tabs can be faster than the vault, which knows why.
      this.#shown.mark = null;
      this.#adopting = VAULT ? this.#side.compare(true) : this.#tabs!.endByLimit(mark);
      return;
    }
    if (VAULT) {
      const session = this.#shown.session;
      // A new sign-in may have followed the sign-out: then its grant is not revoked.
      const drop = () =>
        this.#tell("drop", { session, revoke: this.#shown.store.mark?.[0] === "-" });
      // Everybody's vault has to show the one who signed out the way to the provider first.
      setTimeout(drop, LEAVING_MS);
    } else this.#tabs!.drop(mark);
    // A running page shows the end in place; one that comes back would first show what is not its user's any more.
    if (this.#wasStopped()) return hideAndReload();
    this.#shown.ended("signedOutElsewhere", null);
  }

  /** Whether the mark names a session that this page does not show. */
  #isForeign(): boolean {
    const mark = this.#shown.store.mark;
    return this.#shown.mark !== null && mark?.[0] === "+" && mark !== this.#shown.mark;
  }

  // ---- the way to the provider -----------------------------------------------------------------------------------

  async #withTrip(): Promise<Trip<TUser>> {
    const { Trip } = VAULT ? await part(import("./trip.js")) : await loadCore();
    this.#trip ??= new Trip<TUser>(this.#shown, this.#host);
    return this.#trip;
  }
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
