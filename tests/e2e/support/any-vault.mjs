// What holds of a vault in a worker wherever it lies.

import assert from "node:assert/strict";
import {
  ask,
  call,
  markOf,
  reload,
  signIn,
  signOut,
  startSignIn,
  stateOf,
  status,
} from "./harness.mjs";
import { never, until } from "./until.mjs";
import { workersOf } from "./workers.mjs";

/** Bodies of tests by their titles. */
export const OF_ANY_VAULT = {
  async "twenty calls in four tabs with an expired token cost one refresh"(world) {
    const context = await world.context();
    const pages = [await world.signedIn("/", context)];
    for (let n = 0; n < 3; n += 1) pages.push(await world.open("/", context));
    for (const page of pages) await status(page, "signedIn");
    world.api.expireNext(1);
    const calls = pages.flatMap((page) =>
      Array.from({ length: 5 }, () => call(page, "/api/orders")),
    );
    for (const { ok } of await Promise.all(calls)) assert.equal(ok.status, 200);
    assert.equal(world.op.count("token"), 2);
    assert.equal(world.reused, 0);
  },

  async "the provider's way back from a sign-out says who signed out, and opens the door again"(
    world,
  ) {
    world.configure({ restore: "always" });
    const page = await world.signedIn();
    await signOut(page);
    assert.equal((await stateOf(page)).reason, "signedOut");
    assert.equal(await markOf(page), null);
    // That load asks nobody; the next one may.
    const asked = () => world.op.requests.of("authorize").at(-1)?.param("prompt") === "none";
    assert.ok(!asked());
    await reload(page);
    await until(asked, "a restore");
    await status(page, ["signedIn", "signedOut"]);
  },

  async "another user's sign-in elsewhere: the page shows nothing of the first"(world, context) {
    context ??= await world.context();
    const page = await world.signedIn("/", context);
    const other = await world.open("/", context);
    await status(other, "signedIn");
    world.op.settings.autologin = "bob";
    await startSignIn(other, { prompt: "login", loginHint: "bob" });
    const isBob = async (one) => (await status(one, "signedIn")).user.sub === "bob";
    await until(() => isBob(other), "bob");
    await until(() => isBob(page), "bob, in the page that was open");
    const shown = () => page.textContent("#user").catch(() => "");
    await until(async () => (await shown()) === "bob", "bob's page");
    const subOf = async (one) => JSON.parse((await call(one, "/api/orders")).ok?.text ?? "{}").user;
    for (const one of [page, other]) assert.equal(await subOf(one), "bob");
  },

  async "where no worker is shared each tab has a vault of its own, in one session"(world) {
    const context = await loneContext(world);
    const page = await world.signedIn("/here", context);
    assert.equal(page.url(), `${world.app.origin}/here`);
    const other = await world.open("/there", context);
    await status(other, "signedIn");
    assert.equal(await markOf(other), await markOf(page));
    for (const one of [page, other]) {
      const found = await one.evaluate(() => auth.diagnostics.map(({ code }) => code));
      assert.ok(found.includes("vault_not_shared"), found.join());
    }
    // Nothing is shared, indeed.
    assert.deepEqual([world.op.count("authorize"), world.op.count("token")], [2, 2]);
    for (const one of [page, other]) {
      assert.equal((await ask(one, "refresh")).error, undefined);
      assert.equal((await call(one, "/api/orders")).ok?.status, 200);
    }
    await reload(page);
    await status(page, "signedIn");
    const asked = world.op.count("authorize");
    await signOut(page);
    const { reason } = await status(other, "signedOut");
    assert.equal(reason, "signedOutElsewhere");
    assert.equal((await call(other, "/api/orders")).error?.code, "login_required");
    await reload(other);
    await status(other, "signedOut");
    assert.equal(world.op.count("authorize"), asked);
    assert.equal(world.reused, 0);
  },

  async "where no worker is shared a sign-in of the same user elsewhere is followed"(world) {
    const context = await loneContext(world);
    const page = await world.open("/", context);
    const other = await world.signedIn("/", context);
    const before = await markOf(other);
    await signIn(page);
    assert.notEqual(await markOf(page), before);
    const loads = () => world.op.count("authorize");
    await until(() => loads() >= 3, "the other tab's own grant");
    for (const one of [page, other]) {
      await status(one, "signedIn");
      assert.equal((await call(one, "/api/orders")).ok?.status, 200);
    }
    await never(() => loads() > 3, "tabs that follow each other for ever", 3_000);
  },

  async "where no worker is shared, too, another user's sign-in shows nothing of the first"(world) {
    const context = await loneContext(world);
    await OF_ANY_VAULT["another user's sign-in elsewhere: the page shows nothing of the first"](
      world,
      context,
    );
  },
};

/** A context without shared workers, as some browsers have none. */
export async function loneContext(world) {
  const context = await world.context();
  await context.addInitScript(() => void delete window.SharedWorker);
  return context;
}

/** A context in which somebody is signed in, and of whose vault nothing is left. */
export async function withoutVault(world) {
  world.further = { parking: false, extendedLifetime: false };
  world.configure();
  const context = await world.context();
  const page = await world.signedIn("/", context);
  // Keeps the context.
  await context.newPage();
  await page.close();
  // The worker ends some time after its last page.
  const isGone = async () => (await workersOf(world.browser, world.name)) === 0;
  await until(isGone, "the vault's end");
  world.op.requests.clear();
  return context;
}
