import type { AuthError } from "../errors.js";
import type { Host } from "../host.js";
import type { Answer, Notice, SnapshotWire } from "../link.js";
import { hide, hideAndReload } from "../page_life.js";
import type { Shown } from "../shown.js";
import type { Mark } from "../store.js";
import type { User } from "../types.js";

/** So long the tabs wait for the one of them that went to the provider for a session, in milliseconds. */
const CLAIM_MS = 15_000;
/** So long a sibling may take to give what it has, in milliseconds. */
const SIBLING_MS = 1_000;
const TAB = "keyward.tab";
/** A mark as the session reads it. */
const MARK = /^[+-][\w-]{22}\.[\w-]{43}$/;

/** Names this tab across its loads; a duplicated one has the name of the first. */
export function tabName(): string | undefined {
  try {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const fresh = btoa(String.fromCharCode(...bytes)).slice(0, 22);
    const name = sessionStorage.getItem(TAB) ?? fresh.replaceAll("+", "-").replaceAll("/", "_");
    sessionStorage.setItem(TAB, name);
    return name;
  } catch {
    return undefined;
  }
}

/**
 * The front's half of one grant for all tabs: where a page without a ledger decides by the mark, the session asks the
 * ledger.
 */
export class TabsSide<TUser> {
  readonly #page: Shown<TUser>;
  readonly #host: Host;
  /** Whether the app knows that the session is about to end. */
  #warned = false;
  /** Ends the wait for a session that another tab has, or brings. */
  #stopWaiting: () => void = () => {};

  constructor(page: Shown<TUser>, host: Host) {
    this.#page = page;
    this.#host = host;
  }

  /** Takes the session that another tab has, if it gives it. */
  async join(): Promise<void> {
    await this.#compare().catch(() => {});
    if (this.#page.options.handover !== false) await this.#elsewhere(SIBLING_MS);
  }

  /**
   * Asks for the session as it comes back at load. Without a URL in the answer that is done: a sibling gave it, or nobody
   * did; `null` if no tab may try.
   */
  async restore(fields: Record<string, unknown>): Promise<Answer | null> {
    const page = this.#page;
    const link = await this.#host.open();
    try {
      for (;;) {
        // Before it asks: the news may come with the answer.
        const news = this.#elsewhere(CLAIM_MS);
        const answer = await link.ask("restore", fields);
        // A sibling gave it, or another tab is on its way for it.
        if (!answer.url) await news;
        // Without hand-over the next one goes when the last is back, or does not come back.
        const next = !answer.url && page.options.handover === false && page.session === null;
        if (!next) return answer;
      }
    } catch (error) {
      if ((error as AuthError).code === "login_required") return null;
      throw error;
    }
  }

  /**
   * The session's id can change under the same user, who signed in again in another tab. Tells whether that is all there is
   * to the news: an app sees nothing of it.
   */
  followed({ session = "", userHash = "", user = {}, scope = "" }: SnapshotWire): boolean {
    const { state, session: known } = this.#page;
    if (session === known) return false;
    this.#become(session, `+${session}.${userHash}`);
    if (state.status !== "signedIn" || state.lastError) return false;
    return state.scope === scope && (state.user as User).sub === user["sub"];
  }

  /** The ledger was written; now the mark, and then the session reads the ledger again. */
  signedIn(notice: Notice): void {
    const { store, channel, activity } = this.#page;
    const { session = "", userHash = "", origin } = notice;
    const mark = `+${session}.${userHash}`;
    const buried = store.mark === `-${mark.slice(1)}`;
    const joined = origin === "joined";
    const written = joined || buried || store.setMark(mark);
    if (!written && store.shared) void this.#page.diagnose("storage_full");
    // A mark that cannot be written means nothing to this tab.
    this.#become(session, written ? mark : null);
    store.setHint();
    // A session that another tab gave to a hidden page is no sign of the user.
    if (!joined || document.visibilityState === "visible") activity?.begin();
    activity?.share();
    this.#host.show(notice, null);
    if (joined || buried) this.#judge();
    if (!buried) this.#tell("markWritten");
    // A message throws a page out of the browser's cache: nobody is told what is no news.
    if (!joined) channel?.postMessage(mark);
    this.#stopWaiting();
  }

  /** Looks what the mark says, which changed or may have. */
  look(changed: boolean): Promise<void> | undefined {
    const { store, state, session, mark: own, options } = this.#page;
    const { mark } = store;
    if (session === null) {
      if (mark?.[0] !== "+") this.#stopWaiting();
      // Who waited in vain goes on listening: the tab that is back has the mark that was there.
      else if (state.status === "signedOut") {
        if (changed || state.reason === "expired") void this.#follow(changed);
      } else if (store.hint && options.handover !== false) this.#judge();
      // Who went to the provider for all came back with nothing.
      else this.#stopWaiting();
      return undefined;
    }
    if (own === null || mark === own) return undefined;
    if (mark === `-${own.slice(1)}`) {
      this.#host.endedElsewhere();
      return undefined;
    }
    // Another session: nothing of this one is shown until it is clear whose it is.
    const reveal = mark?.[0] === "+" || this.#host.wasStopped() ? hide() : () => {};
    return this.#compare()
      .then(() => (this.#isForeign() ? location.reload() : reveal()))
      .catch(() => location.reload());
  }

  /** What the vault tells of the session's end, and of the mark. */
  hear(notice: Notice): void {
    const { session, activity, telling } = this.#page;
    const { endsAt = 0, limit = "idle" } = notice;
    switch (notice.notice) {
      case "repairMark":
        return this.#repair(notice);
      case "expiring": {
        // Another tab may know better; this one's vault hears of it here, at the latest.
        const putOff = (limit === "idle" && activity?.share()) || 0;
        if (session === null || endsAt <= Date.now() || putOff > endsAt) return;
        this.#warned = true;
        return telling.emit("expiring", { endsAt, limit });
      }
      case "extended":
        if (this.#warned) telling.emit("extended", {});
        this.#warned = false;
    }
  }

  /** Another tab was faster than this one's vault, which knows why. */
  async endByLimit(mark: Mark): Promise<void> {
    const link = await this.#host.open();
    await link.ask("wake");
    if (this.#page.session === null) return;
    this.drop(mark);
    this.#host.endedElsewhere();
  }

  /** The page can be seen again. Tells whether it goes: its session's time was over while it was stopped. */
  shown(): boolean {
    const { session, activity } = this.#page;
    if (session === null) return false;
    const over = this.#host.wasStopped() && activity?.isOver() === true;
    if (over) hideAndReload();
    activity?.note();
    activity?.share();
    return over;
  }

  /** Writes the mark that the ledger shows, unless somebody wrote another one meanwhile. What is no mark counts as none. */
  #repair({ mark = "", insteadOf = "" }: Notice): void {
    const { store, session, channel } = this.#page;
    const now = MARK.exec(store.mark ?? "")?.[0] ?? "";
    const same = now.slice(1) === mark.slice(1);
    if (now !== insteadOf && !(same && mark[0] === "-")) return this.#judge();
    // A sign-out is never taken back.
    if (same && mark[0] === "+") return;
    store.setMark(mark);
    if (mark[0] === "+" && session !== null) this.#become(session, mark);
    channel?.postMessage(mark);
  }

  /** The session that ended elsewhere ends in the vault. */
  drop(mark: Mark | null): void {
    if (mark) this.#tell("compare", { mark: `-${mark.slice(1)}` });
  }

  /** The page shows this session now, under this mark. */
  #become(session: string, mark: Mark | null): void {
    const page = this.#page;
    page.session = session;
    page.mark = mark;
    page.seen = page.store.mark;
  }

  async #follow(news: boolean): Promise<void> {
    await this.join();
    if (news && this.#page.session === null) this.#page.telling.emit("signedInElsewhere", {});
  }

  #isForeign(): boolean {
    const { store, session } = this.#page;
    return store.mark?.[0] === "+" && !store.mark.startsWith(`+${session}.`);
  }

  /** Lets the session ask the ledger what the mark means; resolves when that is clear. */
  async #compare(): Promise<void> {
    const link = await this.#host.open();
    const { session, store } = this.#page;
    await link.ask("compare", { session, mark: store.mark });
  }

  #judge(): void {
    this.#compare().catch(() => {});
  }

  #tell(command: string, fields: Record<string, unknown> = {}): void {
    const { session } = this.#page;
    void this.#host
      .open()
      .then((link) => link.ask(command, { session, ...fields }))
      .catch(() => {});
  }

  /** Resolves when there is news of a session, also before anybody waits for it; or when that takes too long. */
  #elsewhere(within: number): Promise<void> {
    if (this.#page.session !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, within);
      this.#stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
