#!/usr/bin/env node
// `npx keyward vault <folder>`: writes the files of a vault in a worker to where the app's server finds them.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const FILES = ["vault.js", "park.js", "callback.html", "callback.js", "texts.js"];

const HELP = `keyward vault <folder> [--config <file.json>]
  Writes the vault's files: vault.js (the worker), park.js (keeps the session through a reload),
  callback.html and callback.js (the redirect page), texts.js (the texts of errors).
  --config bakes the options of createAuth into the worker, so that no page can bring others:
  issuer and clientId, and whatever of scope, resources, metadata, discovery, trustedAudiences,
  rotationGrace and redirectUri the app gives.

keyward vault --check <url>
  Compares what is deployed below the URL with this version's files, and looks at its headers.`;

class Failure extends Error {}

try {
  await main();
} catch (error) {
  if (!(error instanceof Failure) && !error.code?.startsWith("ERR_PARSE_ARGS")) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      check: { type: "string" },
      config: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [command, folder] = positionals;
  if (values.help) return console.log(HELP);
  if (command !== "vault") throw new Failure(HELP);
  if (values.check) return check(values.check);
  if (!folder) throw new Failure(HELP);
  write(folder, values.config);
}

function write(folder, config) {
  mkdirSync(folder, { recursive: true });
  for (const name of FILES) {
    const bytes = name === "vault.js" && config ? baked(config) : original(name);
    writeFileSync(join(folder, name), bytes);
    console.log(`${hash(bytes)}  ${join(folder, name)}`);
  }
  console.log(
    "\nRegister the redirect page, callback.html beside vault.js, with your provider. Serve vault.js with" +
      '\nCache-Control: no-cache, and pass its path: createAuth({ ..., vault: "/keyward/vault.js" }).',
  );
}

function original(name) {
  return readFileSync(new URL(`files/${name}`, import.meta.url));
}

/** The worker's script with a configuration in its first line. */
function baked(path) {
  let options;
  try {
    options = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Failure(`${path} cannot be read as JSON: ${error.message}`);
  }
  for (const name of ["issuer", "clientId"]) {
    if (typeof options?.[name] !== "string") throw new Failure(`${path} lacks "${name}".`);
  }
  return Buffer.concat([
    Buffer.from(`self.KEYWARD_CONFIG=${JSON.stringify(options)};\n`),
    original("vault.js"),
  ]);
}

async function check(address) {
  const home = address.endsWith(".js")
    ? new URL(".", address)
    : new URL(address.replace(/\/?$/, "/"));
  const wrong = [];
  for (const name of FILES) {
    const found = await look(new URL(name, home), name);
    console.log(`${found.length === 0 ? "ok   " : "WRONG"} ${new URL(name, home)}`);
    wrong.push(...found.map((what) => `${name}: ${what}`));
  }
  if (wrong.length > 0) throw new Failure(`\n${wrong.join("\n")}`);
}

async function look(url, name) {
  let answer;
  try {
    answer = await fetch(url, { redirect: "manual", cache: "no-store" });
  } catch (error) {
    return [`cannot be fetched (${error.cause?.code ?? error.message})`];
  }
  if (answer.status !== 200) return [`the server answers ${answer.status}`];
  const wrong = [];
  const type = answer.headers.get("content-type") ?? "none";
  const wanted = name.endsWith(".js") ? /^(text|application)\/javascript\b/ : /^text\/html\b/;
  if (!wanted.test(type)) wrong.push(`has the Content-Type ${type}`);
  const caching = answer.headers.get("cache-control") ?? "none";
  if (name === "vault.js" && !/no-cache|no-store|max-age=0/.test(caching)) {
    wrong.push(`has the Cache-Control ${caching}; say no-cache`);
  }
  const text = Buffer.from(await answer.arrayBuffer()).toString("utf8");
  const plain = text.replace(/^self\.KEYWARD_CONFIG=.*\n/, "");
  if (hash(plain) !== hash(original(name))) wrong.push("is not the file of this version");
  return wrong;
}

function hash(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
