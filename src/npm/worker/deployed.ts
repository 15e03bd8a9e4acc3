/** Which build of the vault is deployed, and whether it is a later one than this. */

/** How a script says which build it is. */
const BUILT = /keyward-vault\/(\d+)\.(\d+)\.(\d+)/;

/** Whether the first text is of a later version than the second. One that names no version is not. */
function isLater(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => BUILT.exec(text)?.slice(1).map(Number));
  if (!first || !second) return false;
  const at = first.findIndex((number, place) => number !== second[place]);
  return at >= 0 && first[at]! > second[at]!;
}

let looking: Promise<string | undefined> | undefined;

/**
 * The version of the script that the server has now, if it is later than this one's. A server that does not answer has
 * none.
 */
export function laterVersion(): Promise<string | undefined> {
  looking ??= look().finally(() => (looking = undefined));
  return looking;
}

async function look(): Promise<string | undefined> {
  try {
    const answer = await fetch(location.href, { cache: "no-cache" });
    const script = answer.ok ? await answer.text() : "";
    return isLater(script, BUILD) ? BUILT.exec(script)?.slice(1).join(".") : undefined;
  } catch {
    return undefined;
  }
}
