import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const MAIN = fileURLToPath(new URL("main.mjs", import.meta.url));

function run(env) {
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...env } });
  const ended = once(child, "exit");
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += chunk));
  return {
    child,
    ready: async () => {
      for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
      throw new Error(`ended without a line: ${errors}`);
    },
    end: async () => {
      const [code, signal] = await ended;
      return { code, signal, errors };
    },
  };
}

const anyPorts = { PROVIDER_PORT: "0", API_PORT: "0" };

for (const signal of ["SIGINT", "SIGTERM"]) {
  test(`starts both servers, says where they are, and stops on ${signal}`, async () => {
    const main = run({ ...anyPorts, SPA_ORIGINS: "http://localhost:1234, http://localhost:1235" });
    const { issuer, api, origins, users } = await main.ready();
    assert.deepEqual(users, ["alice", "bob"]);
    assert.deepEqual(origins, ["http://localhost:1234", "http://localhost:1235"]);
    const document = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
    assert.equal(document.issuer, issuer);
    assert.equal((await fetch(`${api}/api/orders`)).status, 401);

    main.child.kill(signal);
    const { code } = await main.end();
    assert.equal(code, 0);
    await assert.rejects(fetch(issuer));
  });
}

test("says which port is taken and which variable moves it", async () => {
  const first = run(anyPorts);
  const { issuer, api } = await first.ready();
  for (const [variable, url] of [
    ["PROVIDER_PORT", issuer],
    ["API_PORT", api],
  ]) {
    const { port } = new URL(url);
    const second = run({ ...anyPorts, [variable]: port });
    const { code, errors } = await second.end();
    assert.equal(code, 1);
    assert.match(errors, new RegExp(`Port ${port} is taken .* ${variable}`));
  }
  first.child.kill();
  await first.end();
});

test("refuses what is not a port", async () => {
  const { code, errors } = await run({ PROVIDER_PORT: "no" }).end();
  assert.equal(code, 1);
  assert.match(errors, /PROVIDER_PORT is not a port number: no/);
});
