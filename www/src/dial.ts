import { byTestId, find, setText } from "./dom.js";
import { clock } from "./format.js";
import type { Auth } from "./auth.js";

/**
 * The countdown. A silent renewal makes no new state on purpose, so nothing re-renders; this reads
 * `expiresAt`, a live value, once a second and sees the new deadline by itself.
 */
export function startDial(auth: Auth) {
  const dial = find("[data-dial]");
  const time = byTestId("countdown");
  const caption = find("[data-caption]");
  const life = find<SVGCircleElement>("[data-life]");
  let deadline: number | null = null;
  let span = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tick = () => {
    clearTimeout(timer);
    const state = auth.state;
    if (state.status !== "signedIn") {
      deadline = null;
      setText(time, "");
      setText(caption, "");
      life.style.strokeDashoffset = "-100";
      return;
    }
    if (state.expiresAt === null) {
      setText(time, "Open");
      setText(caption, "no end announced");
      life.style.strokeDashoffset = "0";
      timer = setTimeout(tick, 1000);
      return;
    }
    const now = Date.now();
    const left = Math.max(0, state.expiresAt - now);
    if (state.expiresAt !== deadline) {
      if (deadline !== null) glow(dial);
      deadline = state.expiresAt;
      span = left;
    }
    setText(time, clock(left));
    setText(caption, left > 0 ? "until renewal" : "next call renews");
    // The lit part ends at twelve o'clock and is eaten up clockwise, like on a timer.
    const spent = span > 0 ? 100 - Math.min(100, (left / span) * 100) : 100;
    life.style.strokeDashoffset = (-spent).toFixed(2);
    // Wakes on the boundary of a second, so that no number is skipped or shown twice.
    if (!document.hidden) timer = setTimeout(tick, left % 1000 || 1000);
  };
  document.addEventListener("visibilitychange", tick);
  return tick;
}

/** One short glow on each renewal; the animation is off under reduced motion. */
function glow(dial: HTMLElement): void {
  dial.classList.remove("dial-renewed");
  void dial.offsetWidth;
  dial.classList.add("dial-renewed");
}
