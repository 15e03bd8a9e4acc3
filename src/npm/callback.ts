import { sameOriginPath } from "./path.js";
import * as transactions from "./transactions.js";

/** The parameters of an authorization response, and what providers add to it. */
const RESPONSE = [
  "code",
  "state",
  "iss",
  "error",
  "error_description",
  "error_uri",
  "session_state",
  "scope",
  "authuser",
  "hd",
  "prompt",
];

/** A page load serves one client: while one has its answer in it, no other may leave for the provider. */
export interface Load {
  taken: boolean;
}

/** What a page load found in its URL. */
export type Arrival =
  /** An authorization response, with the transaction of its `state` if this tab has one. */
  | {
      kind: "callback";
      query: string;
      record: string | null;
      replayed: boolean;
      restore: boolean;
      /** The code that a restore carries over from what failed before it. */
      carry?: unknown;
    }
  /** An answer that somebody removed from the URL before it could be read. */
  | { kind: "lost" }
  /** A return from a sign-out with another `state` than the one this tab waits for. */
  | { kind: "foreign" }
  /** The provider's return from a sign-out that this tab began. */
  | { kind: "signedOut" };

/**
 * Takes an answer for this client out of the URL, before anything else on the page can see it, and puts the user's
 * own URL in its place, unless the app has gone on from `href` by then. An answer for another client of this page is left for
 * that one.
 */
export function arrive(
  { issuer, clientId }: { issuer: string; clientId: string },
  redirectUri: string,
  load: Load,
  href: string,
): Arrival | null {
  const url = new URL(href);
  const state = url.searchParams.get("state");
  const record = state === null ? null : transactions.peek(state);
  const own = record?.["issuer"] === issuer && record["clientId"] === clientId;
  // An answer to another client of this page is that one's to take.
  const foreign = typeof record?.["issuer"] === "string" && typeof record["clientId"] === "string";
  if (foreign && !own) {
    load.taken = true;
    return null;
  }
  const returnTo = record?.["returnTo"];
  if (state !== null && record?.["signOut"] === true) {
    load.taken = true;
    transactions.take(state);
    scrub(url, ["state"], redirectUri, returnTo, href);
    return { kind: "signedOut" };
  }
  // Whatever names our pending sign-in is its answer, however broken.
  const answers = own || url.searchParams.has("code") || url.searchParams.has("error");
  if (!answers && state !== null && !record && transactions.pending(issuer, clientId, true)) {
    return { kind: "foreign" };
  }
  if (!answers && state === null && wasLost(issuer, clientId)) return { kind: "lost" };
  if (!answers || !(own || isOurs(url, state, issuer, clientId, redirectUri))) return null;
  load.taken = true;
  const query = url.search.slice(1);
  const taken = state === null ? null : transactions.take(state);
  scrub(url, RESPONSE, redirectUri, returnTo, href);
  return {
    kind: "callback",
    query,
    record: taken,
    replayed: taken === null && state !== null && transactions.wasUsed(state),
    restore: record?.["restore"] === true,
    carry: record?.["carry"],
  };
}

/** Whether the page was opened with an answer to this client that the URL does not show any more. */
function wasLost(issuer: string, clientId: string): boolean {
  const opened = performance.getEntriesByType("navigation")[0]?.name;
  const state = opened && new URL(opened).searchParams.get("state");
  const record = state ? transactions.peek(state) : null;
  return record?.["issuer"] === issuer && record["clientId"] === clientId;
}

/** An answer without a transaction is ours only at our redirect URI; apps have a `code` of their own elsewhere. */
function isOurs(
  url: URL,
  state: string | null,
  issuer: string,
  clientId: string,
  redirectUri: string,
): boolean {
  const home = new URL(redirectUri, location.href);
  if (url.origin !== home.origin || url.pathname !== home.pathname) return false;
  return state !== null || url.searchParams.has("iss") || transactions.pending(issuer, clientId);
}

/** The URL itself, if the app has a query or fragment of its own in it that the redirect URI has not. */
function stay(url: URL, redirectUri: string): URL | null {
  const plain = new URL(redirectUri, location.href);
  const own = url.search !== plain.search || url.hash !== "";
  return own && url.pathname === plain.pathname ? url : null;
}

/** A stored return target. Storage belongs to the page, so the origin is checked again. */
function landing(returnTo: unknown): URL | null {
  if (typeof returnTo !== "string") return null;
  const path = sameOriginPath(returnTo);
  return path === null ? null : new URL(location.origin + path);
}

function scrub(
  url: URL,
  names: string[],
  redirectUri: string,
  returnTo: unknown,
  href: string,
): void {
  if (location.href !== href) return;
  // The app's own parameters keep the very characters they came with.
  const mine = (pair: string) =>
    pair !== "" && !names.includes(new URLSearchParams(pair).keys().next().value ?? "");
  url.search = url.search.slice(1).split("&").filter(mine).join("&");
  const target = stay(url, redirectUri) ?? landing(returnTo) ?? url;
  // An empty query leaves its question mark behind.
  history.replaceState(scrubbed(history.state), "", target.href.replace(/\?(?=#|$)/, ""));
}

/** A router may have kept the URL in its own state. */
function scrubbed(state: unknown): unknown {
  try {
    return /[?&](code|state|iss)=/.test(JSON.stringify(state) ?? "") ? null : state;
  } catch {
    return state;
  }
}
