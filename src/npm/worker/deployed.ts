/** Which of two builds of the vault is the later one. */

/** How a script says which build it is. */
const BUILT = /keyward-vault\/(\d+)\.(\d+)\.(\d+)/;

/** Whether the first text is of a later version than the second. One that names no version is not. */
export function isLater(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => BUILT.exec(text)?.slice(1).map(Number));
  if (!first || !second) return false;
  const at = first.findIndex((number, place) => number !== second[place]);
  return at >= 0 && first[at]! > second[at]!;
}

let looking: Promise<boolean> | undefined;

/** Whether the script that the server has now is of a later version than this one. A server that does not answer has none. */
export function isOutdated(): Promise<boolean> {
  looking ??= look().finally(() => (looking = undefined));
  return looking;
}

async function look(): Promise<boolean> {
  try {
    const answer = await fetch(location.href, { cache: "no-cache" });
    return answer.ok && isLater(await answer.text(), BUILD);
  } catch {
    return false;
  }
}
