// The helpers prove themselves here: a search that finds nothing is worth what its probe is worth.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe } from "node:test";
import { closeContexts, forEachBrowser, launch, launchProfile } from "./browsers.mjs";
import { assertNotOnDisk } from "./disk.mjs";
import { STORES, assertNowhere, dump, plant, search, unplant } from "./dump.mjs";
import { decodeBlock, isMozLz4, readMozLz4 } from "./lz4.mjs";
import { startSite } from "./site.mjs";
import { test } from "./timed.mjs";
import { answer, inTime, never, until } from "./until.mjs";
import { recordWrites, writesWith } from "./writes.mjs";

describe("LZ4", () => {
  const text = (string) => Buffer.from(string, "latin1");

  test("literals alone", () => {
    assert.equal(decodeBlock(Buffer.concat([text("\x50"), text("hello")]), 5).toString(), "hello");
  });

  test("a match that overlaps what it makes", () => {
    // "ab", then 8 bytes from 2 back, then "!".
    const block = Buffer.concat([text("\x24ab\x02\x00"), text("\x10!")]);
    assert.equal(decodeBlock(block, 11).toString(), "ababababab!");
  });

  test("long literals and long matches", () => {
    const literal = "x".repeat(14) + "y".repeat(300);
    // 314 = 15 + 255 + 44 literals; a match of 4 + 15 + 255 + 3 = 277 bytes from 300 back.
    const block = Buffer.concat([
      text("\xff\xff\x2c"),
      text(literal),
      text("\x2c\x01\xff\x03\x10z"),
    ]);
    const expected = literal + "y".repeat(277) + "z";
    assert.equal(decodeBlock(block, expected.length).toString(), expected);
  });

  test("damaged blocks are refused", () => {
    assert.throws(() => decodeBlock(text("\x50hel"), 5), /literal/);
    assert.throws(() => decodeBlock(text("\x14a\x05\x00"), 9), /match/);
    assert.throws(() => decodeBlock(text("\x10a"), 2), /instead of 2/);
  });

  test("the file form of Firefox", () => {
    const file = Buffer.concat([text("mozLz40\0\x05\0\0\0"), text("\x50hello")]);
    assert.ok(isMozLz4(file));
    assert.equal(readMozLz4(file).toString(), "hello");
    assert.ok(!isMozLz4(text("SQLite format 3\0")));
  });
});

describe("waiting", () => {
  test("until gives the value, or says what it waited for and saw", async () => {
    let calls = 0;
    assert.equal(await until(() => (calls += 1) > 2 && "ready", "readiness"), "ready");
    const late = until(() => null, "rain", { timeout: 60 });
    await assert.rejects(late, /waited 60 ms for rain; last seen: null/);
    const broken = until(() => Promise.reject(new Error("clouds")), "rain", { timeout: 60 });
    await assert.rejects(broken, /last seen: clouds/);
  });

  test("answer takes any value, and asks again where nothing but an error came", async () => {
    let calls = 0;
    const question = async () => {
      if ((calls += 1) < 3) throw new Error("the page is going away");
      return null;
    };
    assert.equal(await answer(question), null);
    assert.equal(calls, 3);
  });

  test("inTime gives up", async () => {
    assert.equal(await inTime(Promise.resolve(0), "rain", 60), 0);
    await assert.rejects(
      inTime(new Promise(() => {}), "rain", 60),
      /^Error: waited 60 ms for rain/,
    );
  });

  test("a browser with a context that does not end is replaced", async () => {
    const contexts = [{ close: async () => {} }];
    const log = [];
    const browser = {
      contexts: () => contexts,
      close: async () => void log.push("closed"),
      again: () => "another",
    };
    assert.equal(await closeContexts(browser, 60), browser);
    contexts.push({ close: () => new Promise(() => {}) });
    assert.equal(await closeContexts(browser, 60), "another");
    assert.deepEqual(log, ["closed"]);
  });

  test("never rejects as soon as it happens", async () => {
    await never(() => false, "rain", 60);
    await assert.rejects(
      never(() => "drops", "rain", 5000),
      /rain happened: "drops"/,
    );
  });
});

forEachBrowser((name) => {
  describe(`the search in ${name}`, () => {
    let site;
    let browser;

    before(async () => {
      site = await startSite({
        files: { "/index.html": `<!doctype html><title>Test</title><input value="typed-in-text">` },
        headers: { "x-test": "1" },
      });
      browser = await launch(name);
    });
    after(async () => {
      await browser?.close();
      await site.close();
    });

    const open = async () => {
      const page = await (await browser.newContext()).newPage();
      await page.goto(site.origin);
      return page;
    };

    test("finds a marker in every store and nothing once it is gone", async () => {
      const page = await open();
      const markers = await plant(page);
      const hits = search(await dump(page), Object.values(markers));
      assert.deepEqual(
        hits.map(({ store }) => store),
        STORES,
      );
      await unplant(page, markers);
      assert.deepEqual(search(await dump(page), Object.values(markers)), []);
    });

    test("assertNowhere fails for a secret in each store", async () => {
      const page = await open();
      await assertNowhere(page, ["a-secret-that-is-nowhere"]);
      const markers = await plant(page);
      for (const store of STORES.filter((one) => !["windowName", "dom"].includes(one))) {
        // Planting again overwrites the marker of this page, so each secret is put beside it.
        const secret = markers[store];
        await unplant(page, markers);
        await page.evaluate(putSecret, { store, secret });
        await assert.rejects(assertNowhere(page, [secret]), /found in the browser/, store);
        await assertNowhere(page, [secret], { except: [store] });
      }
    });

    test("assertNowhere refuses needles that mean nothing", async () => {
      const page = await open();
      await assert.rejects(assertNowhere(page, []), /nothing to search for/);
      await assert.rejects(assertNowhere(page, [undefined]), /missing or too short/);
    });

    test("records writes that are gone in the next moment", async () => {
      const context = await browser.newContext();
      const writes = await recordWrites(context);
      const page = await context.newPage();
      await page.goto(site.origin);
      await page.evaluate(() => {
        sessionStorage.setItem("k", "short-lived-one");
        sessionStorage.removeItem("k");
        new BroadcastChannel("c").postMessage({ deep: "short-lived-two" });
        history.replaceState({ s: "short-lived-three" }, "");
        document.cookie = "c=short-lived-four; max-age=0";
      });
      const seen = ["sessionStorage", "broadcast", "history", "cookie"];
      await until(() => writesWith(writes, ["short-lived"]).length === seen.length, "four writes");
      assert.deepEqual(
        writes.map(([kind]) => kind),
        seen,
      );
    });

    test("on disk: finds what was planted and a secret in sessionStorage", async () => {
      const secret = `${randomBytes(20).toString("base64url")}.${randomBytes(48).toString("base64url")}`;
      const look = async (put) => {
        const profile = await launchProfile(name);
        try {
          const page = await profile.context.newPage();
          await page.goto(site.origin);
          if (put) await page.evaluate((value) => sessionStorage.setItem("s", value), secret);
          const markers = await plant(page);
          await page.goto(`${site.origin}/#next`);
          await assertNotOnDisk(profile, [secret], { browser: name, markers });
        } finally {
          await profile.close();
          await profile.remove();
        }
      };
      await look(false);
      await assert.rejects(look(true), /secret found on disk/);
    });
  });
});

/** Runs in the page. */
async function putSecret({ store, secret }) {
  sessionStorage.clear();
  localStorage.clear();
  history.replaceState(null, "", "/");
  performance.clearMarks();
  document.cookie = "s=; max-age=0";
  await caches.delete("s");
  const put = {
    localStorage: () => localStorage.setItem("s", secret),
    sessionStorage: () => sessionStorage.setItem("s", secret),
    caches: async () => (await caches.open("s")).put("/s", new Response(secret)),
    cookies: () => (document.cookie = `s=${secret}`),
    historyState: () => history.replaceState({ s: { deep: secret } }, ""),
    urls: () => performance.mark(secret),
    indexedDB: () =>
      new Promise((done) => {
        const opening = indexedDB.open("s", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("s").put([secret], 1);
        opening.onsuccess = () => {
          opening.result.close();
          done();
        };
      }),
  };
  await put[store]();
}
