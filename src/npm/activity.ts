import type { Shown } from "./shown.js";

/** What a user does. */
const INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];
/** Activity is told this often at most, in milliseconds; of a short limit ten times in it. */
const STEP_MS = 5_000;

type Page = Pick<Shown<never>, "store" | "session">;
type Tell = (command: string, fields: Record<string, unknown>) => void;

/**
 * When the user was last active in any tab of the client. Storage keeps it for the next load, since the vault may be gone
 * by then; it is no secret, and a script of the page can forge it, as it can forge activity.
 */
export class Activity {
  readonly #limit: number;
  /** The key of the time in storage, as it stands in a storage event. */
  readonly #key: string;
  readonly #page: Page;
  readonly #tell: Tell;
  #told = 0;

  /** `idle` is the option, in seconds. */
  constructor(idle: number, page: Page, tell: Tell) {
    this.#tell = tell;
    this.#limit = idle * 1_000;
    this.#key = page.store.key + "active";
    this.#page = page;
    const note = () => this.note();
    for (const name of INPUT) addEventListener(name, note, { capture: true, passive: true });
    addEventListener("storage", ({ key }) => void (key === this.#key && this.share()));
  }

  /** The user did something, unless nobody can see the page. Of a sign-in it is the first, and what was before counts no more. */
  note(first?: boolean): void {
    if (first) return this.begin();
    const now = Date.now();
    const since = now - this.#told;
    if (since >= 0 && since < Math.min(STEP_MS, this.#limit / 10)) return;
    if (document.visibilityState === "visible") this.touch();
  }

  /** What counts as activity because the app says so. */
  touch(): void {
    const { session } = this.#page;
    if (session === null || this.isOver()) return;
    this.begin();
    this.#tell("touch", { session, at: this.#told });
  }

  /** Tells a vault what other tabs have stored: one that serves this page alone has not heard. When the session ends by that. */
  share(): number {
    const { session } = this.#page;
    const at = this.#last();
    if (session !== null) this.#tell("touch", { session, at });
    return at + this.#limit;
  }

  /** A session begins: what was before counts no more. */
  begin(): void {
    this.#told = Date.now();
    try {
      localStorage.setItem(this.#key, String(this.#told));
    } catch {
      // The vault knows it, as long as it lives.
    }
  }

  /** Whether so much time has passed that nobody's session may go on. */
  isOver(): boolean {
    const last = this.#last();
    return last > 0 && Date.now() - last >= this.#limit;
  }

  #last(): number {
    let stored = 0;
    try {
      stored = Number(localStorage.getItem(this.#key)) || 0;
    } catch {
      // Then this page's own is all there is.
    }
    return Math.max(this.#told, Math.min(stored, Date.now()));
  }
}
