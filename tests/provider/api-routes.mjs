// Routes of the loopback resource server. All need a valid access token.
// A route gives an answer as data, or nothing when it writes to `res` itself.

import { json, linger, redirect } from "./http.mjs";

const ORDERS = [
  { id: 1001, item: "Garden lamp", quantity: 2, total: "59.80" },
  { id: 1002, item: "Wool blanket", quantity: 1, total: "84.00" },
  { id: 1003, item: "Tea kettle", quantity: 3, total: "107.70" },
];

/** Request headers that are never given back. */
const SECRET_HEADERS = new Set(["authorization", "cookie", "dpop", "proxy-authorization"]);

const hasScope = ({ scope = "" }, wanted) => scope.split(" ").includes(wanted);

const number = (url, name, otherwise, most) => {
  const value = Number(url.searchParams.get(name) ?? otherwise);
  return Number.isFinite(value) ? Math.min(Math.max(value, 0), most) : otherwise;
};

export const routes = {
  "/api/orders": {
    GET: ({ claims, deny }) =>
      hasScope(claims, "api:read")
        ? json(200, { user: claims.sub, orders: ORDERS })
        : deny(403, { error: "insufficient_scope", scope: "api:read" }),
  },

  "/api/echo": {
    GET: (context) => echo(context),
    POST: (context) => echo(context),
    PUT: (context) => echo(context),
    DELETE: (context) => echo(context),
  },

  // Answers late: `?ms=`.
  "/api/slow": {
    GET: async ({ url, res }) => {
      const ms = number(url, "ms", 500, 60_000);
      await linger(res, ms);
      return json(200, { ms });
    },
  },

  // Lines of text, one every `?every=` milliseconds, `?chunks=` of them.
  "/api/stream": {
    GET: async ({ url, res }) => {
      const chunks = number(url, "chunks", 5, 1000);
      const every = number(url, "every", 50, 10_000);
      res.writeHead(200, { "content-type": "text/plain", "cache-control": "no-store" });
      for (let n = 1; n <= chunks && !res.destroyed; n += 1) {
        res.write(`line ${n}\n`);
        await linger(res, every);
      }
      res.end();
    },
  },

  "/api/large": {
    GET: ({ url }) => ({
      status: 200,
      headers: { "content-type": "application/octet-stream", "cache-control": "no-store" },
      body: Buffer.alloc(number(url, "bytes", 1_000_000, 50_000_000), "x"),
    }),
  },

  // `?to=` a path of this API or a whole loopback URL, `?status=` 302 by default.
  "/api/redirect": {
    GET: ({ api, url }) => {
      const target = new URL(url.searchParams.get("to") ?? "/api/echo", api.url);
      if (!["localhost", "127.0.0.1"].includes(target.hostname)) {
        return json(400, { error: "invalid_target" });
      }
      const status = number(url, "status", 302, 399);
      return redirect(target.href, [301, 302, 303, 307, 308].includes(status) ? status : 302);
    },
  },

  "/api/forbidden": {
    GET: ({ deny }) => deny(403, { error: "insufficient_scope", scope: "api:admin" }),
  },

  "/api/always-401": {
    GET: ({ deny }) =>
      deny(401, { error: "invalid_token", error_description: "never good enough" }),
  },

  // Content for those who signed in with the stronger method.
  "/api/step-up": {
    GET: ({ claims, deny }) =>
      claims.acr === "urn:demo:mfa"
        ? json(200, { acr: claims.acr })
        : deny(401, {
            error: "insufficient_user_authentication",
            error_description: "a stronger authentication is needed",
            acr_values: "urn:demo:mfa",
            max_age: "300",
          }),
  },

  // The next `?times=` calls of any other route get 401 once.
  "/api/expire": {
    POST: ({ api, url }) => {
      const times = number(url, "times", 1, 1000);
      api.expireNext(times);
      return json(200, { times });
    },
  },
};

function echo({ req, url, body, claims }) {
  const headers = Object.fromEntries(
    Object.entries(req.headers).filter(([name]) => !SECRET_HEADERS.has(name)),
  );
  return json(200, {
    method: req.method,
    path: url.pathname + url.search,
    user: claims.sub,
    scope: claims.scope ?? "",
    headers,
    body: body.toString(),
    bytes: body.length,
  });
}
