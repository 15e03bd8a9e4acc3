// A small public client over fetch, with a cookie jar in place of a browser: what the servers'
// own tests drive them with. Token requests are made by hand, so that they can be made wrongly.

import * as oauth from "oauth4webapi";

/** One browser profile with one client at one provider. */
export class FetchClient {
  #cookies = new Map();

  constructor({
    issuer,
    clientId = "spa",
    redirectUri = "http://localhost:5173/",
    scope = "openid profile",
    timeout = 10_000,
  }) {
    Object.assign(this, { issuer, clientId, redirectUri, scope, timeout });
    this.origin = new URL(redirectUri).origin;
  }

  /** The provider's metadata. */
  async metadata() {
    const path = "/.well-known/openid-configuration";
    this.server ??= await (await fetch(this.issuer.replace(/\/$/, "") + path)).json();
    return this.server;
  }

  /** Goes to the authorization endpoint; gives the callback URL, or the page that stopped it. */
  async authorize(extra = {}) {
    const { authorization_endpoint: endpoint } = await this.metadata();
    this.verifier = oauth.generateRandomCodeVerifier();
    this.nonce = oauth.generateRandomNonce();
    this.state = oauth.generateRandomState();
    const url = new URL(endpoint);
    const parameters = {
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      response_type: "code",
      scope: this.scope,
      state: this.state,
      nonce: this.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(this.verifier),
      code_challenge_method: "S256",
      ...extra,
    };
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return this.follow(url);
  }

  /** Requests as a browser navigation: cookies kept, redirects followed up to the SPA's origin. */
  async follow(url, init = {}) {
    let next = new URL(url);
    for (let hops = 0; hops < 10; hops += 1) {
      const response = await fetch(next, {
        ...init,
        redirect: "manual",
        signal: AbortSignal.timeout(this.timeout),
        headers: { ...init.headers, cookie: this.#cookieHeader() },
      });
      this.#keepCookies(response);
      const location = response.headers.get("location");
      if (!location) return { url: next, response, page: await response.text() };
      next = new URL(location, next);
      init = {};
      if (next.origin === this.origin) return { url: next, params: next.searchParams };
    }
    throw new Error("too many redirects");
  }

  /** A POST to the token endpoint; gives status, body (parsed where it is JSON) and headers. */
  async token(parameters, init = {}) {
    const { token_endpoint: endpoint } = await this.metadata();
    return this.post(endpoint, { client_id: this.clientId, ...parameters }, init);
  }

  async post(endpoint, parameters, init = {}) {
    const response = await fetch(endpoint, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(this.timeout),
      headers: { origin: this.origin },
      body: new URLSearchParams(parameters),
      ...init,
    });
    const text = await response.text();
    let body = text;
    try {
      body = JSON.parse(text);
    } catch {
      // Kept as text: some answers are not JSON on purpose.
    }
    return { status: response.status, headers: response.headers, body };
  }

  exchange(code, extra = {}) {
    return this.token({
      grant_type: "authorization_code",
      code,
      redirect_uri: this.redirectUri,
      code_verifier: this.verifier,
      ...extra,
    });
  }

  refresh(refreshToken) {
    return this.token({ grant_type: "refresh_token", refresh_token: refreshToken });
  }

  /** The whole sign-in; gives the token response's body. */
  async signIn(extra = {}) {
    const { params, page } = await this.authorize(extra);
    if (!params?.has("code")) throw new Error(`no code: ${params ?? page}`);
    return (await this.exchange(params.get("code"))).body;
  }

  #cookieHeader() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  #keepCookies(response) {
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "" || /expires=Thu, 01 Jan 1970/i.test(line)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}
