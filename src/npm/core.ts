/**
 * The core chunk: the WebAssembly vault, inlined so that no bundler and no server has to know about a second file.
 */
import { initSync, open as openVault } from "#glue";
import wasm from "#wasm";
import { join } from "./join.js";

/** Opens a vault; gives what takes the front's messages. Rejects with the JSON of an error for a bad option, and with what the engine throws otherwise. */
export async function open(
  config: string,
  origin: string,
  emit: (json: string, handle: unknown) => void,
): Promise<(json: string, handle: unknown) => void> {
  await instantiate();
  return openVault(config, origin, emit);
}

let instance: Promise<void> | undefined;

/** One instance serves every vault of the page. */
function instantiate(): Promise<void> {
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
