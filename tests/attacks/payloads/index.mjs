// The attacks by id. `first` is script that runs before the app's in each of its pages, `later` script that comes when
// somebody is signed in, `drive` a step that only the test can do. `expected.json` says what each of them does.

import { dump } from "../../e2e/support/dump.mjs";
import * as asking from "./asking.mjs";
import * as grants from "./grants.mjs";
import * as replacing from "./replacing.mjs";
import * as spoiling from "./spoiling.mjs";

/** The text of a call of a function with `attack`, or with `window` and `attack`. */
const act = (fn, ...more) => `(${fn})(attack${more.map((one) => `, ${one}`).join("")})`;
const change = (fn) => `(${fn})(window, attack)`;
const greet = (connect, configs = "configs") => `(() => {
  const { configs, greet } = (${asking.greetings})(attack);
  return Promise.all(${configs}.map((config, n) => greet((${connect})(attack.env, n), config)));
})()`;

const SHARED = `(env) =>
  new SharedWorker(env.vault + "vault.js", { name: env.name, extendedLifetime: true }).port`;
const OTHER = "(env, n) => new SharedWorker(env.vault + 'vault.js', { name: `evil ${n}` }).port";
const DEDICATED =
  "(env, n) => new Worker(env.vault + 'vault.js', { name: n % 2 ? `evil ${n}` : env.name })";
/** What leads to the vault that runs. */
const RUNNING = `(env) => (env.apart ? ${asking.byFrame} : ${SHARED})(env)`;

const both = (name, fn) => ({
  [`${name}-later`]: { later: change(fn) },
  [`${name}-first`]: { first: change(fn) },
});
const appIn = (open) =>
  act(
    grants.appIn,
    grants.watch,
    open,
    `(w) => {
    (${replacing.network})(w, attack);
    (${replacing.ports})(w, attack);
  }`,
  );
const ownGrant = (open, mode) => act(grants.ownGrant, grants.watch, open, JSON.stringify(mode));

export const PAYLOADS = {
  "read-stores": {
    drive: async (page, tell) => tell(JSON.stringify(await dump(page))),
  },
  "ask-client": { later: act(asking.askClient) },
  "call-api": { later: act(asking.callApi) },
  "call-echo": { later: act(asking.callEcho) },
  "call-elsewhere": { later: act(asking.callElsewhere) },
  "wasm-memory": { first: change(replacing.memory) },
  ...both("network", replacing.network),
  ...both("text", replacing.text),
  ...both("promises", replacing.promises),
  ...both("prototypes", replacing.prototypes),
  ...both("crypto", replacing.cryptography),
  ...both("ports", replacing.ports),
  "workers-first": { first: change(replacing.workers) },
  "app-in-frame": { later: appIn(grants.inFrame) },
  "app-in-popup": { later: appIn(grants.inPopup) },
  "own-grant-frame": { later: ownGrant(grants.inFrame) },
  "own-grant-popup": { later: ownGrant(grants.inPopup) },
  "own-grant-message": { later: ownGrant(grants.inFrame, "web_message") },
  "sign-in-record": { first: change(grants.signInRecord) },
  "vault-other-name": { later: greet(OTHER) },
  "vault-dedicated": { later: greet(DEDICATED) },
  "vault-copy": { later: greet(asking.byCopy) },
  "vault-same-name": { later: greet(SHARED) },
  "vault-first": { first: greet(SHARED), reloads: 1 },
  "vault-frame": { later: greet(asking.byFrame) },
  "vault-commands": { later: act(asking.commands, RUNNING) },
  "vault-between": { first: change(replacing.between) },
  "vault-name-type": { first: change(spoiling.occupyName) },
  parked: { later: act(asking.parked) },
  "cache-vault": {
    later: act(spoiling.poisonCaches),
    reloads: 2,
    options: { extendedLifetime: false },
  },
  "cache-vault-first": {
    first: change(spoiling.refuseParking),
    before: act(spoiling.poisonCaches),
    reloads: 1,
    options: { extendedLifetime: false },
  },
  "forge-siblings": { later: act(asking.forgeSiblings) },
  "mark-out": { later: act(spoiling.markOut, spoiling.marks) },
  "mark-other": { later: act(spoiling.markOther, spoiling.marks) },
  "clear-storage": { later: act(spoiling.clearStorage) },
  flood: { later: act(asking.flood, RUNNING) },
};
