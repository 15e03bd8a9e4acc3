// What a page leaves in the browser: a dump of every store its scripts can reach, and a search in it.
//
// "Nothing was found" proves nothing by itself, so `assertNowhere` first plants a marker in every
// store and finds each of them again.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { answer } from "./until.mjs";

/** The stores that are searched, in the order of the dump. */
export const STORES = [
  "localStorage",
  "sessionStorage",
  "indexedDB",
  "caches",
  "cookies",
  "historyState",
  "urls",
  "windowName",
  "dom",
];

/**
 * Everything a page's origin has stored, by store, each as one text. Cookies are those of the whole
 * context, HttpOnly ones included; `urls` holds the address, the session history as far as the page
 * may see it, the referrer and the performance timeline.
 */
export async function dump(page) {
  const stores = await answer(() => page.evaluate(readStores));
  stores.cookies += `\n${JSON.stringify(await page.context().cookies())}`;
  return stores;
}

/** Where needles are found in a dump: `[{ store, needle, around }]`. */
export function search(stores, needles) {
  const hits = [];
  for (const store of STORES) {
    for (const needle of needles) {
      const at = stores[store].indexOf(needle);
      if (at < 0) continue;
      hits.push({ store, needle: needle.slice(0, 12), around: excerpt(stores[store], at) });
    }
  }
  return hits;
}

/** Puts a marker of its own into each store; gives `{ [store]: marker }`. */
export async function plant(page) {
  const markers = Object.fromEntries(
    STORES.map((store) => [store, `planted-${store}-${randomBytes(24).toString("base64url")}`]),
  );
  await page.evaluate(writeMarkers, markers);
  return markers;
}

/** Takes planted markers away again. */
export async function unplant(page, markers) {
  await page.evaluate(removeMarkers, markers);
}

/**
 * Asserts that none of the needles is in any store of the page, after proving that the search finds
 * a planted marker in each one. `except` names stores in which needles may be found.
 */
export async function assertNowhere(page, needles, { except = [], what = "secret" } = {}) {
  const wanted = needles.filter((needle) => typeof needle === "string" && needle.length >= 8);
  assert.equal(wanted.length, needles.length, "a needle is missing or too short to mean anything");
  assert.ok(wanted.length > 0, "nothing to search for");

  const markers = await plant(page);
  const planted = await dump(page);
  for (const [store, marker] of Object.entries(markers)) {
    assert.ok(planted[store].includes(marker), `the search is blind in ${store}`);
  }
  await unplant(page, markers);

  const hits = search(await dump(page), wanted).filter(({ store }) => !except.includes(store));
  assert.deepEqual(hits, [], `${what} found in the browser`);
}

function excerpt(text, at) {
  return text.slice(Math.max(0, at - 40), at + 12);
}

// The functions below run in the page and must not refer to anything outside themselves.

async function readStores() {
  const request = (idbRequest) =>
    new Promise((done, fail) => {
      idbRequest.onsuccess = () => done(idbRequest.result);
      idbRequest.onerror = () => fail(idbRequest.error);
    });
  const text = (value) => {
    const seen = new WeakSet();
    return JSON.stringify(value, (key, part) => {
      if (part instanceof ArrayBuffer || ArrayBuffer.isView(part)) {
        return new TextDecoder("latin1").decode(part);
      }
      if (part instanceof Map || part instanceof Set) return [...part];
      if (typeof part === "bigint") return String(part);
      if (part && typeof part === "object") {
        if (seen.has(part)) return "(again)";
        seen.add(part);
      }
      return part;
    });
  };

  const readDatabases = async () => {
    const all = [];
    for (const { name, version } of await indexedDB.databases()) {
      const db = await request(indexedDB.open(name, version));
      for (const storeName of db.objectStoreNames) {
        const store = db.transaction(storeName).objectStore(storeName);
        const [keys, values] = [request(store.getAllKeys()), request(store.getAll())];
        all.push({ name, storeName, keys: await keys, values: await values });
      }
      db.close();
    }
    return text(all);
  };

  const readCaches = async () => {
    const all = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const stored of await cache.keys()) {
        const response = await cache.match(stored);
        const headers = [[...stored.headers], [...response.headers]];
        all.push([name, stored.url, headers, await response.text()]);
      }
    }
    return text(all);
  };

  const urls = [
    location.href,
    document.referrer,
    ...(window.navigation?.entries() ?? []).map(({ url }) => url),
    ...performance.getEntries().map(({ name }) => name),
  ];
  const values = [...document.querySelectorAll("input, textarea")].map(({ value }) => value);
  return {
    localStorage: text({ ...localStorage }),
    sessionStorage: text({ ...sessionStorage }),
    indexedDB: await readDatabases(),
    caches: await readCaches(),
    cookies: document.cookie,
    historyState:
      text({ state: history.state, entry: window.navigation?.currentEntry?.getState() }) ?? "",
    urls: urls.join("\n"),
    windowName: window.name,
    dom: `${document.documentElement.outerHTML}\n${values.join("\n")}`,
  };
}

async function writeMarkers(markers) {
  localStorage.setItem("planted", markers.localStorage);
  sessionStorage.setItem("planted", markers.sessionStorage);

  await new Promise((done, fail) => {
    const opening = indexedDB.open("planted", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("planted");
    opening.onerror = () => fail(opening.error);
    opening.onsuccess = () => {
      const db = opening.result;
      const writing = db.transaction("planted", "readwrite", { durability: "strict" });
      writing.objectStore("planted").put({ deep: [markers.indexedDB] }, "planted");
      writing.onerror = () => fail(writing.error);
      writing.oncomplete = () => {
        db.close();
        done();
      };
    };
  });

  const cache = await caches.open("planted");
  await cache.put("/planted", new Response(markers.caches));

  document.cookie = `planted=${markers.cookies}; path=/; max-age=600`;
  const { state } = history;
  history.replaceState({ before: state, planted: markers.historyState }, "");
  performance.mark(markers.urls);
  window.name = markers.windowName;
  document.documentElement.dataset.planted = markers.dom;
}

async function removeMarkers(markers) {
  localStorage.removeItem("planted");
  sessionStorage.removeItem("planted");
  await new Promise((done, fail) => {
    const deleting = indexedDB.deleteDatabase("planted");
    deleting.onsuccess = done;
    deleting.onerror = () => fail(deleting.error);
  });
  await caches.delete("planted");
  document.cookie = "planted=; path=/; max-age=0";
  history.replaceState(history.state?.before ?? null, "");
  performance.clearMarks(markers.urls);
  window.name = "";
  delete document.documentElement.dataset.planted;
}
