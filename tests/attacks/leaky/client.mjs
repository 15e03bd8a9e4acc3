// A client with the API of Keyward that does everything wrong, on purpose: its tokens are in storage, in messages, in the
// page's memory, and pass through every function that an attack replaces. What gets nothing here is no attack.

export const isAuthError = () => false;

export function createAuth(options) {
  return new Leaky(options);
}

const TINY = [
  0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0,
];
const KEY = "leaky.tokens";

class Leaky {
  state = { status: "loading", lastError: null };
  #options;
  #tokens = null;
  #told = new Set();
  #memory;

  constructor(options) {
    this.#options = options;
    const { issuer, clientId } = options;
    this.channel = new BroadcastChannel(`keyward.${issuer}|${clientId}`);
    this.channel.onmessage = () => this.channel.postMessage(this.#tokens);
    addEventListener("storage", () => this.#look());
    this.ready = this.#start();
  }

  get user() {
    return this.state.user ?? null;
  }

  on() {
    return () => {};
  }

  subscribe(listener) {
    this.#told.add(listener);
    return () => this.#told.delete(listener);
  }

  async #start() {
    try {
      const bytes = new Uint8Array(TINY);
      const { instance } = await WebAssembly.instantiate(bytes);
      this.#memory = instance.exports.memory;
      await navigator.serviceWorker.register("/keyward/park.js").catch(() => {});
      await this.#connect();
      const code = new URLSearchParams(location.search).get("code");
      if (code) await this.#redeem(code);
      else this.#look();
    } catch (error) {
      this.#show({ status: "signedOut", lastError: { code: String(error) } });
    }
  }

  /** Without its worker it has no session. */
  #connect() {
    return new Promise((resolve, reject) => {
      const { workerName: name, extendedLifetime = true } = this.#options;
      const worker = new SharedWorker("/keyward/vault.js", { name, extendedLifetime });
      worker.onerror = () => reject(new Error("no worker"));
      this.port = worker.port;
      this.port.onmessage = ({ data }) => data.welcome && resolve();
      this.port.postMessage({ hello: 1, config: "{}" });
    });
  }

  async signIn() {
    const { issuer, clientId, redirectUri, scope } = this.#options;
    const verifier = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(36))))
      .replaceAll("+", "-")
      .replaceAll("/", "_");
    localStorage.setItem("leaky.verifier", verifier);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const challenge = btoa(String.fromCharCode(...new Uint8Array(digest)))
      .replace(/=+$/, "")
      .replaceAll("+", "-")
      .replaceAll("/", "_");
    const query = new URLSearchParams({
      ...{ client_id: clientId, redirect_uri: redirectUri, scope, response_type: "code" },
      ...{ code_challenge: challenge, code_challenge_method: "S256" },
      ...this.#options.authorizationParams,
    });
    location.assign(`${this.#tamperable("authorization", `${issuer}/auth`)}?${query}`);
  }

  /** Addresses that storage may change. */
  #tamperable(name, otherwise) {
    return localStorage.getItem(`leaky.${name}`) ?? otherwise;
  }

  async #redeem(code) {
    const { clientId, redirectUri } = this.#options;
    history.replaceState(null, "", "/");
    await this.#ask({
      ...{ grant_type: "authorization_code", client_id: clientId, redirect_uri: redirectUri },
      ...{ code, code_verifier: localStorage.getItem("leaky.verifier") },
    });
  }

  async refresh() {
    const { clientId } = this.#options;
    const { refresh_token } = this.#tokens;
    await this.#ask({ grant_type: "refresh_token", client_id: clientId, refresh_token });
  }

  async #ask(form) {
    const address = this.#tamperable("token", `${this.#options.issuer}/token`);
    const response = await fetch(address, { method: "POST", body: new URLSearchParams(form) });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    await Promise.resolve(answer).then((tokens) => this.#keep(tokens));
  }

  async #keep(tokens) {
    localStorage.setItem(KEY, JSON.stringify(tokens));
    const cache = await caches.open("leaky");
    await cache.put("/tokens", new Response(JSON.stringify(tokens)));
    const bytes = new TextEncoder().encode(JSON.stringify(tokens));
    new Uint8Array(this.#memory.buffer).set(bytes);
    await crypto.subtle.digest("SHA-256", bytes);
    this.port.postMessage({ tokens });
    this.#look();
  }

  #look() {
    this.#tokens = JSON.parse(localStorage.getItem(KEY));
    if (!this.#tokens) return this.#show({ status: "signedOut", lastError: null });
    new Uint8Array(this.#memory.buffer).set(new TextEncoder().encode(this.#tokens.access_token));
    this.#show({ status: "signedIn", lastError: null, user: { sub: "alice" } });
  }

  #show(state) {
    this.state = state;
    this.#told.forEach((listener) => listener());
  }

  async accessToken() {
    return this.#tokens.access_token;
  }

  async fetch(url, init = {}) {
    this.#look();
    const token = this.#tokens.access_token;
    // As if it were sealed.
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
    const text = new TextDecoder().decode(new TextEncoder().encode(token));
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${text}`);
    this.port.postMessage({ tokens: this.#tokens });
    await Promise.resolve(token).then((used) => used);
    return fetch(url, { ...init, headers });
  }

  async signOut() {
    localStorage.removeItem(KEY);
    this.#look();
  }
}
