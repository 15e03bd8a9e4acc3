// `npm run fmt`: formats Rust and everything that prettier knows.
import { PRETTIER_FILES, must, nodeTool, runMain } from "./lib.mjs";
import { setup } from "./setup.mjs";

await runMain(async () => {
  await setup();
  await must("cargo", ["fmt", "--all"]);
  await must(nodeTool("prettier"), ["--write", "--log-level", "warn", PRETTIER_FILES]);
});
