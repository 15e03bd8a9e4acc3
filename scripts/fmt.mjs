// `npm run fmt`: formats Rust and everything that prettier knows.
import { join } from "node:path";
import { OWN_WORKSPACES, PRETTIER_FILES, must, nodeTool, root, runMain } from "./lib.mjs";
import { setup } from "./setup.mjs";

await runMain(async () => {
  await setup();
  await must("cargo", ["fmt", "--all"]);
  for (const folder of OWN_WORKSPACES) await must("cargo", ["fmt"], { cwd: join(root, folder) });
  await must(nodeTool("prettier"), ["--write", "--log-level", "warn", PRETTIER_FILES]);
});
