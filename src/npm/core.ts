/**
 * The core chunk: the WebAssembly vault, inlined so that no bundler and no server has to know about a second file, and
 * what a page needs beside it: for tabs that share one grant, for the way to the provider, and to tell of errors.
 */
import { open as openVault } from "#glue";
import { instantiate } from "./instance.js";
import { tabName } from "./tabs/side.js";

export { ofCore } from "./codes.js";
export { TabsSide } from "./tabs/side.js";
export { Trip } from "./trip.js";

/**
 * Opens a vault; gives what takes the front's messages. Rejects with the JSON of an error for a bad option, and with what
 * the engine throws otherwise.
 */
export async function open(
  config: object,
  origin: string,
  emit: (json: string, handle: unknown) => void,
): Promise<(json: string, handle: unknown) => void> {
  await instantiate();
  return openVault(JSON.stringify({ ...config, ledger: true, tab: tabName() }), origin, emit);
}
