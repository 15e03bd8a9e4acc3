import { Activity } from "../activity.js";
import type { WireError } from "../errors.js";
import type { Host } from "../host.js";
import type { Notice } from "../link.js";
import { hideAndReload } from "../page_life.js";
import type { Shown } from "../shown.js";
import type { VaultOptions } from "../types.js";
import { leaveOutcome } from "./outcome.js";

/** What ended a session in every tab. */
const LIMITS = ["session_idle", "session_max_age"];

/** The limits of a session with a vault: loaded by a page with `idle` or `maxAge`, and beside a vault on its own origin. */
export class Limits<TUser> {
  readonly #page: Shown<TUser>;
  readonly #client: VaultOptions;
  readonly #host: Host;
  /** Asks the vault what this page should show. */
  readonly #compare: () => Promise<void>;

  constructor(page: Shown<TUser>, client: VaultOptions, host: Host, compare: () => Promise<void>) {
    this.#page = page;
    this.#client = client;
    this.#host = host;
    this.#compare = compare;
    if (client.idle) page.activity = new Activity(client.idle, page, host.tell);
  }

  /** Ends a session that the storage still tells of, if its time was over before this load. Whether it was. */
  async endBeforeLoad(): Promise<boolean> {
    const { store, activity } = this.#page;
    return (
      store.mark?.[0] === "+" &&
      activity?.isOver() === true &&
      (await this.end({ code: "session_idle" }))
    );
  }

  /** Ends the session in every tab, if it is one of the limits that ended it. Whether it is. */
  async end(error: WireError): Promise<boolean> {
    if (!LIMITS.includes(error.code)) return false;
    await this.#host.explain(error.code);
    const page = this.#page;
    page.announceEnd(page.mark ?? page.store.mark);
    page.ended("expired", page.name(error));
    return true;
  }

  /** What the vault tells of the session's end. */
  hear({ notice, endsAt = 0, limit = "idle" }: Notice): void {
    // The last call is for whoever knows of later activity: a vault of this page alone has slept when the page did.
    const { telling, activity } = this.#page;
    if (notice === "expiring") activity?.share();
    if (notice === "expiring" && endsAt > Date.now()) telling.emit("expiring", { endsAt, limit });
    if (notice === "extended") telling.emit("extended", {});
  }

  /** The page can be seen again. Nothing of a session is shown whose time was over while the page was stopped. */
  shown(stopped: boolean): void {
    const { store, mark, activity, session } = this.#page;
    if (session === null) return;
    if (stopped && activity?.isOver()) {
      if (store.mark !== mark) return;
      leaveOutcome(this.#client, { error: { code: "session_idle" }, final: true });
      this.#page.announceEnd(mark);
      return hideAndReload();
    }
    activity?.note();
    if (!stopped) return;
    activity?.share();
    void this.#compare();
  }
}
