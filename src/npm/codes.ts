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

/** The groups by their number. */
export const groups: readonly AuthErrorGroup[] = ["config","insecure","wasm","discovery","issuer_mismatch","metadata_missing","transient","timeout","state","response_malformed","iss","txn","authorization_error","login_required","token_network","token_error","token_invalid","token_type","id_token","userinfo","api","session","storage","logout","internal","vault"];

/** The group's number, times two, plus one if the same call may succeed later; message; fix. */
export type Explanation = readonly [kind: number, message: string, fix: string];

/** The codes that are told at once, or because the network is gone. */
export const early: Readonly<Partial<Record<AuthErrorCode, Explanation>>> = {
  config_missing: [0,"The configuration lacks an issuer or a client id.","Pass both: createAuth({ issuer: \"https://id.example\", clientId: \"spa\" }). The detail names the missing one. With Vite, only variables that begin with VITE_ reach the page."],
  config_conflict: [0,"createAuth was called again with other options.","Call createAuth once in a module of its own and import its result everywhere."],
  discovery_down: [7,"The provider's discovery document cannot be reached.","Open <issuer>/.well-known/openid-configuration in a tab. If it fails there too, correct `issuer` or start the provider."],
  offline: [13,"The browser is offline.","Try again when the browser is online; the session goes on by itself then."],
  login_required: [26,"The user must sign in.","Call auth.signIn(), for example from a sign-in button."],
  user_claims_refused: [42,"The app's own check refused the user's claims.","Ask for the scopes whose claims the validator needs, and use a validator that answers at once."],
  storage_full: [44,"The browser's storage for this site is full.","Remove what the app does not need from sessionStorage and localStorage."],
  internal_error: [48,"Something went wrong inside the library.","Please report it with the steps that lead to it."],
};

/** The same where the vault is in the page. */
export const earlyInPage: Readonly<Partial<Record<AuthErrorCode, Explanation>>> = {
  core_load_failed: [5,"The core of the library could not be loaded.","Try again; if the page is older than the deployment, reload it. Keep the chunks of the previous release on the server for a while."],
};

/** The kinds of the other codes that a page raises itself. */
export const kinds: Readonly<Partial<Record<AuthErrorCode, number>>> = {
  config_invalid: 0,
  config_bad_issuer: 0,
  config_bad_redirect_uri: 0,
  config_scope_without_openid: 0,
  config_return_target: 0,
  insecure_context: 2,
  wasm_unavailable: 4,
  wasm_blocked_by_csp: 4,
  callback_replayed: 16,
  navigation_cancelled: 42,
  restore_closed: 42,
  storage_unavailable: 44,
  logout_state_mismatch: 46,
  callback_url_changed: 0,
  vault_unavailable: 51,
  session_idle: 26,
};
