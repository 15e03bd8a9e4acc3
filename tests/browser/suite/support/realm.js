// Stands in for `fetch`, the timers and the clock while a test runs. Each function returns what undoes it.

const pauseTimer = globalThis.setTimeout.bind(globalThis);
const undos = [];

/** Replaces a member of an object; calling the result puts the old one back. */
export function patch(target, name, value) {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
  const undo = () => {
    const at = undos.lastIndexOf(undo);
    if (at < 0) return;
    undos.splice(at, 1);
    if (before) Object.defineProperty(target, name, before);
    else delete target[name];
  };
  undos.push(undo);
  return undo;
}

/** Puts everything back. A test that failed drops nothing, since there is no unwinding in WebAssembly. */
export function undoAll() {
  while (undos.length > 0) undos.at(-1)();
}

/** Hands each request, once the engine has accepted it, and its options to `react`. */
export function patchFetch(react) {
  return patch(globalThis, "fetch", async (input, init) => {
    const request = input instanceof Request && !init ? input : new Request(input, init);
    return react(request, init ?? {});
  });
}

export function respond(status, headers, body) {
  return new Response(body === "" ? null : body, { status, headers: JSON.parse(headers) });
}

/** What `redirect: "manual"` gives for a redirect. Scripts cannot make one, so it only looks like it. */
export function opaqueRedirect() {
  return { type: "opaqueredirect", status: 0, ok: false, headers: new Headers(), url: "" };
}

/** What `fetch` does when nothing answers. */
export function refuse() {
  return Promise.reject(new TypeError("Failed to fetch"));
}

/** No answer until the request is aborted. */
export function silence(request) {
  return new Promise((_, reject) => {
    const { signal } = request;
    const give = () => reject(signal.reason);
    if (signal.aborted) give();
    else signal.addEventListener("abort", give);
  });
}

/** Headers, the beginning of a body, and nothing more until the request is aborted. */
export function stall(request, status, headers, begin) {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(begin));
      const { signal } = request;
      signal.addEventListener("abort", () => controller.error(signal.reason));
    },
  });
  return new Response(body, { status, headers: JSON.parse(headers) });
}

/** Keeps timers of half a second and more, and deadlines of requests, back, so that a test can fire them. */
export class Timers {
  #timers = [];
  #deadlines = [];
  #undo;

  constructor() {
    const [set, clear] = [globalThis.setTimeout, globalThis.clearTimeout];
    const undoSet = patch(globalThis, "setTimeout", (callback, delay, ...rest) => {
      if (delay < 500) return set.call(globalThis, callback, delay, ...rest);
      const timer = { callback, delay };
      this.#timers.push(timer);
      return timer;
    });
    const undoClear = patch(globalThis, "clearTimeout", (timer) => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
      else if (typeof timer !== "object") clear.call(globalThis, timer);
    });
    const undoDeadline = patch(AbortSignal, "timeout", (delay) => {
      const controller = new AbortController();
      this.#deadlines.push({ controller, delay });
      return controller.signal;
    });
    this.#undo = () => {
      undoDeadline();
      undoClear();
      undoSet();
    };
  }

  /** The delays of the timers that wait, in the order in which they were set. */
  delays() {
    return Float64Array.from(this.#timers, ({ delay }) => delay);
  }

  /** Fires the timer that was set last. */
  fireLast() {
    const timer = this.#timers.pop();
    timer.callback();
  }

  /** The deadlines that were set so far, those of requests that are over among them. */
  deadlines() {
    return Float64Array.from(this.#deadlines, ({ delay }) => delay);
  }

  /** Lets every deadline pass. */
  passDeadlines() {
    for (const { controller } of this.#deadlines) {
      controller.abort(new DOMException("The operation timed out.", "TimeoutError"));
    }
  }

  restore() {
    this.#undo();
  }
}

/** Moves the wall clock by so many milliseconds. */
export function shiftClock(by) {
  const now = Date.now.bind(Date);
  return patch(Date, "now", () => now() + by);
}

/** Makes the secure source of randomness give these bytes, again and again. */
export function fixRandom(bytes) {
  return patch(globalThis.crypto, "getRandomValues", (array) => {
    for (let at = 0; at < array.length; at += 1) array[at] = bytes[at % bytes.length];
    return array;
  });
}

/** Verifies this input and signature, whatever the vault passes; key and parameters stay the vault's. */
export function swapVerified(input, signature) {
  const subtle = globalThis.crypto.subtle;
  const verify = subtle.verify.bind(subtle);
  return patch(subtle, "verify", (algorithm, key) => verify(algorithm, key, signature, input));
}

/** A moment in which everything that is due can happen. */
export function pause() {
  return new Promise((resolve) => pauseTimer(resolve, 2));
}

/** Reads a request's body without using it up. */
export function bodyOf(request) {
  return request.clone().text();
}
