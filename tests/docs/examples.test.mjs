import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { project, root, run, tool } from "../packaging/tarball.mjs";
import { withTable } from "../attacks/table.mjs";
import { DOCUMENTS, blocks, read } from "./markdown.mjs";

const CONFIG = `{ "compilerOptions": {
  "module": "esnext", "moduleResolution": "bundler", "moduleDetection": "force", "target": "es2022",
  "lib": ["es2022", "dom", "dom.iterable"], "types": [], "noEmit": true, "strict": true
} }`;

/** Stands before a block that goes on from where an app has its client. */
const CLIENT = `import { createAuth, isAuthError, type Auth } from "keyward";
declare const auth: Auth;
`;

describe("the examples in the documents", () => {
  const examples = DOCUMENTS.flatMap((name) =>
    blocks(name, "ts").map(({ line, code }) => [fileOf(name, line), inContext(code)]),
  );

  test("compile against the packed types", async () => {
    assert.ok(examples.length >= 4, `only ${examples.length} examples were found`);
    const { code, output } = await compile("examples", Object.fromEntries(examples));
    assert.equal(code, 0, output);
  });

  test("would fail here if they used what does not exist", async () => {
    const { code, output } = await compile("examples-wrong", { "a.ts": `${CLIENT}auth.nope();` });
    assert.notEqual(code, 0);
    assert.match(output, /nope/);
  });

  test("begin with a whole program of at most 20 lines and two settings", () => {
    const [quickStart] = blocks("README.md", "ts");
    const lines = quickStart.code.split("\n").filter((line) => line.trim() !== "");
    assert.ok(lines.length <= 20, `${lines.length} lines`);
    assert.match(quickStart.code, /createAuth\(\{ issuer: "[^"]+", clientId: "[^"]+" \}\)/);
    assert.ok(quickStart.line <= 10, "it is not on the first screen");
  });
});

describe("the documents", () => {
  for (const name of [...DOCUMENTS, "CHANGELOG.md", "CONTRIBUTING.md"]) {
    test(`${name} links only to files that exist`, () => {
      const links = [...read(name).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)];
      for (const [, target] of links) {
        assert.ok(existsSync(join(root, dirname(name), target)), target);
      }
    });
  }
});

test("SECURITY.md says of each attack what is expected of it", () => {
  const document = read("SECURITY.md");
  assert.equal(document, withTable(document), "run `node tests/attacks/table.mjs`");
});

describe("the claims in SECURITY.md", () => {
  const rows = [
    ...read("SECURITY.md").matchAll(/^\| ([^|]+) \| (`tests?\/[^|]+|`src\/[^|]+) \|$/gm),
  ];

  test("were found", () => assert.ok(rows.length >= 15, `${rows.length} rows`));

  for (const [, claim, tests] of rows) {
    test(`name tests that exist: ${claim}`, () => {
      for (const [, file, names] of tests.matchAll(/`([^`]+)`([^`]*)/g)) {
        const text = readFileSync(join(root, file), "utf8").replaceAll("_", "-").toLowerCase();
        const wanted = names.match(/[RO]-\d+|"[^"]+"/g) ?? [];
        assert.ok(wanted.length > 0, `${file}: no name`);
        for (const name of wanted) {
          const plain = name.replaceAll('"', "").replaceAll("_", "-").toLowerCase();
          assert.ok(text.includes(plain), `${file}: ${name}`);
        }
      }
    });
  }
});

function inContext(code) {
  if (/from "keyward(\/vault)?"/.test(code)) return code;
  // A block that makes its own client must not meet ours.
  return /\bconst auth\b/.test(code) ? CLIENT.split("\n")[0] + "\n" + code : CLIENT + code;
}

function fileOf(name, line) {
  return `${name.replace(/\W/g, "-")}-line-${line}.ts`;
}

function compile(name, files) {
  const folder = project(name, { "tsconfig.json": CONFIG, ...files });
  return run(tool("tsc"), ["--project", "tsconfig.json"], { cwd: folder });
}
