import type { ToPage, ToWorker } from "../vault/messages.js";
import type { Vault } from "./vault.js";

/** What both kinds of workers have for one page. */
export interface PagePort {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent) => unknown) | null;
}

/** One page that uses the vault. */
export class Tab {
  readonly #vault: Vault;
  /** How many of its calls are on their way, and what starts the others. */
  calls = 0;
  readonly waiting: (() => void)[] = [];
  readonly post: (message: ToPage, transfer?: Transferable[]) => void;

  constructor(vault: Vault, post: Tab["post"]) {
    this.#vault = vault;
    this.post = post;
  }

  hear(message: ToWorker): void {
    if ("bye" in message) return this.#vault.remove(this);
    if ("json" in message) return this.#vault.receive(this, message);
    if ("took" in message) return this.#vault.took(this, message.ticket, message.took);
    if ("stop" in message) return this.#vault.stop(this, message.ticket);
  }
}
