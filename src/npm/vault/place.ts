import type { Connect } from "../link.js";
import type { VaultOptions } from "../types.js";
import { connectWorker } from "./connect.js";
import { workerName } from "./pin.js";
import type { Place } from "./port.js";
import { vaultUrl } from "./url.js";

/** Where the vault of these options is, and the options that are the core's. */
export function placeOf(options: VaultOptions): { place: () => Promise<Place>; config: object } {
  const {
    vault: _,
    user: __,
    restore: ___,
    parking = true,
    extendedLifetime = true,
    trustedTypesPolicy,
    ...config
  } = options;
  const place = async () => ({
    url: vaultUrl(options)!,
    name: await workerName(config as unknown as Record<string, unknown>),
    parking,
    extendedLifetime,
    policy: trustedTypesPolicy ?? "keyward",
  });
  return { place, config };
}

/** The way to the vault of these options. */
export function workerVault(
  options: VaultOptions,
  names: Record<string, string>,
  mark: () => string | null,
): Connect {
  const { place, config } = placeOf(options);
  return connectWorker({ config: JSON.stringify(config), names, place: place(), mark });
}
