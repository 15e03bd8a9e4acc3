//! The table of codes: name, group, texts and source of each, in one place.
//!
//! The texts may name `<issuer>`, `<issuerOrigin>`, `<clientId>`, `<redirectUri>` and `<origin>`; whoever shows a text can put the
//! configured values there. Each accessor is a function of its own, so that a build links only the columns it uses.

use crate::protocol::text::pieces;

macro_rules! codes {
    ($($variant:ident $name:literal $group:ident $($retry:ident)? {
        $message:literal
        cause $cause:literal
        fix $fix:literal
        see $see:literal
    })*) => {
        /// What went wrong, as a stable name: the `code` of every error that reaches an app.
        ///
        /// The discriminant is the position in [`Code::ALL`]; it is not stable across versions, the name is.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Code {
            $(#[doc = concat!("`", $name, "`: ", $message)] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable name, for example `id_token_nonce`.
            pub fn as_str(self) -> &'static str {
                // One text and no table of places in it, which would weigh more than the names do.
                let mut names = pieces(concat!($($name, " ",)*), b' ');
                names.nth(self as usize).unwrap_or_default()
            }

            /// The class of the failure, for example `id_token`.
            ///
            /// `config`, `api` and `session` tell that the app used the library wrongly or at the wrong time, `insecure`,
            /// `wasm`, `transient`, `timeout` and `storage` that the surroundings are in the way, `login_required` that
            /// the user is needed, `internal` that this library is at fault; every other group tells that the provider
            /// or its answer is.
            pub fn group(self) -> &'static str {
                match self { $(Code::$variant => stringify!($group),)* }
            }

            /// True when the same call may succeed a little later with nothing changed.
            pub fn retryable(self) -> bool {
                match self { $(Code::$variant => codes!(@retry $($retry)?),)* }
            }

            /// Group and retryable in one number, as the fronts' link has them: the group's place, times two, plus one if
            /// retryable.
            pub fn kind(self) -> u8 {
                match self {
                    $(Code::$variant => (Group::$group as u8) << 1 | codes!(@retry $($retry)?) as u8,)*
                }
            }

            /// One short sentence that says what happened.
            pub fn message(self) -> &'static str {
                match self { $(Code::$variant => $message,)* }
            }

            /// Why it happens.
            pub fn cause(self) -> &'static str {
                match self { $(Code::$variant => $cause,)* }
            }

            /// What to do about it.
            pub fn fix(self) -> &'static str {
                match self { $(Code::$variant => $fix,)* }
            }

            /// The rule behind it: a section of a specification, or of this library's documentation.
            pub fn reference(self) -> &'static str {
                match self { $(Code::$variant => $see,)* }
            }
        }
    };
    (@retry) => { false };
    (@retry retryable) => { true };
}

/// The classes of failures; see [`Code::group`].
#[allow(non_camel_case_types)]
enum Group {
    config,
    insecure,
    wasm,
    discovery,
    issuer_mismatch,
    metadata_missing,
    transient,
    timeout,
    state,
    response_malformed,
    iss,
    txn,
    authorization_error,
    login_required,
    token_network,
    token_error,
    token_invalid,
    token_type,
    id_token,
    userinfo,
    api,
    session,
    storage,
    logout,
    internal,
    vault,
}

codes! {
    ConfigMissing "config_missing" config {
        "The configuration lacks an issuer or a client id."
        cause "createAuth was called without `issuer` or without `clientId`; often an environment variable is not set in this build."
        fix "Pass what the detail names: createAuth({ issuer: \"https://id.example\", clientId: \"spa\" }). With Vite, only variables that begin with VITE_ reach the page."
        see "RFC 6749 section 2.2" }
    ConfigInvalid "config_invalid" config {
        "An option has a value that cannot be used."
        cause "The option named in the detail has the wrong type or is out of range; an option with a misspelt name counts as well."
        fix "Correct the named option. Allowed values stand in the type of createAuth's options; `leeway` is 0 to 300 seconds."
        see "Options of createAuth" }
    ConfigBadIssuer "config_bad_issuer" config {
        "The issuer is not an https URL without query and fragment."
        cause "An issuer identifier is an absolute https URL. Plain http is accepted for loopback hosts only, and the address of the discovery document is not the issuer."
        fix "Use the value of `issuer` in the provider's discovery document, byte by byte, without `/.well-known/openid-configuration`."
        see "OpenID Connect Discovery 1.0 section 3; RFC 8414 section 2" }
    ConfigBadRedirectUri "config_bad_redirect_uri" config {
        "The redirect URI is not an absolute URL of this origin without a fragment."
        cause "Providers compare redirect URIs byte by byte and append the answer to them; a relative URI, a fragment or another origin can never work."
        fix "Leave `redirectUri` out, or set an absolute URL below <origin>/ and register the very same text with the provider."
        see "RFC 6749 section 3.1.2" }
    ConfigBadResource "config_bad_resource" config {
        "An entry of `resources` cannot be matched safely."
        cause "An entry must be a path prefix of this origin or an https origin with paths; credentials, queries, fragments, dot segments and encoded slashes are refused, since each could lead a token astray."
        fix "Write \"/api/\" for this origin, or { origin: \"https://api.example\", paths: [\"/v1/\"] } for another."
        see "RFC 9700 section 4.9.1" }
    ConfigScopeWithoutOpenid "config_scope_without_openid" config {
        "The scope lacks `openid`."
        cause "Without `openid` a provider returns no ID token, so nobody could be told who signed in."
        fix "Put `openid` into `scope`, for example \"openid profile\"."
        see "OpenID Connect Core 1.0 section 3.1.2.1" }
    ConfigReservedParameter "config_reserved_parameter" config {
        "An extra authorization parameter would replace one that the library sets."
        cause "`client_id`, `redirect_uri`, `response_type`, `response_mode`, `state`, `nonce`, `scope`, `code_challenge` and `request` carry the protection of the sign-in, and no parameter may stand in a request twice."
        fix "Remove the parameter named in the detail from `authorizationParams`; use the option of the same purpose, such as `scope` or `redirectUri`."
        see "RFC 6749 section 3.1" }
    ConfigPromptNoneCombined "config_prompt_none_combined" config {
        "`prompt` combines `none` with another value."
        cause "`none` forbids every page of the provider and the other values ask for one, so providers refuse the combination."
        fix "Use prompt: \"none\" alone, or leave `none` out."
        see "OpenID Connect Core 1.0 section 3.1.2.1" }
    ConfigConflict "config_conflict" config {
        "createAuth was called again with other options."
        cause "The same issuer and client id give the same instance; a second call with different options cannot change it. The first options stay in force."
        fix "Call createAuth once in a module of its own and import its result everywhere."
        see "createAuth" }
    ConfigReturnTarget "config_return_target" config {
        "The return target leaves this origin."
        cause "After a sign-in or sign-out the page returns only to a URL of its own origin; anything else would make the app an open redirector."
        fix "Pass a path such as \"/orders?open=1\". Never copy a return target from the query of a link without checking it."
        see "RFC 9700 section 4.11.1" }
    InsecureContext "insecure_context" insecure {
        "The page does not run in a secure context."
        cause "Browsers offer cryptography only on https and on loopback hosts; this page was opened by plain http under another name or address."
        fix "Serve the page by https. On the development machine open http://localhost instead of the machine's address."
        see "W3C Secure Contexts; RFC 7636 section 7.2" }
    InsecureEndpoint "insecure_endpoint" insecure {
        "An endpoint of the provider is not an https URL."
        cause "Codes and tokens would travel readable, or to something that is no web server at all. Plain http is accepted for loopback hosts only."
        fix "Correct the endpoint named in the detail in the provider's metadata. Behind a proxy, tell the provider its public https address (Keycloak: hostname and proxy-headers options)."
        see "RFC 6749 sections 3.1 and 3.2; RFC 9700 section 2.6" }
    WasmUnavailable "wasm_unavailable" wasm {
        "This browser cannot run WebAssembly."
        cause "WebAssembly is switched off (lockdown and some hardened modes do so) or the browser is too old."
        fix "Allow WebAssembly for this site or use a current browser."
        see "Supported browsers" }
    WasmBlockedByCsp "wasm_blocked_by_csp" wasm {
        "The page's Content Security Policy forbids WebAssembly."
        cause "`script-src` (or `default-src`) lacks 'wasm-unsafe-eval', so the browser refuses to compile the core."
        fix "Add it: Content-Security-Policy: script-src 'self' 'wasm-unsafe-eval'. It does not allow JavaScript's eval."
        see "CSP Level 3 section 4.4" }
    CoreLoadFailed "core_load_failed" wasm retryable {
        "The core of the library could not be loaded."
        cause "The chunk that holds the core did not arrive: the network failed, or a new release was deployed and the old file is gone."
        fix "Try again; if the page is older than the deployment, reload it. Keep the chunks of the previous release on the server for a while."
        see "auth.preload()" }
    DiscoveryDown "discovery_down" discovery retryable {
        "The provider's discovery document cannot be reached."
        cause "The server does not answer: it is down, its name does not resolve, or its certificate is not trusted by this browser."
        fix "Open <issuer>/.well-known/openid-configuration in a tab. If it fails there too, correct `issuer` or start the provider."
        see "OpenID Connect Discovery 1.0 section 4" }
    DiscoveryCors "discovery_cors" discovery {
        "The provider's discovery document cannot be read from this origin."
        cause "The server answers, but without an Access-Control-Allow-Origin header for this page."
        fix "Allow the origin <origin> at the provider (Keycloak: Clients, <clientId>, Web origins), or pass the endpoints as `metadata`."
        see "Fetch standard, CORS protocol" }
    DiscoveryBlockedByCsp "discovery_blocked_by_csp" discovery {
        "The page's Content Security Policy forbids requests to the provider."
        cause "`connect-src` does not list the provider's origin."
        fix "Add the provider to the header: Content-Security-Policy: connect-src 'self' <issuerOrigin>."
        see "CSP Level 3, connect-src" }
    DiscoveryStatus "discovery_status" discovery retryable {
        "The provider answered the discovery request with an error status."
        cause "There is no discovery document at this address (404), or the provider is in trouble (5xx). The detail tells the status."
        fix "Check `issuer`: the document is expected at <issuer>/.well-known/openid-configuration. Keycloak: https://host/realms/<realm>, since version 17 without /auth."
        see "OpenID Connect Discovery 1.0 section 4.2" }
    DiscoveryMalformed "discovery_malformed" discovery {
        "The discovery document is not what the specification asks for."
        cause "The answer is no JSON object (often the HTML of a login page or of a single-page app's fallback), is too large, or a field in it has the wrong type. The detail says which."
        fix "Open <issuer>/.well-known/openid-configuration in a tab and compare it with the detail. Most often the issuer points at the app instead of the provider."
        see "OpenID Connect Discovery 1.0 section 4.2; RFC 8414 section 3.2" }
    DiscoveryIssuerMismatch "discovery_issuer_mismatch" issuer_mismatch {
        "The discovery document belongs to another issuer."
        cause "`issuer` in the document must equal the configured issuer byte by byte, trailing slash included; otherwise one provider could pose as another. Nothing of the document is used."
        fix "If the issuer found in the detail is the provider you mean, configure exactly that text."
        see "OpenID Connect Discovery 1.0 section 4.3; RFC 8414 section 3.3" }
    MetadataMissing "metadata_missing" metadata_missing {
        "The provider's metadata lacks something that this operation needs."
        cause "The field named in the detail is absent, or what it lists leaves out the code flow, so the operation cannot be done with this provider."
        fix "Switch the feature on at the provider, or give the field in `metadata`."
        see "OpenID Connect Discovery 1.0 section 3; RFC 8414 section 2" }
    NoPkceS256 "no_pkce_s256" metadata_missing {
        "The provider says that it does not support PKCE with S256."
        cause "`code_challenge_methods_supported` is present without \"S256\". The plain method does not protect the code, so it is never used."
        fix "Switch PKCE with S256 on for this client (Keycloak: Clients, <clientId>, Advanced, Proof Key for Code Exchange: S256)."
        see "RFC 7636 section 4.2; RFC 9700 section 2.1.1" }
    ProviderRequiresPar "provider_requires_par" metadata_missing {
        "The provider accepts pushed authorization requests only."
        cause "`require_pushed_authorization_requests` is true in its metadata, and this version does not push requests."
        fix "Lift the demand at the provider for this public client."
        see "RFC 9126 section 5" }
    PromptNoneUnsupported "prompt_none_unsupported" metadata_missing {
        "The provider does not offer a sign-in without a page."
        cause "`prompt_values_supported` is present without \"none\", so a session cannot be restored silently."
        fix "Let the user sign in with auth.signIn(), or set restore: false."
        see "Initiating User Registration via OpenID Connect 1.0 section 4.2" }
    Offline "offline" transient retryable {
        "The browser is offline."
        cause "There is no network. The session is kept."
        fix "Try again when the browser is online; the session goes on by itself then."
        see "Navigator.onLine" }
    Timeout "timeout" timeout retryable {
        "The step took longer than its deadline."
        cause "The network or the server was too slow. The session is kept."
        fix "Try again. If it happens often, look at how long the provider takes for the request named in the detail."
        see "Deadlines" }
    CallbackStateUnknown "callback_state_unknown" state {
        "The answer belongs to no sign-in that this tab began."
        cause "Its `state` is missing or unknown: the sign-in was begun in another browser or tab, storage was cleared in between, the link is an old bookmark, or somebody forged it. Nothing was sent to the provider."
        fix "Start again with auth.signIn(). If it happens at each sign-in, check that the redirect URI has exactly the origin where the sign-in begins (localhost is not 127.0.0.1)."
        see "RFC 6749 section 10.12; RFC 9700 section 4.7" }
    CallbackReplayed "callback_replayed" state {
        "This answer has been used before."
        cause "The callback page was loaded a second time, by a reload or the Back button. A code is used once; the session that it gave is untouched."
        fix "Nothing to do if somebody is signed in; else start again with auth.signIn()."
        see "RFC 9700 section 4.2.4" }
    CallbackMalformed "callback_malformed" response_malformed {
        "The provider's answer in the callback URL is broken."
        cause "A parameter stands there twice, cannot be decoded, is empty, or contradicts another (both `code` and `error`). The detail names it. The code was not redeemed."
        fix "Start again. If it stays, look for a proxy or a router that rewrites the query of the redirect URI."
        see "RFC 6749 sections 3.1 and 4.1.2" }
    CallbackIssMismatch "callback_iss_mismatch" iss {
        "The answer comes from another issuer than the one that was asked."
        cause "The parameter `iss` differs from the issuer of this sign-in. That is how a mix-up attack looks; a provider that is configured with two names looks the same. The code was not redeemed."
        fix "If the issuer found in the detail is your provider, configure exactly that text as `issuer`; else treat it as an attack."
        see "RFC 9207 section 2.4; RFC 9700 section 4.4.2" }
    CallbackIssMissing "callback_iss_missing" iss {
        "The answer does not say which issuer it comes from, although the provider promised it."
        cause "The metadata has `authorization_response_iss_parameter_supported: true`, and `iss` is missing beside the code: something between removed it, or the answer comes from elsewhere. The code was not redeemed."
        fix "Look for a proxy or a router that drops `iss` from the redirect URI's query. If the provider never sends it, correct its metadata."
        see "RFC 9207 section 2.4" }
    TransactionCorrupt "transaction_corrupt" txn {
        "The record of this sign-in in sessionStorage cannot be read."
        cause "It was changed, cut short or written by another version. It was removed."
        fix "Start again with auth.signIn(). Do not touch keys that begin with `keyward.`."
        see "Transactions" }
    TransactionExpired "transaction_expired" txn {
        "The sign-in took too long."
        cause "A pending sign-in is kept for at most 10 minutes."
        fix "Start again with auth.signIn(); nothing else was changed."
        see "Transactions" }
    IdpError "idp_error" authorization_error {
        "The provider refused the sign-in."
        cause "It answered with an OAuth error; `provider.error` and `provider.description` hold its own words. `access_denied` means that the user or a rule said no."
        fix "Look the error up in the provider's log. `invalid_scope`: the client may not ask for one of the scopes. `unauthorized_client`: switch the code flow on for <clientId>."
        see "RFC 6749 section 4.1.2.1" }
    LoginRequired "login_required" login_required {
        "The user must sign in."
        cause "The provider has no session for this browser, or it cannot be seen from here; a call was made while nobody was signed in; or the session is over."
        fix "Call auth.signIn(), for example from a sign-in button."
        see "OpenID Connect Core 1.0 section 3.1.2.6" }
    InteractionRequired "interaction_required" login_required {
        "The provider wants to show a page."
        cause "A sign-in without a page was asked for, and the provider needs the user: a second factor, new terms, missing consent."
        fix "Call auth.signIn(), so that the provider can show its page."
        see "OpenID Connect Core 1.0 section 3.1.2.6" }
    ConsentRequired "consent_required" login_required {
        "The user must agree to what the app asks for."
        cause "A sign-in without a page was asked for, and consent has not been given yet."
        fix "Call auth.signIn(), or grant the consent for all users at the provider."
        see "OpenID Connect Core 1.0 section 3.1.2.6" }
    AccountSelectionRequired "account_selection_required" login_required {
        "The user must choose an account."
        cause "Several accounts are signed in at the provider, and a sign-in without a page cannot choose."
        fix "Call auth.signIn(), with `loginHint` if the account is known."
        see "OpenID Connect Core 1.0 section 3.1.2.6" }
    TokenNetwork "token_network" token_network retryable {
        "The token request got no answer."
        cause "The connection failed or was cut. Whether the provider has spent the code is unknown, so it is not sent again."
        fix "Start a new sign-in with auth.signIn()."
        see "RFC 6749 section 4.1.2" }
    TokenCors "token_cors" token_network {
        "The token endpoint's answer cannot be read from this origin."
        cause "The server answers, but without an Access-Control-Allow-Origin header for this page; some providers leave it out on errors only."
        fix "Allow the origin <origin> for this client (Keycloak: Clients, <clientId>, Web origins; Entra ID: register the redirect URI as a single-page application; Auth0: Allowed Web Origins)."
        see "Fetch standard, CORS protocol" }
    TokenRedirected "token_redirected" token_network {
        "The token endpoint answered with a redirect."
        cause "A redirect would send the code and its verifier to an address that nobody configured. It was not followed."
        fix "Correct `token_endpoint` in the provider's metadata, commonly http instead of https or a missing slash behind a proxy."
        see "RFC 9700 section 4.12" }
    TokenError "token_error" token_error {
        "The provider refused the token request."
        cause "`provider` holds its error, description and HTTP status. `invalid_grant`: the code or refresh token is used up, expired, or was issued for another redirect URI or verifier."
        fix "Start a new sign-in. If each one fails, compare <redirectUri> with what is registered, and read the provider's log."
        see "RFC 6749 section 5.2" }
    TokenClientIsConfidential "token_client_is_confidential" token_error {
        "The provider wants client authentication, which a browser app cannot give."
        cause "It answered `invalid_client` or `unauthorized_client`: the client is registered with a secret, or may not use this grant. A secret in a page is no secret."
        fix "Register <clientId> as a public client (Keycloak: Client authentication off, Standard flow on; Auth0 and Okta: Single Page Application; Entra ID: platform single-page application)."
        see "RFC 6749 section 2.1; RFC 10017 section 6.3" }
    TokenMalformed "token_malformed" token_invalid {
        "The token response lacks a required field or has one of the wrong type."
        cause "The answer is no JSON object, or the field named in the detail is missing or has the wrong type. None of it was used."
        fix "Look at the provider, or at a proxy that rewrites its answers; `access_token` and `token_type` are required strings."
        see "RFC 6749 section 5.1" }
    TokenNoIdToken "token_no_id_token" token_invalid {
        "The token response has no ID token."
        cause "`openid` was asked for, so the provider must return one; it treats the request as plain OAuth. None of the answer was used."
        fix "Allow the scope `openid` for this client at the provider."
        see "OpenID Connect Core 1.0 section 3.1.3.3" }
    TokenTypeUnsupported "token_type_unsupported" token_type {
        "The provider issued a token of a type that this client cannot use."
        cause "`token_type` is not Bearer; a token of an unknown type must not be used."
        fix "Let the provider issue bearer tokens to this client (a client that is set to DPoP gets `DPoP`)."
        see "RFC 6749 section 7.1" }
    IdTokenMalformed "id_token_malformed" id_token {
        "The ID token is not a well-formed signed JWT."
        cause "It does not have three base64url parts with a JSON object in the first two, has a member twice, or is too large."
        fix "Report it to the provider; nothing in the app can repair it."
        see "RFC 7515 section 7.1; RFC 8725 section 3.11" }
    IdTokenEncrypted "id_token_encrypted" id_token {
        "The ID token is encrypted."
        cause "It is a JWE; a page has no private key to open it with."
        fix "Switch ID token encryption off for <clientId> at the provider (`id_token_encrypted_response_alg`)."
        see "OpenID Connect Core 1.0 section 2" }
    IdTokenAlg "id_token_alg" id_token {
        "The ID token is signed with an algorithm that is not accepted."
        cause "Accepted are RS, PS and ES with 256, 384 or 512, and Ed25519, limited to those in the provider's metadata. `none` and HS* prove nothing to a public client."
        fix "Set an asymmetric algorithm such as RS256 or ES256 for <clientId> (`id_token_signed_response_alg`)."
        see "OpenID Connect Core 1.0 section 3.1.3.7; RFC 8725 section 3.1" }
    IdTokenTyp "id_token_typ" id_token {
        "The token is another kind of JWT than an ID token."
        cause "Its `typ` says so (at+jwt, logout+jwt), or it carries `events`. A token made for one purpose must not serve another."
        fix "Report it to the provider: an ID token has `typ` JWT or none."
        see "RFC 8725 section 3.11; OpenID Connect Back-Channel Logout 1.0 section 2.4" }
    IdTokenCrit "id_token_crit" id_token {
        "The ID token demands an extension that this client does not know."
        cause "Its header has `crit`; whoever does not understand all of what it lists must refuse the token."
        fix "Switch the extension off at the provider."
        see "RFC 7515 section 4.1.11" }
    IdTokenKey "id_token_key" id_token {
        "The provider publishes no key that fits the ID token."
        cause "No key at `jwks_uri` has the token's `kid` even after a second look, or the one that has it is of another type, for another algorithm or use, or too short (RSA under 2048 bits)."
        fix "Look at the provider's key rotation: a key must be published before it signs. The detail names `kid` and `alg`."
        see "OpenID Connect Core 1.0 section 10.1; RFC 8725 section 3.1" }
    IdTokenSignature "id_token_signature" id_token {
        "The ID token's signature is wrong."
        cause "The token was changed, or signed with another key than the one published under its `kid`. Nothing of it was used."
        fix "If the provider runs as several nodes, check that all of them share their keys; else treat it as an attack."
        see "OpenID Connect Core 1.0 section 3.1.3.7" }
    IdTokenIss "id_token_iss" id_token {
        "The ID token was issued by another issuer."
        cause "`iss` must equal the configured issuer byte by byte, trailing slash included."
        fix "If the issuer found in the detail is your provider, configure exactly that text; else treat it as an attack."
        see "OpenID Connect Core 1.0 section 3.1.3.7 (2)" }
    IdTokenAud "id_token_aud" id_token {
        "The ID token was issued for another client."
        cause "`aud` must contain <clientId>, and each further audience must be trusted by the app."
        fix "Check `clientId`. If the provider adds an audience on purpose, list it in `trustedAudiences`."
        see "OpenID Connect Core 1.0 section 3.1.3.7 (3)" }
    IdTokenAzp "id_token_azp" id_token {
        "The ID token was issued to another party."
        cause "`azp`, where present, must be <clientId>."
        fix "Check `clientId`; a token that was made for another client must not be used here."
        see "OpenID Connect Core 1.0 section 3.1.3.7 (4)" }
    IdTokenExp "id_token_exp" id_token {
        "The ID token has expired, or does not say when it expires."
        cause "`exp` lies more than the leeway in the past, is missing or is no number. Often this device's clock is fast."
        fix "Check the clock of this device. `leeway` allows up to 300 seconds."
        see "OpenID Connect Core 1.0 section 3.1.3.7 (9)" }
    IdTokenIat "id_token_iat" id_token {
        "The ID token was issued in the future, or does not say when."
        cause "`iat` lies more than the leeway ahead, is missing or is no number. Often this device's clock is slow."
        fix "Check the clock of this device. `leeway` allows up to 300 seconds."
        see "OpenID Connect Core 1.0 section 3.1.3.7 (10)" }
    IdTokenNbf "id_token_nbf" id_token {
        "The ID token is not valid yet."
        cause "`nbf` lies more than the leeway ahead, or is no number. Often this device's clock is slow."
        fix "Check the clock of this device. `leeway` allows up to 300 seconds."
        see "RFC 7519 section 4.1.5" }
    IdTokenNonce "id_token_nonce" id_token {
        "The ID token does not belong to this sign-in."
        cause "`nonce` is missing or differs from the one that was sent: the token was made for another sign-in, or the provider does not return the nonce."
        fix "Start again. If it stays, the provider breaks the specification: a nonce that was sent must come back."
        see "OpenID Connect Core 1.0 section 3.1.3.7 (11)" }
    IdTokenSub "id_token_sub" id_token {
        "The ID token does not name its user, or names another one than before."
        cause "`sub` must be a string of 1 to 255 ASCII characters, and the same after each refresh."
        fix "At sign-in: report it to the provider. At refresh: the session was ended, since the user changed; sign in again."
        see "OpenID Connect Core 1.0 sections 2 and 12.2" }
    IdTokenAtHash "id_token_at_hash" id_token {
        "The ID token does not belong to the access token beside it."
        cause "`at_hash` is not the hash of the access token: one of the two was exchanged."
        fix "Treat it as an attack, or report to the provider that its `at_hash` does not follow the signature's hash algorithm."
        see "OpenID Connect Core 1.0 section 3.1.3.8" }
    IdTokenAcr "id_token_acr" id_token {
        "The user did not sign in as strongly as was asked."
        cause "`acr` is none of the values in `acrValues`."
        fix "Sign in again with the same `acrValues`; check that the provider knows these values."
        see "OpenID Connect Core 1.0 section 3.1.3.7 (12); RFC 9470 section 5" }
    IdTokenAuthTime "id_token_auth_time" id_token {
        "The user's sign-in at the provider is too old, or its time is not told."
        cause "`maxAge` was asked for: `auth_time` must be there and recent enough. After a refresh it must be the one of the sign-in."
        fix "Sign in again with the same `maxAge`; a provider that ignores `max_age` cannot give what was asked."
        see "OpenID Connect Core 1.0 sections 3.1.3.7 (13) and 12.2" }
    JwksUnavailable "jwks_unavailable" transient retryable {
        "The provider's signing keys cannot be fetched."
        cause "`jwks_uri` gave no answer, an error status, or one that this origin may not read. Without keys no ID token can be checked, so nothing was used."
        fix "Try again later. If it stays, open `jwks_uri` in a tab and look for a missing Access-Control-Allow-Origin header."
        see "OpenID Connect Core 1.0 section 10.1" }
    JwksMalformed "jwks_malformed" discovery {
        "The provider's signing keys cannot be read."
        cause "The answer of `jwks_uri` is no JSON object with a list `keys`, or is too large."
        fix "Open `jwks_uri` in a tab; most often it points at a page instead of the key set."
        see "RFC 7517 section 5" }
    ClockSkew "clock_skew" id_token {
        "The clock of this device is wrong."
        cause "The provider's times and this device's differ by more than the leeway."
        fix "Set the clock of this device, best to automatic. `leeway` allows up to 300 seconds."
        see "RFC 7519 section 4.1.4" }
    RefreshMissing "refresh_missing" config {
        "The session cannot be prolonged: the provider gave no refresh token."
        cause "The client may not use refresh tokens, or the scope that allows them was not asked for. The session lasts as long as the access token."
        fix "Switch refresh tokens on for <clientId>, or add `offline_access` to `scope` where the provider wants it."
        see "RFC 6749 section 1.5; OpenID Connect Core 1.0 section 11" }
    RefreshRejected "refresh_rejected" login_required {
        "The provider ended the session."
        cause "The refresh token is expired, revoked or was used twice: it answered `invalid_grant`."
        fix "Call auth.signIn(). If it happens soon after sign-in, compare the provider's session and refresh token life."
        see "RFC 6749 section 5.2" }
    RefreshFailed "refresh_failed" transient retryable {
        "The access token could not be renewed this time."
        cause "The provider or the network is in trouble. The session is kept."
        fix "Try again later; calls try by themselves."
        see "RFC 6749 section 6" }
    ReauthenticationNeeded "reauthentication_needed" login_required {
        "The session stands, but this page cannot renew its token by itself."
        cause "The fate of the last refresh is unknown, so the refresh token is not sent again: providers take a second use for theft."
        fix "Call auth.signIn(), or reload the page: the provider's session usually lives and no password is asked."
        see "RFC 9700 section 4.14.2" }
    UserinfoFailed "userinfo_failed" userinfo retryable {
        "The UserInfo endpoint answered with an error."
        cause "The detail tells the status. 401 or 403: the token was issued for another API or lacks the scope `openid`."
        fix "Try again later; for 401 and 403 leave `resource` out of the sign-in, or read the user from the ID token: auth.user."
        see "OpenID Connect Core 1.0 section 5.3.3" }
    UserinfoMalformed "userinfo_malformed" userinfo {
        "The UserInfo answer cannot be read."
        cause "It is no JSON object, or is too large."
        fix "Look at `userinfo_endpoint` in the provider's metadata."
        see "OpenID Connect Core 1.0 section 5.3.2" }
    UserinfoSub "userinfo_sub" userinfo {
        "The UserInfo answer is about another user."
        cause "`sub` is missing or differs from the ID token's. None of it was used; the sign-in stands."
        fix "Report it to the provider: the answer must carry the `sub` of the ID token."
        see "OpenID Connect Core 1.0 sections 5.3.2 and 5.3.4" }
    UserinfoSignedUnsupported "userinfo_signed_unsupported" userinfo {
        "The UserInfo answer is a JWT."
        cause "The client is registered for signed UserInfo, which this version does not check, so it is not used."
        fix "Clear `userinfo_signed_response_alg` for <clientId> at the provider."
        see "OpenID Connect Core 1.0 section 5.3.2" }
    ApiNotAllowed "api_not_allowed" api {
        "The URL is not among the resources that may get the access token."
        cause "auth.fetch sends the token only to the paths in `resources` (\"/api/\" of this origin by default), and never to the provider's endpoints or to URLs with credentials or encoded slashes."
        fix "Add the API to `resources`; the detail shows the line. For other URLs use the plain fetch."
        see "RFC 9700 section 4.9.1" }
    ApiRedirected "api_redirected" api {
        "The API answered with a redirect."
        cause "The access token never follows a redirect, since browsers do not say where it leads."
        fix "Call the final URL. Often only a slash at the end of the path is missing or too much."
        see "RFC 9700 section 4.9.1" }
    ApiOwnAuthorization "api_own_authorization" api {
        "The call carries its own Authorization header."
        cause "auth.fetch sets it; a second credential in the same request is not allowed."
        fix "Remove the Authorization (or DPoP) header, or use the plain fetch."
        see "RFC 6750 section 2" }
    ApiBodyNotReplayable "api_body_not_replayable" api {
        "The API said 401, and the request's body cannot be sent a second time."
        cause "A stream can be read once. The token has been renewed meanwhile."
        fix "Make the call again with a new body, or pass a string, Blob, FormData, URLSearchParams or ArrayBuffer."
        see "Fetch standard, request bodies" }
    InsufficientScope "insufficient_scope" api {
        "The access token's scope does not suffice for this call."
        cause "The API answered `insufficient_scope`; the detail names the scope that it wants."
        fix "Sign in again with that scope in `scope`, if the user may have it."
        see "RFC 6750 section 3.1" }
    StepUpRequired "step_up_required" api {
        "The API wants a stronger or more recent sign-in."
        cause "It answered `insufficient_user_authentication`; the detail names the `acr_values` and `max_age` that it wants."
        fix "Call auth.signIn({ acrValues, maxAge }) with these values, then make the call again."
        see "RFC 9470 sections 3 and 4" }
    SessionChanged "session_changed" session {
        "The session changed while the call waited."
        cause "Somebody signed out or in, here or in another tab. The call was not sent with the other user's token."
        fix "Render the new state, then call again if it still makes sense."
        see "auth.subscribe()" }
    NavigationCancelled "navigation_cancelled" session {
        "The page did not leave for the provider, or came back from it."
        cause "The navigation was stopped, or the user came back with the Back button and the page was restored from memory."
        fix "Offer the sign-in again: auth.signIn() begins a new one."
        see "auth.signIn()" }
    RestoreClosed "restore_closed" session {
        "The session was not restored: too many attempts have failed."
        cause "Restoring by a visit to the provider failed several times in a row, so it was stopped instead of looping."
        fix "Call auth.signIn(); `lastError` and auth.diagnostics tell why the attempts failed."
        see "restore" }
    UserClaimsRefused "user_claims_refused" session {
        "The app's own check refused the user's claims."
        cause "The validator given as `user` found issues in the claims of the ID token, or answers only later."
        fix "Ask for the scopes whose claims the validator needs, and use a validator that answers at once."
        see "createAuth, option user" }
    StorageUnavailable "storage_unavailable" storage {
        "The browser does not let this page store anything."
        cause "Cookies and site data are blocked, or the page runs in a sandboxed frame. A pending sign-in must be kept in sessionStorage while the page is away."
        fix "Allow site data for <origin>, or open the page in a window of its own."
        see "HTML standard, Web Storage" }
    StorageFull "storage_full" storage {
        "The browser's storage for this site is full."
        cause "sessionStorage took no further record; the app's own data may fill it."
        fix "Remove what the app does not need from sessionStorage and localStorage."
        see "HTML standard, Web Storage" }
    LogoutNoEndpoint "logout_no_endpoint" logout {
        "The provider has no end-session endpoint."
        cause "`end_session_endpoint` is missing in its metadata. This app is signed out; the provider's own session goes on, so the next sign-in may ask nothing."
        fix "Give the endpoint in `metadata` if the provider has one under another name."
        see "OpenID Connect RP-Initiated Logout 1.0 section 2.1" }
    LogoutStateMismatch "logout_state_mismatch" logout {
        "The return from the provider's sign-out does not match one that this tab began."
        cause "`state` is missing or another one. Nobody was signed in or out by it."
        fix "Nothing to do; if it happens at each sign-out, look for a router that drops `state`."
        see "OpenID Connect RP-Initiated Logout 1.0 section 3" }
    RevocationFailed "revocation_failed" logout retryable {
        "The provider did not confirm that the token was revoked."
        cause "The revocation endpoint gave an error or no answer. This app is signed out all the same; the token may live on until it expires."
        fix "Nothing for the user to do; watch the provider if it happens often."
        see "RFC 7009 section 2.2.1" }
    CallbackUrlChanged "callback_url_changed" config {
        "The callback URL was changed before the library could read it."
        cause "A router or another script removed the query from the address before createAuth ran."
        fix "Call createAuth in the module that is imported first, before the router starts."
        see "createAuth" }
    VaultUnavailable "vault_unavailable" vault retryable {
        "The vault cannot be used."
        cause "Its worker did not start, does not answer, has ended, or belongs to another configuration; the detail tells which. The file may be missing or stale, or the page's Content Security Policy may refuse it. A vault on an origin of its own is reached by a frame, which its server may forbid to be framed, or which lies on another site. Tokens never move to the page instead."
        fix "Write the vault's files anew with `npx keyward vault public/keyward`, serve them below <origin>/ as JavaScript, and allow them: Content-Security-Policy: worker-src 'self', or frame-src with the vault's origin if that is another. If it has ended, call again."
        see "createAuth of keyward/vault, option vault" }
    SessionIdle "session_idle" login_required {
        "The session ended because nobody was active."
        cause "The option idle: no input in any tab for so many seconds. Renewals of the access token are no activity."
        fix "Offer a sign-in. The event expiring comes before, so that the app can ask; auth.touch() counts as activity."
        see "createAuth of keyward/vault, option idle" }
    SessionMaxAge "session_max_age" login_required {
        "The session ended because its sign-in is too old."
        cause "The option maxAge: so many seconds since the user signed in, however active they are."
        fix "Offer a sign-in. The event expiring comes before, so that the user can finish what they are doing."
        see "createAuth of keyward/vault, option maxAge" }
    VaultOutdated "vault_outdated" vault {
        "The vault that runs is older than the one on the server."
        cause "It cannot give way: it holds a session, and no service worker would keep that session for the next vault (the option parking is off, or the browser refuses it)."
        fix "Nothing has to be done: it goes on, and the next one starts once all tabs of the app are closed."
        see "createAuth of keyward/vault, option parking" }
    VaultNotShared "vault_not_shared" vault {
        "Each tab has a vault of its own."
        cause "The browser has no shared worker: the tokens are in a worker of each tab, which ends with the tab. Each has a grant of its own, and a load asks the provider once."
        fix "Nothing has to be done: sign-out, sign-in and activity reach all tabs."
        see "createAuth of keyward/vault, option vault" }
    TokenStaysInVault "token_stays_in_vault" vault {
        "The access token does not leave the vault."
        cause "With a vault in a worker no script of the page can read a token, and auth.accessToken() is one."
        fix "Use auth.fetch(), or hand it to the library that makes the calls: most take a fetch of your own."
        see "createAuth of keyward/vault" }
    InternalError "internal_error" internal {
        "Something went wrong inside the library."
        cause "A bug of the library. The error carries no detail, so that no secret can leak with it."
        fix "Please report it with the steps that lead to it."
        see "SECURITY.md" }
}
