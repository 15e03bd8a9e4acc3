//! Errors as an app sees them: the core's, with the configured values in their texts.

use alloc::rc::Rc;
use alloc::string::{String, ToString};
use core::fmt;

use wasm_bindgen::JsValue;

use crate::protocol::error::{Code, Error, ProviderError};

/// Where each code has its page under `/errors/`; `npm start` serves the same pages. A reserved name until there is a
/// site.
const HOMEPAGE: &str = "https://keyward.example";

/// The configured values that the texts of errors name.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) issuer: String,
    pub(super) issuer_origin: String,
    pub(super) client_id: String,
    pub(super) origin: String,
    pub(super) redirect_uri: String,
}

/// Everything that goes wrong in Keyward, told by [`code`](Self::code): the codes of the npm package. Holds no token, no
/// code and no form, ever, so it may be logged and shown.
#[derive(Clone)]
pub struct AuthError {
    error: Error,
    names: Rc<Names>,
}

impl AuthError {
    pub(super) fn new(error: Error, names: &Rc<Names>) -> Self {
        Self {
            error,
            names: names.clone(),
        }
    }

    /// What happened. Each code has a page in the documentation.
    #[must_use]
    pub fn code(&self) -> Code {
        self.error.code
    }

    /// The kind of trouble, for coarse handling; see [`Code::group`].
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.error.code.group()
    }

    /// Whether the same call may succeed later without a change.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.error.code.retryable()
    }

    /// One short sentence that says what happened, with the detail.
    #[must_use]
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// What to do about it, with the exact value to paste where there is one.
    #[must_use]
    pub fn fix(&self) -> String {
        let names = &self.names;
        let mut fix = String::from(self.error.code.fix());
        for (name, value) in [
            ("<issuer>", &names.issuer),
            ("<issuerOrigin>", &names.issuer_origin),
            ("<clientId>", &names.client_id),
            ("<origin>", &names.origin),
            ("<redirectUri>", &names.redirect_uri),
        ] {
            if !value.is_empty() && fix.contains(name) {
                fix = fix.replace(name, value);
            }
        }
        fix
    }

    /// The code's page.
    #[must_use]
    pub fn docs(&self) -> String {
        [HOMEPAGE, "/errors/", self.error.code.as_str()].concat()
    }

    /// What exactly was wrong: a name, or an expected and a found value.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.error.detail.as_deref()
    }

    /// Seconds to wait before another try, where the server said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        self.error.retry_after
    }

    /// What the provider or the API said, as data: show it as text, never as markup.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderError> {
        self.error.provider.as_deref()
    }
}

/// Equal when they tell the same; the configured values do not count.
impl PartialEq for AuthError {
    fn eq(&self, other: &Self) -> bool {
        self.error == other.error
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.error.code.message())?;
        if let Some(detail) = self.detail() {
            f.write_str(" (")?;
            f.write_str(detail)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Debug for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl core::error::Error for AuthError {}

/// Why an API call has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum FetchError {
    /// Keyward refused the call, or nobody is signed in.
    Auth(AuthError),
    /// What `fetch` itself threw, as it came: a `TypeError` without a network, or the reason of an abort.
    Thrown(JsValue),
}

impl FetchError {
    /// The code, if it is an error of Keyward.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Auth(error) => Some(error.code()),
            Self::Thrown(_) => None,
        }
    }
}

impl From<AuthError> for FetchError {
    fn from(error: AuthError) -> Self {
        Self::Auth(error)
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth(error) => error.fmt(f),
            Self::Thrown(_) => f.write_str("The request could not be sent, or was aborted."),
        }
    }
}

impl core::error::Error for FetchError {}
