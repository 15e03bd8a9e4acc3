import type { AuthErrorCode } from "./codes.js";
import type { AuthError } from "./errors.js";

/** Standard claims of OpenID Connect Core 5.1, as the provider sent them in the ID token. */
export interface User {
  readonly sub: string;
  readonly name?: string;
  readonly given_name?: string;
  readonly family_name?: string;
  readonly middle_name?: string;
  readonly nickname?: string;
  readonly preferred_username?: string;
  readonly profile?: string;
  readonly picture?: string;
  readonly website?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly gender?: string;
  readonly birthdate?: string;
  readonly zoneinfo?: string;
  readonly locale?: string;
  readonly phone_number?: string;
  readonly phone_number_verified?: boolean;
  readonly updated_at?: number;
  readonly [claim: string]: unknown;
}

/** The part of a Standard Schema validator (zod, valibot, arktype, ...) that is used here. */
export interface StandardSchema<T> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>;
    readonly types?: { readonly input: unknown; readonly output: T };
  };
}

type SchemaResult<T> =
  { readonly value: T; readonly issues?: undefined } | { readonly issues: ReadonlyArray<unknown> };

/** An API that may receive the access token. */
export interface Resource {
  /** For your own use, in logs and lists. */
  name?: string;
  /** Scheme, host and port. Default: the page's own origin. */
  origin?: string;
  /** Paths, matched by whole segments: `/api` allows `/api` and `/api/orders`, `/api/` only what lies below it. */
  paths: string[];
  /** HTTP methods. Default: all. */
  methods?: string[];
  /**
   * What happens when the API redirects an authorized call. `"refuse"`, the default, fails with `api_redirected`.
   * The other value gives the browser the say where the request, its body and its headers go.
   */
  redirects?: "refuse" | "follow-even-to-other-origins";
}

/** Options of {@link createAuth}. */
export interface AuthOptions<TUser = User> {
  /** The provider's issuer, character for character as it names itself (trailing slash included). */
  issuer: string;
  /** The public client's identifier. */
  clientId: string;
  /** Registered redirect URI. Default: the document's `<base href>` if present, else the origin with `/`. */
  redirectUri?: string;
  /** Registered URI for the return from a sign-out. Default: `redirectUri`. */
  postLogoutRedirectUri?: string;
  /** Scope, with `openid` in it. Default: `"openid profile"`. Nothing is ever added to a given one. */
  scope?: string;
  /** Where access tokens may go. Default: `["/api/"]` of the page's own origin. */
  resources?: Array<string | Resource>;
  /** Further authorization parameters, such as `resource` or `audience`. They cannot replace the protocol's own. */
  authorizationParams?: Record<string, string>;
  /** Provider metadata. Given, no discovery request is made. */
  metadata?: Record<string, unknown>;
  /** Which well-known document is read. Default: `"openid-configuration"`. */
  discovery?: "openid-configuration" | "oauth-authorization-server";
  /**
   * Whether a load of the page restores the session with the provider's help. `true`, the default, does so only where
   * somebody was signed in before; `"always"` also joins the provider's single sign-on on a first visit.
   */
  restore?: boolean | "always";
  /** Tolerated difference between the clocks, in seconds. Default: 60, at most 300. */
  leeway?: number;
  /** Further audiences an ID token may name beside this client. Default: none. */
  trustedAudiences?: string[];
  /** Whether the ID token goes along as a hint to the end-session endpoint. Default: `true`. */
  idTokenHint?: boolean;
  /** Seconds for which the provider accepts a rotated refresh token once more. Default: 0. */
  rotationGrace?: number;
  /**
   * Seconds without the user after which the session ends, in every tab: pointer, keys, touch, or a page that is shown.
   * Renewals and calls are no activity; see {@link Auth.touch}. Default: no limit.
   */
  idle?: number;
  /** Seconds after the sign-in at which the session ends, however active the user is. Default: no limit. */
  maxAge?: number;
  /** Seconds before such an end at which the event `expiring` comes. Default: 60; never before half of the limit. */
  warnBefore?: number;
  /**
   * Whether the tabs give each other their tokens, sealed, so that a new tab needs no request and one refresh serves all.
   * Default: `true`. Script of the page can ask for them like a tab does. With `false` it has to find them in the page's
   * memory, and each tab pays: it goes to the provider and back at each load, and has a grant and refreshes of its own.
   */
  handover?: boolean;
  /** Checks and types the user's claims: any Standard Schema validator that answers at once. */
  user?: StandardSchema<TUser>;
}

/** Options of `createAuth` from `keyward/vault`. */
export interface VaultOptions<TUser = User> extends Omit<AuthOptions<TUser>, "handover"> {
  /**
   * Where the vault's script lies: `"/keyward/vault.js"` after `npx keyward vault public/keyward`. A URL of another origin of
   * the same site, such as `"https://vault.app.example/keyward/"`, is the folder of a vault that has the configuration written
   * into it (`--config`, with `app`): script of the page can then begin no grant of its own.
   */
  vault: string;
  /** Registered redirect URI: the redirect page, `callback.html` beside the vault's script, and no other. */
  redirectUri?: string;
  /**
   * Whether a service worker, whose scope is the vault's folder alone, keeps the session in its memory while a reload of
   * the only tab replaces the worker. Default: `true`. Without it such a load goes to the provider and back.
   */
  parking?: boolean;
  /**
   * Whether the vault outlives the last tab for some minutes, where the browser can do that (Chromium). Default: `true`.
   * Say `false` where the next user of the same browser must not find the session, as at a kiosk.
   */
  extendedLifetime?: boolean;
  /** The name of the policy that vouches for the worker's address where the page requires Trusted Types. Default: `"keyward"`. */
  trustedTypesPolicy?: string;
}

/** Why nobody is signed in. */
export type SignedOutReason =
  "neverSignedIn" | "expired" | "signedOut" | "signedOutElsewhere" | "sessionEnded";

/** The state of the session. The object is replaced when something observable changed, and only then. */
export type AuthState<TUser = User> =
  | { readonly status: "loading"; readonly lastError: AuthError | null }
  | {
      readonly status: "signedOut";
      readonly reason: SignedOutReason;
      readonly lastError: AuthError | null;
    }
  | {
      readonly status: "signedIn";
      readonly user: TUser;
      /** The granted scope. */
      readonly scope: string;
      /**
       * End of the access token (milliseconds since 1970), or `null` if the provider did not say. Read anew at each
       * access: a silent refresh moves it without replacing the state.
       */
      readonly expiresAt: number | null;
      readonly lastError: AuthError | null;
    };

/** A finding about the set-up, with what to do about it. */
export interface Diagnosis {
  readonly code: AuthErrorCode;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly message: string;
  readonly fix?: string;
  readonly docs: string;
}

/** What {@link Auth.on} announces. No event ever holds a token. */
export interface AuthEvents<TUser = User> {
  /** Somebody is signed in here. `restored` tells a session that was brought back from a new sign-in. */
  signedIn: { readonly user: TUser; readonly restored: boolean };
  /** Somebody signed in in another tab; this page gets the session at its next load or sign-in. */
  signedInElsewhere: Record<string, never>;
  /** The session ended. */
  signedOut: { readonly reason: SignedOutReason };
  /** The same user's claims changed. */
  userChanged: { readonly user: TUser };
  /** The access token was renewed. */
  refreshed: { readonly expiresAt: number | null };
  /** A renewal failed; the session lives. */
  refreshFailed: { readonly error: AuthError };
  /** An API wants a stronger authentication: pass the values to `signIn`. */
  stepUpRequired: { readonly acrValues?: string; readonly maxAge?: number };
  /**
   * The session is about to end by the option `idle` or `maxAge`, at `endsAt` (milliseconds since 1970): ask the user.
   * Activity puts an idle end off; then `extended` comes.
   */
  expiring: { readonly endsAt: number; readonly limit: "idle" | "maxAge" };
  /** The end that `expiring` told of is put off: the user was active, here or in another tab. */
  extended: Record<string, never>;
  /** A finding about the set-up. */
  diagnosis: Diagnosis;
}

/** What a sign-in asks for beside the options of {@link createAuth}. */
export interface SignInOptions {
  /** Where the user lands afterwards: a URL of this origin. Default: where the user is now. */
  returnTo?: string;
  prompt?: "login" | "consent" | "select_account" | "create" | (string & {});
  acrValues?: string;
  /** Greatest age of the authentication, in seconds. */
  maxAge?: number;
  loginHint?: string;
  uiLocales?: string;
  /** Further parameters of this one request; they win over those of {@link createAuth}. */
  authorizationParams?: Record<string, string>;
  signal?: AbortSignal;
}

/** Options of {@link Auth.signOut}. */
export interface SignOutOptions {
  /** Where the user lands after the provider's sign-out: a URL of this origin. Default: the redirect URI. */
  returnTo?: string;
  /**
   * Whether the provider's own session ends too. Default: `true`. With `false` the browser does not leave; every tab of
   * this app is signed out, and the next sign-in may ask nothing.
   */
  everywhere?: boolean;
}

/** The client of one app at one provider. */
export interface Auth<TUser = User> {
  /**
   * Settles once the load is through: callback handled, session restored, or signed out. Never rejects; it stays
   * pending only while the page is leaving for the provider.
   */
  readonly ready: Promise<AuthState<TUser>>;
  readonly state: AuthState<TUser>;
  /** The user's claims, or `null`. */
  readonly user: TUser | null;
  /** Findings about the set-up, newest last. */
  readonly diagnostics: readonly Diagnosis[];
  /** Calls back after each change of {@link state}; returns what ends that. */
  subscribe(listener: () => void): () => void;
  /** Calls back on an event; returns what ends that. */
  on<K extends keyof AuthEvents<TUser>>(
    event: K,
    listener: (event: AuthEvents<TUser>[K]) => void,
  ): () => void;
  /**
   * Leaves for the provider (RFC 6749 4.1, PKCE S256). Rejects with an {@link AuthError} if that is not possible, or
   * with `navigation_cancelled` if the user comes back without an answer.
   */
  signIn(options?: SignInOptions): Promise<never>;
  /**
   * `fetch` with the access token, to `resources` only. A 401 costs one refresh and one replay. Signed out, the
   * request goes without a token, and a 401 rejects with `login_required`.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Asks the UserInfo endpoint (OIDC Core 5.3); an answer about somebody else is refused. */
  userInfo(): Promise<User>;
  /** Renews the access token now. Seldom needed: calls renew by themselves. */
  refresh(): Promise<void>;
  /** The access token, for a library that cannot take {@link fetch}. It leaves Keyward's care with this call. */
  accessToken(): Promise<string>;
  /** Signs out in every tab, revokes the grant, and leaves for the provider's sign-out. */
  signOut(options?: SignOutOptions): Promise<void>;
  /** Counts as the user's activity for the option `idle`: for a player, or a button "stay signed in". */
  touch(): void;
  /** Loads the core ahead of a sign-in, when the page is idle. */
  preload(): Promise<void>;
}
