import type { AuthError, WireError } from "../errors.js";
import type { AuthOptions, VaultOptions } from "../types.js";
import { vaultUrl } from "./url.js";

/** What the redirect page tells the app of the answer that it took. Only `answer` has a secret in it. */
export interface Outcome {
  /** What went wrong. */
  error?: WireError | undefined;
  /** Nothing else is to be tried. */
  final?: boolean;
  /** Somebody signed in, in distinction from a session that was restored. */
  fresh?: boolean;
  /** The session's mark, where storage has none: without localStorage the next page could not name it. */
  mark?: string | undefined;
  /** The answer itself, with the verifier in its record, where no vault outlives the redirect page. */
  answer?: Unredeemed | undefined;
  /** The provider's own session is over: from here on a restore is worth trying again. */
  ended?: boolean;
  /** Left by the app's own page as it leaves: the redirect page's word lies on the vault's origin. */
  apart?: boolean;
  /** The code of an error from before the way to the provider. */
  carry?: WireError["code"] | undefined;
}

/** An answer of the provider that is still to be redeemed. */
export interface Unredeemed {
  query: string;
  record: string | null;
  replayed: boolean;
  restore: boolean;
  carry?: unknown;
}

const OUTCOME = "keyward.outcome.";
const CLIENT = "keyward.client.";

type Client = Pick<AuthOptions, "issuer" | "clientId">;

const nameOf = ({ issuer, clientId }: Client) => `${issuer}|${clientId}`;

/** Leaves word for the next page of this tab. */
export function leaveOutcome(client: Client, outcome: Outcome): void {
  write(OUTCOME + nameOf(client), outcome);
}

/** What the redirect page left, once. */
export function takeOutcome(client: Client): Outcome {
  const outcome = read(OUTCOME + nameOf(client)) as Outcome | null;
  try {
    sessionStorage.removeItem(OUTCOME + nameOf(client));
  } catch {
    // Without storage nothing was left.
  }
  return outcome ?? {};
}

/** Keeps the options for the redirect page, which knows nothing of the app. */
export function rememberClient(options: Client, redirectUri: string): void {
  const { user: _, ...rest } = options as VaultOptions;
  write(CLIENT + nameOf(options), { ...rest, redirectUri, vault: vaultUrl(options) });
}

/** The options of the client that this tab left with; of any, for an answer that names none. */
export function rememberedClient(client: Client | null): VaultOptions | null {
  const any = () => Object.keys(sessionStorage).find((key) => key.startsWith(CLIENT));
  try {
    return read(client ? CLIENT + nameOf(client) : (any() ?? "")) as VaultOptions | null;
  } catch {
    return null;
  }
}

/** An error without what cannot be stored. */
export function wireError({ code, detail, retryAfter, provider }: AuthError): WireError {
  return {
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(provider === undefined ? {} : { provider }),
  };
}

function read(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // The transaction did not fit either, and that is said.
  }
}
