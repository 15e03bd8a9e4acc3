// What the build puts in the place of these names.

declare module "#glue" {
  type Post = (json: string, handle: unknown) => void;

  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export function open(config: string, origin: string, emit: Post): Post;
  /** In the module of the vault's worker alone. */
  export function openParked(
    config: string,
    origin: string,
    emit: Post,
    parked: string | undefined,
    keep: (text: string | undefined, done: (kept: boolean) => void) => void,
  ): Post;
}

declare module "#wasm" {
  const wasm: { readonly text: string; readonly lengths: readonly number[] };
  export default wasm;
}

/** Whether this is the build for a vault in a worker; the other branch is left out of it. */
declare const VAULT: boolean;

/** Whether this is the build for the redirect page of such a vault. */
declare const REDIRECT: boolean;

/** Whether this is the front that the crate carries, which no bundler and no package is beside. */
declare const CRATE: boolean;

/** Which build this is: `keyward-vault/` and the package's version. Stands in each vault's script as it is. */
declare const BUILD: string;
