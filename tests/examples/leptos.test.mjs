import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root, run } from "../packaging/tarball.mjs";

describe("the example for Leptos", () => {
  const folder = join(root, "examples/leptos");

  test("is a page of glue, and builds", async () => {
    const glue = readFileSync(join(folder, "src/keyward_leptos.rs"), "utf8");
    const lines = glue.split("\n").filter((line) => line.trim() !== "");
    assert.ok(lines.length <= 50, `${lines.length} lines`);
    const options = ["--locked", "--target", "wasm32-unknown-unknown"];
    const { code, output } = await run("cargo", ["build", ...options], {
      cwd: folder,
      env: { ...process.env, CARGO_TARGET_DIR: join(root, "target/examples") },
      show: true,
    });
    assert.equal(code, 0, output);
  });
});
