// The API of the npm package on the Rust front, as far as the test page uses it. It translates and decides nothing: a
// test that passes here has seen `keyward::Auth` at work.

import init, { Client, Refused } from "rust-app";

await init({ module_or_path: "/app/rust.wasm" });

export class AuthError extends Error {
  name = "AuthError";

  constructor({ message, ...fields }) {
    super(message);
    Object.assign(this, fields);
  }
}

export function isAuthError(value) {
  return value instanceof Error && value.name === "AuthError" && "code" in value;
}

const auths = [];

/** The Rust side says whether it is a new client; each has one object here. */
export function createAuth(options) {
  const client = new Client(JSON.stringify(options));
  const known = auths.find((auth) => auth.is(client));
  if (known) {
    client.free();
    return known;
  }
  const auth = new Auth(client);
  auths.push(auth);
  return auth;
}

class Auth {
  #client;
  /** Held, because the glue ends a subscription that nobody can reach. */
  #listening = new Set();

  constructor(client) {
    this.#client = client;
    this.state = stateOf(client.state());
    this.#listen(client.subscribe((shown) => (this.state = stateOf(shown))));
    this.ready = client.ready().then(() => this.state);
  }

  is(client) {
    return this.#client.is(client);
  }

  get user() {
    const user = this.#client.user();
    return user === undefined ? null : JSON.parse(user);
  }

  get diagnostics() {
    return JSON.parse(this.#client.diagnostics());
  }

  subscribe(listener) {
    const tell = guarded(() => listener());
    return this.#listen(this.#client.subscribe((shown) => (shown.free(), tell())));
  }

  on(name, listener) {
    const tell = guarded((json) => {
      const { error, ...detail } = JSON.parse(json);
      listener(error ? { ...detail, error: new AuthError(error) } : detail);
    });
    return this.#listen(this.#client.on((told, json) => told === name && tell(json)));
  }

  async signIn({ signal, ...options } = {}) {
    signal?.throwIfAborted();
    const stop = new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason)),
    );
    return translated(this.#client.signIn(JSON.stringify(options), stop));
  }

  async fetch(input, init) {
    return translated(this.#client.fetch(new Request(input, init)));
  }

  async userInfo() {
    return JSON.parse(await translated(this.#client.userInfo()));
  }

  async touch() {
    this.#client.touch();
  }

  refresh() {
    return translated(this.#client.refresh());
  }

  accessToken() {
    return translated(this.#client.accessToken());
  }

  signOut(options = {}) {
    return translated(this.#client.signOut(JSON.stringify(options)));
  }

  /** A Rust app is there as a whole. */
  async preload() {}

  #listen(listening) {
    this.#listening.add(listening);
    return () => {
      if (this.#listening.delete(listening)) listening.free();
    };
  }
}

/**
 * The glue frees objects of the Rust side that nobody can reach, in a callback of the collector; and Chromium gives a
 * page in the back-forward cache up when script runs in it. So what has to live is held, all else is freed here.
 */
const held = [];

function read(object) {
  const json = JSON.parse(object.json);
  object.free();
  return json;
}

function stateOf(shown) {
  const { lastError, ...fields } = JSON.parse(shown.json);
  const state = { ...fields, lastError: lastError && new AuthError(lastError) };
  held.push(shown);
  if (fields.status !== "signedIn") return state;
  const get = () => shown.expiresAt ?? null;
  return Object.defineProperty(state, "expiresAt", { enumerable: true, get });
}

async function translated(promise) {
  try {
    return await promise;
  } catch (thrown) {
    throw thrown instanceof Refused ? new AuthError(read(thrown)) : thrown;
  }
}

/** What a listener throws must not end in the glue. */
function guarded(listener) {
  return (...told) => {
    try {
      listener(...told);
    } catch (error) {
      reportError(error);
    }
  };
}
