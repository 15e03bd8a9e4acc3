// What each client costs an app in bytes, for the same job.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { must, root, xtask } from "../scripts/lib.mjs";
import { added, appWeight, measure, yewRows } from "../scripts/size.mjs";
import { bundle, versionOf } from "./bundle.mjs";
import { CLIENTS } from "./plan.mjs";

/** One row per client; Keyward's parts stand apart, since most visitors load only the first. */
export async function sizeRows() {
  const rows = [];
  for (const client of Object.keys(CLIENTS)) {
    const { files, atOnce, onDemand } = await bundle(client);
    const sum = (names) =>
      names.map((name) => measure(files.get(name))).reduce(add, { raw: 0, gzip: 0, brotli: 0 });
    const version = versionOf(client);
    if (client === "keyward") {
      rows.push({ client: "keyward, entry", version, ...sum(atOnce) });
      const texts = onDemand.filter((name) => name.startsWith("texts"));
      // What few apps ask for is no part of the job.
      const core = onDemand.filter((name) => !/^(texts|activity)/.test(name));
      rows.push({ client: "keyward, core on demand", version, ...sum(core) });
      rows.push({ client: "keyward, sum", version, ...sum([...atOnce, ...core]) });
      rows.push({ client: "keyward, texts of errors", version, ...sum(texts) });
    } else {
      rows.push({ client, version, ...sum(atOnce), onDemand: sum(onDemand).gzip });
    }
  }
  return rows;
}

/** Apps in Rust: what Keyward adds to a bare one, what another client adds, and the demo. */
export async function rustRows() {
  const [{ bare, keyward, ...inWorker }, inPage] = await yewRows();
  const other = await appWeight("yew-oauth2-app", "bench/yew-oauth2");
  await must(xtask(), ["demo"], { quiet: true });
  const demo = ["demo.js", "demo_bg.wasm", "style.css"]
    .map((name) => measure(readFileSync(join(root, "target/demo", name))))
    .reduce(add);
  return [
    { client: "a bare Yew app", ...bare },
    { client: "the same with Keyward", ...keyward },
    { ...inWorker, client: "Keyward adds, vault in a worker" },
    { ...inPage, client: "Keyward adds, vault in the page" },
    { client: "yew-oauth2 0.14 adds", ...added(bare, other) },
    { client: "Keyward's demo", ...demo },
  ];
}

function add(one, other) {
  return {
    raw: one.raw + other.raw,
    gzip: one.gzip + other.gzip,
    brotli: one.brotli + other.brotli,
  };
}
