//! What an app sees of the session.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::cell::{Cell, OnceCell};

use super::error::AuthError;
use crate::protocol::json::{self, Map, Value};
use crate::protocol::json_text::{JsonText, value_to_json};
use crate::session::effect::SignedOutReason;

/// The state of the session. It changes when something observable changed, and only then: a silent refresh is none.
#[derive(Clone, Debug, PartialEq)]
pub enum AuthState {
    /// A callback or a restore is under way; on a server always.
    Loading {
        /// What went wrong last.
        last_error: Option<AuthError>,
    },
    /// Nobody is signed in.
    SignedOut {
        /// Why.
        reason: SignedOutReason,
        /// What went wrong last.
        last_error: Option<AuthError>,
    },
    /// Somebody is.
    SignedIn {
        /// Who it is.
        user: User,
        /// The granted scope.
        scope: Rc<str>,
        /// The end of the access token.
        expires_at: ExpiresAt,
        /// What went wrong last.
        last_error: Option<AuthError>,
    },
}

impl AuthState {
    /// Whether a callback or a restore is under way.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading { .. })
    }

    /// Whether somebody is signed in.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        matches!(self, Self::SignedIn { .. })
    }

    /// Whether nobody is signed in, and nothing is under way that could change that.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        matches!(self, Self::SignedOut { .. })
    }

    /// Who is signed in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::SignedIn { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The granted scope, while somebody is signed in.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        match self {
            Self::SignedIn { scope, .. } => Some(scope),
            _ => None,
        }
    }

    /// What went wrong last.
    #[must_use]
    pub fn last_error(&self) -> Option<&AuthError> {
        let (Self::Loading { last_error }
        | Self::SignedOut { last_error, .. }
        | Self::SignedIn { last_error, .. }) = self;
        last_error.as_ref()
    }

    /// The same state with an error.
    #[cfg(feature = "page-vault")]
    pub(super) fn with_error(mut self, error: AuthError) -> Self {
        let (Self::Loading { last_error }
        | Self::SignedOut { last_error, .. }
        | Self::SignedIn { last_error, .. }) = &mut self;
        *last_error = Some(error);
        self
    }
}

/// The end of the access token. It is read anew at each [`get`](Self::get): a silent refresh moves it and changes no state,
/// so that two of one client are always equal.
#[derive(Clone, Default)]
pub struct ExpiresAt(Rc<Source>);

/// A value of our own, or somebody else's.
#[derive(Default)]
struct Source {
    own: Cell<Option<u64>>,
    other: OnceCell<Box<dyn Fn() -> Option<u64>>>,
}

impl ExpiresAt {
    /// Milliseconds since 1970, or `None` if the provider did not say.
    #[must_use]
    pub fn get(&self) -> Option<u64> {
        match self.0.other.get() {
            Some(read) => read(),
            None => self.0.own.get(),
        }
    }

    #[cfg(feature = "page-vault")]
    pub(super) fn set(&self, at: Option<u64>) {
        self.0.own.set(at);
    }

    /// From now on it is what `read` says.
    #[cfg(feature = "worker-vault")]
    pub(super) fn follow(&self, read: impl Fn() -> Option<u64> + 'static) {
        let _ = self.0.other.set(Box::new(read));
    }
}

impl core::fmt::Debug for ExpiresAt {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("ExpiresAt").field(&self.get()).finish()
    }
}

impl PartialEq for ExpiresAt {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// The claims about a user, as the provider sent them in the ID token (OpenID Connect Core 1.0 section 5.1), without those of the
/// protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct User(Rc<Map>);

impl User {
    pub(super) fn new(claims: Rc<Map>) -> Self {
        Self(claims)
    }

    /// The subject: stable, and unique at this provider. The key of a user in your own data.
    #[must_use]
    pub fn sub(&self) -> &str {
        self.text("sub").unwrap_or_default()
    }

    /// The full name in displayable form.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// The best name there is to greet with: a provider need not send more than the subject.
    #[must_use]
    pub fn display_name(&self) -> &str {
        ["name", "preferred_username", "nickname", "email"]
            .iter()
            .find_map(|claim| self.text(claim).filter(|name| !name.is_empty()))
            .unwrap_or_else(|| self.sub())
    }

    /// The e-mail address. Not unique, and not checked unless `email_verified` says so.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// The shorthand by which the user wishes to be called.
    #[must_use]
    pub fn preferred_username(&self) -> Option<&str> {
        self.text("preferred_username")
    }

    /// The URL of a picture. It is somebody else's text: allow it in your content security policy only where you trust it.
    #[must_use]
    pub fn picture(&self) -> Option<&str> {
        self.text("picture")
    }

    /// A claim that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        json::string(&self.0, name)
    }

    /// Any claim of the user.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|_| is_about_user(name))
    }

    /// All claims of the user.
    pub fn claims(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().filter(|(name, _)| is_about_user(name))
    }

    /// The claims as the JSON of an object, for a deserializer of your own.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = JsonText::new();
        for (name, value) in self.claims() {
            out.any(name, &value_to_json(value));
        }
        out.finish()
    }

    #[cfg(feature = "page-vault")]
    pub(super) fn same_claims(&self, other: &Self) -> bool {
        self.claims().count() == other.claims().count()
            && self
                .claims()
                .all(|(name, value)| other.claim(name) == Some(value))
    }
}

/// Those of the protocol are none of the app's business.
fn is_about_user(claim: &str) -> bool {
    const PROTOCOL: [&str; 10] = [
        "aud", "exp", "iat", "nbf", "nonce", "at_hash", "c_hash", "s_hash", "azp", "jti",
    ];
    !PROTOCOL.contains(&claim)
}

/// What [`Auth::on`](super::Auth::on) announces. No event ever holds a token.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AuthEvent {
    /// Somebody is signed in here.
    SignedIn {
        /// Who.
        user: User,
        /// Whether the session was brought back, in place of a new sign-in.
        restored: bool,
    },
    /// Somebody signed in in another tab; this page gets the session at its next load or sign-in.
    SignedInElsewhere,
    /// The session ended.
    SignedOut {
        /// Why.
        reason: SignedOutReason,
    },
    /// The same user's claims changed.
    UserChanged {
        /// With the new claims.
        user: User,
    },
    /// The access token was renewed.
    Refreshed {
        /// Its end, in milliseconds since 1970.
        expires_at: Option<u64>,
    },
    /// A renewal failed; the session lives.
    RefreshFailed {
        /// Why.
        error: AuthError,
    },
    /// An API wants a stronger authentication (RFC 9470): pass the values on to a sign-in.
    StepUpRequired {
        /// For [`SignInOptions::acr_values`](super::SignInOptions::acr_values).
        acr_values: Option<String>,
        /// For [`SignInOptions::max_age`](super::SignInOptions::max_age), in seconds.
        max_age: Option<u64>,
    },
    /// The session is about to end: ask the user. Activity puts an idle end off; then `Extended` comes.
    Expiring {
        /// When, in milliseconds since 1970.
        ends_at: u64,
        /// By which limit.
        limit: Limit,
    },
    /// The end that `Expiring` told of is put off: the user was active, here or in another tab.
    Extended,
    /// A finding about the set-up.
    Diagnosis(Diagnosis),
}

/// What ends a session in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`AuthConfig::idle`](super::AuthConfig::idle).
    Idle,
    /// [`AuthConfig::max_age`](super::AuthConfig::max_age).
    MaxAge,
}

/// A finding about the set-up, with what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// What was found.
    pub error: AuthError,
    /// Milliseconds since 1970.
    pub at: u64,
}
