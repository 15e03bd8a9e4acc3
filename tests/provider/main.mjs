// `node tests/provider/main.mjs`: the embedded provider and the resource server.
//
//   PROVIDER_PORT     9400
//   API_PORT          9500
//   SPA_ORIGINS       http://localhost:5173 (comma-separated)
//   AUTOLOGIN         a user name: signs in without any page
//   ACCESS_TOKEN_TTL  seconds, 90
//
// Prints one JSON line when both are ready; stops on SIGINT and SIGTERM.

import { startApi } from "./api.mjs";
import { USERS } from "./pages.mjs";
import { startProvider } from "./provider.mjs";

const { env } = process;
const origins = (env.SPA_ORIGINS ?? "http://localhost:5173").split(",").map((text) => text.trim());

try {
  const provider = await named("PROVIDER_PORT", 9400, (port) =>
    startProvider({
      port,
      spaOrigins: origins,
      autologin: env.AUTOLOGIN ?? null,
      ttl: { at: Number(env.ACCESS_TOKEN_TTL ?? 90) },
    }),
  );
  const api = await named("API_PORT", 9500, (port) =>
    startApi({ port, issuer: provider.issuer, audience: provider.settings.api, origins }),
  );
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      await Promise.all([provider.close(), api.close()]);
      process.exit(0);
    });
  }
  const users = USERS.map(({ id }) => id);
  console.log(JSON.stringify({ issuer: provider.issuer, api: api.url, origins, users }));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

/** Starts a server on the port that an environment variable names, and says so if it cannot. */
async function named(variable, otherwise, start) {
  const port = Number(env[variable] ?? otherwise);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`${variable} is not a port number: ${env[variable]}`);
  }
  try {
    return await start(port);
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(`${error.message} Stop it, or choose another port with ${variable}.`);
  }
}
