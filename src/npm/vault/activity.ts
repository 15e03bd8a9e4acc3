import type { Shown } from "../shown.js";

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
  readonly #key: string;
  readonly #page: Page;
  readonly #tell: Tell;
  #told = 0;

  /** `idle` is the option, in seconds. */
  constructor(idle: number, page: Page, tell: Tell) {
    this.#tell = tell;
    this.#limit = idle * 1_000;
    this.#key = page.store.markKey.replace(/mark$/, "active");
    this.#page = page;
    const note = () => this.note();
    for (const name of INPUT) addEventListener(name, note, { capture: true, passive: true });
  }

  /** The user did something, unless nobody can see the page. */
  note(): void {
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
    let stored = 0;
    try {
      stored = Number(localStorage.getItem(this.#key)) || 0;
    } catch {
      // Then this page's own is all there is.
    }
    const now = Date.now();
    const last = Math.max(this.#told, Math.min(stored, now));
    return last > 0 && now - last >= this.#limit;
  }
}
