// Written by `cargo xtask codes` from the table in src/protocol/error; do not edit.

/** What went wrong, as a stable name. docs/errors.md explains each. */
export type AuthErrorCode =
  | "config_missing"
  | "config_invalid"
  | "config_bad_issuer"
  | "config_bad_redirect_uri"
  | "config_bad_resource"
  | "config_scope_without_openid"
  | "config_reserved_parameter"
  | "config_prompt_none_combined"
  | "config_conflict"
  | "config_return_target"
  | "insecure_context"
  | "insecure_endpoint"
  | "wasm_unavailable"
  | "wasm_blocked_by_csp"
  | "core_load_failed"
  | "discovery_down"
  | "discovery_cors"
  | "discovery_blocked_by_csp"
  | "discovery_status"
  | "discovery_malformed"
  | "discovery_issuer_mismatch"
  | "metadata_missing"
  | "no_pkce_s256"
  | "provider_requires_par"
  | "prompt_none_unsupported"
  | "offline"
  | "timeout"
  | "callback_state_unknown"
  | "callback_replayed"
  | "callback_malformed"
  | "callback_iss_mismatch"
  | "callback_iss_missing"
  | "transaction_corrupt"
  | "transaction_expired"
  | "idp_error"
  | "login_required"
  | "interaction_required"
  | "consent_required"
  | "account_selection_required"
  | "token_network"
  | "token_cors"
  | "token_redirected"
  | "token_error"
  | "token_client_is_confidential"
  | "token_malformed"
  | "token_no_id_token"
  | "token_type_unsupported"
  | "id_token_malformed"
  | "id_token_encrypted"
  | "id_token_alg"
  | "id_token_typ"
  | "id_token_crit"
  | "id_token_key"
  | "id_token_signature"
  | "id_token_iss"
  | "id_token_aud"
  | "id_token_azp"
  | "id_token_exp"
  | "id_token_iat"
  | "id_token_nbf"
  | "id_token_nonce"
  | "id_token_sub"
  | "id_token_at_hash"
  | "id_token_acr"
  | "id_token_auth_time"
  | "jwks_unavailable"
  | "jwks_malformed"
  | "clock_skew"
  | "refresh_missing"
  | "refresh_rejected"
  | "refresh_failed"
  | "reauthentication_needed"
  | "userinfo_failed"
  | "userinfo_malformed"
  | "userinfo_sub"
  | "userinfo_signed_unsupported"
  | "api_not_allowed"
  | "api_redirected"
  | "api_own_authorization"
  | "api_body_not_replayable"
  | "insufficient_scope"
  | "step_up_required"
  | "session_changed"
  | "navigation_cancelled"
  | "restore_closed"
  | "user_claims_refused"
  | "storage_unavailable"
  | "storage_full"
  | "logout_no_endpoint"
  | "logout_state_mismatch"
  | "revocation_failed"
  | "callback_url_changed"
  | "vault_unavailable"
  | "session_idle"
  | "session_max_age"
  | "vault_outdated"
  | "vault_not_shared"
  | "token_stays_in_vault"
  | "internal_error";

/** The kind of trouble, for coarse handling. */
export type AuthErrorGroup =
  | "config"
  | "insecure"
  | "wasm"
  | "discovery"
  | "issuer_mismatch"
  | "metadata_missing"
  | "transient"
  | "timeout"
  | "state"
  | "response_malformed"
  | "iss"
  | "txn"
  | "authorization_error"
  | "login_required"
  | "token_network"
  | "token_error"
  | "token_invalid"
  | "token_type"
  | "id_token"
  | "userinfo"
  | "api"
  | "session"
  | "storage"
  | "logout"
  | "internal"
  | "vault";

/** The group's number, times two, plus one if the same call may succeed later; message; fix. */
export type Explanation = readonly [kind: number, message: string, fix: string];

/** What tells of codes: the groups by their number, texts, and the kinds of some whose texts are elsewhere. */
export interface Lore {
  readonly groups: Readonly<Record<number, AuthErrorGroup>>;
  readonly kinds?: Readonly<Partial<Record<AuthErrorCode, number>>>;
  readonly texts: Readonly<Partial<Record<AuthErrorCode, Explanation>>>;
}

/** Of the codes that are told at once. */
export const early: Lore = {
  groups: {"0":"config","24":"internal"},
  texts: {
    config_missing: [0,"The configuration lacks an issuer or a client id.","Pass what the detail names: createAuth({ issuer: \"https://id.example\", clientId: \"spa\" }). With Vite, only variables that begin with VITE_ reach the page."],
    internal_error: [48,"Something went wrong inside the library.","Please report it with the steps that lead to it."],
  },
};

/** The same where the vault is in the page. */
export const earlyInPage: Lore = {
  groups: {"2":"wasm"},
  texts: {
    core_load_failed: [5,"The core of the library could not be loaded.","Try again; if the page is older than the deployment, reload it. Keep the chunks of the previous release on the server for a while."],
  },
};

/** Where it is in a worker: of what there is to tell when that does not come. */
export const earlyInVault: Lore = {
  groups: {"25":"vault"},
  kinds: {
    vault_unavailable: 51,
  },
  texts: {
  },
};

/** What the core brings to its page. */
export const ofCore: Lore = {
  groups: ["config","insecure","wasm","discovery","issuer_mismatch","metadata_missing","transient","timeout","state","response_malformed","iss","txn","authorization_error","login_required","token_network","token_error","token_invalid","token_type","id_token","userinfo","api","session","storage","logout","internal","vault"],
  kinds: {
    insecure_context: 2,
    callback_replayed: 16,
    login_required: 26,
    reauthentication_needed: 26,
    navigation_cancelled: 42,
    restore_closed: 42,
    storage_unavailable: 44,
    storage_full: 44,
    logout_state_mismatch: 46,
    session_idle: 26,
  },
  texts: {
    discovery_down: [7,"The provider's discovery document cannot be reached.","Open <issuer>/.well-known/openid-configuration in a tab. If it fails there too, correct `issuer` or start the provider."],
    offline: [13,"The browser is offline.","Try again when the browser is online; the session goes on by itself then."],
    user_claims_refused: [42,"The app's own check refused the user's claims.","Ask for the scopes whose claims the validator needs, and use a validator that answers at once."],
  },
};

/** What a worker brings, which has more room: the texts of what its pages show by themselves. */
export const ofVault: Lore = {
  groups: ["config","insecure","wasm","discovery","issuer_mismatch","metadata_missing","transient","timeout","state","response_malformed","iss","txn","authorization_error","login_required","token_network","token_error","token_invalid","token_type","id_token","userinfo","api","session","storage","logout","internal","vault"],
  texts: {
    config_invalid: [0,"An option has a value that cannot be used.","Correct the named option. Allowed values stand in the type of createAuth's options; `leeway` is 0 to 300 seconds."],
    config_bad_issuer: [0,"The issuer is not an https URL without query and fragment.","Use the value of `issuer` in the provider's discovery document, byte by byte, without `/.well-known/openid-configuration`."],
    config_bad_redirect_uri: [0,"The redirect URI is not an absolute URL of this origin without a fragment.","Leave `redirectUri` out, or set an absolute URL below <origin>/ and register the very same text with the provider."],
    config_scope_without_openid: [0,"The scope lacks `openid`.","Put `openid` into `scope`, for example \"openid profile\"."],
    config_conflict: [0,"createAuth was called again with other options.","Call createAuth once in a module of its own and import its result everywhere."],
    config_return_target: [0,"The return target leaves this origin.","Pass a path such as \"/orders?open=1\". Never copy a return target from the query of a link without checking it."],
    insecure_context: [2,"The page does not run in a secure context.","Serve the page by https. On the development machine open http://localhost instead of the machine's address."],
    wasm_unavailable: [4,"This browser cannot run WebAssembly.","Allow WebAssembly for this site or use a current browser."],
    wasm_blocked_by_csp: [4,"The page's Content Security Policy forbids WebAssembly.","Add it: Content-Security-Policy: script-src 'self' 'wasm-unsafe-eval'. It does not allow JavaScript's eval."],
    discovery_down: [7,"The provider's discovery document cannot be reached.","Open <issuer>/.well-known/openid-configuration in a tab. If it fails there too, correct `issuer` or start the provider."],
    offline: [13,"The browser is offline.","Try again when the browser is online; the session goes on by itself then."],
    callback_replayed: [16,"This answer has been used before.","Nothing to do if somebody is signed in; else start again with auth.signIn()."],
    login_required: [26,"The user must sign in.","Call auth.signIn(), for example from a sign-in button."],
    reauthentication_needed: [26,"The session stands, but this page cannot renew its token by itself.","Call auth.signIn(), or reload the page: the provider's session usually lives and no password is asked."],
    navigation_cancelled: [42,"The page did not leave for the provider, or came back from it.","Offer the sign-in again: auth.signIn() begins a new one."],
    restore_closed: [42,"The session was not restored: too many attempts have failed.","Call auth.signIn(); `lastError` and auth.diagnostics tell why the attempts failed."],
    user_claims_refused: [42,"The app's own check refused the user's claims.","Ask for the scopes whose claims the validator needs, and use a validator that answers at once."],
    storage_unavailable: [44,"The browser does not let this page store anything.","Allow site data for <origin>, or open the page in a window of its own."],
    storage_full: [44,"The browser's storage for this site is full.","Remove what the app does not need from sessionStorage and localStorage."],
    logout_state_mismatch: [46,"The return from the provider's sign-out does not match one that this tab began.","Nothing to do; if it happens at each sign-out, look for a router that drops `state`."],
    callback_url_changed: [0,"The callback URL was changed before the library could read it.","Call createAuth in the module that is imported first, before the router starts."],
    vault_unavailable: [51,"The vault cannot be used.","Write the vault's files anew with `npx keyward vault public/keyward`, serve them below <origin>/ as JavaScript, and allow them: Content-Security-Policy: worker-src 'self', or frame-src with the vault's origin if that is another. If it has ended, call again."],
    session_idle: [26,"The session ended because nobody was active.","Offer a sign-in. The event expiring comes before, so that the app can ask; auth.touch() counts as activity."],
    session_max_age: [26,"The session ended because its sign-in is too old.","Offer a sign-in. The event expiring comes before, so that the user can finish what they are doing."],
  },
};
