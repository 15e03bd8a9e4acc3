import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { project, run, tool } from "./tarball.mjs";

const APP = `
import { AuthError, createAuth, isAuthError } from "keyward";

const auth = createAuth({ issuer: "https://id.example", clientId: "spa" });
const stop: () => void = auth.subscribe(() => console.log(auth.state.status));
export async function orders(): Promise<unknown> {
  try {
    return await (await auth.fetch("/api/orders")).json();
  } catch (error) {
    if (isAuthError(error)) console.log(error.code, error.fix);
    if (error instanceof AuthError) stop();
    throw error;
  }
}
export async function hello(): Promise<string> {
  const state = await auth.ready;
  return state.status === "signedIn" ? state.user.sub : state.status;
}
`;

const WRONG = `
import { createAuth } from "keyward";
createAuth({ issuer: "https://id.example" });
`;

const LIBS =
  '"lib": ["es2022", "dom", "dom.iterable"], "types": [], "noEmit": true, "strict": true';
const RESOLUTIONS = {
  nodenext: '"module": "nodenext"',
  bundler: '"module": "esnext", "moduleResolution": "bundler"',
};

describe("a TypeScript user", () => {
  for (const [name, options] of Object.entries(RESOLUTIONS)) {
    test(`finds types that hold, also inside the package (${name})`, async () => {
      const { code, output } = await compile(`types-${name}`, options, APP);
      assert.equal(code, 0, output);
    });
  }

  test("is told when the client id is missing", async () => {
    const { code, output } = await compile("types-wrong", RESOLUTIONS.bundler, WRONG);
    assert.notEqual(code, 0);
    assert.match(output, /clientId/);
  });
});

describe("a bundler", () => {
  test("keeps the core a chunk of its own, which the page fetches when it is needed", async () => {
    const folder = project("esbuild", { "app.ts": APP });
    const { code, output } = await run(
      tool("esbuild"),
      ["app.ts", "--bundle", "--splitting", "--format=esm", "--minify", "--outdir=out"],
      { cwd: folder },
    );
    assert.equal(code, 0, output);
    const sizes = Object.fromEntries(
      readdirSync(join(folder, "out")).map((name) => [
        name,
        readFileSync(join(folder, "out", name)).length,
      ]),
    );
    const core = Object.keys(sizes).find((name) => name.startsWith("core"));
    assert.ok(core, `no chunk for the core: ${Object.keys(sizes)}`);
    assert.ok(sizes["app.js"] < sizes[core], JSON.stringify(sizes));
  });

  test("drops the package when nothing of it is used", async () => {
    const folder = project("unused", {
      "app.js": 'import { createAuth } from "keyward";\nconsole.log("only this");\n',
    });
    const { code, output } = await run(
      tool("esbuild"),
      ["app.js", "--bundle", "--format=esm", "--minify"],
      { cwd: folder },
    );
    assert.equal(code, 0, output);
    assert.equal(output.trim(), 'console.log("only this");');
  });
});

function compile(name, options, text) {
  const config = `{ "compilerOptions": { ${options}, ${LIBS} }, "files": ["app.ts"] }`;
  const folder = project(name, { "tsconfig.json": config, "app.ts": text });
  return run(tool("tsc"), ["--project", "tsconfig.json"], { cwd: folder });
}
