// `npm run soak -- <minutes>`: the simulation of many tabs with seeds that nobody has played yet.
import { Failure, run, runMain } from "./lib.mjs";

const USAGE = `Give the minutes: npm run soak -- <minutes>

Plays random histories of tabs that share a session, with new seeds, in release mode and on every processor, until the
time is over or a rule was broken. Each minute it tells the steps that were done and the seeds a minute. On a failure it
tells the seed and the command that plays it again, and ends with 1.`;

const TEST = "session::simulation::tabs::soak::new_histories_keep_the_rules";

await runMain(async () => {
  const given = process.argv.slice(2);
  const minutes = Number(given[0]);
  if (given.length !== 1 || !(minutes > 0 && minutes < Infinity)) throw new Failure(USAGE);
  const what = ["--package", "keyward", "--lib", "--no-default-features", "--features", "ledger"];
  const how = ["--ignored", "--exact", "--nocapture", TEST];
  const env = { KEYWARD_MINUTES: String(minutes), RUST_BACKTRACE: "0" };
  const { status, output } = await run(
    "cargo",
    ["test", "--quiet", "--release", ...what, "--", ...how],
    { env },
  );
  if (status !== 0) throw new Failure("A rule was broken, or the simulation did not run.");
  // A name that no test has would be no failure.
  if (!/^test result: ok\. 1 passed/m.test(output)) throw new Failure(`${TEST} did not run.`);
});
