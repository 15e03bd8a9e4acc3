/**
 * What a vault is pinned to. Two pages whose options differ in any of these get two vaults; everything else may change
 * from one release of an app to the next without a second one.
 */
const PINNED = [
  "issuer",
  "clientId",
  "redirectUri",
  "scope",
  "resources",
  "metadata",
  "discovery",
  "trustedAudiences",
  "rotationGrace",
];
/** The same, of a later date: only what is given counts, so that the others' vaults keep their names. */
const PINNED_IF_GIVEN = ["idle", "maxAge"];

/** The name of the worker for a configuration: a hash, so that it tells a vault's pages apart and nothing else. */
export async function workerName(config: Readonly<Record<string, unknown>>): Promise<string> {
  const given = PINNED_IF_GIVEN.filter((name) => config[name] !== undefined);
  const pinned = [...PINNED, ...given].map((name) => [name, canonical(config[name] ?? null)]);
  const bytes = new TextEncoder().encode(JSON.stringify(pinned));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `keyward.${btoa(String.fromCharCode(...hash)).replace(/[+/=]/g, "-")}`;
}

/** The same value with the members of its objects in order. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, canonical(one)] as const);
  return entries.sort(([one], [other]) => (one < other ? -1 : 1));
}
