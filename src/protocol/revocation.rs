//! Token revocation (RFC 7009).

use alloc::boxed::Box;

use super::error::{Code, Error, ProviderError};
use super::form::Form;
use super::http::{Answer, Request};
use super::json;
use super::token;
use super::url::Endpoint;

/// The request that revokes a token (RFC 7009 section 2.1).
///
/// `hint` is `refresh_token` or `access_token`. On common servers revoking a refresh token ends every token of its grant.
pub fn request(endpoint: &Endpoint, client_id: &str, token: &str, hint: &str) -> Request {
    let mut form = Form::new();
    form.push("token", token);
    form.push("token_type_hint", hint);
    form.push("client_id", client_id);
    Request::post(endpoint, form)
}

/// Judges the answer: any 200 is success, whatever its body says (RFC 7009 section 2.2).
///
/// Everything else is [`Code::RevocationFailed`] with the status and, where there is one, the OAuth error. The sign-out
/// goes on all the same; after a 503 the token still exists.
pub fn check(answer: &Answer) -> Result<(), Error> {
    if answer.status == 200 {
        return Ok(());
    }
    let said = json::parse_object(&answer.body, token::MAX_RESPONSE).ok();
    let provider = said.and_then(|map| token::oauth_error(&map, answer)?.provider.take());
    let mut error = Error::status(Code::RevocationFailed, answer.status);
    if let Some(provider) = provider {
        error.provider = Some::<Box<ProviderError>>(provider);
    }
    error.retry_after = answer.retry_after();
    Err(error)
}
