import {
  early,
  earlyInPage,
  earlyInVault,
  type AuthErrorCode,
  type AuthErrorGroup,
  type Lore,
} from "./codes.js";

/** Where each code has its page under `/errors/`; `npm start` serves the same pages. A reserved name until there is a site. */
const HOMEPAGE = "https://keyward.example";

/** What the provider or an API said, as data: show it as text, never as markup. */
export interface ProviderSaid {
  readonly error: string;
  readonly description?: string;
  readonly uri?: string;
  readonly status?: number;
  /** The scope an API asks for (`insufficient_scope`). */
  readonly scope?: string;
  /** The authentication an API asks for (RFC 9470). */
  readonly acrValues?: string;
  readonly maxAge?: number;
}

/** An error as the core writes it. */
export interface WireError {
  readonly code: AuthErrorCode;
  /** Group and retryable as the table of codes numbers them, for a code whose texts are not here. */
  readonly kind?: number;
  readonly detail?: string;
  readonly retryAfter?: number;
  readonly provider?: ProviderSaid;
}

/** An error is not held back longer than this for the sake of its texts. */
const TEXTS_WITHIN_MS = 1_000;

const placed = VAULT ? earlyInVault : earlyInPage;
// Without a prototype: a code can come out of the page's storage, and "constructor" is none.
const table = (...parts: (object | undefined)[]) => Object.assign(Object.create(null), ...parts);
const groups: Record<number, AuthErrorGroup | undefined> = table(early.groups, placed.groups);
const kinds: Record<string, number | undefined> = table(placed.kinds);
const texts: Record<string, Lore["texts"][AuthErrorCode]> = table(early.texts, placed.texts);

/** Whether the texts of a code are here. The others come when the first of them is needed. */
export function isExplained(code: unknown): boolean {
  return !code || String(code) in texts;
}

/** Adds what is told of some codes to what is known. An older vault brings nothing. */
export function learn(lore: Lore | undefined): void {
  Object.assign(groups, lore?.groups);
  Object.assign(kinds, lore?.kinds);
  Object.assign(texts, lore?.texts);
}

/** Where the crate's front finds the texts: among the vault's files. From another origin they come by the frame. */
let textsUrl: string | undefined;

export function textsBeside(vault: URL | string): void {
  textsUrl = new URL("texts.js", vault).href;
}

/** The module with the texts that come late. */
export function loadTexts(): Promise<typeof import("./texts.js")> {
  return CRATE ? import(textsUrl!) : import("./texts.js");
}

/**
 * Gets the texts of a code. Without them, when the network is gone for example, an error has its code, its detail and
 * the link to its page.
 */
export async function explain(code: unknown): Promise<void> {
  if (isExplained(code) || (CRATE && !textsUrl)) return;
  const loaded = loadTexts().then(
    ({ late }) => learn(late),
    () => {},
  );
  const late = new Promise<void>((resolve) => setTimeout(resolve, TEXTS_WITHIN_MS));
  await Promise.race([loaded, late]);
}

/** Everything that goes wrong in Keyward, told by `code`. Holds no token, no code and no form, ever. */
export class AuthError extends Error {
  override readonly name = "AuthError";
  /** What happened. Each code has a page in the documentation. */
  declare readonly code: AuthErrorCode;
  /** The kind of trouble, for coarse handling. */
  declare readonly group: AuthErrorGroup;
  /** Whether the same call may succeed later without a change. */
  declare readonly retryable: boolean;
  /** What to do about it, with the exact value to paste where there is one. */
  declare readonly fix: string;
  /** The code's page. */
  declare readonly docs: string;
  /** What exactly was wrong: a name, or an expected and a found value. */
  declare readonly detail?: string;
  /** Seconds to wait before another try, where the server said so. */
  declare readonly retryAfter?: number;
  /** What the provider or the API said. */
  declare readonly provider?: ProviderSaid;

  /** `names` are the configured values that stand in the fix, such as `origin`. */
  constructor(error: WireError, cause?: unknown, names: Record<string, string> = {}) {
    const unknown = [
      error.kind ?? kinds[error.code] ?? texts["internal_error"]![0],
      "",
      "",
    ] as const;
    const [kind, message, fix] = texts[error.code] ?? unknown;
    const text = message || error.code;
    super(error.detail ? `${text} (${error.detail})` : text, cause === undefined ? {} : { cause });
    this.code = error.code;
    this.group = groups[kind >> 1] ?? "internal";
    this.retryable = kind % 2 === 1;
    this.fix = fix.replace(/<(\w+)>/g, (placeholder, name: string) => names[name] ?? placeholder);
    this.docs = `${HOMEPAGE}/errors/${error.code}`;
    if (error.detail !== undefined) this.detail = error.detail;
    if (error.retryAfter !== undefined) this.retryAfter = error.retryAfter;
    if (error.provider !== undefined) this.provider = error.provider;
  }
}

/** Tells an {@link AuthError} from everything else, also across two copies of the package. */
export function isAuthError(value: unknown): value is AuthError {
  return value instanceof Error && value.name === "AuthError" && "code" in value;
}

/** An error whose texts are here. */
export function fail(code: AuthErrorCode, detail?: string, cause?: unknown): AuthError {
  return new AuthError(detail === undefined ? { code } : { code, detail }, cause);
}

/** An error whose texts have to be got first. */
export async function explained(
  code: AuthErrorCode,
  detail?: string,
  cause?: unknown,
): Promise<AuthError> {
  await explain(code);
  return fail(code, detail, cause);
}
