import type { Connect } from "../link.js";
import { again } from "../part.js";
import type { VaultOptions } from "../types.js";
import { connectWorker, type Known } from "./connect.js";
import { workerName } from "./pin.js";
import { openPort, outlivesPage, type Place, type Port } from "./port.js";
import { isApart, vaultUrl } from "./url.js";

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

/** On the redirect page: whether an answer can be redeemed here. If nothing of the vault outlives the page, the app has to. */
export async function redeems(options: VaultOptions): Promise<boolean> {
  return outlivesPage(await placeOf(options).place());
}

/** Few apps have a vault on an origin of its own. */
async function openFrame(place: Place, page: Known): Promise<Port> {
  const chunk = await again(import("./frame.js"));
  return chunk.openFrame(place, page);
}

/** The way to the vault of these options. */
export function workerVault(
  options: VaultOptions,
  names: Record<string, string>,
  page: Known,
): Connect {
  const { place, config } = placeOf(options);
  const apart = !REDIRECT && isApart(options);
  const open = (place: Place) => (apart ? openFrame(place, page) : openPort(place));
  return connectWorker({ config: JSON.stringify(config), names, place: place(), open, page });
}
