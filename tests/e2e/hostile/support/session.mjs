// Steps on a session that lives.

import assert from "node:assert/strict";
import { answer } from "../../support/until.mjs";

/** Signs the actor in anew; gives what the page shows. The log is empty then. */
export async function beginSession(stage) {
  const seen = await stage.signIn();
  assert.equal(seen.status, "signedIn", JSON.stringify(seen.error));
  stage.forget();
  return seen;
}

/** The refresh tokens that were presented, in order. */
export function sentTokens(stage) {
  return stage.op.requests.of("token").map(({ form }) => form.get("refresh_token"));
}

/** How many states a subscriber has seen, and whether the last one is still in force. */
export function statesOf(stage) {
  const look = () => {
    const { state } = auth;
    const same = (window.known ??= state) === state;
    return { count: window.states.length, same, expiresAt: state.expiresAt };
  };
  return answer(() => stage.actor.evaluate(look));
}
