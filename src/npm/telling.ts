import type { AuthError } from "./errors.js";
import type { AuthEvents, Diagnosis } from "./types.js";

const MOST_DIAGNOSTICS = 50;

/** Who wants to hear of a client, and what the developer was told. */
export class Telling<TUser> {
  readonly diagnostics: Diagnosis[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #handlers = new Map<string, Set<(event: never) => void>>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  on<K extends keyof AuthEvents<TUser> & string>(
    event: K,
    listener: (event: AuthEvents<TUser>[K]) => void,
  ): () => void {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(listener));
    return () => void handlers.delete(listener);
  }

  /** The state was replaced. */
  changed(): void {
    for (const listener of [...this.#listeners]) guarded(() => listener());
  }

  emit<K extends keyof AuthEvents<TUser> & string>(event: K, detail: AuthEvents<TUser>[K]): void {
    for (const handler of [...(this.#handlers.get(event) ?? [])]) {
      guarded(() => handler(detail as never));
    }
  }

  diagnose({ code, message, fix, docs }: AuthError): void {
    // The vault and the front may both see the same trouble.
    const last = this.diagnostics.at(-1);
    if (last?.code === code && last.message === message && Date.now() - last.at < 1_000) return;
    const diagnosis: Diagnosis = { code, at: Date.now(), message, docs, ...(fix ? { fix } : {}) };
    this.diagnostics.push(diagnosis);
    this.diagnostics.splice(0, this.diagnostics.length - MOST_DIAGNOSTICS);
    this.emit("diagnosis", diagnosis);
  }
}

/** An app's listener that throws must not stop the others, nor hide: the error goes where uncaught ones go. */
function guarded(act: () => void): void {
  try {
    act();
  } catch (error) {
    reportError(error);
  }
}
