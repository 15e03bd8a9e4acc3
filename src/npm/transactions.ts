/** The pending sign-ins of this tab, in its sessionStorage: one record per `state`, taken once. None of them has a token. */
import { attempt } from "./store.js";

/** Pending sign-ins older than this are thrown away, in milliseconds. */
const TRANSACTION_LIFE = 600_000;

const TRANSACTION = "keyward.txn.";
const USED = "keyward.used";

/** Stores a record; returns the code of what prevents it. */
export function put(state: string, record: string): "storage_unavailable" | "storage_full" | null {
  try {
    sessionStorage.setItem(TRANSACTION + state, record);
    return null;
  } catch (error) {
    attempt(() => sessionStorage.removeItem(TRANSACTION + state));
    const full = error instanceof DOMException && /quota/i.test(error.name);
    return full ? "storage_full" : "storage_unavailable";
  }
}

export function peek(state: string): Record<string, unknown> | null {
  return attempt(() => {
    const record: unknown = JSON.parse(sessionStorage.getItem(TRANSACTION + state) ?? "null");
    return typeof record === "object" ? (record as Record<string, unknown>) : null;
  });
}

export function take(state: string): string | null {
  const record = attempt(() => sessionStorage.getItem(TRANSACTION + state));
  attempt(() => sessionStorage.removeItem(TRANSACTION + state));
  // A second load of the same URL is told apart from a stranger's.
  if (record !== null) {
    const used = [state, ...readUsed()].slice(0, 5);
    attempt(() => sessionStorage.setItem(USED, JSON.stringify(used)));
  }
  return record;
}

export function wasUsed(state: string): boolean {
  return readUsed().includes(state);
}

export function drop(state: string): void {
  attempt(() => sessionStorage.removeItem(TRANSACTION + state));
}

/** Whether this tab waits for an answer to this client: to a sign-in, or to a sign-out. */
export function pending(issuer: string, clientId: string, signOut = false): boolean {
  const states = attempt(() => Object.keys(sessionStorage)) ?? [];
  return states.some((key) => {
    const record = key.startsWith(TRANSACTION) ? peek(key.slice(TRANSACTION.length)) : null;
    const own = record?.["issuer"] === issuer && record["clientId"] === clientId;
    return own && (record["signOut"] === true) === signOut;
  });
}

/** Whether this tab waits for anything. */
export function any(): boolean {
  return (
    attempt(() => Object.keys(sessionStorage).some((key) => key.startsWith(TRANSACTION))) ?? false
  );
}

/** Throws away what nobody will come back for. */
export function prune(now: number): void {
  attempt(() => {
    for (const key of Object.keys(sessionStorage)) {
      if (!key.startsWith(TRANSACTION)) continue;
      const createdAt = Number(peek(key.slice(TRANSACTION.length))?.["createdAt"]);
      if (!(now - createdAt <= TRANSACTION_LIFE)) sessionStorage.removeItem(key);
    }
  });
}

function readUsed(): string[] {
  const used: unknown = attempt(() => JSON.parse(sessionStorage.getItem(USED) ?? "[]"));
  return Array.isArray(used) ? used.filter((state) => typeof state === "string") : [];
}
