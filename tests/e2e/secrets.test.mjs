// Where secrets are, and are not: every store of the page in every phase, what scripts write for a
// moment, what events, diagnostics and the console say, and the browser's folder on the disk.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe } from "node:test";
import { forEachBrowser, launchProfile } from "./support/browsers.mjs";
import { notFor } from "./support/front.mjs";
import { assertNotOnDisk, searchFolder } from "./support/disk.mjs";
import { STORES, dump, plant, search, unplant } from "./support/dump.mjs";
import {
  ask,
  call,
  go,
  reload,
  startSignIn,
  signOut,
  startWorld,
  status,
} from "./support/harness.mjs";
import { test } from "./support/timed.mjs";
import { until } from "./support/until.mjs";
import { recordWrites, writesWith } from "./support/writes.mjs";

forEachBrowser((name) => {
  describe(`secrets in ${name}`, () => {
    let world;
    before(async () => {
      world = await startWorld(name);
    });
    after(() => world?.close());
    afterEach(() => world.reset());

    /** Everything secret that crossed the wire so far, as the servers saw it. */
    function secrets() {
      const sent = (endpoint, parameter) =>
        world.op.requests.of(endpoint).map((record) => record.param(parameter));
      const unique = (values) => [...new Set(values.filter(Boolean))];
      return {
        access: unique(
          world.api.requests
            .of("/api/orders")
            .map(({ headers }) => headers.authorization?.slice(7)),
        ),
        refresh: unique([...sent("token", "refresh_token"), ...sent("revocation", "token")]),
        id: unique(sent("endSession", "id_token_hint")),
        code: unique(sent("token", "code")),
        verifier: unique(sent("token", "code_verifier")),
      };
    }

    /** A dump of all stores, after proving that a marker is found in each of them. */
    async function provenDump(page) {
      const markers = await plant(page);
      const planted = await dump(page);
      for (const store of STORES) {
        assert.ok(planted[store].includes(markers[store]), `the search is blind in ${store}`);
      }
      await unplant(page, markers);
      return dump(page);
    }

    /** One call, one refresh, one call: two access tokens are seen on the wire. */
    async function work(page) {
      await call(page, "/api/orders");
      assert.equal((await ask(page, "refresh")).error, undefined);
      await call(page, "/api/orders");
    }

    test("rule 2, R-130, R-134, O-72: tokens are in no store, in no phase", async () => {
      const context = await world.context();
      const writes = await recordWrites(context);
      const heard = [];
      context.on("console", (message) => heard.push(message.text()));
      const callback = world.vault ? "/keyward/callback.html" : "/callback";
      world.configure({ redirectUri: world.app.origin + callback });
      world.serve(callback, "<title>stopped</title>");
      const phases = {};

      const page = await world.open("/orders?x=1", context);
      await status(page, "signedOut");
      phases.before = await provenDump(page);
      await startSignIn(page);
      await until(() => page.url().includes(`${callback}?`), "the callback");
      const answer = page.url();
      phases.during = await provenDump(page);
      world.serve(callback, null);
      await go(page, answer);
      await status(page, "signedIn");
      phases.signedIn = await provenDump(page);
      await work(page);
      phases.refreshed = await provenDump(page);
      await reload(page);
      await status(page, "signedIn");
      await work(page);
      phases.restored = await provenDump(page);
      const told = await page.evaluate(() =>
        JSON.stringify([window.events, window.states, auth.diagnostics, auth.state]),
      );
      await signOut(page);
      phases.signedOut = await provenDump(page);

      const { access, refresh, id, code, verifier } = secrets();
      // A vault in a worker outlives the reload.
      const grants = world.vault ? 1 : 2;
      assert.equal(access.length, 2 + grants, "one of each sign-in, and one of each refresh");
      assert.equal(refresh.length, 3, "two that were used and the one that was revoked");
      assert.ok(id.length === 1 && code.length === grants && verifier.length === grants);
      const tokens = [...access, ...refresh];
      for (const [phase, stores] of Object.entries(phases)) {
        assert.deepEqual(search(stores, tokens), [], `${phase}: token`);
        const idTokens = search(stores, id).filter(
          // The end-session URL alone may hold it, and this page's own addresses do not show that.
          ({ store }) => store !== "urls" || phase !== "signedOut",
        );
        assert.deepEqual(idTokens, [], `${phase}: ID token`);
      }
      // The probe for the verifier: it is in its transaction, and gone once the answer was taken.
      assert.deepEqual(
        search(phases.during, verifier).map(({ store }) => store),
        ["sessionStorage"],
      );
      for (const phase of ["before", "signedIn", "refreshed", "restored", "signedOut"]) {
        assert.deepEqual(search(phases[phase], verifier), [], `${phase}: verifier`);
        // The address of the load is in the navigation timing entry, which no script can remove.
        const codes = search(phases[phase], code).filter(({ store }) => store !== "urls");
        assert.deepEqual(codes, [], `${phase}: code`);
      }
      // cookies are the provider's own.
      const cookies = await context.cookies();
      assert.ok(cookies.every(({ name: cookie }) => cookie.startsWith("_")));

      // What was written only for a moment, or sent to other tabs.
      assert.ok(
        writes.some(([kind, text]) => kind === "sessionStorage" && text.includes("verifier")),
      );
      assert.ok(writes.some(([kind]) => kind === "broadcast"));
      assert.deepEqual(writesWith(writes, [...tokens, ...id]), []);
      const said = [told, ...heard, ...context.events.map((event) => JSON.stringify(event))];
      assert.ok(told.includes("alice") && context.events.length > 0);
      for (const secret of [...tokens, ...id, ...code, ...verifier]) {
        assert.ok(!said.some((text) => text.includes(secret)), "a secret was told");
      }
    });

    test("rule 2, R-121: no token is in a URL, but the ID token in that of the end-session request", async () => {
      const page = await world.signedIn("/orders");
      await work(page);
      await signOut(page);
      const { access, refresh, id } = secrets();
      const urls = [...world.op.requests.entries, ...world.api.requests.entries].map((record) => [
        record.endpoint,
        decodeURIComponent(`${record.path}?${record.query} ${record.headers.referer ?? ""}`),
      ]);
      const carrying = (needles) =>
        urls.filter(([, text]) => needles.some((needle) => text.includes(needle)));
      assert.deepEqual(carrying([...access, ...refresh]), []);
      const endpoints = new Set(carrying(id).map(([endpoint]) => endpoint));
      assert.ok(endpoints.has("endSession"));
      // The provider's own form on that page may send it as Referer, to itself.
      for (const endpoint of endpoints) assert.ok(["endSession", "other"].includes(endpoint));
    });

    /** Runs `use` in a browser with a folder of its own, then searches the folder. */
    async function onDisk(use, needlesOf, check = () => {}) {
      const profile = await launchProfile(name);
      try {
        const page = await world.signedIn("/orders?x=1", profile.context);
        await work(page);
        await use(page);
        const markers = await plant(page);
        await page.goto(`${world.app.origin}/#next`);
        await assertNotOnDisk(profile, needlesOf(secrets()), { browser: name, markers });
        await check(profile.folder);
      } finally {
        await profile.close();
        await profile.remove();
      }
    }

    test("rule 2, on disk: signed in, refreshed and restored, no token is in the folder", async () => {
      let id;
      await onDisk(
        async (page) => {
          await reload(page);
          await status(page, "signedIn");
          await work(page);
          // No request shows this grant's ID token before a sign-out: it comes from the provider.
          id = await idTokenOf(page);
        },
        ({ access, refresh }) => [...access, ...refresh, id],
      );
    });

    notFor("vault", "nobody sees an ID token of the vault then")(
      "rule 2, on disk: after a sign-out without hint not even the ID token is",
      async () => {
        world.configure({ idTokenHint: false });
        let id;
        await onDisk(
          async (page) => {
            id = await idTokenOf(page);
            await signOut(page);
          },
          ({ access, refresh, id: hints }) => {
            assert.deepEqual(hints, []);
            return [...access, ...refresh, id];
          },
        );
      },
    );

    test("rule 2, on disk: after a sign-out the ID token is in that URL and nowhere else", async () => {
      let id;
      await onDisk(
        async (page) => {
          await signOut(page);
          [id] = secrets().id;
        },
        ({ access, refresh }) => [...access, ...refresh],
        async (folder) => {
          const hits = await searchFolder(folder, [id]);
          assert.ok(hits.length > 0, "the history holds the URL");
          for (const { file, form } of hits.filter(({ form }) => form === "utf8")) {
            if (file.endsWith("(LZ4)")) continue;
            const text = (await readFile(join(folder, file))).toString("latin1");
            for (let at = text.indexOf(id); at >= 0; at = text.indexOf(id, at + 1)) {
              assert.ok(text.slice(0, at).endsWith("id_token_hint="), `${file} (${form})`);
            }
          }
        },
      );
    });

    /** The ID token of the page's next refresh, read from the network: no request shows it. */
    async function idTokenOf(page) {
      // Nobody sees the vault's own network; its ID tokens are looked for with those of a sign-out.
      if (world.vault) return "no ID token to look for";
      let seen;
      const listen = async (response) => {
        if (!response.url().endsWith("/token")) return;
        seen = await response.json().catch(() => null);
      };
      page.on("response", listen);
      assert.equal((await ask(page, "refresh")).error, undefined);
      await until(() => seen?.id_token, "the token response");
      page.off("response", listen);
      return seen.id_token;
    }
  });
});
