// `npm run bench`: Keyward beside other clients. Options:
//
//   --sizes        sizes only, no browser
//   --rounds N     rounds of the timings (default 5)
//   --json FILE    writes the raw numbers as well
//
// Numbers of one run may be compared with each other, and with nothing else.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Failure, load, must, runMain, say, xtask } from "../scripts/lib.mjs";
import { setup } from "../scripts/setup.mjs";

await runMain(async () => {
  const { sizes, rounds, json } = options();
  await setup();
  await must(xtask(), ["build"]);
  // These import npm packages, which may not have been there before.
  const { sizeRows, yewRows } = await load("bench/sizes.mjs");
  const { sizeTable, timingTable, yewTable } = await load("bench/report.mjs");
  const report = { at: new Date().toISOString(), sizes: await sizeRows() };
  console.log(`\n${sizeTable(report.sizes)}\n`);
  say("building apps in Rust");
  report.yew = await yewRows();
  console.log(`\n${yewTable(report.yew)}\n`);
  if (!sizes) {
    const { timings } = await load("bench/timings.mjs");
    Object.assign(report, await timings(rounds, say));
    console.log(`\n${timingTable(report)}\n`);
  }
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
});

function options() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        sizes: { type: "boolean", default: false },
        rounds: { type: "string", default: "5" },
        json: { type: "string" },
      },
    }));
  } catch (error) {
    throw new Failure(`${error.message}\nThe options are --sizes, --rounds N, --json FILE.`);
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Failure("--rounds takes a number from 1.");
  return { ...values, rounds };
}
