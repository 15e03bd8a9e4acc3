import { explained } from "./errors.js";

/** A part of the library that lies beside the entry: what goes wrong with it is told by a code. */
export async function part<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    const code = VAULT ? "vault_unavailable" : "core_load_failed";
    throw await explained(code, (error as Error).message, error);
  }
}
