/**
 * The front of an app in Rust whose vault is a worker: the crate's `Auth` is a handle to it. Plain data goes in and out.
 *
 * Built into src/front/worker/keyward.js by `cargo xtask front`.
 */
import { ofVault } from "../codes.js";
import { AuthError, fail, isAuthError, learn, textsBeside } from "../errors.js";
import { Front } from "../front.js";
import { requireOptions } from "../options.js";
import type { AuthEvents, SignInOptions, SignOutOptions, VaultOptions } from "../types.js";
import { isApart, vaultUrl } from "../vault/url.js";

/** Gets "state" with the JSON of a state, and the name of each event with the JSON of its detail. */
type Hear = (what: string, json: string) => void;

const EVENTS: (keyof AuthEvents)[] = [
  "signedIn",
  "signedInElsewhere",
  "signedOut",
  "userChanged",
  "refreshed",
  "refreshFailed",
  "stepUpRequired",
  "expiring",
  "extended",
  "diagnosis",
];

/** A client. */
export class Client {
  readonly #front: Front<unknown> | undefined;
  readonly #hear: Hear;

  /** `options` is the JSON of those of `createAuth`. */
  constructor(options: string, hear: Hear) {
    this.#hear = hear;
    const given = JSON.parse(options) as VaultOptions<unknown>;
    try {
      requireOptions(given as never);
    } catch (error) {
      const lastError = described(error as AuthError);
      this.#tell("state", { status: "signedOut", reason: "neverSignedIn", lastError });
      this.#tell("diagnosis", lastError);
      return;
    }
    // What goes wrong with a vault cannot wait for its files, which may be what is missing.
    learn(ofVault);
    if (!isApart(given)) textsBeside(vaultUrl(given) ?? location.href);
    const front = new Front<unknown>(given);
    this.#front = front;
    for (const found of front.diagnostics) this.#tell("diagnosis", found);
    for (const event of EVENTS) {
      front.on(event, (detail) => {
        const { error } = detail as { error?: AuthError };
        this.#tell(event, error ? { error: described(error) } : detail);
      });
    }
    front.subscribe(() => this.#tellState());
    this.#tellState();
  }

  /** The end of the access token; it moves without a change of the state. */
  expiresAt(): number | undefined {
    const state = this.#front?.state;
    return (state?.status === "signedIn" && state.expiresAt) || undefined;
  }

  touch(): void {
    this.#front?.touch();
  }

  conflict(): void {
    void this.#front?.conflict();
  }

  /** Asks for what `what` names. A call has its `Request` as argument, anything else the JSON of its options. */
  ask(what: string, argument: unknown): Asked {
    const stop = new AbortController();
    let waits = true;
    const answer = this.#answer(what, argument, stop).finally(() => (waits = false));
    // What was answered is not given up any more: the body of a response may still be on its way.
    return { answer, stop: () => waits && stop.abort() };
  }

  async #answer(what: string, argument: unknown, stop: AbortController): Promise<unknown> {
    const front = this.#front;
    if (!front) throw fail("config_missing", "vault");
    const { signal } = stop;
    const options = () => JSON.parse(argument as string) as object;
    switch (what) {
      case "fetch": {
        const given = (argument as Request).signal;
        given.addEventListener("abort", () => stop.abort(given.reason));
        if (given.aborted) stop.abort(given.reason);
        return front.fetch(argument as Request, { signal });
      }
      case "signIn":
        return front.signIn({ ...(options() as SignInOptions), signal });
      case "signOut":
        return front.signOut(options() as SignOutOptions);
      case "userInfo":
        return JSON.stringify({ claims: await front.userInfo() });
      case "accessToken":
        return front.accessToken();
      default:
        return front.refresh();
    }
  }

  #tellState(): void {
    const state = this.#front!.state;
    const lastError = state.lastError && described(state.lastError);
    this.#tell("state", { ...state, lastError });
  }

  #tell(what: string, detail: object): void {
    this.#hear(what, JSON.stringify(detail));
  }
}

/** A question on its way, and what gives it up. */
export interface Asked {
  readonly answer: Promise<unknown>;
  stop(): unknown;
}

/** What a question failed with, as JSON if it is an error of Keyward. */
export function refusal(thrown: unknown): string | undefined {
  return isAuthError(thrown) ? JSON.stringify(described(thrown)) : undefined;
}

function described({ code, message, fix, detail, retryAfter, provider }: AuthError): object {
  return { code, message, fix, detail, retryAfter, provider };
}
