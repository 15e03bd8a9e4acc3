/** Options of {@link keywardVault}. */
export interface KeywardVaultOptions {
  /** The folder below the app's base. Default: `"keyward"`, so that the vault is `/keyward/vault.js`. */
  path?: string;
  /**
   * The options of `createAuth`, to be written into the worker so that no page can bring others: `issuer`, `clientId`, and
   * whatever of `scope`, `resources`, `metadata`, `discovery`, `trustedAudiences`, `rotationGrace` and `redirectUri` the app
   * gives. With the app's origin as `app` the files are those of a vault on an origin of its own.
   */
  config?: { issuer: string; clientId: string; app?: string; [option: string]: unknown };
}

/**
 * A Vite plugin that serves the files of a vault in development and preview, and writes them in the build: what
 * `npx keyward vault` does.
 *
 * @throws Error for a `config` without issuer or client id, or with an `app` that is no origin.
 * @example
 * // vite.config.js
 * import { keywardVault } from "keyward/vite";
 * export default { plugins: [keywardVault()] };
 */
export function keywardVault(options?: KeywardVaultOptions): { name: string };
