/** What happens to the page, as the front needs to know it. */
export interface PageLife {
  /** The page can be seen (again): shown, focused, thawed, back from the cache. */
  onShow(): void;
  /** The network came or went. */
  onNetwork(): void;
}

/**
 * Listens for as long as the page lives: a client is made once and stays. Returns whether the page was stopped, in the
 * cache or frozen, and has not been shown since: what it shows may be old, and on its way back other events come first.
 */
export function watchPage(life: PageLife): () => boolean {
  let stopped = false;
  const stop = () => (stopped = true);
  const show = () => {
    life.onShow();
    stopped = false;
  };
  addEventListener("pagehide", (event) => event.persisted && stop());
  document.addEventListener("freeze", stop);
  addEventListener("pageshow", show);
  document.addEventListener("resume", show);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") life.onShow();
  });
  addEventListener("focus", () => life.onShow());
  addEventListener("online", () => life.onNetwork());
  addEventListener("offline", () => life.onNetwork());
  return () => stopped;
}

/** Resolves once the user can see the page: at once, when a hidden tab is shown, when a prerendered page is used. */
export function shown(): Promise<void> {
  const visible = () =>
    document.visibilityState === "visible" &&
    !(document as { prerendering?: boolean }).prerendering;
  return new Promise((resolve) => {
    // Goes on looking, to no effect: a load waits here once or twice.
    const look = () => visible() && resolve();
    document.addEventListener("visibilitychange", look);
    document.addEventListener("prerenderingchange", look);
    look();
  });
}

/** How many hide the page, and how it was shown before the first of them. */
let hiding = 0;
let display: string;

/** Shows nothing of this page any more; returns what brings it back, when nobody else hides it. */
export function hide(): () => void {
  const { style } = document.documentElement;
  if (!hiding++) display = style.getPropertyValue("display");
  style.setProperty("display", "none", "important");
  return () => void (--hiding || style.setProperty("display", display));
}

/** Loads the page anew, and shows nothing of it until then: what it shows belongs to a session that ended. */
export function hideAndReload(): void {
  hide();
  location.reload();
}

/** Whether a restore may take this page to the provider and back. */
export function isTopLevel(): boolean {
  return window.top === window && window.opener === null;
}
