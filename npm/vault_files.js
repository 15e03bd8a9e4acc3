// The files of a vault in a worker, as they are deployed.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const FILES = ["vault.js", "park.js", "callback.html", "callback.js", "texts.js"];
/** For a vault on an origin of its own. */
const FRAME = ["frame.html", "frame.js"];
/** The scripts into which a configuration is written; on an origin of its own every one that a page can reach. */
export const bakes = (name, { app }) =>
  name === "vault.js" || (app && /^(callback|frame)\.js$/.test(name));
export const BAKED = /^self\.KEYWARD_CONFIG=(.*);\n/;

/** The names of the files for a configuration. */
export const namesFor = ({ app }) => (app ? [...FILES, ...FRAME] : FILES);

/** Name and bytes of each file. A configuration is written into the scripts, so that no page can bring another. */
export function* vaultFiles(config) {
  for (const name of namesFor(config ?? {})) {
    yield [name, config && bakes(name, config) ? baked(name, config) : original(name)];
  }
}

/** A file as it is in the package. */
export function original(name) {
  return readFileSync(new URL(`files/${name}`, import.meta.url));
}

/** What makes a configuration unusable, in words. */
export function wrongIn(config) {
  for (const name of ["issuer", "clientId"]) {
    if (typeof config?.[name] !== "string") return `"${name}" is missing.`;
  }
  if (config.app !== undefined && originOf(config.app) !== config.app) {
    return '"app" must be an origin, such as "https://app.example".';
  }
  return null;
}

export function hash(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A script with a configuration in its first line. */
function baked(name, config) {
  const line = `self.KEYWARD_CONFIG=${JSON.stringify(config)};\n`;
  return Buffer.concat([Buffer.from(line), original(name)]);
}

function originOf(text) {
  try {
    return new URL(text).origin;
  } catch {
    return null;
  }
}
