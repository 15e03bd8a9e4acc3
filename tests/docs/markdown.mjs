// The code blocks of the documents.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../packaging/tarball.mjs";

/** Documents that show code. */
export const DOCUMENTS = ["README.md", "SECURITY.md", "docs/design.md", "docs/providers.md"];

/** The text of a document. */
export function read(name) {
  return readFileSync(join(root, name), "utf8");
}

/** The blocks of one language in a document, with the line each begins at. */
export function blocks(name, language) {
  const text = read(name);
  return [...text.matchAll(/^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm)]
    .filter(([, tag]) => tag === language)
    .map((match) => ({
      line: text.slice(0, match.index).split("\n").length + 1,
      code: match[2],
    }));
}

/** The README's policy, with the provider of a test in it. */
export function policyFor(issuer) {
  const [{ code }] = blocks("README.md", "http");
  const text = code.trim().replace(/^Content-Security-Policy: /, "");
  assert.match(text, /https:\/\/id\.example https:\/\/api\.example/);
  return {
    "content-security-policy": text.replace("https://id.example https://api.example", issuer),
  };
}
