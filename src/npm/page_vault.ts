import { AuthError, explain, explained, fail, type WireError } from "./errors.js";
import type { Connect } from "./link.js";

/** The core chunk. */
interface Core {
  open: (
    config: string,
    origin: string,
    emit: (json: string, handle: unknown) => void,
  ) => Promise<(json: string, handle: unknown) => void>;
}

/** A vault in this page: loads the core. A failed load is not kept: the next call tries again. */
export function pageVault(config: string, names: Record<string, string>): Connect {
  return async (receive) => {
    if (typeof WebAssembly === "undefined") throw await explained("wasm_unavailable");
    let core: Core;
    try {
      core = await loadCore();
    } catch (error) {
      throw fail("core_load_failed", undefined, error);
    }
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

function loadCore(): Promise<Core> {
  loading ??= (TABS ? import("./core_tabs.js") : import("./core.js")).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

function isCspRefusal(error: unknown): boolean {
  return (
    error instanceof WebAssembly.CompileError &&
    /csp|security policy|unsafe-eval/i.test(error.message)
  );
}
