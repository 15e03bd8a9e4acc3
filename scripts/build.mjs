// `npm run build`: dist/ and target/npm/keyward.tgz.
import { must, runMain, xtask } from "./lib.mjs";
import { setup } from "./setup.mjs";

await runMain(async () => {
  await setup();
  await must(xtask(), ["build", ...process.argv.slice(2)]);
});
