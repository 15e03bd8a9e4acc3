/** What passes between a page and the vault's worker: the link's messages, and what carries them. */
import type { Lore } from "../codes.js";
import type { Incoming } from "../link.js";
import type { Outcome } from "./outcome.js";

/** The version of these messages. A vault answers every older one. */
export const VERSION = 1;

/** How much of a response may be on its way before the page has asked for more, in bytes. */
export const WINDOW = 1_048_576;

/** What a page asks of its vault: a message of the front, with the request of a call. */
export interface Asking {
  json: string;
  request?: RequestMessage;
}

/**
 * Asks a vault to give way to a later version of it. This message and its answer never change, so that every vault
 * understands every page's; nothing else of a vault is ever asked by a page that may be of another version.
 */
export interface Retire {
  retire: 1;
}

/**
 * 1: the vault has ended, and its session is the next one's; `back` is what this page asked for and nothing was done about.
 * 0: it stays, because it is what is deployed, or because the session would be lost.
 */
export interface Retired {
  retired: 0 | 1;
  back?: Asking[];
}

/** What has to be transferred with a message. A stream cannot be handed on twice: each worker it passed has to live. */
export function transferOf({ request }: Asking): Transferable[] {
  const body = request?.body;
  return body instanceof ArrayBuffer || body instanceof ReadableStream ? [body] : [];
}

/** To the worker. */
export type ToWorker =
  /** The first message of a page; the worker answers `Welcome`. With `texts` a frame adds those of all errors to that. */
  | { hello: number; config: string; mark: string | null; texts?: true }
  /** Asks whether anybody is there. */
  | { ping: number }
  | Asking
  | Retire
  /** The page took this many bytes of a response. */
  | { ticket: number; took: number }
  /** The page does not want the rest of a response. */
  | { ticket: number; stop: true }
  /** The page is gone, or asleep in the browser's cache: nothing is told to it until it says hello again. */
  | { bye: true };

/** To the page. */
export type ToPage =
  | Welcome
  | Retired
  | { pong: number; boot: string }
  | { message: Incoming; thrown?: unknown; response?: ResponseMessage }
  | { ticket: number; chunk: Uint8Array<ArrayBuffer> }
  | { ticket: number; end: "done" | "broken" };

/** The worker took the page in, or says why it does not. */
export interface Welcome {
  welcome: string | null;
  /** The build of the vault's script. */
  build?: string;
  /** What the page can tell then without a network. */
  lore?: Lore;
  /** The JSON of an error, or what the engine threw. */
  refused?: string;
  /** The vault gave way to the one of this version, in a worker whose name ends in it. */
  next?: string | undefined;
  /** What the frame adds, where the vault has an origin of its own. */
  kept?: Kept;
  /** All other texts, if the page asked the frame for them. */
  late?: Lore;
}

/** What lies in the storage of the vault's origin and is for the app's page to know. None of it is a secret. */
export interface Kept {
  /** The mark there, which the page's own follows. */
  mark: string | null;
  /** What came of the answer that the redirect page took. */
  outcome: Outcome;
}

/** What the frame says for itself. */
export type FromFrame =
  /** It is there, and whether the worker behind it is shared. */
  | { shared: boolean }
  /** Why it serves this page no vault. */
  | { refused: string }
  /** The worker's script failed. */
  | { failed: true };

/** A `Request` as data. */
export interface RequestMessage {
  url: string;
  method: string;
  headers: [string, string][];
  body: ArrayBuffer | Blob | ReadableStream | null;
  options: RequestInit;
}

/** The head of a `Response` as data. */
export interface ResponseMessage {
  status: number;
  statusText: string;
  headers: [string, string][];
  url: string;
  type: ResponseType;
  redirected: boolean;
  body: boolean;
}
