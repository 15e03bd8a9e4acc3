// `npm start`: builds the package and shows it at work, with everything on this machine.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Failure, load, must, root, runMain, say, xtask } from "./lib.mjs";
import { setup } from "./setup.mjs";
import { buildPackedSite, demoWithVault } from "./site.mjs";

const READY_WITHIN_MS = 60_000;

/** Where trunk serves an app, and `npm run serve`: the provider knows a first app of one's own too. */
const YOUR_APP = "http://localhost:8080";

const servers = [
  { name: "demo", variable: "DEMO_PORT", fallback: 5174 },
  { name: "SPA", variable: "SPA_PORT", fallback: 5173 },
  { name: "SPA with a vault", variable: "VAULT_PORT", fallback: 5175 },
  { name: "SPA with a vault on its own origin", variable: "OWN_VAULT_PORT", fallback: 5176 },
  { name: "demo with a vault", variable: "DEMO_VAULT_PORT", fallback: 5177 },
  { name: "provider", variable: "PROVIDER_PORT", fallback: 9400 },
  { name: "resource server", variable: "API_PORT", fallback: 9500 },
];

await runMain(async () => {
  const ports = readPorts();
  await checkPorts(ports);
  await setup();
  await must(xtask(), ["build"]);
  const folder = await buildPackedSite();
  const vaultFolder = await buildPackedSite({ vault: true });
  const [app, vault] = ["spa", "vault"].map((name) => ownOrigin(name, ports));
  const reach = { issuer: origin(ports.PROVIDER_PORT), api: origin(ports.API_PORT) };
  const { bakedOptions } = await load("www/build.mjs");
  const baked = { app, ...bakedOptions(reach) };
  const ownVaultFolder = await buildPackedSite({ vault: true, baked });
  say("building the demo");
  await must(xtask(), ["demo"]);
  const stop = stopOnSignal();
  const backend = await startBackend(ports, stop);
  const { serveSite } = await load("www/serve.mjs");
  const shared = {
    config: reach,
    errors: JSON.parse(readFileSync(join(root, "docs/errors.json"), "utf8")),
  };
  const sites = [
    await serveSite({ ...shared, root: folder, port: ports.SPA_PORT }),
    await serveSite({
      ...shared,
      config: { ...reach, vault: "/keyward/vault.js" },
      root: vaultFolder,
      port: ports.VAULT_PORT,
    }),
    await serveSite({
      ...shared,
      app,
      config: { ...reach, vault: `${vault}/keyward/` },
      root: ownVaultFolder,
      port: ports.OWN_VAULT_PORT,
    }),
    await serveSite({
      ...shared,
      root: join(root, "target/demo"),
      port: ports.DEMO_PORT,
      deepLinks: true,
      wasm: true,
    }),
    await serveSite({
      ...shared,
      config: { ...shared.config, vault: "/keyward/vault.js" },
      root: demoWithVault(),
      port: ports.DEMO_VAULT_PORT,
      deepLinks: true,
      wasm: true,
    }),
  ];
  for (const site of sites) stop.with(() => site.close());
  backend.once("exit", (code) => stop.now(1, `The provider ended (${code}).`));
  announce(ports);
});

function origin(port) {
  return `http://localhost:${port}`;
}

/** Two names of one site for the SPA and its vault: browsers take every name below `localhost` for this machine. */
function ownOrigin(name, ports) {
  return `http://${name}.app.localhost:${ports.OWN_VAULT_PORT}`;
}

function readPorts() {
  const ports = {};
  for (const { variable, fallback } of servers) {
    const port = Number(process.env[variable] ?? fallback);
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      throw new Failure(`${variable} must be a port number, not "${process.env[variable]}".`);
    }
    ports[variable] = port;
  }
  return ports;
}

/** Names every taken port before anything is built. */
async function checkPorts(ports) {
  const taken = [];
  for (const { name, variable } of servers) {
    if (!(await isFree(ports[variable]))) {
      taken.push(
        `  - port ${ports[variable]} of the ${name}: set ${variable} to another one, ` +
          `for example ${variable}=${ports[variable] + 1} npm start`,
      );
    }
  }
  if (taken.length > 0) throw new Failure(`These ports are taken:\n${taken.join("\n")}`);
}

/** Free on both loopback addresses: browsers try both for `localhost`. */
async function isFree(port) {
  for (const host of ["127.0.0.1", "::1"]) {
    const error = await new Promise((resolve) => {
      const server = createServer();
      server.once("error", resolve);
      server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
    });
    if (error?.code === "EADDRINUSE" || error?.code === "EACCES") return false;
  }
  return true;
}

/** The provider and the resource server, in a process of their own; resolves when both listen. */
function startBackend(ports, stop) {
  const own = [ports.SPA_PORT, ports.VAULT_PORT, ports.DEMO_PORT, ports.DEMO_VAULT_PORT].map(
    origin,
  );
  // Of the SPA whose vault has an origin of its own the provider knows that one alone.
  const origins = [...own, ownOrigin("vault", ports), YOUR_APP];
  const env = { ...process.env, SPA_ORIGINS: origins.join(",") };
  for (const [variable, port] of Object.entries(ports)) env[variable] = String(port);
  const child = spawn(process.execPath, ["tests/provider/main.mjs"], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  stop.with(() => child.kill());
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill();
      reject(new Failure(`The provider was not ready within ${READY_WITHIN_MS / 1000} s.`));
    }, READY_WITHIN_MS);
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new Failure(`The provider ended at once (${code}); its message stands above.`));
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      // Its first line of JSON says that it is ready; anything else is for the reader.
      if (!line.startsWith("{")) return console.log(line);
      clearTimeout(late);
      child.removeAllListeners("exit");
      resolve(child);
    });
  });
}

/** Ends what was given to `with` when the process is told to stop, or by `now`. */
function stopOnSignal() {
  const endings = [];
  let stopping = false;
  const now = (code, message) => {
    if (stopping) return;
    stopping = true;
    console.log(`\n${message}`);
    for (const end of endings) end();
    // Connections that are kept alive must not hold the terminal.
    setTimeout(() => process.exit(code), 200);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => now(0, "stopped"));
  }
  return { now, with: (end) => endings.push(end) };
}

function announce(ports) {
  console.log(`
  demo (Yew)        ${origin(ports.DEMO_PORT)}/
  SPA (TypeScript)  ${origin(ports.SPA_PORT)}/
  SPA with a vault  ${origin(ports.VAULT_PORT)}/
  … of its own      ${ownOrigin("spa", ports)}/ (its vault: ${ownOrigin("vault", ports)}/keyward/)
  demo with a vault ${origin(ports.DEMO_VAULT_PORT)}/
  provider          ${origin(ports.PROVIDER_PORT)}
  resource server   ${origin(ports.API_PORT)}

  Sign in as alice or bob, with any password: signed in to one, the other asks nothing.
  An app of your own at ${YOUR_APP}/ may use the client "spa". Ctrl-C stops everything.
`);
}
