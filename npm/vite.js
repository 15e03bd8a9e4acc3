// For apps that are built with Vite: the files of a vault in a worker, in development and in the build.
import { extname } from "node:path";
import { vaultFiles, wrongIn } from "./vault_files.js";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8" };

/** The plugin; its options are described in vite.d.ts. */
export function keywardVault({ path = "keyward", config } = {}) {
  const wrong = config && wrongIn(config);
  if (wrong) throw new Error(`keywardVault: config: ${wrong}`);
  const files = new Map(vaultFiles(config));
  const folder = path.replace(/^\/|\/$/g, "");
  let base = "/";

  /** What is built lies where the server finds it; only its headers are still to be said. */
  function serve(request, response, next) {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const start = `${base}${folder}/`;
    const name = pathname.startsWith(start) ? pathname.slice(start.length) : "";
    const bytes = files.get(name);
    if (!bytes) return next();
    response.setHeader("Content-Type", TYPES[extname(name)]);
    response.setHeader("Cache-Control", "no-cache");
    response.end(bytes);
  }

  return {
    name: "keyward-vault",
    configResolved(resolved) {
      // A relative base, or one of another host, says nothing about this server.
      if (resolved.base.startsWith("/")) base = resolved.base;
    },
    configureServer: ({ middlewares }) => void middlewares.use(serve),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(serve),
    generateBundle() {
      // A server's bundle is no place for them.
      if (this.environment && this.environment.name !== "client") return;
      for (const [name, source] of files) {
        this.emitFile({ type: "asset", fileName: `${folder}/${name}`, source });
      }
    },
  };
}
