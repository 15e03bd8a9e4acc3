//! What a session asks its shell to do.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::event::{CallId, Ticket};
#[cfg(feature = "ledger")]
use super::ledger::{Name, Step};
#[cfg(feature = "ledger")]
use super::shared::{Departure, Handover};
#[cfg(feature = "ledger")]
use super::tabs::Mark;
use super::tabs::SessionId;
use crate::protocol::error::{Code, Error};
use crate::protocol::http::Request;
use crate::protocol::id_token::Claims;
use crate::protocol::jwk::Alg;
use crate::protocol::secret::AccessToken;

/// One thing to do.
pub enum Effect {
    /// Send a request; answer with [`Event::Answered`](super::Event::Answered), exactly once.
    Send {
        /// Names the call in the answer.
        call: CallId,
        /// The request. Redirects are refused, no cookie and no cache takes part.
        request: Request,
        /// Milliseconds until the shell gives up.
        deadline_ms: u32,
        /// How the answer is read.
        kind: SendKind,
    },
    /// Check a signature; answer with [`Event::Verified`](super::Event::Verified), exactly once.
    Verify {
        /// Names the call in the answer.
        call: CallId,
        /// Signature algorithm.
        alg: Alg,
        /// The public key as JSON, without a private member.
        key: String,
        /// What was signed.
        input: String,
        /// The signature.
        signature: Vec<u8>,
    },
    /// Make the API call of this ticket with this token.
    CallApi {
        /// The call's ticket.
        ticket: Ticket,
        /// Goes into the `Authorization` header and nowhere else.
        token: AccessToken,
        /// Whether the app gave up the refusal of redirects for this API.
        follow_redirects: bool,
    },
    /// Hand the API's last answer to the page.
    Deliver {
        /// The call's ticket.
        ticket: Ticket,
    },
    /// Answer the front.
    Reply {
        /// Who asked.
        ticket: Ticket,
        /// The answer.
        reply: Result<Reply, Error>,
    },
    /// Tell the front something it did not ask for.
    Tell(Notice),
    /// Run one step in one readwrite transaction; answer with [`Event::Ledger`](super::Event::Ledger), exactly once and
    /// in the order of the effects.
    #[cfg(feature = "ledger")]
    Ledger {
        /// Names the call in the answer.
        call: CallId,
        /// What [`apply`](super::ledger::apply) is called with.
        step: Step,
        /// Leaves in the task of the transaction's `complete` event if the outcome is still
        /// [`Verdict::Done`](super::ledger::Verdict::Done) there.
        departure: Option<Departure>,
    },
    /// Queue for the lock of this issuer and client id; answer with [`Event::Locked`](super::Event::Locked) when it is
    /// held, and also when it cannot be had or the deadline is over.
    #[cfg(feature = "ledger")]
    Lock {
        /// Names the call in the answer.
        call: CallId,
        /// Milliseconds until the shell gives up.
        deadline_ms: u32,
    },
    /// Give the lock back, or the place in the queue.
    #[cfg(feature = "ledger")]
    Unlock,
    /// Ask siblings and park for this grant; answer with [`Event::Shared`](super::Event::Shared).
    #[cfg(feature = "ledger")]
    AskShared {
        /// Names the call in the answer.
        call: CallId,
        /// The grant that the ledger shows.
        grant: Name,
    },
    /// Seal this to every sibling's key, and park it.
    #[cfg(feature = "ledger")]
    Publish(Handover),
    /// The mark is not what the ledger shows: the page writes it, if the mark is still the one it read. A `+` is never
    /// written over the tombstone of its session; the tombstone may always replace that `+`.
    #[cfg(feature = "ledger")]
    RepairMark {
        /// The right mark.
        own: Mark,
        /// What the page read.
        instead_of: Option<Mark>,
    },
    /// Send [`Event::Tick`](super::Event::Tick) at this wall-clock time (milliseconds); replaces any earlier wish.
    WakeAt(u64),
}

/// How a request is sent and its answer read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendKind {
    /// An ordinary request whose answer is read.
    Read,
    /// The same with a refresh token in it, which must not leave twice: whoever keeps a copy of the session elsewhere
    /// marks it there before.
    Refresh,
    /// Only whether anything answers matters (`no-cors`, nothing is read).
    Probe,
    /// Must leave even if the page goes away (`keepalive`).
    KeepAlive,
}

/// The answer to a command.
pub enum Reply {
    /// Store the record under the state, then go to the URL.
    Navigate {
        /// The authorization request.
        url: String,
        /// Names the transaction.
        state: String,
        /// The transaction to keep until the browser comes back.
        record: String,
    },
    /// An authorization response was redeemed.
    SignedIn {
        /// Where the user was going.
        return_to: String,
        /// The code of an error from before the round trip, still to be shown.
        carry: Option<String>,
    },
    /// What UserInfo said: the JSON object as it came, checked.
    UserInfo(String),
    /// The access token, for the page placement.
    AccessToken(AccessToken),
    /// The session is over; go to the URL if there is one.
    SignedOut {
        /// The end-session request and the `state` it carries.
        end_session: Option<(String, String)>,
    },
    /// Done, with nothing to say.
    Done,
}

/// How a session came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInOrigin {
    /// The user signed in: a new session.
    Interactive,
    /// Restored, as part of the session that the mark names.
    Joined,
    /// Restored, but as another user or without a mark: a new session.
    Restored,
}

/// Something the front should know.
#[derive(Debug)]
pub enum Notice {
    /// Somebody is signed in now: the front writes the mark before it shows the state.
    SignedIn(Snapshot, SignInOrigin),
    /// The observable state changed.
    State(Snapshot),
    /// The access token was renewed; nothing observable changed but its end.
    Refreshed {
        /// End of the new access token (wall clock, milliseconds).
        expires_at: Option<u64>,
    },
    /// A renewal failed; the session lives.
    RefreshFailed(Error),
    /// A finding for the developer.
    Diagnosis(Code, Option<String>),
    /// The session may not live on in any tab: an ID token failed its checks, or its time is over.
    EndEverywhere,
    /// The session ends at this time (wall clock, milliseconds) unless the user is active, or whatever happens:
    /// `session_idle` or `session_max_age`. Told once more as it comes, for a front that knows of later activity.
    #[cfg(feature = "limits")]
    Expiring {
        /// When.
        ends_at: u64,
        /// By which limit.
        code: Code,
    },
    /// The user was active after a warning.
    #[cfg(feature = "limits")]
    Extended,
}

/// The observable state.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Signed in or out.
    pub status: Status,
    /// What went wrong last.
    pub last_error: Option<Error>,
}

/// Signed in or out.
#[derive(Clone, Debug)]
pub enum Status {
    /// Nobody is signed in.
    SignedOut(SignedOutReason),
    /// Somebody is.
    SignedIn {
        /// The session's id.
        session: SessionId,
        /// SHA-256 over session id, issuer and subject.
        user_hash: String,
        /// Who it is.
        user: Claims,
        /// The granted scope.
        scope: String,
        /// End of the access token (wall clock, milliseconds).
        expires_at: Option<u64>,
    },
}

/// Why nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedOutReason {
    /// No session was known in this browser.
    NeverSignedIn,
    /// The access token ran out and could not be renewed.
    Expired,
    /// The user signed out here.
    SignedOut,
    /// The user signed out in another tab or app.
    SignedOutElsewhere,
    /// The provider ended the session.
    SessionEnded,
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { call, request, .. } => f
                .debug_struct("Send")
                .field("call", call)
                .field("request", request)
                .finish(),
            Self::Verify { call, alg, .. } => {
                // What was signed is the ID token.
                let mut out = f.debug_struct("Verify");
                out.field("call", call)
                    .field("alg", alg)
                    .finish_non_exhaustive()
            }
            Self::CallApi { ticket, .. } => f
                .debug_struct("CallApi")
                .field("ticket", ticket)
                .finish_non_exhaustive(),
            Self::Deliver { ticket } => f.debug_struct("Deliver").field("ticket", ticket).finish(),
            Self::Reply { ticket, reply } => f
                .debug_struct("Reply")
                .field("ticket", ticket)
                .field("reply", reply)
                .finish(),
            Self::Tell(notice) => f.debug_tuple("Tell").field(notice).finish(),
            #[cfg(feature = "ledger")]
            Self::Ledger { call, step, .. } => f
                .debug_struct("Ledger")
                .field("call", call)
                .field("step", step)
                .finish_non_exhaustive(),
            #[cfg(feature = "ledger")]
            Self::Lock { call, .. } => f.debug_struct("Lock").field("call", call).finish(),
            #[cfg(feature = "ledger")]
            Self::Unlock => f.write_str("Unlock"),
            #[cfg(feature = "ledger")]
            Self::AskShared { grant, .. } => f.debug_tuple("AskShared").field(grant).finish(),
            #[cfg(feature = "ledger")]
            Self::Publish(handover) => f.debug_tuple("Publish").field(handover).finish(),
            #[cfg(feature = "ledger")]
            Self::RepairMark { .. } => f.write_str("RepairMark"),
            Self::WakeAt(at) => f.debug_tuple("WakeAt").field(at).finish(),
        }
    }
}

/// Only the names: the contents are the verifier, the ID token in a URL, tokens.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Navigate { .. } => "Navigate",
            Self::SignedIn { .. } => "SignedIn",
            Self::UserInfo(_) => "UserInfo",
            Self::AccessToken(_) => "AccessToken",
            Self::SignedOut { .. } => "SignedOut",
            Self::Done => "Done",
        })
    }
}
