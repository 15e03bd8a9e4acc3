// The shared workers of a browser.

import assert from "node:assert/strict";

/** How many shared workers there are; for Firefox nobody can tell, so some time has to do. */
export async function workersOf(browser, name) {
  if (name !== "chromium") return new Promise((resolve) => setTimeout(resolve, 2_000, 0));
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send("Target.getTargets");
  await session.detach();
  return targetInfos.filter(({ type }) => type === "shared_worker").length;
}

/** Ends all shared workers, as a crash of their process does. Chromium only. */
export async function endWorkers(browser) {
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send("Target.getTargets");
  const workers = targetInfos.filter(({ type }) => type === "shared_worker");
  assert.ok(workers.length > 0, "there is a worker to end");
  for (const { targetId } of workers) await session.send("Target.closeTarget", { targetId });
  await session.detach();
}
