//! What can happen to a session.

#[cfg(feature = "ledger")]
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use core::fmt;

#[cfg(feature = "ledger")]
use super::ledger::Outcome;
#[cfg(feature = "ledger")]
use super::shared::Handover;
use super::tabs::{Mark, SessionId};
use crate::protocol::http::Answer;

/// A question of the front that waits for its one [`Reply`](super::Reply).
pub type Ticket = u32;

/// One request or verification on its way, named by the session and answered by the shell.
pub type CallId = u32;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The front asks for something.
    Command {
        /// Who waits for the reply.
        ticket: Ticket,
        /// The session the page shows; commands of another one are refused.
        session: Option<SessionId>,
        /// What is asked.
        command: Command,
    },
    /// A request sent for [`Effect::Send`](super::Effect::Send) was answered, or was not.
    Answered {
        /// The call's name.
        call: CallId,
        /// The answer, or why there is none.
        answer: Result<Answer, NetworkFailure>,
    },
    /// A signature was checked; `None` when the platform cannot use the key or the algorithm.
    Verified {
        /// The call's name.
        call: CallId,
        /// Whether the signature is good.
        valid: Option<bool>,
    },
    /// An API answered a call made for [`Effect::CallApi`](super::Effect::CallApi).
    ApiAnswered {
        /// The call's ticket.
        ticket: Ticket,
        /// HTTP status.
        status: u16,
        /// The `WWW-Authenticate` header, where the browser lets us read it.
        challenge: Option<String>,
    },
    /// An API call ended without an answer (network, abort): the session forgets it.
    ApiFailed {
        /// The call's ticket.
        ticket: Ticket,
    },
    /// The transaction of [`Effect::Ledger`](super::Effect::Ledger) is over, or cannot be.
    #[cfg(feature = "ledger")]
    Ledger {
        /// The call's name.
        call: CallId,
        /// What [`apply`](super::ledger::apply) said, as it was in the `complete` event.
        outcome: Outcome,
    },
    /// The lock is held, or is not worth waiting for any longer.
    #[cfg(feature = "ledger")]
    Locked {
        /// The call's name.
        call: CallId,
    },
    /// A sibling or the park answered, or nobody did.
    #[cfg(feature = "ledger")]
    Shared {
        /// The call's name.
        call: CallId,
        /// What was given, opened and checked.
        handover: Option<Box<Handover>>,
    },
    /// A sibling published what it got.
    #[cfg(feature = "ledger")]
    Published(Box<Handover>),
    /// The time asked for by [`Effect::WakeAt`](super::Effect::WakeAt) has come.
    Tick,
}

/// What a front can ask.
pub enum Command {
    /// Build an authorization request that the user will see.
    SignIn(SignIn),
    /// Build an authorization request with `prompt=none`, to get a session back at load.
    Restore {
        /// Where the user is.
        return_to: String,
        /// The sign-out mark as it stands.
        mark: Option<Mark>,
        /// The code of an error that the page still has to show after the round trip.
        carry: Option<String>,
    },
    /// The browser came back with an authorization response.
    Callback {
        /// The response parameters, as they stood in the URL.
        query: String,
        /// The stored transaction of this `state`, taken out of storage by the front.
        record: Option<String>,
        /// The sign-out mark as it stands.
        mark: Option<Mark>,
    },
    /// Call an API with the access token.
    Call(ApiRequest),
    /// Ask the UserInfo endpoint.
    UserInfo,
    /// Get a new access token now; joins a refresh under way.
    Refresh,
    /// Hand out the access token (page placement only).
    AccessToken,
    /// End the session and build the end-session request.
    SignOut,
    /// Another tab ended the session.
    Drop {
        /// Whether the mark read in this very task is a tombstone, so that the grant may be revoked.
        revoke: bool,
    },
    /// The page was shown again, or the network came back.
    Wake,
    /// The user was active at this time (wall clock, milliseconds).
    #[cfg(feature = "limits")]
    Touch(u64),
    /// Answer once no request is on its way that spends a code or a refresh token, or takes one back.
    #[cfg(feature = "worker")]
    Settle,
    /// The mark as the page reads it now; the session asks the ledger if it is not its own.
    #[cfg(feature = "ledger")]
    Compare(Option<Mark>),
    /// The page wrote the mark of a sign-in.
    #[cfg(feature = "ledger")]
    MarkWritten,
    /// The provider sent the page back from a sign-out.
    #[cfg(feature = "ledger")]
    Lift,
}

/// What a sign-in asks of the provider beside the configuration.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// Same-origin path where the user lands afterwards.
    pub return_to: String,
    /// OIDC `prompt`.
    pub prompt: Option<String>,
    /// Requested authentication contexts, space-separated.
    pub acr_values: Option<String>,
    /// Greatest age of the authentication, in seconds.
    pub max_age: Option<u64>,
    /// Who is probably signing in.
    pub login_hint: Option<String>,
    /// Preferred languages of the provider's pages.
    pub ui_locales: Option<String>,
    /// Further parameters of this one request.
    pub extra: Vec<(String, String)>,
}

/// One API call as the shell sees it, its URL parsed by the platform.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    /// Scheme, host and port.
    pub origin: String,
    /// The path, percent-encoded as it will be sent.
    pub path: String,
    /// Whether the URL names a user or password.
    pub has_credentials: bool,
    /// HTTP method in capitals.
    pub method: String,
    /// Whether the caller set `Authorization` or `DPoP` itself.
    pub own_authorization: bool,
    /// Whether the body can be sent a second time.
    pub replayable: bool,
}

/// Why a request got no readable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkFailure {
    /// The browser says it is offline, or nothing answered.
    Unreachable,
    /// The server is up, but its answer may not be read (CORS).
    Cors,
    /// The page's content security policy forbids the request.
    BlockedByCsp,
    /// No answer within the deadline.
    Timeout,
    /// The answer was a redirect, which is refused.
    Redirected,
    /// The answer is larger than any honest one.
    TooLarge,
}

/// Only the names: a callback's query holds the code, its record the verifier.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignIn(_) => "SignIn",
            Self::Restore { .. } => "Restore",
            Self::Callback { .. } => "Callback",
            Self::Call(_) => "Call",
            Self::UserInfo => "UserInfo",
            Self::Refresh => "Refresh",
            Self::AccessToken => "AccessToken",
            Self::SignOut => "SignOut",
            Self::Drop { .. } => "Drop",
            Self::Wake => "Wake",
            #[cfg(feature = "limits")]
            Self::Touch(_) => "Touch",
            #[cfg(feature = "worker")]
            Self::Settle => "Settle",
            #[cfg(feature = "ledger")]
            Self::Compare(_) => "Compare",
            #[cfg(feature = "ledger")]
            Self::MarkWritten => "MarkWritten",
            #[cfg(feature = "ledger")]
            Self::Lift => "Lift",
        })
    }
}
