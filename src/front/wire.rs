//! What passes between a front and its vault, or the app and its front, read from the JSON of a message.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;

use super::state::User;
use crate::protocol::error::{Code, Error, ProviderError};
use crate::protocol::json::{self, Map, Value};
use crate::session::effect::SignedOutReason;

/// An error as its fields.
pub(super) fn error_of(error: &Map) -> Option<Error> {
    let text = |name: &str| json::string(error, name).map(String::from);
    let mut read = code_of(error, "code")?;
    read.detail = text("detail");
    read.retry_after = error.get("retryAfter").and_then(Value::as_u64);
    read.provider = error
        .get("provider")
        .and_then(Value::as_object)
        .map(|said| {
            let text = |name: &str| json::string(said, name).map(String::from);
            let number = |name: &str| said.get(name).and_then(Value::as_u64);
            Box::new(ProviderError {
                error: text("error").unwrap_or_default(),
                description: text("description"),
                uri: text("uri"),
                status: number("status").map(|status| status as u16),
                scope: text("scope"),
                acr_values: text("acrValues"),
                max_age: number("maxAge"),
            })
        });
    Some(read)
}

/// The error in a message.
#[cfg(feature = "page-vault")]
pub(super) fn error_in(message: &Map) -> Option<Error> {
    error_of(message.get("error")?.as_object()?)
}

/// An error of a code that a message names.
pub(super) fn code_of(message: &Map, name: &str) -> Option<Error> {
    let code = Code::parse(json::string(message, name)?)?;
    Some(Error::new(code))
}

/// The user whose claims are a member of a message.
pub(super) fn user_of(message: &Map, name: &str) -> User {
    User::new(match message.get(name) {
        Some(Value::Object(claims)) => claims.clone(),
        _ => Rc::default(),
    })
}

/// The end of the access token in a message.
pub(super) fn expiry_of(notice: &Map) -> Option<u64> {
    notice.get("expiresAt").and_then(Value::as_u64)
}

/// Why nobody is signed in, by a message.
pub(super) fn reason_of(notice: &Map) -> SignedOutReason {
    match json::string(notice, "reason") {
        Some("neverSignedIn") => SignedOutReason::NeverSignedIn,
        Some("expired") => SignedOutReason::Expired,
        Some("signedOut") => SignedOutReason::SignedOut,
        Some("signedOutElsewhere") => SignedOutReason::SignedOutElsewhere,
        _ => SignedOutReason::SessionEnded,
    }
}
