// What holds of a vault in a worker wherever it lies.

import assert from "node:assert/strict";
import { call, markOf, reload, signOut, startSignIn, stateOf, status } from "./harness.mjs";
import { until } from "./until.mjs";
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

  async "another user's sign-in elsewhere: the page shows nothing of the first"(world) {
    const context = await world.context();
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
  },
};

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
