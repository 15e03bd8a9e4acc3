// Attacks by script in the page, against each placement of the tokens. What each is expected to get stands in
// expected.json, as do the words for it.
//
//   ATTACKS   ids of the attacks to play, comma-separated (default: all)
//   PLACES    the placements (default: all)

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test as plain } from "node:test";
import { forEachBrowser } from "../e2e/support/browsers.mjs";
import { test } from "../e2e/support/timed.mjs";
import { PAYLOADS } from "./payloads/index.mjs";
import { startStage } from "./stage.mjs";

const expected = JSON.parse(readFileSync(new URL("expected.json", import.meta.url), "utf8"));
const chosen = (variable, all) => process.env[variable]?.split(",") ?? all;

plain("each attack has an expected outcome in each placement, and gets something somewhere", () => {
  const ids = expected.payloads.map(({ id }) => id);
  assert.deepEqual([...ids].sort(), Object.keys(PAYLOADS).sort());
  for (const attack of expected.payloads) {
    for (const placement of Object.keys(expected.placements)) {
      assert.ok(attack[placement] in expected.outcomes, `${attack.id} in ${placement}`);
    }
    assert.notEqual(attack.leaky, "nothing", attack.id);
  }
});

forEachBrowser((browser) => {
  for (const placement of chosen("PLACES", Object.keys(expected.placements))) {
    describe(`${expected.placements[placement]}, in ${browser}`, () => {
      let stage;
      before(async () => {
        stage = await startStage(browser, placement);
      });
      after(() => stage?.close());

      for (const { id, script, ...outcomes } of expected.payloads) {
        if (!chosen("ATTACKS", [id]).includes(id)) continue;
        test(`${id}: ${outcomes[placement]}`, async () => {
          const { outcome, seen } = await stage.play(PAYLOADS[id]);
          assert.equal(outcome, outcomes[placement], `${script}: ${JSON.stringify(seen)}`);
        });
      }
    });
  }
});
