/**
 * The redirect page of an app whose vault is a worker. It takes the provider's answer to the vault and leads back to the
 * app, which sees no code.
 */
import { Front } from "../front.js";
import { sameOriginPath } from "../path.js";
import * as transactions from "../transactions.js";
import type { VaultOptions } from "../types.js";
import { bakedFor } from "../vault/baked.js";
import { leaveOutcome, rememberedClient, type Outcome } from "../vault/outcome.js";

const home = location.pathname;
const state = new URLSearchParams(location.search).get("state");
const record = state === null ? null : transactions.peek(state);
/** On the vault's own origin: the app is on another, and this page has its options by itself. */
const baked = bakedFor();
const options = baked ? record && baked.options : rememberedClient(record as never);
// Script of the app may show this page in a frame, but to no end.
const framed = baked && window.top !== window;

// Somebody left in the moment in which this page led on, and came back to it out of the browser's cache: once more.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

if (options && !framed) {
  new Front(options, (outcome) => land(options, outcome));
} else if (!framed) {
  // An answer that this tab did not ask for changes nothing.
  location.replace(baked ? `${baked.app}/` : "/");
}

/** The front has put the user's own address in the place of the answer. */
function land(client: VaultOptions, outcome: Outcome): void {
  leaveOutcome(client, outcome);
  if (baked) location.replace(baked.app + target());
  else if (location.pathname === home) location.replace("/");
  else location.reload();
}

/** Where the user was in the app. The frame has stored it; that it is a path is looked at again. */
function target(): string {
  const kept = record?.["target"];
  return (typeof kept === "string" && sameOriginPath(kept)) || "/";
}
