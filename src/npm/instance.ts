import { initSync } from "#glue";
import wasm from "#wasm";
import { join } from "./join.js";

let instance: Promise<void> | undefined;

/** Makes the module that is inlined here ready for use. One instance serves every vault of a realm. */
export function instantiate(): Promise<void> {
  instance ??= inflate(wasm.text)
    .then((streams) => WebAssembly.compile(join(streams, wasm.lengths)))
    .then((module) => void initSync({ module }))
    .catch((error: unknown) => {
      instance = undefined;
      throw error;
    });
  return instance;
}

async function inflate(base64: string): Promise<Uint8Array> {
  const deflated = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
