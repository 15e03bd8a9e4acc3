// What the vault needs of the platform, in the platform's own language: a Rust future for each promise, and a binding
// for each getter, cost several times as many bytes. Nothing is decided here that the session could decide.

/** How long a failed request may be looked into, in milliseconds. */
const INQUIRY = 1_000;
/** No honest answer of a provider is larger, in bytes. */
const LARGEST_BODY = 1_048_576;
/** A timer fires at the latest after a day and is set again: the platform's timers overflow at 24.8 days. */
const LONGEST_DELAY = 86_400_000;
/** A policy that refuses a request says so in a task of its own, somewhat later. */
const VIOLATION_WAITS = 5;
const VIOLATION_WAIT = 20;

const VIOLATION = "securitypolicyviolation";
/** No cookie, no cache, no trace of the page's address. */
const DISCREET = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" };
/** "manual" shows a redirect for what it is and follows none. */
const READ = { ...DISCREET, redirect: "manual" };
const PROBE = { ...DISCREET, mode: "no-cors" };

/** `hear(json, handle)` gets each event, exactly one for each thing that was asked for. */
export class Platform {
  #hear;
  #violation;
  #timer;
  /** What the content security policy refused last. */
  #refused = [];
  /** The API calls that are on their way, each with the request as the app made it. */
  #calls = new Map();

  constructor(hear) {
    this.#hear = (event, handle) => hear(JSON.stringify(event), handle);
    this.#violation = ({ blockedURI }) => {
      this.#refused = [blockedURI, ...this.#refused.slice(0, 16)];
    };
    addEventListener(VIOLATION, this.#violation);
  }

  /** Nothing is heard any more. */
  close() {
    removeEventListener(VIOLATION, this.#violation);
    clearTimeout(this.#timer);
    this.#hear = () => {};
  }

  /** Calls back at a wall-clock time, or earlier if that is more than a day away. */
  wake(at) {
    clearTimeout(this.#timer);
    const delay = Math.min(Math.max(at - Date.now(), 0), LONGEST_DELAY);
    this.#timer = setTimeout(() => this.#hear({ event: "tick" }), delay);
  }

  /** Sends a request to the provider. */
  async send(call, url, init, within, probe) {
    const options = probe ? PROBE : { ...READ, ...JSON.parse(init) };
    let answer = await exchange(url, options, within, probe);
    if (answer.failure === "unreachable" && !probe) answer = await this.#inquire(url, options);
    this.#hear({ ...answer, event: "answered", id: call });
  }

  /** The browser says the same of every failure; what it really was shows in a second, harmless request. */
  async #inquire(url, { method }) {
    // A GET can be repeated as it is; in place of a POST only the server's front door is knocked at.
    const probe = method ? new URL("/", url).href : url;
    if (!(await exchange(probe, PROBE, INQUIRY, true)).failure) return { failure: "cors" };
    for (let wait = 0; wait < VIOLATION_WAITS; wait++) {
      if (this.#refused.some((uri) => uri && url.startsWith(uri))) return { failure: "csp" };
      await new Promise((resolve) => setTimeout(resolve, VIOLATION_WAIT));
    }
    return { failure: "unreachable" };
  }

  /** Checks a signature. `valid` is missing in the event if the platform cannot use the key or the algorithm. */
  async verify(call, alg, key, input, signature) {
    const event = { event: "verified", id: call };
    try {
      const parameters = parametersOf(alg);
      // The bytes lie in the module's memory, which is its own again after the first wait.
      const copy = signature.slice();
      const imported = await crypto.subtle.importKey("jwk", JSON.parse(key), parameters, false, [
        "verify",
      ]);
      const bytes = new TextEncoder().encode(input);
      event.valid = await crypto.subtle.verify(parameters, imported, copy, bytes);
    } catch {}
    this.#hear(event);
  }

  /** Takes an API call in and tells what it is about; nothing if it is no `Request`. */
  open(ticket, request, replayable) {
    if (!(request instanceof Request)) return;
    const { origin, pathname: path, username, password } = new URL(request.url);
    const { method, headers } = request;
    this.#calls.set(ticket, { request, replayable });
    return JSON.stringify({
      origin,
      path,
      method,
      credentials: (username || password) !== "",
      authorization: headers.has("authorization") || headers.has("dpop"),
    });
  }

  /**
   * Sends the app's request with the token in its header. A redirect that the app did not ask to see itself is
   * refused: it would take the request, and what is in it, to a place that nobody allowed.
   */
  async call(ticket, token, follow) {
    const call = this.#calls.get(ticket);
    if (!call) return;
    const event = { event: "called", id: ticket };
    let exception;
    try {
      const refuse = !follow && call.request.redirect === "follow";
      // Each sending uses a copy, so that the call can be sent again.
      const source = call.replayable ? call.request.clone() : call.request;
      const request = new Request(source, refuse ? { redirect: "manual" } : {});
      request.headers.set("authorization", `Bearer ${token}`);
      call.response = await fetch(request);
      // What "manual" shows of a redirect has no status.
      const { status, headers } = call.response;
      if (refuse && status === 0) event.event = "redirected";
      event.status = status;
      event.challenge = headers.get("www-authenticate");
    } catch (error) {
      event.event = "thrown";
      exception = error;
    }
    // Nobody waits for a call that was cancelled meanwhile.
    if (this.#calls.get(ticket) === call) this.#hear(event, exception);
  }

  /** Ends an API call; its last answer, if there is one. */
  take(ticket) {
    const response = this.#calls.get(ticket)?.response;
    this.#calls.delete(ticket);
    return response;
  }
}

/**
 * What SubtleCrypto calls a JWS algorithm (RFC 7518 section 3.1, RFC 8037). The same object serves import and
 * verification; each takes what it knows.
 */
function parametersOf(alg) {
  const bits = alg.slice(2);
  const hash = `SHA-${bits}`;
  switch (alg.slice(0, 2)) {
    case "RS":
      return { name: "RSASSA-PKCS1-v1_5", hash };
    case "PS":
      return { name: "RSA-PSS", hash, saltLength: bits / 8 };
    case "ES":
      return { name: "ECDSA", hash, namedCurve: bits === "512" ? "P-521" : `P-${bits}` };
    default:
      return { name: "Ed25519" };
  }
}

/** The deadline holds for the body too: a server may send its headers and then nothing. */
async function exchange(url, options, within, probe) {
  const signal = AbortSignal.timeout(within);
  try {
    const response = await fetch(url, { ...options, signal });
    const { status, headers } = response;
    // What "manual" shows of a redirect has no status.
    if (!probe && status === 0) return { failure: "redirected" };
    if (headers.get("content-length") > LARGEST_BODY) return { failure: "large" };
    const body = probe ? "" : await response.text();
    // The vault counts the bytes; this keeps a huge text from being copied there first.
    if (body.length > LARGEST_BODY) return { failure: "large" };
    return {
      status,
      body,
      type: headers.get("content-type"),
      retry: headers.get("retry-after"),
      challenge: headers.get("www-authenticate"),
      date: headers.get("date"),
    };
  } catch {
    // Whether it was the deadline or the network; an abort is not told apart in any other way.
    return { failure: signal.aborted ? "timeout" : "unreachable" };
  }
}
