// What every attack has in the page: ways to tell what it got. These functions run in the page, before anything of the
// app's, and must not refer to anything outside themselves.

/**
 * `attack.env` is what the script knows, `attack.take(...values)` tells what in them looks like a secret,
 * `attack.tell(text)` tells a text as it is, and `attack.sweep()` searches the memories that were seen.
 */
export function prepare(env) {
  // Everything the attack needs itself, before it replaces it.
  const { loot, JSON, WeakSet, Set, Array, Map, String, Object, Uint8Array, ArrayBuffer } = window;
  const { stringify } = JSON;
  const { fromCharCode } = String;
  const { Headers, Request, URLSearchParams, FormData } = window;
  const headersEach = Headers.prototype.forEach;
  const secret = /eyJ[\w-]+\.[\w-]+\.[\w-]+|[\w-]{40,}/g;
  const told = new Set();
  const memories = new Set();
  let busy = false;
  /** How many objects are still looked at: some are as large as the window. */
  let left = 0;

  const latin = (buffer) => {
    const bytes = new Uint8Array(buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 8_192) {
      text += fromCharCode.apply(null, bytes.subarray(at, at + 8_192));
    }
    return text;
  };
  const found = (text) => {
    for (const one of text.match(secret) ?? []) {
      if (told.has(one)) continue;
      told.add(one);
      loot(one);
    }
  };
  const look = (value, depth) => {
    if (typeof value === "string") return found(value);
    if (value === null || typeof value !== "object" || depth > 4 || (left -= 1) < 0) return;
    if (value instanceof ArrayBuffer) return value.byteLength < 65_536 && found(latin(value));
    if (ArrayBuffer.isView(value)) {
      memories.add(value.buffer);
      return value.byteLength < 65_536 && look(value.slice?.().buffer, depth + 1);
    }
    if (value instanceof Headers) return headersEach.call(value, (one) => found(one));
    if (value instanceof Request) return look(value.headers, depth + 1);
    if (value instanceof URLSearchParams || value instanceof FormData) {
      for (const [, one] of value) look(one, depth + 1);
      return;
    }
    const fields = Object.getOwnPropertyDescriptors(value);
    for (const name of Object.getOwnPropertyNames(fields)) look(fields[name].value, depth + 1);
  };
  const take = (...values) => {
    if (busy) return;
    busy = true;
    left = 500;
    try {
      for (let n = 0; n < values.length; n += 1) look(values[n], 0);
    } catch {
      // What cannot be read is no loot.
    } finally {
      busy = false;
    }
  };
  const sweep = () => {
    busy = true;
    for (const buffer of memories) {
      try {
        found(latin(buffer.buffer ?? buffer));
      } catch {
        // A memory that grew has another buffer.
      }
    }
    busy = false;
  };
  const tell = (text) => loot(typeof text === "string" ? text : stringify(text));
  /** Puts `make(original)` in the place of a method. */
  const replace = (owner, name, make) => {
    const original = owner?.[name];
    if (typeof original !== "function") return;
    const own = make(original);
    Object.defineProperty(owner, name, { value: own, configurable: true, writable: true });
  };
  /** Sees all arguments and results of a method. */
  const spy = (owner, ...names) => {
    for (const name of names) {
      replace(owner, name, (original) => {
        return function (...given) {
          take(...given);
          const result = original.apply(this, given);
          take(result);
          return result;
        };
      });
    }
  };
  window.attack = { env, take, tell, sweep, replace, spy, memories, Map, Array };
}
