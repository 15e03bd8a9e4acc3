// What the tabs of an origin have in common, in the platform's own language: the ledger's record in IndexedDB, the lock,
// and the way to the siblings. What a record means, and who is given what, the session decides.

/** The version stays 1 for ever: a higher one would wait without end for a tab that has the database open. */
const VERSION = 1;
const STORE = "ledger";
/** A database that is silent for longer counts as denied, in milliseconds. */
const TRANSACTION_WITHIN = 3_000;
/** So long siblings may take to answer of which nobody has heard yet, in milliseconds. */
const ANSWER_WITHIN = 300;
/** So long those may take that have been heard of: they are there, and busy. */
const ANSWER_OF_KNOWN_WITHIN = 1_000;
/** The tabs that were heard of last. */
const MOST_SIBLINGS = 64;

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const CIPHER = "AES-GCM";

/**
 * `name` is the record's, `config` what both sides of a hand-over must agree in. `hear(json)` gets each event, one for each
 * thing that was asked for. `decide(call, text)` is asked in the very task: for the record of a transaction what to write,
 * and for the call 0 what a sibling gets who asks for the grant of that name.
 */
export class Tabs {
  #name;
  #config;
  #hear;
  #decide;
  /** Transactions run one after the other, in the order in which they were asked for. */
  #queue = Promise.resolve();
  #unlock = () => {};
  #channel;
  /** Made for this load of the page, and never leaves it. */
  #pair = makePair();
  #own = this.#pair.then(async ({ publicKey }) => {
    const bytes = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
    return btoa(String.fromCharCode(...bytes));
  });
  /** The public keys of the siblings, which are their names too, and what seals a text between each and this tab. */
  #siblings = new Map();
  /** What waits for the first answer of a sibling that has something. */
  #questions = new Map();

  constructor(name, config, hear, decide) {
    this.#name = name;
    this.#config = new TextEncoder().encode(config);
    this.#hear = (event) => hear(JSON.stringify(event));
    this.#decide = decide;
    this.#meet();
    // A message would throw a page out of the browser's cache.
    addEventListener("pagehide", () => this.#channel?.close());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#meet());
  }

  /** Runs the step of a call in one transaction of its own. */
  transact(call) {
    this.#queue = this.#queue.then(() => this.#run(call));
  }

  #run(call) {
    return new Promise((resolve) => {
      let database, transaction;
      let open = true;
      // Without a time the record could not be used.
      const end = (opened) => {
        clearTimeout(timer);
        database?.close();
        if (open) this.#hear({ event: "ledger", id: call, opened });
        open = false;
        resolve();
      };
      const timer = setTimeout(() => {
        try {
          transaction?.abort();
        } catch {}
        end();
      }, TRANSACTION_WITHIN);
      const use = (request) => {
        database = request.result;
        database.onversionchange = () => database.close();
        const opened = Date.now();
        transaction = database.transaction(STORE, "readwrite");
        transaction.oncomplete = () => end(opened);
        transaction.onabort = () => end();
        const store = transaction.objectStore(STORE);
        store.get(this.#name).onsuccess = ({ target: { result } }) => {
          const text = this.#decide(call, typeof result === "string" ? result : undefined);
          if (text !== undefined) store.put(text, this.#name);
        };
      };
      try {
        const request = indexedDB.open("keyward", VERSION);
        request.onupgradeneeded = () => request.result.createObjectStore(STORE);
        request.onerror = () => end();
        request.onsuccess = () => {
          try {
            if (open) use(request);
            else request.result.close();
          } catch {
            end();
          }
        };
      } catch {
        end();
      }
    });
  }

  /** Queues for the lock; it counts as held where there is none, and when it takes too long. */
  lock(call, within) {
    const abort = new AbortController();
    let release;
    const held = new Promise((resolve) => (release = resolve));
    let timer = setTimeout(() => abort.abort(), within);
    const go = () => {
      clearTimeout(timer);
      // Nobody is held up for longer by a tab that went to sleep.
      timer = setTimeout(release, within);
      this.#hear({ event: "locked", id: call });
      return held;
    };
    this.#unlock = () => {
      abort.abort();
      release();
    };
    const { locks } = navigator;
    const asked = locks
      ? locks.request(`keyward.${this.#name}`, { signal: abort.signal }, go)
      : Promise.reject();
    asked.catch(go);
  }

  unlock() {
    this.#unlock();
  }

  /** Asks the siblings for a grant. */
  async ask(call, grant) {
    const empty = new Set();
    const end = (text) => {
      if (this.#questions.delete(call)) this.#hear({ event: "shared", id: call, text });
    };
    this.#questions.set(call, { empty, end });
    await this.#say({ ask: grant, id: call });
    setTimeout(() => {
      const isSilent = (name) => !empty.has(name);
      if (![...this.#siblings.keys()].some(isSilent)) return end();
      setTimeout(end, ANSWER_OF_KNOWN_WITHIN - ANSWER_WITHIN);
    }, ANSWER_WITHIN);
  }

  /** Gives what this tab has to all siblings, before any transaction that is asked for after it. */
  publish(text) {
    const given = [...this.#siblings.keys()].map((to) => this.#give(to, text).catch(() => {}));
    this.#queue = this.#queue.then(() => Promise.all(given));
  }

  close() {
    this.#channel?.close();
    this.#hear = () => {};
  }

  #meet() {
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(`keyward.${this.#name}.siblings`);
    this.#channel.onmessage = ({ data }) => void this.#heard(data).catch(() => {});
    void this.#say({ hello: 1 });
  }

  async #say(message) {
    try {
      this.#channel?.postMessage({ ...message, from: await this.#own });
    } catch {
      // It was closed meanwhile: the page is hidden.
    }
  }

  async #heard({ from, to, hello, ask, id, box }) {
    if (to && to !== (await this.#own)) return;
    const key = this.#siblings.get(from) ?? this.#keyWith(from);
    // Anybody can take any name here; who seals something by it hears of that.
    key.catch(() => {});
    this.#siblings.delete(from);
    this.#siblings.set(from, key);
    const [oldest] = this.#siblings.keys();
    if (this.#siblings.size > MOST_SIBLINGS) this.#siblings.delete(oldest);
    if (box) return this.#take(from, box, id);
    // An answer, and nothing in it: others number their own questions alike.
    if (!hello && !ask) return void this.#questions.get(id)?.empty.add(from);
    const text = ask && this.#decide(0, ask);
    if (text) await this.#give(from, text, id);
    else await this.#say({ to: from, id });
  }

  /** Seals a text to a sibling: nobody else on the channel can read it. */
  async #give(to, text, id) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealing = { name: CIPHER, iv, additionalData: this.#config };
    const bytes = new TextEncoder().encode(text);
    const data = await crypto.subtle.encrypt(sealing, await this.#siblings.get(to), bytes);
    await this.#say({ to, id, box: { iv, data } });
  }

  async #take(from, { iv, data }, id) {
    const sealing = { name: CIPHER, iv, additionalData: this.#config };
    const bytes = await crypto.subtle.decrypt(sealing, await this.#siblings.get(from), data);
    const text = new TextDecoder().decode(bytes);
    const question = this.#questions.get(id);
    if (question) question.end(text);
    // Also an answer that nobody waits for any more.
    else this.#hear({ event: "published", text });
  }

  async #keyWith(sibling) {
    const bytes = Uint8Array.from(atob(sibling), (character) => character.charCodeAt(0));
    const theirs = await crypto.subtle.importKey("raw", bytes, CURVE, false, []);
    const { privateKey } = await this.#pair;
    const agreement = { name: CURVE.name, public: theirs };
    const kind = { name: CIPHER, length: 256 };
    return crypto.subtle.deriveKey(agreement, privateKey, kind, false, ["encrypt", "decrypt"]);
  }
}

/** Fails where nothing could be sealed: outside of secure contexts, where nobody can sign in either. */
async function makePair() {
  return crypto.subtle.generateKey(CURVE, false, ["deriveKey"]);
}
