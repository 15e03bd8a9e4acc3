/**
 * The trip to the provider and back. Few loads of a page make one, so it is no part of the entries: it comes with the core,
 * or beside a vault as a chunk of its own.
 */
import { countRestore, mayRestore, restoreAnswered } from "./attempts.js";
import { arrive, type Arrival } from "./callback.js";
import type { AuthError } from "./errors.js";
import type { Host } from "./host.js";
import type { Answer } from "./link.js";
import { Navigation } from "./navigation.js";
import { isTopLevel, shown } from "./page_life.js";
import { returnPath } from "./path.js";
import { noteBeside, type Shown } from "./shown.js";
import * as transactions from "./transactions.js";
import type { SignInOptions } from "./types.js";
import { wireError } from "./vault/outcome.js";

/** The answers to `prompt=none` that say: nobody is signed in there, or the user has to do something. */
const NEEDS_USER = [
  "login_required",
  "interaction_required",
  "consent_required",
  "account_selection_required",
];

/** The trips of one page. */
export class Trip<TUser> {
  readonly #page: Shown<TUser>;
  readonly #host: Host;
  readonly #navigation = new Navigation(() => this.#host.explained("navigation_cancelled"));

  constructor(page: Shown<TUser>, host: Host) {
    this.#page = page;
    this.#host = host;
  }

  /** Beside a vault the app's page looks only then what is in its URL when the tab waits for something. */
  arrive(href: string): Arrival | null {
    if (!VAULT || REDIRECT) return null;
    const { options, redirectUri } = this.#page;
    const arrival = arrive(options, redirectUri, this.#host.load, href);
    transactions.prune(Date.now());
    return arrival;
  }

  /** `returnTo` is a path of the app. */
  async signIn(returnTo: string, { signal, ...want }: SignInOptions): Promise<never> {
    await this.#requireSecureContext();
    const refused = transactions.put("probe", "null");
    if (refused) throw await this.#host.explained(refused);
    transactions.drop("probe");
    const link = await this.#host.open();
    const answer = await link.ask("signIn", { ...want, returnTo }, undefined, signal);
    await this.#keep(answer);
    return this.#navigation.leave(answer.url ?? "", answer.state ?? "", signal);
  }

  /** Whether this page may go for a restore now. */
  mayRestore(): boolean {
    return isTopLevel() && mayRestore(this.#page.store, Date.now());
  }

  /** Gets the session back with the provider's help, or settles. `failure` is what the user still has to see. */
  async restore(failure: AuthError | null): Promise<void> {
    const page = this.#page;
    const { load } = this.#host;
    if (!isTopLevel()) return page.settleLoad("expired", failure);
    if (!this.mayRestore()) {
      return page.settleLoad("expired", failure ?? (await this.#host.explained("restore_closed")));
    }
    // An answer for this client, too, may be in this load; then the failure is what there is to say.
    if (load.taken && !failure) return page.settleLoad("expired", null);
    load.taken = true;
    await this.#requireSecureContext();
    await shown();
    const fields = {
      returnTo: returnPath(undefined),
      mark: page.store.mark,
      carry: failure?.code,
    };
    const answer = VAULT
      ? await (await this.#host.open()).ask("restore", fields)
      : await this.#host.askRestore!(fields);
    if (!answer) {
      // No tab may try for now, or the ledger knows of a sign-out that the mark does not show yet.
      const ended = page.store.mark?.[0] === "-";
      const closed = ended ? null : await this.#host.explained("restore_closed");
      return page.settleLoad("expired", failure ?? closed);
    }
    await shown();
    // The user may have signed out, here or elsewhere, while the metadata was on its way.
    if (page.state.status !== "loading") return noteBeside(page, failure);
    if (page.store.mark?.[0] === "-") return page.settleLoad("signedOutElsewhere", failure);
    // Another tab went to the provider, and came back with nothing.
    if (!answer.url) return page.settleLoad("expired", failure);
    await this.#keep(answer);
    countRestore(page.store, Date.now());
    this.#navigation.replace(answer.url, () => page.settleLoad("expired", null));
  }

  /** Hands the provider's answer to the vault. */
  async finish(arrival: Arrival & { kind: "callback" }): Promise<void> {
    const { query, record, replayed, restore, carry: carried } = arrival;
    const page = this.#page;
    const host = this.#host;
    const redirect = REDIRECT ? host.redirect : undefined;
    if (redirect && !(await redirect.redeems())) return redirect.land({ answer: arrival });
    if (replayed) {
      const failure = await host.explained("callback_replayed");
      return redirect ? redirect.land({ error: wireError(failure) }) : host.restore(failure);
    }
    // The session and what failed before it are shown as one.
    await host.explain(carried);
    await this.#requireSecureContext();
    const { mark } = page.store;
    try {
      const link = await host.open();
      const { carry } = await link.ask("callback", { query, record, mark });
      if (restore) restoreAnswered(page.store, Date.now(), false);
      if (redirect) {
        const lonely = page.store.mark ? undefined : (redirect.brought() ?? undefined);
        return redirect.land({ fresh: !restore, carry, mark: lonely });
      }
      if (carry) page.note(page.name({ code: carry }));
      // A sign-out elsewhere can have come in between.
      page.settleLoad("signedOutElsewhere", null);
    } catch (error) {
      const failure = host.asAuthError(error);
      if (restore) return this.unrestored(failure);
      return redirect ? redirect.land({ error: wireError(failure) }) : await host.restore(failure);
    }
  }

  /** The provider's answer to a restore was no. */
  unrestored(failure: AuthError): void {
    const { store } = this.#page;
    const needsUser = NEEDS_USER.includes(failure.code);
    // What a new try may mend does not close the door.
    restoreAnswered(store, Date.now(), !needsUser && !failure.retryable);
    if (needsUser) store.removeHint();
    if (REDIRECT) return this.#host.redirect!.land({ error: wireError(failure), final: true });
    if (VAULT && failure.code === "session_idle") return this.#page.settleLoad("expired", failure);
    this.#page.settleLoad(store.mark?.[0] === "-" ? "signedOut" : "sessionEnded", failure);
  }

  /** Keeps what tells the way back from a sign-out at the provider. */
  keepSignOut(state: string, returnTo: string | undefined): void {
    if (VAULT && !this.#host.leaves!()) return;
    const { issuer, clientId } = this.#page.options;
    const record = { signOut: true, issuer, clientId, returnTo, createdAt: Date.now() };
    transactions.put(state, JSON.stringify(record));
  }

  /** The user came back without an answer, and the browser brought the page back as it was. */
  cameBack(): void {
    this.#navigation.cameBack();
  }

  /** Stores what the way back from the provider needs. */
  async #keep({ state = "", record = "" }: Answer): Promise<void> {
    if (VAULT && !this.#host.leaves!()) return;
    const refused = transactions.put(state, record);
    if (refused) throw await this.#host.explained(refused);
  }

  async #requireSecureContext(): Promise<void> {
    if (!globalThis.crypto?.subtle) throw await this.#host.explained("insecure_context");
  }
}
