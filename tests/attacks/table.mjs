// Puts the attacks and their outcomes into SECURITY.md, between two comments: `node tests/attacks/table.mjs`. With
// `--check` it writes nothing and fails if the document says something else.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DOCUMENT = new URL("../../SECURITY.md", import.meta.url);
const [BEGIN, END] = ["<!-- attacks -->", "<!-- /attacks -->"];
/** It proves the attacks, and is nobody's client. */
const PROBE = "leaky";

/** What is expected of each attack, see expected.json. */
export const expected = JSON.parse(readFileSync(new URL("expected.json", import.meta.url), "utf8"));

/** What is expected of an attack in one placement and browser: most are the same in all. */
export function outcomeOf(attack, placement, browser) {
  const outcome = attack[placement];
  return typeof outcome === "string" ? outcome : outcome[browser];
}

/** The document as it has to be. */
export function withTable(document) {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`no place between ${BEGIN} and ${END}`);
  return `${before}${BEGIN}\n${table()}\n${END}${after}`;
}

function table() {
  const places = Object.keys(expected.placements).filter((name) => name !== PROBE);
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const attacks = expected.payloads.map((attack) =>
    row([attack.script, ...places.map((place) => cell(attack[place]))]),
  );
  return [
    ...Object.entries(expected.outcomes).map(([name, meaning]) => `- **${name}**: ${meaning}`),
    "",
    row(["script of the page", ...places.map((place) => expected.placements[place])]),
    row(["---", ...places.map(() => "---")]),
    ...attacks,
  ].join("\n");
}

function cell(outcome) {
  if (typeof outcome === "string") return outcome === "nothing" ? outcome : `**${outcome}**`;
  return Object.entries(outcome)
    .map(([browser, one]) => `${cell(one)} (${browser})`)
    .join(", ");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = readFileSync(DOCUMENT, "utf8");
  const wanted = withTable(document);
  if (process.argv.includes("--check")) {
    if (document !== wanted) throw new Error("SECURITY.md: run `node tests/attacks/table.mjs`");
  } else {
    writeFileSync(DOCUMENT, wanted);
  }
}
