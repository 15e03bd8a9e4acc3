import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { errorIndexPage, errorPage } from "./error-pages.mjs";

const project = resolve(dirname(fileURLToPath(import.meta.url)), "..");

const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};
const loopback = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * Serves a built site on this machine alone, with the headers a deployment should send as well.
 *
 * @param {object} options
 * @param {string} [options.root] the folder that `buildSite` wrote, default target/www
 * @param {number} [options.port] 0, the default, takes a free one
 * @param {string} [options.host] a loopback address; `localhost`, the default, is both of them
 * @param {Record<string, string>} [options.headers] sent with every answer, over our own
 * @param {Partial<typeof import("./static/config.js").default>} [options.config] settings of the app that differ from static/config.js
 * @param {string} [options.app] the app's origin, where `config.vault` is a URL of another one: the server is both, by the name it
 *   is called by
 * @param {boolean} [options.deepLinks] whether the page answers for addresses that name no file: the app has a router
 * @param {boolean} [options.wasm] whether the page itself is WebAssembly, wherever its vault is
 * @param {import("./error-pages.mjs").ErrorEntry[]} [options.errors] what `/errors/` explains, default docs/errors.json
 * @returns {Promise<{ url: string, port: number, close: () => Promise<void> }>} rejects with EADDRINUSE when the port is taken
 */
export async function serveSite(options = {}) {
  const {
    root = join(project, "target/www"),
    port = 0,
    host = "localhost",
    headers,
    config,
    app,
    deepLinks = false,
    wasm = false,
  } = options;
  if (!loopback.has(host))
    throw new Error(`serveSite listens on this machine only, not on ${host}`);
  const folder = resolve(root);
  const { default: defaults } = await import("./static/config.js");
  const settings = { ...defaults, ...config };
  const explained = new Map(
    (options.errors ?? (await knownErrors())).map((entry) => [entry.code, entry]),
  );
  const everywhere = { ...pageHeaders(settings, wasm), ...headers };

  const handle = (request, response) => {
    answer(request, response).catch(() => {
      // The browser went away, or the file did while it was read.
      if (response.headersSent) response.destroy();
      else send(response, 500, ".txt", "The server failed.\n");
    });
  };

  const own = app && new URL(settings.vault);

  async function answer(request, response) {
    const path = pathOf(request.url);
    const apart = own?.host === request.headers.host;
    const vaults =
      settings.vault && (apart ? path === "/keyward/vault.js" : request.url === settings.vault);
    const sent = {
      ...(apart ? frameHeaders(path, app) : everywhere),
      ...(vaults && vaultHeaders(settings)),
    };
    for (const [name, value] of Object.entries(sent)) response.setHeader(name, value);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return send(response, 405, ".txt", "Only GET and HEAD.\n");
    }
    if (own && apart !== Boolean(path?.startsWith("/keyward/"))) {
      return send(response, 404, ".txt", "Not found.\n");
    }
    if (path === "/config.js") {
      return send(response, 200, ".js", `export default ${JSON.stringify(settings, null, 2)};\n`);
    }
    if (path === "/errors" || path === "/errors/") {
      return send(response, 200, ".html", errorIndexPage([...explained.values()]));
    }
    const entry = path?.startsWith("/errors/") && explained.get(path.slice("/errors/".length));
    if (entry) return send(response, 200, ".html", errorPage(entry));
    const file = path && (await fileAt(folder, path));
    if (file?.file.endsWith("index.html")) return sendPage(response, file.file);
    if (file) return sendFile(response, 200, file);
    if (deepLinks && path && extname(path) === "") {
      return sendPage(response, join(folder, "index.html"));
    }
    const missing = await fileAt(folder, "/404.html");
    return missing ? sendFile(response, 404, missing) : send(response, 404, ".txt", "Not found.\n");
  }

  /** A page that cannot load config.js has its settings in a meta element. */
  async function sendPage(response, file) {
    const page = await readFile(file, "utf8");
    const { issuer, api, vault } = settings;
    const content = JSON.stringify({ issuer, api, vault, errors: "/errors/" }).replaceAll(
      "'",
      "&#39;",
    );
    const own = page.replace(
      /(<meta\s+name="keyward-demo"\s+content=)'[^']*'/,
      (_, start) => `${start}'${content}'`,
    );
    return send(response, 200, ".html", own);
  }

  const servers = await listen(handle, port, host);
  const taken = servers[0].address().port;
  return {
    url: `http://localhost:${taken}`,
    port: taken,
    close: async () => void (await Promise.all(servers.map(closed))),
  };
}

/** Browsers try both addresses of `localhost`; a machine without IPv6 has only the first. */
async function listen(handle, port, host) {
  if (host !== "localhost") return [await listenAt(handle, port, host)];
  const first = await listenAt(handle, port, "127.0.0.1");
  const second = await listenAt(handle, first.address().port, "::1").catch((error) => error);
  if (!(second instanceof Error)) return [first, second];
  if (second.code !== "EADDRINUSE") return [first];
  await closed(first);
  throw second;
}

function listenAt(handle, port, host) {
  const server = createServer(handle);
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen({ port, host, exclusive: true }, () => done(server));
  });
}

function closed(server) {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}

async function knownErrors() {
  const text = await readFile(join(project, "docs/errors.json"), "utf8").catch(() => "[]");
  return JSON.parse(text);
}

/** The origins of the provider and of the API. */
function reach({ issuer, api }) {
  return [...new Set([issuer, api].map((url) => new URL(url).origin))].join(" ");
}

/** A worker from the network has a policy of its own: its script needs what the page does not. */
function vaultHeaders(settings) {
  return {
    "Content-Security-Policy": [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      `connect-src 'self' ${reach(settings)}`,
    ].join("; "),
    "Cache-Control": "no-cache",
  };
}

/** The pages of a vault on an origin of its own. The app may show the frame, and nobody anything else. */
function frameHeaders(path, app) {
  const ancestors = path === "/keyward/frame.html" ? app : "'none'";
  return {
    "Content-Security-Policy": `default-src 'self'; frame-ancestors ${ancestors}`,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
  };
}

/**
 * Nothing but the app, its provider and its API; `wasm-unsafe-eval` is what compiling WASM needs. With a vault it is the
 * worker that does both.
 */
function pageHeaders(settings, wasm) {
  return {
    "Content-Security-Policy": [
      "default-src 'self'",
      settings.vault && !wasm ? "script-src 'self'" : "script-src 'self' 'wasm-unsafe-eval'",
      settings.vault ? "connect-src 'self'" : `connect-src 'self' ${reach(settings)}`,
      `frame-src ${/^http/.test(settings.vault) ? new URL(settings.vault).origin : "'none'"}`,
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join("; "),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "noopener-allow-popups",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
  };
}

function pathOf(target) {
  try {
    return decodeURIComponent(new URL(target, "http://localhost").pathname);
  } catch {
    return null;
  }
}

/** The file at a path, never outside the folder. */
async function fileAt(folder, path) {
  const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
  if (!file.startsWith(folder + sep) || file.includes("\0")) return null;
  const found = await stat(file).catch(() => null);
  return found?.isFile() ? { file, size: found.size } : null;
}

async function sendFile(response, status, { file, size }) {
  setType(response, extname(file));
  response.setHeader("Content-Length", size);
  response.writeHead(status);
  if (response.req.method === "HEAD") return response.end();
  await pipeline(createReadStream(file), response);
}

function send(response, status, type, body) {
  setType(response, type);
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.writeHead(status);
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function setType(response, extension) {
  response.setHeader("Content-Type", types[extension] ?? "application/octet-stream");
  // The page's address may have carried an authorization response: no copy of it stays behind.
  const page = extension === ".html" || !(extension in types);
  response.setHeader("Cache-Control", page ? "no-store" : "no-cache");
}
