//! Errors: one code, a safe detail, and what the provider said.

mod table;

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::ops::{Deref, DerefMut};

use super::text;

pub use table::Code;

/// Longest text taken over from a peer into an error.
const MAX_TEXT: usize = 512;

/// A failure with its stable code.
///
/// Nothing in it is secret: no token, code, verifier or body ever gets here, so it may be logged and shown.
/// The texts of the provider are data of a peer; show them as text, never as markup.
///
/// Its fields are those of [`ErrorFields`]. An error is one pointer wide, so that results are cheap to hand on.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<ErrorFields>);

/// The fields of an [`Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorFields {
    /// What went wrong.
    pub code: Code,
    /// The name of a field, claim or parameter, or expected and found values that are no secrets.
    pub detail: Option<String>,
    /// What the provider answered, where it answered with an OAuth error or an error status.
    pub provider: Option<Box<ProviderError>>,
    /// How long the provider asks to wait, in seconds.
    pub retry_after: Option<u64>,
}

/// An OAuth error response, or an error status without a readable one (RFC 6749 sections 4.1.2.1 and 5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderError {
    /// The `error` code; empty when the answer had none that could be read.
    pub error: String,
    /// `error_description`: text for developers, to be shown as text only.
    pub description: Option<String>,
    /// `error_uri`, if it is an http or https URL; any other value is dropped, so that it can be used as a link.
    pub uri: Option<String>,
    /// The HTTP status, for answers of the back channel.
    pub status: Option<u16>,
    /// The scope that an API asks for (RFC 6750 section 3).
    pub scope: Option<String>,
    /// The authentication contexts that an API asks for (RFC 9470 section 3).
    pub acr_values: Option<String>,
    /// The greatest age of the authentication that an API asks for, in seconds (RFC 9470 section 3).
    pub max_age: Option<u64>,
}

impl Code {
    /// The code of a name.
    #[cfg(feature = "browser")]
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|code| code.as_str() == name).copied()
    }
}

impl Error {
    /// An error with nothing but its code.
    pub fn new(code: Code) -> Self {
        Error(Box::new(ErrorFields {
            code,
            detail: None,
            provider: None,
            retry_after: None,
        }))
    }

    /// The same failure seen as another one.
    pub(crate) fn with_code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// Adds a detail, which must not be secret.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Takes back every text of the peer that repeats `secret`.
    ///
    /// A server may echo what it was sent. Whoever sent a token, code or verifier calls this with it before the error goes
    /// anywhere; secrets under 8 bytes are left, since ordinary words could contain them.
    pub fn without(mut self, secret: &str) -> Self {
        let repeats = |text: &str| {
            let length = secret.len();
            length >= 8
                && text
                    .as_bytes()
                    .windows(length)
                    .any(|part| part == secret.as_bytes())
        };
        self.detail = self.detail.take().filter(|text| !repeats(text));
        if let Some(provider) = &mut self.provider {
            if repeats(&provider.error) {
                provider.error.clear();
            }
            provider.description = provider.description.take().filter(|text| !repeats(text));
            provider.uri = provider.uri.take().filter(|text| !repeats(text));
        }
        self
    }

    /// Adds what the provider answered.
    pub(crate) fn with_provider(mut self, provider: ProviderError) -> Self {
        self.provider = Some(Box::new(provider));
        self
    }

    /// An error about a field: "`name`: what is wrong".
    pub(crate) fn about(code: Code, name: &str, what: &str) -> Self {
        let mut detail = String::from(name);
        if !what.is_empty() {
            detail.push_str(": ");
            detail.push_str(what);
        }
        Error::new(code).with_detail(detail)
    }

    /// An error about a value that should have been another: "`name`: expected …, found …".
    pub(crate) fn mismatch(code: Code, name: &str, expected: &str, found: Option<&str>) -> Self {
        let mut what = String::from("expected \"");
        what.push_str(clip(expected));
        match found {
            Some(found) => {
                what.push_str("\", found \"");
                what.push_str(clip(found));
                what.push('"');
            }
            None => what.push_str("\", found none"),
        }
        Error::about(code, name, &what)
    }

    /// An error about an HTTP status.
    pub(crate) fn status(code: Code, status: u16) -> Self {
        Error::about(code, "status", &text::decimal(status.into())).with_provider(ProviderError {
            status: Some(status),
            ..ProviderError::default()
        })
    }
}

impl ProviderError {
    /// Takes over a peer's texts, cut to a sane length.
    pub(crate) fn from_texts(
        error: &str,
        description: Option<&str>,
        uri: Option<&str>,
        status: Option<u16>,
    ) -> Self {
        ProviderError {
            error: clip(error).into(),
            description: description.map(|text| clip(text).into()),
            uri: uri
                .filter(|uri| is_web_link(uri))
                .map(|text| clip(text).into()),
            status,
            ..ProviderError::default()
        }
    }
}

impl Deref for Error {
    type Target = ErrorFields;

    fn deref(&self) -> &ErrorFields {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut ErrorFields {
        &mut self.0
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())?;
        if let Some(detail) = &self.detail {
            f.write_str(" (")?;
            f.write_str(detail)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {}

/// The beginning of a text, at most [`MAX_TEXT`] bytes, cut between characters.
pub(crate) fn clip(text: &str) -> &str {
    text::clip(text, MAX_TEXT)
}

/// Whether a link can be followed without running script.
fn is_web_link(uri: &str) -> bool {
    (uri.starts_with("https://") || uri.starts_with("http://"))
        && uri.len() <= MAX_TEXT
        && uri.bytes().all(|byte| byte.is_ascii_graphic())
}
