/**
 * Keyward with the vault in a worker: no script of the page can read a token. The same API as `keyward`.
 *
 * @packageDocumentation
 */
import { createAuth as create } from "../auth.js";
import type { Auth, User, VaultOptions } from "../types.js";

/**
 * Makes the client of one app at one provider, with its tokens in a worker that serves all tabs. Write the worker's files
 * with `npx keyward vault <folder>` and register the redirect page beside it with the provider.
 *
 * @throws AuthError `config_missing` without `issuer`, `clientId` or `vault`. Any other bad option is in
 * `state.lastError`; where no worker starts that is `vault_unavailable`, and no token ever moves to the page.
 * @example
 * const auth = createAuth({ issuer: "https://id.example", clientId: "spa", vault: "/keyward/vault.js" });
 * await auth.ready;
 * if (auth.state.status === "signedOut") await auth.signIn();
 */
export function createAuth<TUser = User>(options: VaultOptions<TUser>): Auth<TUser> {
  return create(options);
}

export * from "../api.js";
export type { VaultOptions } from "../types.js";
