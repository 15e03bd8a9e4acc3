import assert from "node:assert/strict";
import { test } from "node:test";
import { project, run } from "./tarball.mjs";

/** Imports the package in a process of its own and reports what that changed. */
const PROBE = `
const touched = [];
const names = () => Reflect.ownKeys(globalThis);
// Every way to reach the outside or to stay alive leaves a mark.
for (const name of ["fetch", "setTimeout", "setInterval", "queueMicrotask", "BroadcastChannel"]) {
  const original = globalThis[name];
  globalThis[name] = function (...args) {
    touched.push(name);
    return new.target ? new original(...args) : original(...args);
  };
}
const before = names();
const { planted } = process.env;
if (planted) await import("./planted.mjs");
const module = await import("keyward");
const added = names().filter((name) => !before.includes(name)).map(String);
console.log(JSON.stringify({ touched, added, exports: Object.keys(module).sort() }));
`;

const PLANTED = `
globalThis.leak = 1;
setTimeout(() => {}, 1);
`;

async function probe(environment) {
  const folder = project("node", { "probe.mjs": PROBE, "planted.mjs": PLANTED });
  const { code, output } = await run(process.execPath, ["probe.mjs"], {
    cwd: folder,
    env: { ...process.env, ...environment },
    timeout: 20_000,
  });
  assert.equal(code, 0, output);
  return JSON.parse(output);
}

test("the import in Node changes nothing, starts nothing, and the process ends by itself", async () => {
  const seen = await probe({});
  assert.deepEqual(seen.touched, []);
  assert.deepEqual(seen.added, []);
  assert.deepEqual(seen.exports, ["AuthError", "createAuth", "isAuthError"]);
});

test("the probe of the test above sees a global and a timer that are planted", async () => {
  const seen = await probe({ planted: "1" });
  assert.deepEqual(seen.touched, ["setTimeout"]);
  assert.deepEqual(seen.added, ["leak"]);
});

test("an error keeps its form with a code that only an object's prototype knows", async () => {
  const script = `
    import { AuthError } from "keyward";
    const told = ["constructor", "config_missing"].map((code) => new AuthError({ code }));
    console.log(JSON.stringify(told.map(({ code, group, fix }) => [code, group, fix !== ""])));`;
  const folder = project("prototype", { "probe.mjs": script });
  const { code, output } = await run(process.execPath, ["probe.mjs"], { cwd: folder });
  assert.equal(code, 0, output);
  assert.deepEqual(JSON.parse(output), [
    ["constructor", "internal", false],
    ["config_missing", "config", true],
  ]);
});
