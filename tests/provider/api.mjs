// The loopback resource server: validates JWT access tokens (RFC 9068) with oauth4webapi and the
// issuer's published keys, answers with CORS, and has one route for each way an API says no.

import http from "node:http";
import * as oauth from "oauth4webapi";
import { Faults } from "./faults.mjs";
import {
  bearerToken,
  challenge,
  corsHeaders,
  isPreflight,
  json,
  listen,
  preflight,
  readBody,
  send,
  stop,
} from "./http.mjs";
import { RequestLog, RequestRecord, fingerprint } from "./request-log.mjs";
import { routes } from "./api-routes.mjs";

const REALM = "keyward-test-api";

/**
 * Starts the API. `origins` may call it from a browser; `tolerance` (seconds, default 0) is what
 * it forgives on `exp`, so that short-lived tokens die on time.
 */
export async function startApi({
  port = 0,
  host = "127.0.0.1",
  issuer,
  audience = "urn:demo:api",
  origins = ["http://localhost:5173"],
  tolerance = 0,
}) {
  const api = new ResourceServer({ issuer, audience, origins, tolerance });
  await api.start({ port, host });
  return api;
}

class ResourceServer {
  #server = http.createServer((req, res) => this.#serve(req, res));

  requests = new RequestLog();
  /** Faults by path, for example `"/api/orders"`. */
  faults = new Faults(this.#server);
  /** `accepted`, `refused` (401), `tokens` (fingerprints of the accepted ones). */
  stats = { accepted: 0, refused: 0, tokens: new Set() };

  #expireNext = 0;
  #validate;

  constructor(settings) {
    this.settings = settings;
    this.#validate = tokenValidator(settings);
  }

  async start({ port, host }) {
    this.port = await listen(this.#server, { port, host });
    this.url = `http://localhost:${this.port}`;
  }

  /** The next `times` calls with a token get 401 `invalid_token`, however good it is. */
  expireNext(times = 1) {
    this.#expireNext = times;
  }

  /** Requests to a path so far, preflights not counted. */
  count(path) {
    return this.requests.count(path);
  }

  async close() {
    this.faults.clear();
    await stop(this.#server);
  }

  async #serve(req, res) {
    const url = new URL(req.url, this.url);
    const { origins } = this.settings;
    const cors = corsHeaders(req, origins);
    for (const [name, value] of Object.entries(cors)) res.setHeader(name, value);
    try {
      const body = await readBody(req, 50_000_000);
      const endpoint = isPreflight(req) ? "preflight" : url.pathname;
      this.requests.add(new RequestRecord({ req, url, body, endpoint }), res);
      if (this.faults.cutsConnections) res.setHeader("connection", "close");
      if (isPreflight(req)) return send(res, preflight(req, origins));

      const produce = () => this.#answer(req, res, url, body);
      const fault = this.faults.take(url.pathname);
      if (fault) return await this.faults.play(fault, req, res, { produce, origins });
      const answer = await produce();
      if (answer) send(res, answer);
    } catch (error) {
      console.error("[api]", error);
      send(res, json(500, { error: "server_error" }));
    }
  }

  /** The answer as data; undefined when the route writes it bit by bit. */
  async #answer(req, res, url, body) {
    if (url.pathname === "/api/stats") return json(200, this.#summary());
    const route = routes[url.pathname];
    if (!route) return json(404, { error: "not_found" });
    const action = route[req.method];
    if (!action) return json(405, { error: "method_not_allowed" }, { allow: Object.keys(route) });

    const token = bearerToken(req);
    // RFC 6750: a request without any credentials gets a challenge without an error code.
    if (!token) return this.#refuse({});
    let claims;
    try {
      claims = await this.#validate(token);
    } catch (error) {
      return this.#refuse({ error: "invalid_token", error_description: describe(error) });
    }
    if (this.#expireNext > 0 && url.pathname !== "/api/expire") {
      this.#expireNext -= 1;
      return this.#refuse({ error: "invalid_token", error_description: "expired on request" });
    }
    this.stats.accepted += 1;
    this.stats.tokens.add(fingerprint(token));
    return action({ api: this, claims, req, res, url, body, deny: (...args) => deny(...args) });
  }

  #refuse(parameters) {
    this.stats.refused += 1;
    return deny(401, parameters);
  }

  #summary() {
    const { accepted, refused, tokens } = this.stats;
    return { accepted, refused, distinctTokens: tokens.size };
  }
}

/** A refusal with a Bearer challenge. */
function deny(status, parameters) {
  return json(status, parameters, {
    "www-authenticate": challenge("Bearer", { realm: REALM, ...parameters }),
  });
}

function describe(error) {
  const text = error.cause instanceof Error ? error.cause.message : error.message;
  return text.replace(/[^\x20-\x7e]|["\\]/g, " ").slice(0, 200);
}

/**
 * Checks an access token. oauth4webapi keeps the issuer's keys for minutes; a token it finds no
 * key for is checked once more with fresh ones, at most once a second.
 */
function tokenValidator({ issuer, audience, tolerance }) {
  let server = null;
  let freshAt = 0;

  const discover = async () => {
    const response = await oauth.discoveryRequest(new URL(issuer), {
      [oauth.allowInsecureRequests]: true,
    });
    server = await oauth.processDiscoveryResponse(new URL(issuer), response);
    freshAt = Date.now();
  };
  const check = (token) => {
    const request = new Request("http://api.invalid/", {
      headers: { authorization: `Bearer ${token}` },
    });
    return oauth.validateJwtAccessToken(server, request, audience, {
      [oauth.allowInsecureRequests]: true,
      [oauth.clockTolerance]: tolerance,
    });
  };

  return async (token) => {
    if (!server) await discover();
    try {
      return await check(token);
    } catch (error) {
      if (error.code !== oauth.KEY_SELECTION || Date.now() - freshAt < 1000) throw error;
      await discover();
      return check(token);
    }
  };
}
