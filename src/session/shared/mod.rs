//! One session, many tabs: how a vault uses the ledger, the lock and its siblings.
//!
//! A refresh passes through `refresh` (queue, win, send, commit); whoever finds that somebody else was faster goes to
//! `asking`. `place` says what a record means for this vault's session, `handover` is what siblings give each other.
//! `entering` writes a sign-in, `restoring` claims the way to the provider, `ending` signs out, and `marks` compares
//! what the page's mark says with the ledger.

mod asking;
mod ending;
mod entering;
mod handover;
mod marks;
mod place;
mod refresh;
mod restoring;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use entering::Entry;
pub use handover::Handover;
pub(super) use restoring::Wish;

use super::effect::{Effect, Reply};
use super::event::{CallId, Ticket};
use super::guards::Guard;
use super::ledger::{Name, Outcome, Sent, Step, Verdict, Who};
use super::machine::{Entropy, Live, Purpose, Session};
use super::proof::Proof;
use super::sign_out::SignOutJob;
use super::tabs::{Mark, SessionId};
use crate::protocol::error::Error;
use crate::protocol::http::Request;

/// A request that leaves in the task of its transaction's `complete` event, and only if the step was done.
#[derive(Debug)]
pub struct Departure {
    /// Names the call in its [`Event::Answered`](super::Event::Answered).
    pub call: CallId,
    /// The request, sent like [`SendKind::Read`](super::effect::SendKind::Read).
    pub request: Request,
    /// Milliseconds until the shell gives up.
    pub deadline_ms: u32,
}

/// The place of a grant in the ledger. A grant without one is this vault's alone.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) grant: Name,
    pub(super) generation: u64,
    /// The refresh token may have been used: this vault never sends it again, whatever the ledger says.
    given_up: bool,
}

/// What the vault remembers of its dealings with the others.
pub(super) struct Shared {
    /// This vault, as the owner of intents and claims.
    owner: Name,
    /// The attempt that holds a place in the queue or the lock itself.
    queued: Option<CallId>,
    /// What was sent and is not committed yet.
    sent: Option<Sent>,
    /// How often the siblings were asked in vain for the renewal under way.
    asked: u32,
    /// Since when a result is waited for, and whether that was begun anew after a sleep.
    waits: (u64, bool),
    /// A sign-in that passed every check and is being written.
    arrived: Option<(CallId, SessionId, Proof)>,
    /// What it becomes.
    entry: Option<Entry>,
    /// The sessions that ended here. What is still on its way, or not written yet elsewhere, brings none of them back.
    over: Vec<SessionId>,
    /// Sign-outs whose tombstone is being written.
    leaving: Vec<Leaving>,
    /// Attempts to restore that wait for the ledger or a sibling.
    wishes: Vec<(CallId, Wish)>,
}

impl Shared {
    pub(super) fn new(entropy: &mut Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy(&mut bytes);
        Self {
            owner: Name::from_random(&bytes),
            queued: None,
            sent: None,
            asked: 0,
            waits: (0, false),
            arrived: None,
            entry: None,
            over: Vec::new(),
            leaving: Vec::new(),
            wishes: Vec::new(),
        }
    }
}

/// A sign-out on its way through the ledger.
struct Leaving {
    name: CallId,
    job: SignOutJob,
    /// What the page wrote.
    mark: Mark,
    /// Then it goes on without.
    until: u64,
    /// Whether the tombstone is written, and this is the look before the revocation.
    again: bool,
}

/// What a step is for.
#[derive(Clone)]
pub(super) enum Job {
    Win {
        attempt: CallId,
        departs: CallId,
        sent: Sent,
    },
    TakeBack,
    Commit,
    Reject(Error),
    /// The record is looked at again, to see how the renewal goes on.
    LookAgain(CallId),
    /// A sibling's state is taken if the record shows its session and grant.
    Take(Box<Handover>, Asker),
    Compare(Option<Mark>, Ticket),
    /// Whether the session still stands.
    Check,
    /// The same before a renewal with a grant of this vault's own, which goes on if so.
    CheckFirst(CallId),
    /// A token that came after the sign-out is given back if the record shows that nobody is signed in.
    GiveBack(String),
    Enter(CallId),
    SignOut(CallId),
    /// A restore looks for a session first, then claims.
    Seek(CallId),
    Claim(CallId),
    /// The page waits, so that no load comes before it.
    Lift(Ticket),
    /// Nothing depends on the outcome.
    Told,
}

impl Job {
    fn only_looks(&self) -> bool {
        matches!(
            self,
            Self::LookAgain(_)
                | Self::Take(..)
                | Self::Compare(..)
                | Self::Check
                | Self::CheckFirst(_)
                | Self::Seek(_)
        )
    }
}

/// Who asked the siblings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// A renewal's attempt.
    Renewal(CallId),
    /// A page that was signed out, or a result that nobody asked for.
    Nobody,
    /// A restore.
    Restore(CallId),
}

impl Session {
    pub(super) fn is_shared(&self) -> bool {
        self.held().is_some()
    }

    /// The session is over for this vault.
    pub(super) fn note_end(&mut self, live: Option<&Live>) {
        if let Some(live) = live {
            self.shared.over.push(live.id.clone());
        }
    }

    fn is_over(&self, session: &SessionId) -> bool {
        self.guards.hold(Guard::OverIsOver) && self.shared.over.contains(session)
    }

    fn held(&self) -> Option<&Held> {
        self.live.as_ref().and_then(|live| live.held.as_ref())
    }

    /// The present refresh token, as the ledger knows it.
    fn token_held(&self) -> Option<Sent> {
        let live = self.live.as_ref()?;
        let held = live.held.as_ref()?;
        Some(Sent {
            session: live.id.clone(),
            grant: held.grant.clone(),
            generation: held.generation,
        })
    }

    /// The user of the session that lives here.
    fn who(&self) -> Option<Who> {
        let live = self.live.as_ref()?;
        Some(self.who_is(live.claims.sub()))
    }

    fn who_is(&self, subject: &str) -> Who {
        Who {
            issuer: self.config.issuer.as_str().into(),
            subject: subject.into(),
        }
    }

    fn transact(&mut self, job: Job, step: Step) {
        self.transact_and(job, step, None);
    }

    fn transact_and(&mut self, job: Job, step: Step, departure: Option<Departure>) {
        let call = self.name_call(Purpose::Ledger(Box::new(job)));
        self.push(Effect::Ledger {
            call,
            step,
            departure,
        });
    }

    /// The vault's transaction is over.
    pub(super) fn ledger_answered(&mut self, job: Job, outcome: &Outcome) {
        // What was read before a sleep is no news.
        if outcome.verdict == Verdict::TooLate && job.only_looks() {
            return self.transact(job, Step::Look);
        }
        match job {
            Job::Win {
                attempt,
                departs,
                sent,
            } => self.won(attempt, departs, sent, outcome),
            Job::TakeBack | Job::Told => {}
            Job::Lift(ticket) => self.reply(ticket, Ok(Reply::Done)),
            Job::Commit => self.committed(outcome),
            Job::Reject(error) => self.rejected(error, outcome),
            Job::LookAgain(attempt) => self.looked_again(attempt, outcome),
            Job::Take(handover, asker) => self.take(*handover, asker, outcome),
            Job::Compare(mark, ticket) => {
                self.compared(mark, outcome);
                self.reply(ticket, Ok(Reply::Done));
            }
            Job::Check => self.checked(outcome),
            Job::CheckFirst(attempt) => {
                self.checked(outcome);
                self.go_ahead(attempt);
            }
            Job::GiveBack(token) => self.give_back_now(&token, outcome),
            Job::Enter(attempt) => self.entered(attempt, outcome),
            Job::SignOut(name) => self.tombstone_written(name, Some(outcome)),
            Job::Seek(wish) => self.sought(wish, outcome),
            Job::Claim(wish) => self.claimed(wish, outcome),
        }
    }
}
