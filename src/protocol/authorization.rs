//! The authorization request and the authorization response (RFC 6749 section 4.1, RFC 7636, RFC 9207).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::error::{Code, Error, ProviderError};
use super::form::{self, Form};
use super::metadata::Issuer;
use super::secret::{AuthorizationCode, IdToken};
use super::text;
use super::url::Endpoint;

/// Longest callback query that is read, in bytes.
const MAX_QUERY: usize = 64 * 1024;

/// Parameters that an app can never set itself; names that begin with `code_challenge` or `request` come on top.
const RESERVED: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "client_secret",
];

/// An authorization request for the code flow with PKCE.
///
/// # Defaults
/// Everything but the first six fields may stay empty; an empty text is left out.
///
/// ```
/// use keyward::protocol::{authorization::AuthorizationRequest, pkce, url::Endpoint};
///
/// let endpoint = Endpoint::parse("https://id.example/auth?tenant=a").unwrap();
/// let verifier = pkce::verifier(&[1; 32]); // 32 random bytes each, kept until the callback
/// let request = AuthorizationRequest {
///     client_id: "spa",
///     redirect_uri: "https://app.example/",
///     scope: "openid profile",
///     state: &pkce::opaque(&[2; 32]),
///     nonce: &pkce::opaque(&[3; 32]),
///     code_challenge: &pkce::challenge(&verifier),
///     ..AuthorizationRequest::default()
/// };
/// let url = request.url(&endpoint).unwrap();
/// assert!(url.starts_with("https://id.example/auth?tenant=a&response_type=code&client_id=spa&"));
/// ```
#[derive(Clone, Copy, Default)]
pub struct AuthorizationRequest<'a> {
    /// The client's name at the provider.
    pub client_id: &'a str,
    /// The registered redirect URI; the token request must repeat the same bytes.
    pub redirect_uri: &'a str,
    /// Scopes, separated by spaces.
    pub scope: &'a str,
    /// A fresh value of [`opaque`](super::pkce::opaque).
    pub state: &'a str,
    /// Another one.
    pub nonce: &'a str,
    /// The S256 challenge of a fresh verifier.
    pub code_challenge: &'a str,
    /// `none`, or any of the others separated by spaces.
    pub prompt: Option<&'a str>,
    /// Who is going to sign in.
    pub login_hint: Option<&'a str>,
    /// The oldest sign-in at the provider that will do, in seconds.
    pub max_age: Option<u64>,
    /// Wanted authentication classes, best first, separated by spaces.
    pub acr_values: Option<&'a str>,
    /// Wanted languages of the provider's pages, separated by spaces.
    pub ui_locales: Option<&'a str>,
    /// The ID token of the session that is to be continued.
    pub id_token_hint: Option<&'a IdToken>,
    /// The `claims` parameter as JSON text.
    pub claims: Option<&'a str>,
    /// Further parameters of the app. `resource` may repeat, every other name stands once.
    pub extra: &'a [(String, String)],
}

/// What the provider sent back to the redirect URI.
#[derive(Clone, Debug)]
pub struct AuthorizationResponse {
    /// Names the sign-in that this answers.
    pub state: String,
    /// The issuer that claims to answer (RFC 9207).
    pub iss: Option<String>,
    /// A code or an error.
    pub outcome: Outcome,
}

/// The two kinds of response.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The user signed in; the code is good for one token request.
    Code(AuthorizationCode),
    /// The provider refused. [`provider_code`] tells what that means.
    Error(ProviderError),
}

impl AuthorizationRequest<'_> {
    /// The URL to which the browser goes. The endpoint's own query is kept (RFC 6749 section 3.1).
    ///
    /// Errors: [`Code::ConfigReservedParameter`] if an extra parameter would replace one of the request's or of the
    /// endpoint's; [`Code::ConfigPromptNoneCombined`]; [`Code::DiscoveryMalformed`] if the endpoint's own query already
    /// holds a parameter of the request.
    pub fn url(&self, endpoint: &Endpoint) -> Result<String, Error> {
        let max_age = self.max_age.map(text::decimal);
        let typed: &[(&str, Option<&str>)] = &[
            ("response_type", Some("code")),
            ("client_id", Some(self.client_id)),
            ("redirect_uri", Some(self.redirect_uri)),
            ("scope", Some(self.scope)),
            ("state", Some(self.state)),
            ("nonce", Some(self.nonce)),
            ("code_challenge", Some(self.code_challenge)),
            ("code_challenge_method", Some("S256")),
            ("prompt", self.prompt),
            ("login_hint", self.login_hint),
            ("max_age", max_age.as_deref()),
            ("acr_values", self.acr_values),
            ("ui_locales", self.ui_locales),
            ("id_token_hint", self.id_token_hint.map(IdToken::expose)),
            ("claims", self.claims),
        ];
        let own = own_names(endpoint);
        let mut taken: Vec<&str> = own.iter().map(String::as_str).collect();
        let mut form = Form::new();
        for &(name, value) in typed {
            let Some(value) = value.filter(|value| !value.is_empty()) else {
                continue;
            };
            if contains(&taken, name) {
                let what = "the endpoint's own query sets a parameter of the request";
                return Err(Error::about(Code::DiscoveryMalformed, name, what));
            }
            check_prompt(name, value)?;
            taken.push(name);
            form.push(name, value);
        }
        for (name, value) in self.extra {
            if name.is_empty() || is_reserved(name) || contains(&taken, name) {
                return Err(Error::new(Code::ConfigReservedParameter).with_detail(name.as_str()));
            }
            check_prompt(name, value)?;
            if name != "resource" {
                taken.push(name);
            }
            form.push(name, value);
        }
        Ok(endpoint.with_query(&form.finish()))
    }
}

impl AuthorizationResponse {
    /// Reads the query of the callback URL, with or without its question mark.
    ///
    /// Parameters that are not the protocol's are ignored, however they look (RFC 6749 section 4.1.2); an app may have
    /// its own in the redirect URI. Tokens in a response are never looked at.
    ///
    /// Errors: [`Code::CallbackStateUnknown`] without `state`; [`Code::CallbackMalformed`] naming the parameter that
    /// stands twice, cannot be decoded, is empty or contradicts another. The code must not be redeemed then;
    /// [`AuthorizationResponse::state_of`] tells which sign-in is over.
    ///
    /// ```
    /// use keyward::protocol::authorization::{AuthorizationResponse, Outcome};
    ///
    /// let response = AuthorizationResponse::parse("?code=c-1&state=s-1&iss=https%3A%2F%2Fid.example").unwrap();
    /// assert_eq!(response.state, "s-1");
    /// assert!(matches!(response.outcome, Outcome::Code(_)));
    /// ```
    pub fn parse(query: &str) -> Result<AuthorizationResponse, Error> {
        if query.len() > MAX_QUERY {
            return Err(malformed("query", "too large"));
        }
        let state = one(query, "state")?.filter(|state| !state.is_empty());
        let state =
            state.ok_or_else(|| Error::about(Code::CallbackStateUnknown, "state", "missing"))?;
        let iss = one(query, "iss")?;
        let outcome = match (one(query, "code")?, one(query, "error")?) {
            (Some(_), Some(_)) => return Err(malformed("code", "beside an error")),
            (None, None) => return Err(malformed("code", "missing")),
            (Some(code), None) if code.is_empty() => return Err(malformed("code", "empty")),
            (Some(code), None) => Outcome::Code(AuthorizationCode::new(code)),
            (None, Some(error)) if error.is_empty() => return Err(malformed("error", "empty")),
            (None, Some(error)) => {
                // Words for people: a broken encoding in them does not hide the error itself.
                let description = one_text(query, "error_description")?;
                let uri = one_text(query, "error_uri")?;
                Outcome::Error(ProviderError::from_texts(
                    &error,
                    description.as_deref(),
                    uri.as_deref(),
                    None,
                ))
            }
        };
        Ok(AuthorizationResponse {
            state,
            iss,
            outcome,
        })
    }

    /// The `state` of a response that may be broken otherwise, if there is exactly one.
    pub fn state_of(query: &str) -> Option<String> {
        one(query, "state")
            .ok()
            .flatten()
            .filter(|state| !state.is_empty())
    }

    /// Checks that the answer comes from the issuer that was asked (RFC 9207 section 2.4).
    ///
    /// `issuer` is the one stored with the sign-in, `iss_parameter_supported` its metadata's promise. An `iss` that is
    /// there is compared even if it was not promised, for errors too: [`Code::CallbackIssMismatch`] means that nothing of
    /// the answer may be used or attributed to the issuer. A promised `iss` that is missing beside a code is
    /// [`Code::CallbackIssMissing`]; beside an error it is tolerated, since real servers leave it out there and an error
    /// gives nothing that could be redeemed elsewhere.
    pub fn check_issuer(
        &self,
        issuer: &Issuer,
        iss_parameter_supported: bool,
    ) -> Result<(), Error> {
        match (&self.iss, &self.outcome) {
            (Some(iss), _) if iss == issuer.as_str() => Ok(()),
            (Some(iss), _) => {
                let code = Code::CallbackIssMismatch;
                Err(Error::mismatch(code, "iss", issuer.as_str(), Some(iss)))
            }
            (None, Outcome::Code(_)) if iss_parameter_supported => {
                let code = Code::CallbackIssMissing;
                Err(Error::mismatch(code, "iss", issuer.as_str(), None))
            }
            (None, _) => Ok(()),
        }
    }
}

/// The code for a provider's error: those of a sign-in without pages are told apart (OpenID Connect Core 1.0 section
/// 3.1.2.6), every other is [`Code::IdpError`].
pub fn provider_code(error: &ProviderError) -> Code {
    match error.error.as_str() {
        "login_required" => Code::LoginRequired,
        "interaction_required" => Code::InteractionRequired,
        "consent_required" => Code::ConsentRequired,
        "account_selection_required" => Code::AccountSelectionRequired,
        _ => Code::IdpError,
    }
}

impl fmt::Debug for AuthorizationRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

fn own_names(endpoint: &Endpoint) -> Vec<String> {
    form::pieces(endpoint.query().unwrap_or_default())
        .map(|(name, _)| form::decode(name).unwrap_or_default())
        .collect()
}

/// Some servers read parameter names without regard to case, so two spellings count as one name.
fn contains(names: &[&str], name: &str) -> bool {
    names.iter().any(|taken| taken.eq_ignore_ascii_case(name))
}

fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    RESERVED.contains(&name.as_str())
        || name.starts_with("code_challenge")
        || name.starts_with("request")
}

fn check_prompt(name: &str, value: &str) -> Result<(), Error> {
    let combined = name.eq_ignore_ascii_case("prompt")
        && text::pieces(value, b' ').any(|word| word == "none")
        && text::pieces(value, b' ')
            .filter(|word| !word.is_empty())
            .count()
            > 1;
    if combined {
        return Err(Error::new(Code::ConfigPromptNoneCombined).with_detail("prompt"));
    }
    Ok(())
}

/// The one value of a parameter of the protocol.
fn one(query: &str, name: &str) -> Result<Option<String>, Error> {
    raw(query, name)?
        .map(|value| form::decode(value).map_err(|_| malformed(name, "broken encoding")))
        .transpose()
}

fn one_text(query: &str, name: &str) -> Result<Option<String>, Error> {
    Ok(raw(query, name)?.and_then(|value| form::decode(value).ok()))
}

fn raw<'a>(query: &'a str, name: &str) -> Result<Option<&'a str>, Error> {
    let query = query.strip_prefix('?').unwrap_or(query);
    let mut found = None;
    for (key, value) in form::pieces(query) {
        // A name that cannot be decoded is none of the protocol's.
        if form::decode(key).is_ok_and(|key| key == name) && found.replace(value).is_some() {
            return Err(malformed(name, "stands twice"));
        }
    }
    Ok(found)
}

fn malformed(name: &str, what: &str) -> Error {
    Error::about(Code::CallbackMalformed, name, what)
}
