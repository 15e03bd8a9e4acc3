//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

use alloc::string::String;
use core::fmt;

use super::authorization::AuthorizationResponse;
use super::error::{Code, Error};
use super::form::Form;
use super::secret::IdToken;
use super::url::Endpoint;

/// A request to end the provider's session.
///
/// # Defaults
/// Everything but `client_id` may be left out; a provider may then ask the user, or not return.
#[derive(Clone, Copy, Default)]
pub struct EndSessionRequest<'a> {
    /// The ID token of the session; an expired one is still a valid hint. It stays in the browser's history.
    pub id_token_hint: Option<&'a IdToken>,
    /// The client.
    pub client_id: &'a str,
    /// Where the provider sends the browser afterwards; must be registered.
    pub post_logout_redirect_uri: Option<&'a str>,
    /// A fresh value of [`opaque`](super::pkce::opaque), which comes back. Sent only with a return URI.
    pub state: Option<&'a str>,
    /// Wanted languages of the provider's pages, separated by spaces.
    pub ui_locales: Option<&'a str>,
}

impl EndSessionRequest<'_> {
    /// The URL to which the browser goes. The endpoint's own query is kept.
    pub fn url(&self, endpoint: &Endpoint) -> String {
        let mut form = Form::new();
        form.push_some("id_token_hint", self.id_token_hint.map(IdToken::expose));
        form.push("client_id", self.client_id);
        if let Some(uri) = self.post_logout_redirect_uri {
            form.push("post_logout_redirect_uri", uri);
            form.push_some("state", self.state);
        }
        form.push_some("ui_locales", self.ui_locales);
        endpoint.with_query(&form.finish())
    }
}

/// Checks the query of the page to which the provider returned: it must carry the `state` that was sent.
///
/// [`Code::LogoutStateMismatch`] otherwise; either way the return signs nobody in or out.
pub fn check_return(query: &str, expected_state: &str) -> Result<(), Error> {
    match AuthorizationResponse::state_of(query) {
        Some(state) if state == expected_state => Ok(()),
        _ => Err(Error::new(Code::LogoutStateMismatch).with_detail("state")),
    }
}

impl fmt::Debug for EndSessionRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndSessionRequest")
            .field("client_id", &self.client_id)
            .field("post_logout_redirect_uri", &self.post_logout_redirect_uri)
            .finish_non_exhaustive()
    }
}
