// What the stage runs in a page. These functions must not refer to anything outside themselves.

/** A test's restores do not count for the next: five in a minute are the most. */
export async function forgetRestores() {
  const counts = Object.keys(localStorage).filter((key) => key.endsWith(".attempts"));
  for (const key of counts) localStorage.removeItem(key);
  if (!(await indexedDB.databases()).some(({ name }) => name === "keyward")) return;
  await new Promise((resolve, reject) => {
    const opening = indexedDB.open("keyward");
    opening.onerror = reject;
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("ledger", "readwrite");
      transaction.oncomplete = () => resolve(opening.result.close());
      transaction.objectStore("ledger").openCursor().onsuccess = ({ target: { result } }) => {
        if (!result) return;
        const open = { count: 0, times: [], closed_until: 0 };
        result.update(JSON.stringify({ ...JSON.parse(result.value), ...open }));
        result.continue();
      };
    };
  });
}

/** Marks the present document, so that the next one is told apart from it; gives the history so far. */
export function prepare() {
  window.left = undefined;
  window.before = true;
  return (window.navigation?.entries() ?? []).map(({ url }) => url);
}

/**
 * Everything a test wants to know of the page, as data. With `waits`, null until the attempt is
 * over: a new document whose state is clear, or a refusal in the old one.
 */
export async function look({ waits }) {
  if (!window.auth) return null;
  const { state } = window.auth;
  if (waits && window.before && !window.left) return null;
  if (state.status === "loading") return null;
  const data = async (error) => {
    if (!error) return null;
    const { error: fields } = await window.settle(Promise.reject(error));
    return { ...fields, retryAfter: error.retryAfter };
  };
  const entriesOf = (store) => {
    try {
      return { ...store() };
    } catch {
      return null;
    }
  };
  const { status, reason, user, scope, expiresAt } = state;
  return {
    status,
    reason: reason ?? null,
    user: user ?? null,
    getter: window.auth.user,
    scope,
    expiresAt,
    error: await data(state.lastError),
    left: window.left ?? null,
    stayed: window.before === true,
    diagnoses: window.auth.diagnostics.map(({ code }) => code),
    events: window.events.map(({ name, detail }) => ({ name, detail })),
    href: location.href,
    history: JSON.stringify(history.state),
    entries: (window.navigation?.entries() ?? []).map(({ url }) => url),
    sessionStorage: entriesOf(() => sessionStorage),
    localStorage: entriesOf(() => localStorage),
  };
}

/** Gives the page a clock that runs `pace` times as fast and can be put ahead. */
export function ownTime(pace) {
  const [now, later, begun] = [Date.now.bind(Date), window.setTimeout, Date.now()];
  window.ahead = 0;
  Date.now = () => Math.round(begun + (now() - begun) * pace + window.ahead);
  window.setTimeout = (act, delay = 0, ...more) => later.call(window, act, delay / pace, ...more);
}

/**
 * Lets the test know when there is something to see: the state is clear, or an attempt was
 * refused. A test that would ask the page again and again keeps the browser from its work.
 */
export function tell() {
  let [state, left] = [];
  setInterval(() => {
    const news = window.auth?.state !== state || window.left !== left;
    [state, left] = [window.auth?.state, window.left];
    if (news && (left || state?.status !== "loading")) void window.stageTold?.();
  }, 10);
}
