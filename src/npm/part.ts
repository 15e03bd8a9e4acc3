import { explained } from "./errors.js";

/** A part of the library that lies beside the entry: what goes wrong with it is told by a code. */
export async function part<T>(loading: Promise<T>): Promise<T> {
  try {
    return await again(loading);
  } catch (error) {
    const code = VAULT ? "vault_unavailable" : "core_load_failed";
    throw await explained(code, (error as Error).message, error);
  }
}

/** Firefox never loads in a page what could not be loaded once. To it another address is another module. */
export function again<T>(loading: Promise<T>): Promise<T> {
  return loading.catch((error: unknown) => {
    const [, address] = /module: (\S+)$/.exec(String(error)) ?? [];
    if (!address) throw error;
    // The comments keep bundlers from looking for it.
    return import(/* webpackIgnore: true */ /* @vite-ignore */ `${address}?${Date.now()}`);
  });
}
