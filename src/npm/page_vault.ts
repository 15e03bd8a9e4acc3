import { AuthError, explain, explained, fail, learn, type WireError } from "./errors.js";
import type { Connect } from "./link.js";
import { again } from "./part.js";

/** The core chunk. */
type Core = typeof import("./core.js");

/** A vault in this page. */
export function pageVault(config: object, names: Record<string, string>): Connect {
  return async (receive) => {
    const core = await loadCore();
    return core
      .open(config, location.origin, (json, handle) => receive(JSON.parse(json), handle))
      .catch(async (error: unknown) => {
        // The vault refuses a bad option with the JSON of an error; what the engine throws is no string.
        if (typeof error === "string") {
          const refused = JSON.parse(error) as WireError;
          await explain(refused.code);
          throw new AuthError(refused, undefined, names);
        }
        if (isCspRefusal(error)) throw await explained("wasm_blocked_by_csp", undefined, error);
        throw fail("core_load_failed", undefined, error);
      });
  };
}

let loading: Promise<Core> | undefined;

/** Loads the core. A failed load is not kept: the next call tries again. */
export async function loadCore(): Promise<Core> {
  if (typeof WebAssembly === "undefined") throw await explained("wasm_unavailable");
  loading ??= again(import("./core.js")).then(
    (core) => {
      learn(core.ofCore);
      return core;
    },
    (error: unknown) => {
      loading = undefined;
      throw fail("core_load_failed", undefined, error);
    },
  );
  return loading;
}

function isCspRefusal(error: unknown): boolean {
  return (
    error instanceof WebAssembly.CompileError &&
    /csp|security policy|unsafe-eval/i.test(error.message)
  );
}
