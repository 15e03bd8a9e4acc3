// A static web server for test pages: files from memory or from folders, with headers as wanted.

import http from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { listen, send, stop } from "../../provider/http.mjs";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Starts a site.
 *
 * `files` maps paths to texts, bytes or `{ body, headers, status }`; `folders` maps path prefixes
 * ("/" or "/app/") to folders on the disk; `fallback` is a path that answers for every unknown one
 * (a single-page application); `headers` go onto every answer; `proxy` maps path prefixes to other
 * servers, whose answers become this origin's own. Files may be changed while it runs. `hostname` is
 * the site's own name in its origin; browsers take every name below `localhost` for this machine.
 * Gives `{ origin, port, files, requests, referrers, close }`, where `requests` lists
 * `"GET /path?query"` and `referrers` the `Referer` of each.
 */
export async function startSite({
  files = {},
  folders = {},
  fallback = null,
  headers = {},
  proxy = {},
  port = 0,
  host = "127.0.0.1",
  hostname = "localhost",
} = {}) {
  const site = { files: { ...files }, requests: [], referrers: [] };
  const find = async (path) => fromMemory(site.files[path]) ?? (await fromFolders(folders, path));

  const server = http.createServer(async (req, res) => {
    site.requests.push(`${req.method} ${req.url}`);
    site.referrers.push(req.headers.referer ?? "");
    const { pathname } = new URL(req.url, "http://localhost");
    const behind = Object.keys(proxy).find((prefix) => pathname.startsWith(prefix));
    if (behind) return forward(req, res, proxy[behind]);
    const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    const own = await find(path);
    const found = own ?? (fallback && (await find(fallback)));
    if (!found) return send(res, { status: 404, headers, body: "not found" });
    const type = TYPES[extname(own ? path : fallback)] ?? TYPES[".html"];
    send(res, {
      ...found,
      headers: { "content-type": type, "cache-control": "no-store", ...headers, ...found.headers },
    });
  });
  site.port = await listen(server, { port, host });
  site.origin = `http://${hostname}:${site.port}`;
  site.close = () => stop(server);
  return site;
}

/** A port that was free a moment ago, for a site whose address others have to know before it is up. */
export async function freePort() {
  const site = await startSite();
  await site.close();
  return site.port;
}

/** Passes a request on to another server, and its answer back. */
function forward(req, res, base) {
  const { method, headers, url } = req;
  const passed = http.request(new URL(url, base), { method, headers }, (answer) => {
    res.writeHead(answer.statusCode, answer.headers);
    answer.pipe(res);
  });
  passed.on("error", () => res.destroy());
  res.on("close", () => passed.destroy());
  req.pipe(passed);
}

function fromMemory(file) {
  if (file === undefined) return null;
  return typeof file === "string" || Buffer.isBuffer(file) ? { body: file } : file;
}

async function fromFolders(folders, path) {
  for (const [prefix, folder] of Object.entries(folders)) {
    if (!path.startsWith(prefix)) continue;
    const relative = normalize(decodeURIComponent(path.slice(prefix.length)));
    if (relative.startsWith("..")) continue;
    try {
      return { body: await readFile(join(folder, relative)) };
    } catch (error) {
      if (!["ENOENT", "EISDIR", "ENOTDIR"].includes(error.code)) throw error;
    }
  }
  return null;
}
