import { claimsOfUser } from "../claims.js";
import { explain, explained, type AuthError } from "../errors.js";
import type { Host } from "../host.js";
import type { Notice, SnapshotWire } from "../link.js";
import { hide, hideAndReload } from "../page_life.js";
import { part } from "../part.js";
import type { Shown } from "../shown.js";
import type { Mark, Store } from "../store.js";
import type { VaultOptions } from "../types.js";
import type { Known } from "./connect.js";
import type { Limits } from "./limits.js";
import {
  leaveOutcome,
  rememberClient,
  takeOutcome,
  type Outcome,
  type Unredeemed,
} from "./outcome.js";
import { isApart } from "./url.js";

/** So late may storage show in one tab what another one wrote. */
const LATE_MS = 1_000;
const STEP_MS = 100;

/** Its trips, beside what the front does for every part. */
interface HostWithTrips extends Host {
  trip(): Promise<{
    finish(arrival: Unredeemed & { kind: "callback" }): Promise<void>;
    unrestored(failure: AuthError): void;
  }>;
}

/**
 * The part of a front that only a vault in a worker needs: the vault lives on while pages come and go, brings what other
 * pages did, and may die.
 */
export class VaultSide<TUser> implements Known {
  readonly #page: Shown<TUser>;
  readonly #host: HostWithTrips;
  readonly #client: VaultOptions;
  /** Whether the session that is shown next comes of the user's own sign-in. */
  #fresh = false;
  /** The session that is shown next comes of an answer that the redirect page left to this load. */
  #redeems: true | null = null;
  /** The vault died, and the next one knew nothing of the session. */
  #orphaned: AuthError | null = null;
  /** The mark of a session that the redirect page left and storage could not take. */
  expected: Mark | null = null;
  /** Only with one of the options `idle` and `maxAge`. */
  #limits: Limits<TUser> | undefined;
  /** Whether the vault has an origin of its own, where the transactions and the redirect page are too. */
  readonly #apart: boolean;
  /** What the redirect page left on that origin. */
  outcome: Outcome = {};
  /** The user that the page shows, and all that it shows of them. */
  #sub: unknown;
  #look = "";

  constructor(page: Shown<TUser>, host: HostWithTrips) {
    this.#page = page;
    this.#host = host;
    this.#client = page.options as object as VaultOptions;
    this.#apart = isApart(this.#client);
  }

  /**
   * The page that took the provider's answer has left word of what came of it. `returned` is a load to which the provider
   * leads back from a sign-out without that page.
   */
  async start(returned: boolean): Promise<void> {
    // On an origin of its own a vault can have limits that the page does not know of.
    if (this.#client.idle || this.#client.maxAge || this.#apart) {
      const { Limits } = await part(import("./limits.js"));
      const compare = () => this.compare();
      this.#limits = new Limits(this.#page, this.#client, this.#host, compare);
    }
    let outcome = takeOutcome(this.#client);
    if (outcome.apart) {
      await this.#host.open();
      outcome = this.outcome;
    }
    const { error, final, fresh, carry, mark, answer, ended } = outcome;
    if ((returned || ended) && this.store.mark?.[0] !== "+") {
      // The provider's session is over too: from the next load on a restore is worth trying again.
      this.store.removeMark();
      return this.#page.settleLoad("signedOut", null);
    }
    this.#fresh = answer ? !answer.restore : fresh === true;
    const trip = () =>
      this.#host.trip().catch((reason: unknown) => {
        // The next load may have more luck with it.
        leaveOutcome(this.#client, outcome);
        throw reason;
      });
    if (answer) {
      // Nobody else leaves this load before it is redeemed.
      this.#redeems = this.#host.load.taken = true;
      return (await trip()).finish({ kind: "callback", ...answer });
    }
    this.expected = mark ?? null;
    await explain(error?.code ?? carry);
    const failure = error ?? (carry ? { code: carry } : null);
    const shown = failure && this.#page.name(failure);
    if (final && shown) (await trip()).unrestored(shown);
    else if (!this.#fresh && (await this.#limits?.endBeforeLoad())) return;
    else await this.#host.restore(shown);
  }

  /** Before the page leaves for the provider. Whether the transaction is the page's to keep: a frame has kept it already. */
  leave(redirectUri: string): boolean {
    if (this.#apart) leaveOutcome(this.#client, { apart: true });
    else rememberClient(this.#client, redirectUri);
    return !this.#apart;
  }

  get mark(): Mark | null {
    return this.store.mark ?? this.expected;
  }

  get store(): Store {
    return this.#page.store;
  }

  /** Takes the session that the vault has. One that cannot be renewed is good enough only where no other can be had. */
  async join(failure: AuthError | null, mayLeave: () => Promise<boolean>): Promise<boolean> {
    const snapshot = await this.#ask();
    if (this.#page.state.status !== "loading") return true;
    const { status, error } = snapshot;
    if (status !== "signedIn") return false;
    const needed = error?.code === "reauthentication_needed";
    if (needed && (await mayLeave().catch(() => false))) return false;
    if (!(await this.#agrees(snapshot))) return false;
    await explain(error?.code);
    if (this.#page.state.status !== "loading") return true;
    this.#take(snapshot, failure ?? (error ? this.#page.name(error) : null));
    return true;
  }

  /** Somebody signed in elsewhere. The vault has that session, unless it is another vault's: then `news` are told. */
  async follow(news: boolean): Promise<void> {
    try {
      const snapshot = await this.#ask();
      if (this.#page.session !== null) return;
      if (snapshot.status === "signedIn" && (await this.#agrees(snapshot))) {
        return this.#take(snapshot, null);
      }
    } catch {
      // Without a vault the app can still offer a sign-in.
    }
    if (news) this.#page.telling.emit("signedInElsewhere", {});
  }

  /** Somebody signed in, on this page's behalf or on another's. */
  signedIn(notice: Notice): void {
    // A load that only waits for the session did not bring it.
    const loading = this.#page.state.status === "loading";
    this.#fresh = notice.origin === "interactive" && (this.#fresh || !loading);
    this.#take(notice, null);
  }

  /** What the vault tells of the session's end, or of its own. */
  hear(notice: Notice): Promise<void> | undefined {
    if (this.#page.session === null) return undefined;
    if (notice.notice === "vaultLost") return this.rejoin().catch(() => {});
    this.#limits?.hear(notice);
    return undefined;
  }

  /**
   * The mark says something else than what this page shows. The vault knows: storage may be late, or cleared. What is `over`
   * is so whatever it says; it may know why.
   */
  compare(over?: boolean): Promise<void> {
    const reveal = hide();
    return this.rejoin(over).then(reveal, () => location.reload());
  }

  /** The page can be seen again; `stopped` is one that was in the cache, or frozen. */
  shown(stopped: boolean): void {
    this.#limits?.shown(stopped);
  }

  /** Asks the vault what this page should show. */
  async rejoin(over?: boolean): Promise<void> {
    const page = this.#page;
    const { session } = page;
    const snapshot = await this.#ask();
    // It ended, or another one has begun.
    if (page.session !== session) return;
    if (snapshot.status === "signedIn" && !over) {
      if (!(await this.#agrees(snapshot))) return hideAndReload();
      return this.#take(snapshot, page.state.lastError);
    }
    if (snapshot.error && (await this.#limits?.end(snapshot.error))) return;
    if (over || (page.store.shared && page.store.mark !== page.mark)) {
      return this.#host.endedElsewhere();
    }
    // The vault died with the tokens. A running page is never led away: the next load gets a new grant.
    this.#orphaned = await explained("reauthentication_needed");
    page.report(this.#orphaned);
  }

  /** Whether the session can end by a limit. */
  get limited(): boolean {
    return this.#limits !== undefined;
  }

  requireVault(): void {
    if (this.#orphaned) throw this.#orphaned;
  }

  async #ask(): Promise<SnapshotWire> {
    const link = await this.#host.open();
    const ask = () => link.ask("state", { mark: this.#page.store.mark });
    // A vault can end over the question: the next one answers it too.
    return ask().catch(ask);
  }

  /**
   * Whether the mark names no other session than the vault's. Another tab may have another vault: one of another
   * configuration, or one of its own where no worker is shared. Storage may also just be late.
   */
  async #agrees({ session = "", userHash = "" }: SnapshotWire): Promise<boolean> {
    const foreign = () => {
      const mark = this.#page.store.mark;
      return mark?.[0] === "+" && mark !== `+${session}.${userHash}`;
    };
    for (let waited = 0; foreign() && waited < LATE_MS; waited += STEP_MS) {
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    return !foreign();
  }

  /** Shows a session of the vault that this page did not bring there. */
  #take(snapshot: SnapshotWire, lastError: AuthError | null): void {
    const page = this.#page;
    const { session = "", userHash = "", user } = snapshot;
    const now = page.store.mark;
    const mark = `+${session}.${userHash}`;
    // It was signed out in the moment between.
    if (now === `-${mark.slice(1)}`) return page.settleLoad("signedOutElsewhere", null);
    const shows = page.state.status === "signedIn";
    if (shows && this.#sub !== user?.["sub"]) return hideAndReload();
    // Beside a vault of another origin, or of this page alone, no redirect page has written the mark.
    const stale = this.#apart || this.#redeems ? now !== mark : now?.[0] !== "+";
    const refused = page.store.shared && stale && !page.store.setMark(mark);
    if (refused) void page.diagnose("storage_full");
    this.#orphaned = this.#redeems = null;
    page.store.setHint();
    // A mark that could not be written says nothing when it is missing.
    page.session = session;
    page.expiresAt = snapshot.expiresAt ?? null;
    page.mark = refused ? null : mark;
    page.seen = page.store.mark;
    if (!shows) page.activity?.note(this.#fresh);
    const look = JSON.stringify([claimsOfUser(user ?? {}), snapshot.scope, lastError?.code]);
    // The same user with another session: nothing that an app could see.
    if (shows && look === this.#look) return;
    this.#look = look;
    this.#sub = user?.["sub"];
    this.#host.show(
      { ...snapshot, origin: this.#fresh ? "interactive" : "joined" } as Notice,
      lastError,
    );
  }
}
