//! Token requests and responses for codes and refresh tokens (RFC 6749 sections 4.1.3, 5 and 6).

use alloc::string::String;

use super::error::{Code, Error, ProviderError};
use super::form::Form;
use super::http::{Answer, Request};
use super::json::{self, Map, Members, Value};
use super::secret::{AccessToken, AuthorizationCode, CodeVerifier, IdToken, RefreshToken};
use super::text::digits;
use super::url::Endpoint;

/// Largest token response that is read, in bytes.
pub const MAX_RESPONSE: usize = 1024 * 1024;

/// Longest life of an access token that is told, in seconds: some 3,000 years. Larger values are cut, so that adding
/// them to a time in milliseconds stays exact.
pub const MAX_EXPIRES_IN: u64 = 100_000_000_000;

/// A successful token response. None of it may be used before the ID token has passed its checks.
#[derive(Clone, Debug)]
pub struct TokenResponse {
    /// The access token; its type is Bearer.
    pub access_token: AccessToken,
    /// The refresh token, if there is a new one. After a refresh without one the old one stays in use.
    pub refresh_token: Option<RefreshToken>,
    /// The ID token, unchecked. The caller decides whether it is required.
    pub id_token: Option<IdToken>,
    /// The life of the access token in seconds, at most [`MAX_EXPIRES_IN`]; `None` if the provider does not tell.
    pub expires_in: Option<u64>,
    /// The granted scope if the provider tells it; otherwise it is the one that was asked for.
    pub scope: Option<String>,
}

/// Why a token request gave no tokens.
#[derive(Clone, Debug)]
pub enum TokenFailure {
    /// An OAuth error response: [`Code::TokenError`], or [`Code::TokenClientIsConfidential`] for `invalid_client` and
    /// `unauthorized_client`. `provider` holds the `error` and the HTTP status.
    OAuth(Error),
    /// No OAuth answer at all: [`Code::TokenError`] for an error status with an empty, HTML or other body (`provider`
    /// holds the status and an empty `error`), [`Code::TokenMalformed`] or [`Code::TokenTypeUnsupported`] for a success
    /// that cannot be used. The grant may have been spent.
    Unreadable(Error),
}

impl TokenFailure {
    /// The error itself.
    pub fn error(&self) -> &Error {
        match self {
            TokenFailure::OAuth(error) | TokenFailure::Unreadable(error) => error,
        }
    }

    /// The error itself.
    pub fn into_error(self) -> Error {
        match self {
            TokenFailure::OAuth(error) | TokenFailure::Unreadable(error) => error,
        }
    }

    /// The OAuth `error`, for example `invalid_grant`.
    pub fn oauth_error(&self) -> Option<&str> {
        match self {
            TokenFailure::OAuth(error) => error
                .provider
                .as_deref()
                .map(|provider| provider.error.as_str()),
            TokenFailure::Unreadable(_) => None,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> Option<u16> {
        self.error()
            .provider
            .as_deref()
            .and_then(|provider| provider.status)
    }
}

/// The request that exchanges a code (RFC 6749 section 4.1.3, RFC 7636 section 4.5). No client secret, ever.
///
/// `redirect_uri` must be the bytes of the authorization request. The code is spent with the first sending.
pub fn code_request(
    endpoint: &Endpoint,
    client_id: &str,
    redirect_uri: &str,
    code: &AuthorizationCode,
    verifier: &CodeVerifier,
) -> Request {
    let mut form = Form::new();
    form.push("grant_type", "authorization_code");
    form.push("code", code.expose());
    form.push("redirect_uri", redirect_uri);
    form.push("client_id", client_id);
    form.push("code_verifier", verifier.expose());
    Request::post(endpoint, form)
}

/// The request that spends a refresh token (RFC 6749 section 6).
///
/// `scope` must not exceed what was granted; `None` asks for the same again.
pub fn refresh_request(
    endpoint: &Endpoint,
    client_id: &str,
    refresh_token: &RefreshToken,
    scope: Option<&str>,
) -> Request {
    let mut form = Form::new();
    form.push("grant_type", "refresh_token");
    form.push("refresh_token", refresh_token.expose());
    form.push("client_id", client_id);
    form.push_some("scope", scope);
    Request::post(endpoint, form)
}

impl TokenResponse {
    /// Judges the answer to either request (RFC 6749 sections 5.1 and 5.2).
    ///
    /// `token_type` is compared without case. `expires_in` may be a number, whole or not, or a string of digits. `null`
    /// counts as absent. Whatever the body is, none of it gets into an error but the provider's error texts.
    ///
    /// ```
    /// use keyward::protocol::{http::Answer, token::TokenResponse};
    ///
    /// let answer = Answer { status: 400, body: r#"{"error":"invalid_grant"}"#.into(), ..Answer::default() };
    /// let failure = TokenResponse::parse(&answer).unwrap_err();
    /// assert_eq!(failure.oauth_error(), Some("invalid_grant"));
    /// ```
    pub fn parse(answer: &Answer) -> Result<TokenResponse, TokenFailure> {
        let body = json::parse_object(&answer.body, MAX_RESPONSE);
        if let Some(error) = body.as_ref().ok().and_then(|map| oauth_error(map, answer)) {
            return Err(TokenFailure::OAuth(error));
        }
        if !(200..300).contains(&answer.status) {
            let mut error = Error::status(Code::TokenError, answer.status);
            error.retry_after = answer.retry_after();
            return Err(TokenFailure::Unreadable(error));
        }
        body.map_err(|error| malformed("body", error.as_str()))
            .and_then(|map| success(&map))
            .map_err(|error| {
                let status = Some(answer.status);
                TokenFailure::Unreadable(error.with_provider(ProviderError {
                    status,
                    ..Default::default()
                }))
            })
    }
}

/// The OAuth error in an answer, whatever its status: some servers answer 200 with one.
pub(crate) fn oauth_error(map: &Map, answer: &Answer) -> Option<Error> {
    let name = json::string(map, "error").filter(|name| !name.is_empty())?;
    let code = match name {
        "invalid_client" | "unauthorized_client" => Code::TokenClientIsConfidential,
        _ => Code::TokenError,
    };
    let provider = ProviderError::from_texts(
        name,
        json::string(map, "error_description"),
        json::string(map, "error_uri"),
        Some(answer.status),
    );
    let mut error = Error::new(code)
        .with_detail(provider.error.as_str())
        .with_provider(provider);
    error.retry_after = answer.retry_after();
    Some(error)
}

fn success(map: &Map) -> Result<TokenResponse, Error> {
    let mut members = Members::new(map, Code::TokenMalformed);
    let access_token = members.needed("access_token");
    // The characters that a header can carry (RFC 6749 appendix A.12), without the space.
    if access_token.is_empty() || !access_token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let what = "empty, or with characters that no token has";
        members.refuse(malformed("access_token", what));
    }
    let token_type = members.needed("token_type");
    if !token_type.eq_ignore_ascii_case("bearer") {
        let code = Code::TokenTypeUnsupported;
        let error = Error::mismatch(code, "token_type", "Bearer", Some(token_type));
        members.refuse(error);
    }
    let expires_in = members.get("expires_in").map(seconds);
    let tokens = TokenResponse {
        access_token: AccessToken::new(access_token.into()),
        refresh_token: members.filled("refresh_token").map(RefreshToken::new),
        id_token: members.filled("id_token").map(IdToken::new),
        expires_in: expires_in.and_then(|seconds| members.keep(seconds)),
        scope: members.text("scope").map(String::from),
    };
    members.done()?;
    Ok(tokens)
}

fn seconds(value: &Value) -> Result<u64, Error> {
    let seconds = match value {
        // The cast cuts fractions and holds huge values at the largest u64.
        Value::String(text) => digits(text),
        number => {
            let seconds = number.as_f64().filter(|seconds| *seconds >= 0.0);
            seconds.map(|seconds| seconds as u64)
        }
    };
    seconds
        .map(|seconds| seconds.min(MAX_EXPIRES_IN))
        .ok_or_else(|| malformed("expires_in", "not a number of seconds"))
}

fn malformed(name: &str, what: &str) -> Error {
    Error::about(Code::TokenMalformed, name, what)
}
