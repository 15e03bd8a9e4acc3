#!/usr/bin/env node
// `npx keyward vault <folder>`: writes the files of a vault in a worker to where the app's server finds them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BAKED, bakes, hash, namesFor, original, vaultFiles, wrongIn } from "./vault_files.js";

const HELP = `keyward vault <folder> [--config <file.json>]
  Writes the vault's files: vault.js (the worker), park.js (keeps the session through a reload),
  callback.html and callback.js (the redirect page), texts.js (the texts of errors).
  --config bakes the options of createAuth into the worker, so that no page can bring others:
  issuer and clientId, and whatever else the app gives but vault, restore and user. With app, the app's origin, it writes frame.html and
  frame.js too: the vault then lies on an origin of its own, and serves that app alone.

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

function write(folder, path) {
  const config = path && read(path);
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of vaultFiles(config)) {
    writeFileSync(join(folder, name), bytes);
    console.log(`${hash(bytes)}  ${join(folder, name)}`);
  }
  console.log(
    "\nRegister the redirect page, callback.html beside vault.js, with your provider. Serve vault.js with" +
      "\nCache-Control: no-cache, and pass its " +
      (config?.app
        ? 'URL: createAuth({ ..., vault: "https://vault.app.example/keyward/" }).' +
          `\nServe frame.html with Content-Security-Policy: frame-ancestors ${config.app}`
        : 'path: createAuth({ ..., vault: "/keyward/vault.js" }).'),
  );
}

function read(path) {
  let options;
  try {
    options = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Failure(`${path} cannot be read as JSON: ${error.message}`);
  }
  const wrong = wrongIn(options);
  if (wrong) throw new Failure(`${path}: ${wrong}`);
  return options;
}

async function check(address) {
  const home = address.endsWith(".js")
    ? new URL(".", address)
    : new URL(address.replace(/\/?$/, "/"));
  const wrong = [];
  const config = await deployed(home);
  for (const name of namesFor(config)) {
    const found = await look(new URL(name, home), name, config);
    console.log(`${found.length === 0 ? "ok   " : "WRONG"} ${new URL(name, home)}`);
    wrong.push(...found.map((what) => `${name}: ${what}`));
  }
  if (wrong.length > 0) throw new Failure(`\n${wrong.join("\n")}`);
}

/** The configuration in the worker's script that is deployed. */
async function deployed(home) {
  try {
    const text = await (await fetch(new URL("vault.js", home), { redirect: "manual" })).text();
    return JSON.parse(BAKED.exec(text)?.[1] ?? "{}");
  } catch {
    return {};
  }
}

async function look(url, name, config) {
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
  if (hash(text.replace(BAKED, "")) !== hash(original(name))) {
    wrong.push("is not the file of this version");
  }
  const written = BAKED.exec(text)?.[1];
  if (config.app && bakes(name, config) && written !== JSON.stringify(config)) {
    wrong.push("has not the configuration of vault.js in it");
  }
  if (name === "frame.html") wrong.push(...framing(answer.headers, config.app));
  return wrong;
}

/** The app, and nobody else, may show the frame. */
function framing(headers, app) {
  const policy = headers.get("content-security-policy") ?? "";
  const ancestors = /(?:^|[;,])\s*frame-ancestors\s+([^;,]*)/i.exec(policy)?.[1].trim();
  const wrong = [];
  if (ancestors !== app) {
    wrong.push(`lets ${ancestors ?? "every page"} frame it; say frame-ancestors ${app}`);
  }
  // Where both are given browsers heed frame-ancestors; a proxy or an old one may not.
  if (headers.has("x-frame-options")) wrong.push("has an X-Frame-Options header; take it away");
  return wrong;
}
