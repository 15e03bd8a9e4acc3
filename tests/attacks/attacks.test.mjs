// Attacks by script in the page, against each placement of the tokens. What each is expected to get stands in
// expected.json, as do the words for it.
//
//   ATTACKS   ids of the attacks to play, comma-separated (default: all)
//   PLACES    the placements (default: all)

import assert from "node:assert/strict";
import { after, before, describe, test as plain } from "node:test";
import { browserNames, forEachBrowser } from "../e2e/support/browsers.mjs";
import { test } from "../e2e/support/timed.mjs";
import { PAYLOADS } from "./payloads/index.mjs";
import { startStage } from "./stage.mjs";
import { expected, outcomeOf } from "./table.mjs";

const chosen = (variable, all) => process.env[variable]?.split(",") ?? all;

plain("each attack has an expected outcome in each placement, and gets something somewhere", () => {
  const ids = expected.payloads.map(({ id }) => id);
  assert.deepEqual([...ids].sort(), Object.keys(PAYLOADS).sort());
  for (const attack of expected.payloads) {
    for (const placement of Object.keys(expected.placements)) {
      for (const browser of browserNames) {
        const outcome = outcomeOf(attack, placement, browser);
        assert.ok(outcome in expected.outcomes, `${attack.id} in ${placement}`);
      }
    }
    assert.notEqual(attack.leaky, "nothing", attack.id);
  }
});

forEachBrowser((browser) => {
  for (const placement of chosen("PLACES", Object.keys(expected.placements))) {
    // Most of an attack is waiting.
    describe(`${expected.placements[placement]}, in ${browser}`, { concurrency: 4 }, () => {
      let stage;
      before(async () => {
        stage = await startStage(browser, placement);
      });
      after(() => stage?.close());

      for (const attack of expected.payloads) {
        const { id, script } = attack;
        if (!chosen("ATTACKS", [id]).includes(id)) continue;
        const wanted = outcomeOf(attack, placement, browser);
        test(`${id}: ${wanted}`, async () => {
          const { outcome, seen } = await stage.play(PAYLOADS[id], wanted);
          assert.equal(outcome, wanted, `${script}: ${JSON.stringify(seen)}`);
        });
      }
    });
  }
});
