//! What a sign-in and a sign-out ask for.

use alloc::string::String;
use alloc::vec::Vec;

use super::config::pairs;
use crate::protocol::json_text::JsonText;

/// What a sign-in asks for beside the configuration (OpenID Connect Core 1.0 section 3.1.2.1).
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct SignInOptions {
    pub(super) return_to: Option<String>,
    prompt: Option<String>,
    acr_values: Option<String>,
    max_age: Option<u64>,
    login_hint: Option<String>,
    ui_locales: Option<String>,
    parameters: Vec<(String, String)>,
}

impl SignInOptions {
    /// Nothing but what the configuration says.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the user lands afterwards: a URL of this origin. Default: where the user is now.
    pub fn return_to(mut self, target: impl Into<String>) -> Self {
        self.return_to = Some(target.into());
        self
    }

    /// `login`, `consent`, `select_account`, `create`, or what the provider knows beside them.
    pub fn prompt(mut self, prompt: impl Into<String>) -> Self {
        self.prompt = Some(prompt.into());
        self
    }

    /// Requested authentication contexts, space-separated.
    pub fn acr_values(mut self, values: impl Into<String>) -> Self {
        self.acr_values = Some(values.into());
        self
    }

    /// Greatest age of the authentication, in seconds.
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Who is probably signing in.
    pub fn login_hint(mut self, hint: impl Into<String>) -> Self {
        self.login_hint = Some(hint.into());
        self
    }

    /// Preferred languages of the provider's pages, space-separated.
    pub fn ui_locales(mut self, locales: impl Into<String>) -> Self {
        self.ui_locales = Some(locales.into());
        self
    }

    /// Adds a parameter to this one request; it wins over one of the configuration.
    pub fn authorization_param(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// The fields of the command.
    pub(super) fn fields(&self, return_to: Option<&str>) -> JsonText {
        let mut out = JsonText::new();
        out.maybe("returnTo", return_to)
            .maybe("prompt", self.prompt.as_deref())
            .maybe("acrValues", self.acr_values.as_deref())
            .number("maxAge", self.max_age)
            .maybe("loginHint", self.login_hint.as_deref())
            .maybe("uiLocales", self.ui_locales.as_deref())
            .raw("authorizationParams", &pairs(&self.parameters));
        out
    }
}

/// What a sign-out asks for.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct SignOutOptions {
    pub(super) return_to: Option<String>,
    pub(super) only_here: bool,
}

impl SignOutOptions {
    /// The sign-out of all tabs and of the provider's session.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the user lands after the provider's sign-out: a URL of this origin. Default: the redirect URI.
    pub fn return_to(mut self, target: impl Into<String>) -> Self {
        self.return_to = Some(target.into());
        self
    }

    /// Leaves the provider's own session as it is. The browser stays here, every tab of this app is signed out, and the
    /// next sign-in may ask nothing.
    pub fn keep_provider_session(mut self) -> Self {
        self.only_here = true;
        self
    }

    /// As the npm package's front reads them.
    #[cfg(feature = "worker-vault")]
    pub(super) fn to_json(&self) -> String {
        let mut out = JsonText::new();
        out.maybe("returnTo", self.return_to.as_deref());
        if self.only_here {
            out.raw("everywhere", "false");
        }
        out.finish()
    }
}
