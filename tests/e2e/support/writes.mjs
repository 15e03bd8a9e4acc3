// A record of everything the pages of a context write into stores or send to other tabs, while it
// happens: a value that is removed again a moment later is in no dump.

/**
 * Starts recording in all pages of the context, also in those that open later; call it before the
 * first page loads. Gives the growing list of `[kind, text]`: "localStorage", "sessionStorage",
 * "cookie", "indexedDB", "caches", "history", "broadcast", "storage event".
 */
export async function recordWrites(context) {
  const writes = [];
  await context.exposeFunction("keywardTestWrite", (kind, text) => void writes.push([kind, text]));
  await context.addInitScript(watchWrites);
  return writes;
}

/** The recorded writes that contain one of the needles. */
export function writesWith(writes, needles) {
  return writes.filter(([, text]) => needles.some((needle) => text.includes(needle)));
}

/** Runs in the page before its own scripts. */
function watchWrites() {
  const report = window.keywardTestWrite;
  const text = (value) => {
    try {
      return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
    } catch {
      return String(value);
    }
  };
  const before = (owner, name, kind) => {
    const original = owner[name];
    owner[name] = function (...args) {
      report(typeof kind === "function" ? kind(this) : kind, args.map(text).join(" "));
      return original.apply(this, args);
    };
  };

  const storageKind = (storage) =>
    storage === window.localStorage ? "localStorage" : "sessionStorage";
  before(Storage.prototype, "setItem", storageKind);
  before(IDBObjectStore.prototype, "put", "indexedDB");
  before(IDBObjectStore.prototype, "add", "indexedDB");
  if (window.Cache) before(Cache.prototype, "put", "caches");
  before(BroadcastChannel.prototype, "postMessage", "broadcast");
  before(History.prototype, "pushState", "history");
  before(History.prototype, "replaceState", "history");

  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  Object.defineProperty(Document.prototype, "cookie", {
    ...cookie,
    set(value) {
      report("cookie", value);
      cookie.set.call(this, value);
    },
  });
  window.addEventListener("storage", ({ key, oldValue, newValue }) => {
    report("storage event", text({ key, oldValue, newValue }));
  });
}
