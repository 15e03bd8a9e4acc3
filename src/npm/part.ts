import { explained } from "./errors.js";

/** For so long a part may take to come. */
const PART_MS = 10_000;

/** A part of the library that lies beside the entry: what goes wrong with it is told by a code. */
export async function part<T>(loading: Promise<T>): Promise<T> {
  try {
    const late = new Promise<never>((_, reject) => {
      setTimeout(reject, PART_MS, new Error("a part of the library does not come"));
    });
    return await Promise.race([loading, late]);
  } catch (error) {
    const code = VAULT ? "vault_unavailable" : "core_load_failed";
    throw await explained(code, (error as Error).message, error);
  }
}
