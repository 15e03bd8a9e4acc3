// `npm run bench`: Keyward beside other clients. Options:
//
//   --sizes        sizes only, no browser
//   --rounds N     rounds of the timings (default 5)
//   --tabs         many tabs only
//   --expiries N   how often the token of many tabs expires (default 100)
//   --clients A,B  only these with many tabs
//   --json FILE    writes the raw numbers as well
//
// Numbers of one run may be compared with each other, and with nothing else.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Failure, load, must, runMain, say, xtask } from "../scripts/lib.mjs";
import { setup } from "../scripts/setup.mjs";

await runMain(async () => {
  const { sizes, rounds, json, expiries, clients, tabs: tabsOnly } = options();
  await setup();
  await must(xtask(), ["build"]);
  const report = { at: new Date().toISOString() };
  if (!tabsOnly) await singleTab(report, { sizes, rounds });
  if (!sizes) {
    const { tabs } = await load("bench/tabs.mjs");
    const { tabsTable } = await load("bench/report.mjs");
    report.tabs = await tabs({ rounds: expiries, clients }, say);
    console.log(`\n${tabsTable(report.tabs)}\n`);
  }
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
});

async function singleTab(report, { sizes, rounds }) {
  // These import npm packages, which may not have been there before.
  const { sizeRows, rustRows } = await load("bench/sizes.mjs");
  const { sizeTable, timingTable, yewTable } = await load("bench/report.mjs");
  report.sizes = await sizeRows();
  console.log(`\n${sizeTable(report.sizes)}\n`);
  say("building apps in Rust");
  report.yew = await rustRows();
  console.log(`\n${yewTable(report.yew)}\n`);
  if (!sizes) {
    const { timings } = await load("bench/timings.mjs");
    Object.assign(report, await timings(rounds, say));
    console.log(`\n${timingTable(report)}\n`);
  }
}

function options() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        sizes: { type: "boolean", default: false },
        rounds: { type: "string", default: "5" },
        tabs: { type: "boolean", default: false },
        expiries: { type: "string", default: "100" },
        clients: { type: "string" },
        json: { type: "string" },
      },
    }));
  } catch (error) {
    throw new Failure(
      `${error.message}\nThe options are --sizes, --rounds N, --tabs, --expiries N, --clients A,B, --json FILE.`,
    );
  }
  const count = (name) => {
    const number = Number(values[name]);
    if (Number.isInteger(number) && number >= 1) return number;
    throw new Failure(`--${name} takes a number from 1.`);
  };
  const clients = values.clients?.split(",");
  return { ...values, clients, rounds: count("rounds"), expiries: count("expiries") };
}
