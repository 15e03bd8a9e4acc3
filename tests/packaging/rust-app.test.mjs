// What a Rust app that uses the crate exports to JavaScript: what the app itself says, and nothing of Keyward.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { buildWasm } from "../e2e/support/wasm.mjs";
import { root } from "./tarball.mjs";

/** Of wasm-bindgen, and there in every app. */
const GLUE = /^memory$|^__|^wasm_bindgen__convert__closures_/;
/** Of the app in tests/e2e/rust-app: its start and its types. */
const APP = /^start$|^(client|listening|refused|shown)_\w+$/;
const APP_TYPE = /^__wbg_(client|listening|refused|shown)_free$/;

/** All exports of a module that are neither the glue's nor the app's. */
function foreign(wasm) {
  const names = WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name);
  const isType = (name) => name.startsWith("__wbg_");
  return names.filter((name) =>
    isType(name) ? !APP_TYPE.test(name) : !GLUE.test(name) && !APP.test(name),
  );
}

describe("a Rust app", () => {
  test("exports nothing of Keyward without the feature js", async () => {
    const { wasm } = await buildWasm("rust-app", { release: true });
    assert.deepEqual(foreign(wasm), []);
    // The probe: the module of the npm package, which is built with that feature.
    assert.deepEqual(foreign(readFileSync(join(root, "target/npm/page/keyward_bg.wasm"))), [
      "open",
    ]);
  });
});
