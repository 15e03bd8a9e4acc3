// What the other themes rely on: that their search finds what it looks for.

import assert from "node:assert/strict";
import { dump, plant, search, unplant } from "../../support/dump.mjs";
import { assertNotStored } from "../support/checks.mjs";
import { USER, onStage } from "../support/stage.mjs";

onStage("the probe", (scene) => {
  scene.test("a marker in each store is found", async (stage) => {
    const markers = await plant(stage.actor);
    const found = search(await dump(stage.actor), Object.values(markers));
    assert.deepEqual(new Set(found.map(({ store }) => store)), new Set(Object.keys(markers)));
    await unplant(stage.actor, markers);
  });

  scene.test(
    "each token, code and verifier of a sign-in is found where it is put",
    async (stage) => {
      const seen = await stage.signIn();
      assert.equal(seen.user.sub, USER);
      assert.deepEqual([stage.tokens.length, stage.codes.length], [3, 2]);
      await assertNotStored(stage);
      for (const secret of [...stage.tokens, ...stage.codes, USER]) {
        await stage.actor.evaluate((text) => sessionStorage.setItem("probe", `a${text}z`), secret);
        await assert.rejects(assertNotStored(stage, [USER]), /AssertionError|deep-equal/);
      }
      await stage.actor.evaluate(() => sessionStorage.removeItem("probe"));
    },
  );

  scene.test("a request that is not expected is counted", async (stage) => {
    await stage.visit("/");
    await stage.signIn();
    await stage.ask("userInfo");
    await stage.ask("refresh");
    assert.deepEqual(stage.counts(), {
      ...{ discovery: 2, authorize: 1, token: 2, jwks: 1, userinfo: 1 },
      ...{ revocation: 0, endSession: 0 },
    });
  });
});
