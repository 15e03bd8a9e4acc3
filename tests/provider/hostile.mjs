// A scripted OpenID provider. Without a script it is a correct, strict one that approves every
// sign-in by itself; a script changes single answers, so that a test can show what a client does
// about exactly one fault. See `hostile/cases/` for the ready-made ones.
//
// A script is an object of
//   faults        { [endpoint]: fault }             whole answers, see faults.mjs
//   metadata      (document, context)            -> document
//   callback      ([[name, value], …], context)  -> pairs | { query, fragment } | raw query string
//   tokenResponse (body, context)                -> body
//   idToken       (claims, header, context)      -> nothing (changed in place) | { claims, header }
//   jws           (compact, context)             -> string
//   jwks          (document, context)            -> document
//   userinfo      (claims, context)              -> claims
//   endSession    ([[name, value], …], context)  -> pairs of the return
// and of values
//   alg           signing algorithm of ID tokens, "RS256"
//   signingKey    private JWK that signs instead of the published one
//   issuerPath    path of the issuer, ""
//   rotate        false: refresh tokens are not rotated
//   user          who signs in, "alice"
// `context` holds `op`, and where they are known `grant` ("code" | "refresh"), `parameters`,
// `key` (the private JWK) and `accessToken`.

import http from "node:http";
import { endpointOf, faultNames } from "./endpoints.mjs";
import { Faults } from "./faults.mjs";
import { catalogue } from "./hostile/cases/index.mjs";
import { handlers } from "./hostile/handlers.mjs";
import { Grants } from "./hostile/grants.mjs";
import { json, listen, preflight, readBody, send, stop } from "./http.mjs";
import { newKey } from "./keys.mjs";
import { RequestLog, RequestRecord } from "./request-log.mjs";
import { startWitness } from "./witness.mjs";

const DEFAULTS = {
  host: "127.0.0.1",
  /** Client ids that exist. */
  clients: ["spa", "demo"],
  /** Exact redirect URIs; null = any on loopback, but the same one in both requests. */
  redirectUris: null,
  /** Origins that CORS lets in. */
  origins: "*",
  /** Lives in seconds. */
  ttl: {},
};

const TTL = { at: 60, code: 30, id: 300, rt: 3600 };

const HOOKS = ["metadata", "callback", "tokenResponse", "idToken", "jws", "jwks", "userinfo"];
const SCRIPT_FIELDS = new Set([
  ...HOOKS,
  ...["endSession", "faults", "alg", "signingKey", "issuerPath", "rotate", "user"],
]);

/** Starts the provider; see `HostileProvider` for what it gives. */
export async function startHostile({ port = 0, ttl, ...options } = {}) {
  const op = new HostileProvider({ ...DEFAULTS, ...options, ttl: { ...TTL, ...ttl } });
  await op.start(port);
  return op;
}

class HostileProvider {
  #server = http.createServer((req, res) => this.#serve(req, res));
  #script = {};

  /** Everything that was received. */
  requests = new RequestLog();
  /** Faults by endpoint; a script's `faults` are put here. */
  faults = new Faults(this.#server);
  /** Codes, refresh tokens, access tokens, sessions. */
  grants;

  constructor(settings) {
    this.settings = settings;
    this.grants = new Grants(settings.ttl);
  }

  async start(port) {
    const { host } = this.settings;
    this.port = await listen(this.#server, { port, host });
    this.origin = `http://localhost:${this.port}`;
    /** Another origin, for redirects and for what must not be sent there. */
    this.witness = await startWitness({ host });
    /** One private JWK for each algorithm, and one that is published nowhere. */
    const algs = ["RS256", "PS256", "ES256", "EdDSA"];
    const [attacker, ...keys] = await Promise.all([newKey("RS256"), ...algs.map((a) => newKey(a))]);
    this.attacker = attacker;
    this.keys = keys;
  }

  get issuer() {
    return this.origin + (this.#script.issuerPath ?? "");
  }

  /** The script in force. Assigning replaces it as a whole, faults included. */
  get script() {
    return this.#script;
  }

  set script(script) {
    this.#script = {};
    this.faults.clear();
    this.set(script);
  }

  /** Adds to the script in force. */
  set(script) {
    const unknown = Object.keys(script).filter((name) => !SCRIPT_FIELDS.has(name));
    if (unknown.length) throw new Error(`not part of a script: ${unknown.join(", ")}`);
    Object.assign(this.#script, script);
    for (const [endpoint, fault] of Object.entries(script.faults ?? {})) {
      this.faults.set(endpoint, fault);
    }
  }

  /** Plays a ready-made case by its name or by its catalogue id ("O-16"). */
  async play(name) {
    this.script = await catalogue(name).script(this);
  }

  /** Back to the correct provider, with an empty log and nobody signed in. */
  reset() {
    this.script = {};
    this.requests.clear();
    this.witness.requests.clear();
    this.grants = new Grants(this.settings.ttl);
  }

  /** Runs one of the script's hooks; without one, or when it gives nothing, the value stands. */
  hook(name, value, context, ...more) {
    return this.#script[name]?.(value, ...more, { op: this, ...context }) ?? value;
  }

  /** Requests to an endpoint so far: discovery, jwks, authorize, token, userinfo, … */
  count(endpoint) {
    return this.requests.count(endpoint);
  }

  /** How often a spent refresh token or code was presented again. */
  get reuseDetected() {
    return this.grants.reuseDetected;
  }

  async close() {
    this.faults.clear();
    await Promise.all([stop(this.#server), this.witness.close()]);
  }

  async #serve(req, res) {
    // A request that dies on a reused connection is silently repeated by browsers.
    res.setHeader("connection", "close");
    const url = new URL(this.origin + req.url);
    try {
      const body = await readBody(req);
      const record = new RequestRecord({ req, url, body, endpoint: endpointOf(req, url.pathname) });
      this.requests.add(record, res);
      const { origins } = this.settings;
      if (record.endpoint === "preflight") return send(res, preflight(req, origins));

      const handler = handlers[record.endpoint];
      if (!handler) return send(res, json(404, { error: "not_found" }));
      const produce = async () => handler(this, record, req);
      const fault = this.faults.take(...faultNames(record));
      if (!fault) return send(res, await produce());
      await this.faults.play(fault, req, res, { origins, produce });
    } catch (error) {
      console.error("[hostile]", error);
      send(res, json(500, { error: "server_error" }));
    }
  }
}
