// The embedded OpenID provider for `npm start`, tests and benchmarks: npm `oidc-provider` on
// loopback, with rotation, reuse detection, a request log and switches for tests.

import crypto from "node:crypto";
import http from "node:http";
import { Readable } from "node:stream";
import { Provider } from "oidc-provider";
import { configuration } from "./configuration.mjs";
import { controlRoutes } from "./control.mjs";
import { endpointOf, faultNames } from "./endpoints.mjs";
import { Faults } from "./faults.mjs";
import { listen, readBody, send, stop } from "./http.mjs";
import { interactionHandler } from "./interaction.mjs";
import { decodeJws, newKey, signJws } from "./keys.mjs";
import { RequestLog, RequestRecord } from "./request-log.mjs";
import { memoryStore } from "./store.mjs";

const DEFAULTS = {
  host: "127.0.0.1",
  issuerHost: "localhost",
  spaOrigins: ["http://localhost:5173"],
  redirectPaths: undefined,
  /** The API for which access tokens are JWTs (`resource` of the authorization request). */
  api: "urn:demo:api",
  /** A user name, `{ [clientId]: name }`, or `(params) => name`: signs in without any page. */
  autologin: null,
  /** "ask" | "auto" | "stuck"; by default "auto" where auto-login is on, else "ask". */
  logout: null,
  rotate: true,
  /** Seconds that the provider's own checks forgive. */
  clockTolerance: 0,
  /** The client that must send DPoP nonces, "*" for all, null for none. */
  dpopNonce: "spa-dpop-nonce",
};

/** Lives in seconds. */
const TTL = { at: 30, rt: 3600, code: 30, session: 3600, device: 120, id: 300 };

const KEY_ALGS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];

const COUNTED_EVENTS = [
  "authorization.error",
  "authorization.success",
  "end_session.success",
  "grant.error",
  "grant.revoked",
  "grant.success",
  "interaction.started",
  "refresh_token.consumed",
  "refresh_token.saved",
  "revocation.error",
];

/** Starts the provider; see `EmbeddedProvider` for what it gives. */
export async function startProvider({ port = 0, ttl, ...options } = {}) {
  const settings = { ...DEFAULTS, ...options, ttl: { ...TTL, ...ttl } };
  const provider = new EmbeddedProvider(settings);
  await provider.start(port);
  return provider;
}

class EmbeddedProvider {
  #server = http.createServer((req, res) => this.#serve(req, res));

  /** Everything that was received. */
  requests = new RequestLog();
  /** Faults by endpoint name: discovery, jwks, authorize, token, code, refresh, userinfo, … */
  faults = new Faults(this.#server);
  /** Counts of the library's events, plus `reuseDetected` and `serverError`. */
  stats = { reuseDetected: 0, serverError: 0 };
  /** The tokens of every grant that was answered: `{ access, refresh, verifier, agent }`. */
  issued = [];

  #adapter = memoryStore();
  #keys = [];
  #secrets;
  #handler;
  #interaction;
  #control = controlRoutes(this);

  constructor(settings) {
    this.settings = settings;
    settings.logoutMode = ({ oidc }) => {
      const clientId = oidc.client?.clientId;
      const auto = this.autologinFor({ client_id: clientId }) !== null;
      return settings.logout ?? (auto ? "auto" : "ask");
    };
  }

  async start(port) {
    this.port = await listen(this.#server, { port, host: this.settings.host });
    this.issuer = `http://${this.settings.issuerHost}:${this.port}`;
    this.#secrets = {
      cookieKeys: [crypto.randomBytes(16).toString("hex")],
      // Cookies of one host are shared by all its ports: without the port in the names two
      // providers in one browser would overwrite each other's sessions.
      cookieNames: {
        session: `_session_${this.port}`,
        interaction: `_interaction_${this.port}`,
        resume: `_resume_${this.port}`,
      },
      dpopNonce: crypto.randomBytes(32),
    };
    await this.rotateKeys();
  }

  /** Requests to an endpoint so far. */
  count(endpoint) {
    return this.requests.count(endpoint);
  }

  /** How often a refresh token or code was presented a second time. */
  get reuseDetected() {
    return this.stats.reuseDetected;
  }

  /** The user whom a request for these parameters signs in without a page, or null. */
  autologinFor(params) {
    const { autologin } = this.settings;
    if (!autologin) return null;
    if (typeof autologin === "function") return autologin(params) ?? null;
    const name = typeof autologin === "string" ? autologin : autologin[params.client_id];
    return name ? params.login_hint || name : null;
  }

  /** Changes lives (seconds) of what is issued from now on. */
  setTtl(ttl) {
    Object.assign(this.settings.ttl, ttl);
  }

  /**
   * New signing keys; the old ones stay published unless `dropOld`.
   * The library has no such call: a new Provider takes over the store.
   */
  async rotateKeys(dropOld = false) {
    const fresh = await Promise.all(KEY_ALGS.map((alg) => newKey(alg)));
    this.#keys = dropOld ? fresh : [...fresh, ...this.#keys];
    const provider = new Provider(
      this.issuer,
      configuration({
        settings: this.settings,
        secrets: this.#secrets,
        adapter: this.#adapter,
        keys: this.#keys,
      }),
    );
    this.#count(provider);
    this.#handler = provider.callback();
    this.#interaction = interactionHandler(provider, this);
  }

  /** Stops listening, as if the machine had gone; `up` brings it back with everything it knew. */
  async down() {
    await stop(this.#server);
  }

  async up() {
    await listen(this.#server, { port: this.port, host: this.settings.host });
  }

  async close() {
    this.faults.clear();
    await stop(this.#server);
  }

  #count(provider) {
    for (const name of COUNTED_EVENTS) {
      provider.on(name, (ctx, error) => {
        this.stats[name] = (this.stats[name] ?? 0) + 1;
        const detail = error?.error_detail ?? "";
        if (name === "grant.error" && /already (used|consumed)/.test(detail)) {
          this.stats.reuseDetected += 1;
        }
        if (error?.error && process.env.OP_LOG) console.error("[provider]", name, error, detail);
      });
    }
    provider.on("grant.success", ({ body, oidc, headers }) => {
      const { access_token: access, refresh_token: refresh } = body;
      const { code_verifier: verifier } = oidc.params;
      this.issued.push({ access, refresh, verifier, agent: headers["user-agent"] });
    });
    provider.on("server_error", (ctx, error) => {
      this.stats.serverError += 1;
      console.error("[provider]", error);
    });
  }

  async #serve(req, res) {
    const url = new URL(req.url, this.issuer);
    try {
      if (url.pathname.startsWith("/__test/")) return await this.#control(req, res, url);
      const body = replayable(req, await readBody(req));
      const record = new RequestRecord({ req, url, body, endpoint: endpointOf(req, url.pathname) });
      this.requests.add(record, res);
      if (this.faults.cutsConnections) res.setHeader("connection", "close");

      if (url.pathname.startsWith("/interaction/")) return await this.#interaction(req, res, body);
      const fault =
        record.endpoint === "preflight" ? null : this.faults.take(...faultNames(record));
      if (!fault) return void this.#handler(req, res);
      await this.faults.play(fault, req, res, {
        origins: this.settings.spaOrigins,
        produce: () => answerOf(this.#handler, req, res),
        amend: (answer, claims) => this.#amendIdToken(answer, claims),
      });
    } catch (error) {
      const status = error.statusCode ?? 500;
      send(res, { status, headers: { "content-type": "text/plain" }, body: error.message });
    }
  }

  /** Puts other claims into the ID token of a token response, signed by its own key. */
  #amendIdToken(answer, claims) {
    const { header, payload } = decodeJws(answer.id_token);
    const key = this.#keys.find(({ kid }) => kid === header.kid);
    return { ...answer, id_token: signJws(header, { ...payload, ...claims }, key) };
  }
}

/** Lets the library read a body that the log has read before. */
function replayable(req, body) {
  Object.defineProperties(req, {
    readable: { value: true },
    iterator: { value: () => Readable.from(body.length ? [body] : []) },
  });
  return body;
}

/** Runs a handler and keeps its answer back, as data. */
function answerOf(handler, req, res) {
  const { write, end } = res;
  return new Promise((done) => {
    const chunks = [];
    res.write = (chunk) => chunks.push(Buffer.from(chunk));
    res.end = (chunk) => {
      if (chunk) chunks.push(Buffer.from(chunk));
      Object.assign(res, { write, end });
      const headers = { ...res.getHeaders() };
      for (const name of Object.keys(headers)) res.removeHeader(name);
      done({ status: res.statusCode, headers, body: Buffer.concat(chunks) });
    };
    handler(req, res);
  });
}
