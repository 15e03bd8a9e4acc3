//! UserInfo (OpenID Connect Core 1.0 section 5.3).

use alloc::rc::Rc;

use super::error::{Code, Error};
use super::http::{Answer, Method, Request};
use super::json::{self, Map};
use super::secret::AccessToken;
use super::text;
use super::url::Endpoint;

/// Largest answer that is read, in bytes.
pub const MAX_USERINFO: usize = 256 * 1024;

/// The request. The token goes into the `Authorization` header and nowhere else (RFC 6750 section 2.1).
pub fn request(endpoint: &Endpoint, access_token: &AccessToken) -> Request {
    Request {
        method: Method::Get,
        url: endpoint.as_str().into(),
        headers: vec![
            ("accept", "application/json".into()),
            (
                "authorization",
                text::join(&["Bearer ", access_token.expose()]),
            ),
        ],
        body: None,
    }
}

/// Judges the answer; `expected_sub` is the `sub` of the checked ID token.
///
/// Errors: [`Code::UserinfoFailed`] for any status but 200 (on 401 the caller may renew the token and ask once more);
/// [`Code::UserinfoSignedUnsupported`] for a JWT; [`Code::UserinfoMalformed`]; [`Code::UserinfoSub`] if it is about
/// another user: nothing of it may be used then, the sign-in stands.
pub fn parse(answer: &Answer, expected_sub: &str) -> Result<Rc<Map>, Error> {
    if answer.status != 200 {
        let mut error = Error::status(Code::UserinfoFailed, answer.status);
        error.retry_after = answer.retry_after();
        return Err(error);
    }
    if answer.media_type() == "application/jwt" {
        return Err(Error::new(Code::UserinfoSignedUnsupported));
    }
    let claims = json::parse_object(&answer.body, MAX_USERINFO)
        .map_err(|error| Error::about(Code::UserinfoMalformed, "body", error.as_str()))?;
    match json::string(&claims, "sub") {
        Some(sub) if sub == expected_sub => Ok(claims),
        Some(_) => Err(Error::about(Code::UserinfoSub, "sub", "not the ID token's")),
        None => Err(Error::about(Code::UserinfoSub, "sub", "missing")),
    }
}
