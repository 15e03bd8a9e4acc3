// Faults a test can put on an endpoint of any loopback server, on top of its proper work.
//
// A fault is plain data:
//   times, skip     how many requests it lasts for (default: all), after how many it starts
//   delay           milliseconds before anything happens
//   hold            "before" | "after": the request waits, unprocessed or processed, for `release`
//   drop            "before" | "after" processing: the connection is cut without an answer
//   status, body, headers, retryAfter
//                   answered instead of the real answer; `process: true` does the work first
//   omit, set       members left out of, or put into, the JSON of the real answer
//   claims          members put into the claims of the real answer's ID token (signed anew)
//   bytes           an endless-looking JSON answer of that many bytes
//   cors            false: no CORS headers on the answer

import { corsHeaders, linger, send } from "./http.mjs";

/** The faults set on a server's endpoints. */
export class Faults {
  #set = new Map();
  #gates = new Map();
  /** The server's open connections, and how many requests each has under way. */
  #connections = new Map();

  constructor(server) {
    server.on("connection", (socket) => {
      this.#connections.set(socket, 0);
      socket.once("close", () => this.#connections.delete(socket));
    });
    server.on("request", ({ socket }, res) => {
      this.#underWay(socket, 1);
      res.once("close", () => this.#underWay(socket, -1));
    });
  }

  #underWay(socket, more) {
    if (this.#connections.has(socket)) {
      this.#connections.set(socket, this.#connections.get(socket) + more);
    }
  }

  /** Puts a fault on an endpoint, in place of the one before; `null` takes it away. */
  set(endpoint, fault) {
    if (fault === null) {
      this.#set.delete(endpoint);
      return;
    }
    this.#set.set(endpoint, { ...fault });
    if (fault.drop) this.#cutIdle();
  }

  clear() {
    this.#set.clear();
    for (const endpoint of [...this.#gates.keys()]) this.release(endpoint);
  }

  /** The fault for this request, if any; the first of the names that has one counts. */
  take(...endpoints) {
    for (const endpoint of endpoints) {
      const fault = this.#set.get(endpoint);
      if (!fault) continue;
      if (fault.skip > 0) {
        fault.skip -= 1;
        continue;
      }
      if (fault.times !== undefined && --fault.times <= 0) this.#set.delete(endpoint);
      return { ...fault, endpoint };
    }
    return null;
  }

  /** How many requests wait at the endpoint. */
  held(endpoint) {
    return this.#gates.get(endpoint)?.size ?? 0;
  }

  /** Lets the requests that wait at the endpoint go on, and takes a `hold` fault away. */
  release(endpoint) {
    if (this.#set.get(endpoint)?.hold) this.#set.delete(endpoint);
    const waiting = this.#gates.get(endpoint);
    this.#gates.delete(endpoint);
    for (const go of waiting ?? []) go();
  }

  /**
   * Whether some fault will cut a connection. Browsers silently repeat a request that died on a
   * connection that was open for a while, so a server with such a fault keeps none open: neither those
   * that were used, nor those that a browser opened ahead (which node does not count as idle).
   */
  get cutsConnections() {
    return [...this.#set.values()].some((fault) => fault.drop);
  }

  /** Answers `req` under `fault`. `produce` does the real work and gives its answer. */
  async play(fault, req, res, { produce, origins, amend }) {
    if (fault.delay) await linger(res, fault.delay);
    if (fault.hold === "before") await this.#wait(fault.endpoint, res);
    if (fault.drop === "before") return cut(req);

    let answer;
    if (fault.status !== undefined || fault.body !== undefined || fault.bytes) {
      if (fault.process) await produce();
      answer = madeAnswer(fault, req, origins);
    } else {
      answer = await amendAnswer(fault, await produce(), amend);
    }

    if (fault.hold === "after") await this.#wait(fault.endpoint, res);
    if (fault.drop === "after") return cut(req);
    if (fault.cors === false) dropCors(answer.headers, res);
    if (fault.bytes) return sendLong(res, answer, fault.bytes);
    send(res, answer);
  }

  #cutIdle() {
    for (const [socket, requests] of this.#connections) if (requests === 0) socket.destroy();
  }

  #wait(endpoint, res) {
    return new Promise((go) => {
      const waiting = this.#gates.get(endpoint) ?? new Set();
      this.#gates.set(endpoint, waiting.add(go));
      res.on("close", () => {
        waiting.delete(go);
        go();
      });
    });
  }
}

function cut(req) {
  req.socket.resetAndDestroy();
}

function madeAnswer({ status = 200, body = "", headers = {}, retryAfter }, req, origins) {
  const text = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return {
    status,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      ...corsHeaders(req, origins),
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
      ...headers,
    },
    body: text,
  };
}

async function amendAnswer({ omit = [], set = {}, claims }, answer, amend) {
  if (!omit.length && !Object.keys(set).length && !claims) return answer;
  let body = JSON.parse(answer.body);
  if (claims && body.id_token) body = await amend(body, claims);
  body = { ...body, ...set };
  for (const name of omit) delete body[name];
  return { ...answer, body: JSON.stringify(body) };
}

function dropCors(headers, res) {
  const isCors = (name) => name.toLowerCase().startsWith("access-control-");
  for (const name of Object.keys(headers).filter(isCors)) delete headers[name];
  for (const name of res.getHeaderNames().filter(isCors)) res.removeHeader(name);
}

/** One JSON string of `bytes` bytes, written as the reader takes it, until it hangs up. */
async function sendLong(res, { status, headers }, bytes) {
  res.writeHead(status, headers);
  res.write('{"padding":"');
  const block = Buffer.alloc(64 * 1024, "x");
  for (let sent = 0; sent < bytes && !res.destroyed; sent += block.length) {
    if (!res.write(block)) {
      await new Promise((go) => {
        res.once("drain", go);
        res.once("close", go);
      });
    }
  }
  res.end('"}');
}
