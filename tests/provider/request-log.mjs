// A record of every request a loopback server received: whole for the test in this process,
// without secrets for anything that is printed or sent.

import { createHash } from "node:crypto";

const SECRET = new Set([
  "access_token",
  "client_secret",
  "code",
  "code_verifier",
  "id_token",
  "id_token_hint",
  "password",
  "refresh_token",
  "token",
]);

/** A short, stable stand-in for a secret: equal secrets have equal fingerprints. */
export function fingerprint(secret) {
  return `sha256:${createHash("sha256").update(secret).digest("base64url").slice(0, 16)}`;
}

/** One received request. */
export class RequestRecord {
  constructor({ req, url, body, endpoint }) {
    this.at = Date.now();
    this.endpoint = endpoint;
    this.method = req.method;
    this.path = url.pathname;
    this.headers = req.headers;
    this.query = url.searchParams;
    this.body = body;
    const type = req.headers["content-type"] ?? "";
    this.form = new URLSearchParams(
      type.startsWith("application/x-www-form-urlencoded") ? body.toString() : "",
    );
    /** The status that was answered; null while it is open or when the connection was cut. */
    this.status = null;
  }

  /** A parameter from the form or else the query; null when absent. */
  param(name) {
    return this.form.get(name) ?? this.query.get(name);
  }

  /** Names of all parameters in the order received, repetitions included. */
  get fields() {
    return [...this.query.keys(), ...this.form.keys()];
  }

  /** The record without secrets; `JSON.stringify` uses it. */
  toJSON() {
    const parameters = [...this.query, ...this.form].map(([name, value]) => [
      name,
      SECRET.has(name) ? fingerprint(value) : value,
    ]);
    const { authorization } = this.headers;
    return {
      at: this.at,
      endpoint: this.endpoint,
      method: this.method,
      path: this.path,
      origin: this.headers.origin ?? null,
      authorization: authorization
        ? `${authorization.split(" ")[0]} ${fingerprint(authorization)}`
        : null,
      parameters,
      status: this.status,
    };
  }
}

/** All requests in the order received. Preflights are kept apart, under the endpoint "preflight". */
export class RequestLog {
  entries = [];

  add(record, res) {
    this.entries.push(record);
    res.on("finish", () => {
      record.status = res.statusCode;
    });
    return record;
  }

  /** Requests to one endpoint. */
  of(endpoint) {
    return this.entries.filter((entry) => entry.endpoint === endpoint);
  }

  count(endpoint) {
    return this.of(endpoint).length;
  }

  /** The newest request to an endpoint, or undefined. */
  last(endpoint) {
    return this.of(endpoint).at(-1);
  }

  clear() {
    this.entries.length = 0;
  }
}
