// What the build puts in the place of these names.

declare module "#glue" {
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export class Vault {
    constructor(config: string, origin: string, emit: (json: string, handle: unknown) => void);
    post(message: string, handle: unknown): void;
  }
}

declare module "#wasm" {
  const base64: string[];
  export default base64;
}
