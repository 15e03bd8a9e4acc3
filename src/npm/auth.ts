import { Front } from "./front.js";
import { requireOptions } from "./options.js";
import type { Auth, AuthOptions, User } from "./types.js";

const fronts = new Map<string, { front: Front<never>; options: string }>();

/**
 * Makes the client of one app at one provider. Put it in the module that is imported first: an answer of the provider
 * is taken out of the URL in this very call, before a router or a script can see it.
 *
 * The same issuer and client again gives the same client; with other options it reports `config_conflict`.
 *
 * @throws AuthError `config_missing` without `issuer` or `clientId`. Any other bad option is in `state.lastError`.
 * @example
 * const auth = createAuth({ issuer: "https://id.example", clientId: "spa" });
 * await auth.ready;
 * if (auth.state.status === "signedOut") await auth.signIn();
 */
export function createAuth<TUser = User>(options: AuthOptions<TUser>): Auth<TUser> {
  requireOptions(options as AuthOptions<never>);
  const key = `${options.issuer}|${options.clientId}`;
  const text = JSON.stringify(options);
  const known = fronts.get(key);
  if (known) {
    const front = known.front as unknown as Front<TUser>;
    if (known.options !== text) void front.conflict();
    return front;
  }
  const front = new Front<TUser>(options);
  // A server renders many users' pages in one process: nothing of one request is kept for the next.
  if (typeof document !== "undefined") {
    fronts.set(key, { front: front as unknown as Front<never>, options: text });
  }
  return front;
}
