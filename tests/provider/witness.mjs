// An origin that belongs to nobody: it answers everything, to everyone, and remembers it.
// What must never leave for another origin is looked for in its log.

import http from "node:http";
import {
  corsHeaders,
  isPreflight,
  json,
  listen,
  preflight,
  readBody,
  send,
  stop,
} from "./http.mjs";
import { RequestLog, RequestRecord } from "./request-log.mjs";

/** Starts it; gives `{ origin, requests, close }`. Records are filed under their path. */
export async function startWitness({ port = 0, host = "127.0.0.1" } = {}) {
  const requests = new RequestLog();
  const server = http.createServer(async (req, res) => {
    const url = new URL(req.url, "http://localhost");
    const endpoint = isPreflight(req) ? "preflight" : url.pathname;
    const body = await readBody(req);
    requests.add(new RequestRecord({ req, url, body, endpoint }), res);
    if (isPreflight(req)) return send(res, preflight(req, "*"));
    send(res, json(200, { witness: true }, corsHeaders(req, "*")));
  });
  const origin = `http://localhost:${await listen(server, { port, host })}`;
  return { origin, requests, close: () => stop(server) };
}
