// What the build puts in the place of these names.

declare module "#glue" {
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export function open(
    config: string,
    origin: string,
    emit: (json: string, handle: unknown) => void,
  ): (json: string, handle: unknown) => void;
}

declare module "#wasm" {
  const wasm: { readonly text: string; readonly lengths: readonly number[] };
  export default wasm;
}
