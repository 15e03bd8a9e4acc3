import type { AuthOptions, VaultOptions } from "../types.js";

/** What `npx keyward vault --config` wrote into a script, so that no page can bring another. */
export interface Baked extends AuthOptions, Omit<VaultOptions, "vault" | "user"> {
  /** The app's origin, where the vault has one of its own. */
  readonly app?: string;
}

/** The options of a script that serves an app of another origin. */
export function bakedFor(): { app: string; options: VaultOptions } | null {
  const { app, ...options } = (self as { KEYWARD_CONFIG?: Baked }).KEYWARD_CONFIG ?? {};
  if (!app) return null;
  const beside = (name: string) => new URL(name, location.href).href;
  const own = { redirectUri: beside("callback.html"), ...options, vault: beside("vault.js") };
  return { app, options: own as VaultOptions };
}
