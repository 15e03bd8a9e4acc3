// `npm test` runs every part, `npm test -- <part> ...` some, `npm run test:all` also the slow ones.
// The parts themselves stand in parts.mjs.
import { Failure, runMain } from "./lib.mjs";
import { parts } from "./parts.mjs";
import { setup } from "./setup.mjs";

await runMain(async () => {
  const chosen = choose(process.argv.slice(2));
  await setup();
  const results = [];
  for (const part of chosen) {
    const result = await runPart(part, results);
    results.push(result);
    console.log(`── ${part.name}: ${describe(result)}`);
  }
  summarize(results);
});

function choose(names) {
  if (names.length === 0) return parts.filter(({ slow }) => !slow);
  if (names.length === 1 && names[0] === "all") return parts;
  const unknown = names.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) {
    const list = parts.map(({ name, what }) => `  ${name.padEnd(10)} ${what}`).join("\n");
    throw new Failure(`There is no part named ${unknown.join(", ")}. The parts are:\n${list}`);
  }
  // What a chosen part builds on comes along; the order is always that of the table.
  const wanted = new Set(names);
  for (const part of [...parts].reverse()) {
    if (wanted.has(part.name)) for (const need of part.needs ?? []) wanted.add(need);
  }
  return parts.filter(({ name }) => wanted.has(name));
}

async function runPart(part, before) {
  console.log(`\n── ${part.name}: ${part.what}`);
  const started = Date.now();
  const result = { name: part.name, passed: 0, failed: 0, notes: [] };
  const broken = before.find(({ name, failed }) => failed > 0 && part.needs?.includes(name));
  if (broken) {
    result.failed = 1;
    result.notes.push(`not run, because ${broken.name} failed`);
  } else {
    await count(part, result);
  }
  result.seconds = (Date.now() - started) / 1000;
  return result;
}

async function count(part, result) {
  try {
    for await (const { passed, failed, note, notRun } of part.run()) {
      result.passed += passed ?? 0;
      result.failed += failed ?? 0;
      result.notRun ??= notRun;
      if (note ?? notRun) result.notes.push(note ?? notRun);
    }
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    result.failed += 1;
  }
  if (result.passed + result.failed === 0 && !result.notRun) {
    result.failed = 1;
    result.notes.push("ran no test");
  }
}

function describe({ passed, failed, seconds, notes }) {
  const text = `${passed} passed, ${failed} failed, ${seconds.toFixed(1)} s`;
  return [text, ...notes].join("; ");
}

function summarize(results) {
  console.log("\n── summary");
  for (const result of results) {
    const ended = result.notRun ? "NO RUN" : "ok    ";
    console.log(
      `${result.failed > 0 ? "FAILED" : ended} ${result.name.padEnd(10)} ${describe(result)}`,
    );
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  if (sum("failed") > 0) process.exitCode = 1;
}
