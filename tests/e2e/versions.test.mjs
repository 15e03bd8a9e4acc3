// A new version of the vault's script is deployed while tabs of the old one are open.

import assert from "node:assert/strict";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser } from "./support/browsers.mjs";
import { ask, call, signIn, startWorld, stateOf, status } from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";

const OURS = /keyward-vault\/\d+\.\d+\.\d+/g;
const OLD = "keyward-vault/7.9.0";
const NEW = "keyward-vault/7.10.0";

/** Lets a test find the page's worker: its name is nobody's to know. */
function watchWorkers() {
  const Real = window.SharedWorker;
  window.SharedWorker = class extends Real {
    constructor(url, options) {
      super(url, options);
      window.another = (end = "") => new Real(url, { ...options, name: options.name + end }).port;
      const { port } = this;
      port.postMessage = (message, transfer) => {
        if (message.hello) window.hello = message;
        MessagePort.prototype.postMessage.call(port, message, transfer);
      };
    }
  };
}

/**
 * What the vault answers first to these messages, in a port of its own: the vault of the worker with the page's name, and
 * `end` behind it.
 */
function talk(page, messages, end) {
  return page.evaluate(
    async ([list, end]) => {
      const port = window.another(end);
      const answers = [];
      const answer = new Promise((resolve) => {
        port.onmessage = ({ data }) => {
          answers.push(data);
          if (answers.length === list.length) resolve();
        };
        setTimeout(resolve, 9_000);
      });
      for (const message of list) port.postMessage(message);
      await answer;
      port.close();
      return answers;
    },
    [messages, end],
  );
}

/** What a script is told that says hello as the page does, and then asks for the state. */
function stateIn(page, end) {
  return page.evaluate(async (end) => {
    const port = window.another(end);
    const say = (message) =>
      new Promise((resolve) => {
        port.onmessage = ({ data }) => resolve(data);
        port.postMessage(message);
      });
    const { welcome, refused } = await say(window.hello);
    if (!welcome) return refused;
    const json = JSON.stringify({ v: 1, do: "state", ticket: 1, mark: window.hello.mark });
    const { message } = await say({ json });
    port.close();
    return message.ok.status;
  }, end);
}

/** Which life of which build of the vault the page would reach. */
async function vaultOf(page) {
  const [{ boot }] = await talk(page, [{ ping: 1 }]);
  return boot;
}

forEachBrowser((name) => {
  describe(`versions of the vault in ${name}`, () => {
    let world;
    let plain;
    before(async () => {
      world = await startWorld(name, { app: { vault: true } });
      plain = { ...world.app.files };
    });
    after(() => world?.close());
    afterEach(async () => {
      Object.assign(world.app.files, plain);
      world.further = {};
      await world.reset();
    });

    /** Puts builds of these versions on the server: of the vault's files, and of the app's. */
    function deploy(vault, app = vault) {
      for (const [path, body] of Object.entries(plain)) {
        if (!path.endsWith(".js") || typeof body !== "string" || path === "/app/options.js")
          continue;
        const build = path === "/keyward/vault.js" ? vault : app;
        world.app.files[path] = body.replace(OURS, build);
      }
      // The probe: both say which build they are.
      assert.ok(world.app.files["/keyward/vault.js"].includes(vault));
      assert.ok(world.app.files["/app/main.js"].includes(app));
    }

    async function newContext() {
      const context = await world.context();
      await context.addInitScript(watchWorkers);
      return context;
    }

    /** A page of the old version on which somebody is signed in, with the old vault. */
    async function oldPage(context) {
      deploy(OLD);
      const page = await world.signedIn("/", context);
      world.op.requests.clear();
      return page;
    }

    const requests = () => [world.op.count("authorize"), world.op.count("token"), world.reused];

    const worksIn = async (page) => {
      await status(page, "signedIn");
      const { ok, error } = await call(page, "/api/orders");
      assert.equal(ok?.status, 200, JSON.stringify(error));
    };

    const isReplaced = (page, boot) =>
      until(async () => (await vaultOf(page)) !== boot, "the next vault");

    test("a page of a later version brings its vault, and every tab keeps the session", async () => {
      const context = await newContext();
      const page = await oldPage(context);
      const boot = await vaultOf(page);
      deploy(NEW);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      await isReplaced(other, boot);
      for (const one of [page, other]) await worksIn(one);
      assert.equal(await vaultOf(page), await vaultOf(other));
      assert.deepEqual(requests(), [0, 0, 0]);
      // One vault renews for both.
      world.api.expireNext(1);
      const calls = [page, other].flatMap((one) => [1, 2, 3].map(() => call(one, "/api/orders")));
      for (const { ok } of await Promise.all(calls)) assert.equal(ok.status, 200);
      assert.deepEqual(requests(), [0, 1, 0]);
      // Nobody holds the first worker any more: the next one takes what the second has parked.
      await other.close();
      await page.reload();
      await worksIn(page);
      assert.deepEqual(requests(), [0, 1, 0]);
    });

    test("a refresh on its way comes to its end first, and is not sent twice", async () => {
      const context = await newContext();
      const page = await oldPage(context);
      const boot = await vaultOf(page);
      world.op.faults.set("token", { hold: "after", times: 1 });
      const refresh = ask(page, "refresh");
      await until(() => world.op.faults.held("token") === 1, "a refresh on its way");
      deploy(NEW);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      const [first] = await talk(other, [{ ping: 1 }]);
      assert.equal(first.boot, boot, "it waits");
      world.op.faults.release("token");
      assert.equal((await refresh).error, undefined);
      await isReplaced(other, boot);
      for (const one of [page, other]) await worksIn(one);
      assert.deepEqual(requests(), [0, 1, 0]);
      assert.equal((await ask(page, "refresh")).error, undefined);
      assert.deepEqual(requests(), [0, 2, 0]);
    });

    test("what was asked while it gave way is asked again, once; what was on its way fails and may be tried again", async () => {
      const context = await newContext();
      const page = await oldPage(context);
      const boot = await vaultOf(page);
      world.api.requests.clear();
      world.api.faults.set("/api/slow", { hold: "after" });
      const slow = call(page, "/api/slow?ms=0");
      await until(() => world.api.faults.held("/api/slow") === 1, "a call on its way");
      const looks = () => world.app.requests.filter((one) => one.includes("vault.js")).length;
      const before = looks();
      deploy(NEW);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      // It has looked at what is deployed, and has begun to give way.
      await until(async () => looks() > before, "a look at what is deployed");
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const late = call(page, "/api/echo", { method: "POST", body: "late" });
      const { ok, error: refused } = await late;
      assert.equal(ok?.status, 200, JSON.stringify(refused));
      assert.notEqual(await vaultOf(page), boot);
      const { error } = await slow;
      assert.deepEqual([error.code, error.retryable], ["vault_unavailable", true]);
      assert.equal(world.api.count("/api/echo"), 1);
      assert.equal(world.api.count("/api/slow"), 1);
      assert.deepEqual(requests(), [0, 0, 0]);
    });

    test("a page of an earlier version works with a later vault, and does not replace it", async () => {
      const context = await newContext();
      deploy(NEW, OLD);
      const page = await world.signedIn("/", context);
      const boot = await vaultOf(page);
      deploy(OLD);
      const other = await world.open("/", context);
      await worksIn(other);
      const [answer] = await talk(other, [{ retire: 1 }]);
      assert.deepEqual(answer, { retired: 0 });
      assert.equal(await vaultOf(other), boot);
      await worksIn(page);
    });

    test("a page whose vault was not deployed goes on with the one there is", async () => {
      const context = await newContext();
      const page = await oldPage(context);
      const boot = await vaultOf(page);
      deploy(OLD, NEW);
      const other = await world.open("/", context);
      for (const one of [page, other]) await worksIn(one);
      assert.deepEqual(await talk(other, [{ retire: 1 }]), [{ retired: 0 }]);
      assert.equal(await vaultOf(other), boot);
      assert.deepEqual(requests(), [0, 0, 0]);
    });

    test("fifty retires of a script cost no session and no token", async () => {
      const context = await newContext();
      const page = await oldPage(context);
      const boot = await vaultOf(page);
      const fifty = Array.from({ length: 50 }, () => ({ retire: 1 }));
      const stays = await talk(page, fifty);
      assert.equal(stays.length, 50);
      assert.ok(stays.every(({ retired }) => retired === 0));
      assert.equal(await vaultOf(page), boot);
      // And where a later one is deployed, with a refresh beside.
      deploy(NEW);
      world.api.expireNext(1);
      const [answers, { ok }] = await Promise.all([talk(page, fifty), call(page, "/api/orders")]);
      assert.ok(answers.some(({ retired }) => retired === 1));
      assert.equal(ok.status, 200);
      await isReplaced(page, boot);
      await worksIn(page);
      const [, tokens, reused] = requests();
      assert.ok(tokens <= 1, `${tokens} token requests`);
      assert.equal(reused, 0);
      assert.equal((await ask(page, "refresh")).error, undefined);
      assert.equal(world.reused, 0);
    });

    test("a script that starts a vault under the name of a later one is given no session", async () => {
      const context = await newContext();
      const page = await oldPage(context);
      for (const end of ["~7.10.0", "~99.0.0"]) {
        assert.equal(await stateIn(page, end), "signedOut");
      }
      assert.match(await stateIn(page, "~evil"), /another configuration/);
      await worksIn(page);
      assert.equal((await ask(page, "refresh")).error, undefined);
      assert.deepEqual(requests(), [0, 1, 0]);
      // The probe: one that an earlier vault named is given it.
      deploy("keyward-vault/8.0.0");
      const other = await world.open("/", context);
      await status(other, "signedIn");
      await until(async () => (await stateIn(other, "")) === "signedIn", "the next vault");
      await worksIn(page);
    });

    test("without a service worker the session is not given up, and that is said", async () => {
      world.further = { parking: false };
      world.configure();
      const context = await newContext();
      const page = await oldPage(context);
      const boot = await vaultOf(page);
      deploy(NEW);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      const diagnoses = () => other.evaluate(() => auth.diagnostics.map(({ code }) => code));
      await until(async () => (await diagnoses()).includes("vault_outdated"), "the diagnosis");
      assert.equal(await vaultOf(other), boot);
      for (const one of [page, other]) await worksIn(one);
      assert.equal((await stateOf(page)).status, "signedIn");
      assert.deepEqual(requests(), [0, 0, 0]);
    });

    test("with nobody signed in nothing has to be kept", async () => {
      const context = await newContext();
      deploy(OLD);
      const page = await world.open("/", context);
      await status(page, "signedOut");
      await ask(page, "preload");
      const boot = await vaultOf(page);
      deploy(NEW);
      const [answer] = await talk(page, [{ retire: 1 }]);
      assert.equal(answer.retired, 1);
      await signIn(page);
      await worksIn(page);
      assert.notEqual(await vaultOf(page), boot);
    });
  });

  describe(`versions of the vault on its own origin in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name, { own: true });
    });
    after(() => world?.close());
    afterEach(() => world.reset());

    /** Puts builds of this version on both servers. */
    function deploy(build) {
      const script = world.vaultSite.files["/keyward/vault.js"];
      script.body = script.body.replace(OURS, build);
      const { files } = world.app;
      files["/app/main.js"] = files["/app/main.js"].replace(OURS, build);
      // The probe: both say which build they are.
      for (const text of [script.body, files["/app/main.js"]]) assert.ok(text.includes(build));
    }

    const vaultBehind = (page) =>
      vaultOf(page.frames().find((frame) => frame.url().includes("/keyward/frame.html")));

    test("an app of a later version brings its vault, and every tab keeps the session", async () => {
      deploy(OLD);
      const context = await world.context();
      await context.addInitScript(watchWorkers);
      const page = await world.signedIn("/", context);
      const boot = await vaultBehind(page);
      world.op.requests.clear();
      deploy(NEW);
      const other = await world.open("/", context);
      await status(other, "signedIn");
      await until(async () => (await vaultBehind(other)) !== boot, "the next vault");
      world.api.expireNext(1);
      const calls = [page, other].flatMap((one) => [1, 2, 3].map(() => call(one, "/api/orders")));
      for (const { ok } of await Promise.all(calls)) assert.equal(ok?.status, 200);
      assert.equal(await vaultBehind(page), await vaultBehind(other));
      assert.equal(world.op.count("authorize"), 0);
      assert.equal(world.op.count("token"), 1);
      assert.equal(world.reused, 0);
    });
  });
});
