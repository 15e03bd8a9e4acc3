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
#[cfg(feature = "page-vault")]
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) issuer: String,
    pub(super) issuer_origin: String,
    pub(super) client_id: String,
    pub(super) origin: String,
    pub(super) redirect_uri: String,
}

#[cfg(feature = "page-vault")]
impl Names {
    /// The text with the values in the places that name them.
    fn put_into(&self, text: &str) -> String {
        let mut text = String::from(text);
        for (name, value) in [
            ("<issuer>", &self.issuer),
            ("<issuerOrigin>", &self.issuer_origin),
            ("<clientId>", &self.client_id),
            ("<origin>", &self.origin),
            ("<redirectUri>", &self.redirect_uri),
        ] {
            if !value.is_empty() && text.contains(name) {
                text = text.replace(name, value);
            }
        }
        text
    }
}

/// Everything that goes wrong in Keyward, told by [`code`](Self::code): the codes of the npm package. Holds no token, no
/// code and no form, ever, so it may be logged and shown.
#[derive(Clone)]
pub struct AuthError {
    error: Error,
    texts: Texts,
}

/// Where the texts of an error are.
#[derive(Clone)]
enum Texts {
    /// In the table of codes, with the configured values to put into them. An app without a vault in its page carries no
    /// table.
    #[cfg(feature = "page-vault")]
    Table(Rc<Names>),
    /// Here: the message and the fix.
    Written(Rc<(String, String)>),
}

impl AuthError {
    #[cfg(feature = "page-vault")]
    pub(super) fn named(error: Error, names: &Rc<Names>) -> Self {
        let texts = Texts::Table(names.clone());
        Self { error, texts }
    }

    /// An error that somebody else found, with its texts.
    pub(super) fn written(error: Error, message: &str, fix: &str) -> Self {
        let texts = Texts::Written(Rc::new((message.into(), fix.into())));
        Self { error, texts }
    }

    /// An error that has nothing but its code, where there is no page.
    pub(super) fn bare(code: Code) -> Self {
        Self::written(Error::new(code), code.as_str(), "")
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
        match &self.texts {
            #[cfg(feature = "page-vault")]
            Texts::Table(names) => names.put_into(self.error.code.fix()),
            Texts::Written(texts) => texts.1.clone(),
        }
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
        match &self.texts {
            #[cfg(feature = "page-vault")]
            Texts::Table(_) => {
                f.write_str(self.error.code.message())?;
                match self.detail() {
                    Some(detail) => write!(f, " ({detail})"),
                    None => Ok(()),
                }
            }
            Texts::Written(texts) => f.write_str(&texts.0),
        }
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
