// What every loopback server here needs of node:http: listening, bodies, answers, CORS.

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Listens on a loopback port (0 = any free one) and gives the port.
 * A taken port is the one failure a person can mend, so it gets a sentence of its own.
 */
export async function listen(server, { port = 0, host = "127.0.0.1" } = {}) {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    if (cause.code !== "EADDRINUSE") throw cause;
    throw Object.assign(new Error(`Port ${port} is taken by another program.`, { cause }), {
      code: "EADDRINUSE",
      port,
    });
  }
  return server.address().port;
}

/** Stops listening and cuts what is still open, so that no test waits for an idle browser. */
export function stop(server) {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}

/** Waits, or until the connection is gone: a timer that outlives its request keeps the process alive. */
export async function linger(res, ms) {
  if (res.destroyed) return;
  const gone = new AbortController();
  const hangUp = () => gone.abort();
  res.once("close", hangUp);
  await sleep(ms, undefined, { signal: gone.signal }).catch(() => {});
  res.off("close", hangUp);
}

/** The whole request body; longer ones than `limit` bytes are refused. */
export async function readBody(req, limit = 1_000_000) {
  const chunks = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > limit) throw new Error("request body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An answer as plain data: `{ status, headers, body }`, what handlers return and `send` writes. */
export function json(status, body, headers = {}) {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}

/** An HTML answer. */
export function html(status, body, headers = {}) {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      ...headers,
    },
    body,
  };
}

/** A redirect answer; 303 by default, so that a POST never travels on. */
export function redirect(location, status = 303, headers = {}) {
  return { status, headers: { location, "cache-control": "no-store", ...headers }, body: "" };
}

/** Writes an answer. */
export function send(res, { status = 200, headers = {}, body = "" }) {
  if (res.destroyed || res.headersSent) return;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
  res.writeHead(status, { ...headers, "content-length": bytes.length });
  res.end(res.req.method === "HEAD" ? undefined : bytes);
}

/**
 * CORS headers for one request. `origins` is a list, or "*" for anyone (public documents).
 * Never with credentials: a client that sends them must see its request fail.
 */
export function corsHeaders(req, origins, expose = "WWW-Authenticate, Retry-After") {
  const origin = req.headers.origin;
  const allowed = origins === "*" ? "*" : origins.includes(origin) ? origin : null;
  if (!origin || !allowed) return {};
  return {
    "access-control-allow-origin": allowed,
    "access-control-expose-headers": expose,
    vary: "Origin",
  };
}

/** The answer to a preflight. */
export function preflight(req, origins) {
  return {
    status: 204,
    headers: {
      ...corsHeaders(req, origins),
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
      "access-control-allow-headers": req.headers["access-control-request-headers"] ?? "",
      "access-control-max-age": "600",
    },
    body: "",
  };
}

/** Whether the request is a preflight, which no log counts as the request itself. */
export function isPreflight(req) {
  return req.method === "OPTIONS" && "access-control-request-method" in req.headers;
}

/** A `WWW-Authenticate` challenge with quoted parameters; undefined ones are left out. */
export function challenge(scheme, parameters) {
  const list = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${String(value).replace(/[\\"]/g, "\\$&")}"`);
  return `${scheme} ${list.join(", ")}`;
}

/** The token of an `Authorization: Bearer` header, or null. */
export function bearerToken(req) {
  return /^bearer +(\S+)$/i.exec(req.headers.authorization ?? "")?.[1] ?? null;
}

/** Text made safe for HTML, attributes included. */
export function escapeHtml(text) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(text).replace(/[&<>"']/g, (c) => entities[c]);
}
