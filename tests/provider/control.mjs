// `/__test/*`: the embedded provider's switches for scripts in other processes.
// Only on loopback and never for a page of another site; answers hold no secrets.

import { json, readBody, send } from "./http.mjs";

const LOOPBACK = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

/** The handler of the control routes of one provider. */
export function controlRoutes(provider) {
  const routes = {
    "GET stats": () => ({ ...provider.stats }),
    "GET requests": () => provider.requests.entries,
    "POST rotate-keys": (query) => provider.rotateKeys(query.get("drop") === "1"),
    "POST ttl": (query, body) => provider.setTtl(body),
    "POST autologin": (query, body) => void (provider.settings.autologin = body),
    "POST logout": (query, body) => void (provider.settings.logout = body),
    "POST fault": (query, body) => provider.faults.set(query.get("endpoint"), body),
    "POST release": (query) => provider.faults.release(query.get("endpoint")),
    "POST reset": () => {
      provider.faults.clear();
      provider.requests.clear();
    },
  };

  return async (req, res, url) => {
    const site = req.headers["sec-fetch-site"] ?? "none";
    if (!LOOPBACK.has(req.socket.remoteAddress) || !["none", "same-origin"].includes(site)) {
      return send(res, json(403, { error: "loopback only" }));
    }
    const route = routes[`${req.method} ${url.pathname.slice("/__test/".length)}`];
    if (!route)
      return send(res, json(404, { error: "no such switch", switches: Object.keys(routes) }));
    const text = (await readBody(req)).toString();
    const result = await route(url.searchParams, text ? JSON.parse(text) : null);
    send(res, json(200, result ?? { ok: true }));
  };
}
