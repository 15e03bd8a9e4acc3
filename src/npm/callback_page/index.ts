/**
 * The redirect page of an app whose vault is a worker. It takes the provider's answer to the vault and leads back to the
 * app, which sees no code.
 */
import { Front } from "../front.js";
import { transactions } from "../store.js";
import type { VaultOptions } from "../types.js";
import { leaveOutcome, rememberedClient, type Outcome } from "../vault/outcome.js";

const home = location.pathname;
const state = new URLSearchParams(location.search).get("state");
const record = state === null ? null : transactions.peek(state);
const options = rememberedClient(record as never);

if (options) {
  new Front(options, (outcome) => land(options, outcome));
} else {
  // An answer that this tab did not ask for changes nothing.
  location.replace("/");
}

/** The front has put the user's own address in the place of the answer. */
function land(client: VaultOptions, outcome: Outcome): void {
  leaveOutcome(client, outcome);
  if (location.pathname === home) location.replace("/");
  else location.reload();
}
