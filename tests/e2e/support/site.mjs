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
 * (a single-page application); `headers` go onto every answer. Files may be changed while it runs.
 * Gives `{ origin, port, files, requests, close }`, where `requests` lists `"GET /path?query"`.
 */
export async function startSite({
  files = {},
  folders = {},
  fallback = null,
  headers = {},
  port = 0,
  host = "127.0.0.1",
} = {}) {
  const site = { files: { ...files }, requests: [] };
  const find = async (path) => fromMemory(site.files[path]) ?? (await fromFolders(folders, path));

  const server = http.createServer(async (req, res) => {
    site.requests.push(`${req.method} ${req.url}`);
    const { pathname } = new URL(req.url, "http://localhost");
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
  site.origin = `http://localhost:${site.port}`;
  site.close = () => stop(server);
  return site;
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
