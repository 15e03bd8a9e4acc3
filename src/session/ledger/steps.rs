//! What a vault may do to the record, one step per transaction.

use alloc::string::String;

use super::record::{Intent, Name, Record, Standing};
use crate::session::guards::{Guard, Guards};
use crate::session::sign_in::TOKEN_DEADLINE_MS;
use crate::session::tabs::{SessionId, user_hash};

/// The others wait this much longer than the request itself may take.
const MARGIN_MS: u64 = 2_000;
/// A tab that slept between opening the transaction and its end must not send: others may have given it up.
const SLEPT_MS: u64 = 2_000;
/// A grace period is used up this much earlier than the app declared it.
const GRACE_MARGIN_MS: u64 = 1_000;

/// One generation of one grant of one session: what a refresh token on its way is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The session.
    pub session: SessionId,
    /// The grant.
    pub grant: Name,
    /// How often the grant was refreshed before.
    pub generation: u64,
}

/// A user, to be compared with hashes that another session's id went into.
#[derive(Clone, PartialEq, Eq)]
pub struct Who {
    /// The provider.
    pub issuer: String,
    /// The user there.
    pub subject: String,
}

/// The subject is nobody's business.
impl core::fmt::Debug for Who {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Who")
    }
}

impl Who {
    /// The user's hash within a session.
    #[must_use]
    pub fn hash_in(&self, session: &SessionId) -> String {
        user_hash(session, &self.issuer, &self.subject)
    }
}

/// What is to happen in one transaction.
#[derive(Clone, Debug)]
pub enum Step {
    /// Nothing: only what the record shows is wanted.
    Look,
    /// The right to send this token, for its owner alone.
    Win {
        /// The token.
        sent: Sent,
        /// The vault.
        owner: Name,
        /// How long the provider is known to accept a token once more: an own intent younger than that is won again.
        grace_ms: u64,
    },
    /// Nothing was sent, or the provider did not use what was sent.
    TakeBack {
        /// The token.
        sent: Sent,
        /// The vault that won.
        owner: Name,
        /// Nobody sends before this time.
        not_before: u64,
    },
    /// The token bought the next one. Also done for a sender that died after it had published.
    Commit(Sent),
    /// The provider refused the token for good: the session ends, unless it has gone on without this token.
    Reject(Sent),
    /// Somebody signed in.
    Begin {
        /// The new session.
        session: SessionId,
        /// Its user.
        who: Who,
        /// The new grant.
        grant: Name,
    },
    /// The user signed out.
    End {
        /// The session and grant of the vault that was asked.
        sent: Sent,
        /// Its user, whose other sessions end too.
        who: Who,
    },
    /// The provider sent the browser back from a sign-out.
    Lift,
    /// The right to leave for the provider with `prompt=none`.
    Claim {
        /// The tab.
        owner: Name,
        /// The grant that the siblings were asked for in vain. If it is not the record's any more, they are asked anew.
        asked: Option<Name>,
    },
    /// The provider answered a restore, and not with a session.
    Answered {
        /// The tab that claimed.
        owner: Name,
        /// Whether restore is closed for a while: the answer was none of those that say that nobody is signed in.
        closes: bool,
    },
    /// A restore brought tokens: the session that the record showed at the claim goes on with a new grant, or, for
    /// another user, a new session begins.
    Accept {
        /// The session that the record showed at the claim.
        claimed: Option<SessionId>,
        /// The id of a new session.
        session: SessionId,
        /// The user who came back.
        who: Who,
        /// The new grant.
        grant: Name,
    },
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was done.
    Done,
    /// The record forbids it, or it was done for nothing: see what the record shows.
    Refused,
    /// It was done, but so long ago that nothing may leave on the strength of it.
    TooLate,
    /// The database could not be used, or not in time.
    Unavailable,
}

/// A step's verdict, and what the record showed when the transaction was over.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub verdict: Verdict,
    /// The record; `None` if there is none that could be read.
    pub record: Option<Record>,
}

impl Outcome {
    /// What a shell reports when the database is denied, blocked, full or silent.
    #[must_use]
    pub fn unavailable() -> Self {
        Self {
            verdict: Verdict::Unavailable,
            record: None,
        }
    }

    /// To be called in the task of the transaction's `complete` event, with the time at which it was opened. The
    /// request that a win brings along leaves in this very task if the verdict is still [`Verdict::Done`].
    #[must_use]
    pub fn completed(mut self, opened_at: u64, now: u64) -> Self {
        // A clock that went back proves nothing.
        let slept = now < opened_at || now - opened_at > SLEPT_MS;
        if slept && self.verdict == Verdict::Done {
            self.verdict = Verdict::TooLate;
        }
        self
    }

    /// Whether nobody is signed in, by the record's own word: one that is missing says nothing.
    pub(in crate::session) fn shows_the_end(&self) -> bool {
        let standing = self.record.as_ref().and_then(|it| it.standing.as_ref());
        standing.is_some_and(|standing| standing.ended)
    }
}

/// The whole of what a shell does between reading and writing: takes the text as it was read and the wall clock, and
/// returns the outcome and what is to be written, if anything.
#[must_use]
pub fn apply(record: Option<&str>, step: &Step, now: u64) -> (Outcome, Option<String>) {
    judge(record, step, now, &Guards::default())
}

pub(in crate::session) fn judge(
    text: Option<&str>,
    step: &Step,
    now: u64,
    guards: &Guards,
) -> (Outcome, Option<String>) {
    let record = text.and_then(Record::from_json);
    let (verdict, new) = transition(record.as_ref(), step, now, guards);
    let written = new.as_ref().map(Record::to_json);
    let record = new.or(record);
    (Outcome { verdict, record }, written)
}

fn transition(
    record: Option<&Record>,
    step: &Step,
    now: u64,
    guards: &Guards,
) -> (Verdict, Option<Record>) {
    let ledger = Ledger { record, guards };
    match step {
        Step::Look => (Verdict::Done, None),
        Step::Win {
            sent,
            owner,
            grace_ms,
        } => ledger.win(sent, owner, *grace_ms, now),
        Step::TakeBack {
            sent,
            owner,
            not_before,
        } => ledger.take_back(sent, owner, *not_before),
        Step::Commit(sent) => ledger.commit(sent),
        Step::Reject(sent) => ledger.reject(sent),
        Step::Begin {
            session,
            who,
            grant,
        } => (Verdict::Done, Some(ledger.begin(session, who, grant))),
        Step::End { sent, who } => ledger.end(sent, who),
        Step::Lift => ledger.lift(),
        Step::Claim { owner, asked } => ledger.claim(owner, asked.as_ref(), now),
        Step::Answered { owner, closes } => ledger.answered(owner, *closes, now),
        Step::Accept {
            claimed,
            session,
            who,
            grant,
        } => ledger.accept(claimed.as_ref(), session, who, grant),
    }
}

/// The record as it was read, with the transitions on it.
struct Ledger<'a> {
    record: Option<&'a Record>,
    guards: &'a Guards,
}

type Transition = (Verdict, Option<Record>);

impl Ledger<'_> {
    /// Changes the session's part and nothing else.
    fn with(&self, standing: Standing) -> Transition {
        let restore = self.record.map(|record| record.restore.clone());
        let record = Record {
            standing: Some(standing),
            restore: restore.unwrap_or_default(),
        };
        (Verdict::Done, Some(record))
    }

    fn standing(&self) -> Option<&Standing> {
        self.record.and_then(|record| record.standing.as_ref())
    }

    /// The session of `sent`, if it lives and its grant is the one that was sent.
    fn same_grant(&self, sent: &Sent) -> Option<&Standing> {
        let any_grant = !self.guards.hold(Guard::GrantIsChecked);
        let ended_too = !self.guards.hold(Guard::TombstoneIsChecked);
        self.standing().filter(|standing| {
            standing.session == sent.session
                && (standing.grant == sent.grant || any_grant)
                && (!standing.ended || ended_too)
        })
    }

    fn win(&self, sent: &Sent, owner: &Name, grace_ms: u64, now: u64) -> Transition {
        let free = |standing: &&Standing| match &standing.intent {
            None => true,
            Some(intent) if intent.owner == *owner => {
                let age = now.checked_sub(intent.since);
                age.is_some_and(|age| age + GRACE_MARGIN_MS < grace_ms)
            }
            Some(_) => !self.guards.hold(Guard::CompareAndSet),
        };
        let found = self
            .same_grant(sent)
            .filter(|standing| standing.generation == sent.generation)
            .filter(|standing| standing.not_before <= now)
            .filter(free);
        let Some(standing) = found else {
            return (Verdict::Refused, None);
        };
        let intent = Intent {
            owner: owner.clone(),
            generation: sent.generation,
            since: now,
            deadline: now + u64::from(TOKEN_DEADLINE_MS) + MARGIN_MS,
        };
        self.with(Standing {
            intent: Some(intent),
            ..standing.clone()
        })
    }

    /// Also on a tombstone: its intent says that the token may be on its way.
    fn take_back(&self, sent: &Sent, owner: &Name, not_before: u64) -> Transition {
        let mine = |intent: &Intent| intent.owner == *owner && intent.generation == sent.generation;
        let found = self.standing().filter(|standing| standing.shows(sent));
        match found.filter(|standing| standing.intent.as_ref().is_some_and(mine)) {
            Some(standing) => self.with(Standing {
                intent: None,
                not_before: standing.not_before.max(not_before),
                ..standing.clone()
            }),
            None => (Verdict::Refused, None),
        }
    }

    /// A record that is further stays as it is: its intent is somebody else's.
    fn commit(&self, sent: &Sent) -> Transition {
        let any_generation = !self.guards.hold(Guard::GenerationIsChecked);
        let found = self
            .same_grant(sent)
            .filter(|standing| standing.generation == sent.generation || any_generation);
        match found {
            Some(standing) => self.with(Standing {
                generation: sent.generation + 1,
                intent: None,
                not_before: 0,
                ..standing.clone()
            }),
            None => (Verdict::Refused, None),
        }
    }

    fn reject(&self, sent: &Sent) -> Transition {
        match self.standing().filter(|standing| standing.shows(sent)) {
            Some(standing) => self.with(Standing {
                ended: true,
                ..standing.clone()
            }),
            None => (Verdict::Refused, None),
        }
    }

    fn begin(&self, session: &SessionId, who: &Who, grant: &Name) -> Record {
        let restore = self.record.map(|record| record.restore.clone());
        let mut restore = restore.unwrap_or_default();
        restore.reopen();
        Record {
            standing: Some(Standing::new(session, who, grant)),
            restore,
        }
    }

    /// Another user's session is left alone.
    fn end(&self, sent: &Sent, who: &Who) -> Transition {
        let tombstone = match self.standing() {
            None => Standing {
                ended: true,
                generation: sent.generation,
                ..Standing::new(&sent.session, who, &sent.grant)
            },
            Some(standing) if standing.session == sent.session || standing.is_of(who) => Standing {
                ended: true,
                lifted: false,
                ..standing.clone()
            },
            Some(_) => return (Verdict::Refused, None),
        };
        self.with(tombstone)
    }

    fn lift(&self) -> Transition {
        match self.standing().filter(|standing| standing.ended) {
            Some(standing) => self.with(Standing {
                lifted: true,
                ..standing.clone()
            }),
            None => (Verdict::Refused, None),
        }
    }

    fn claim(&self, owner: &Name, asked: Option<&Name>, now: u64) -> Transition {
        let record = self.record.cloned().unwrap_or_default();
        let barred = record.standing.as_ref().is_some_and(Standing::bars_restore);
        if barred && self.guards.hold(Guard::TombstoneIsChecked) {
            return (Verdict::Refused, None);
        }
        // Somebody came back from the provider meanwhile.
        if record.living().map(|living| &living.grant) != asked {
            return (Verdict::Refused, None);
        }
        let mut new = record.clone();
        let done = match new.restore.claim(owner, now) {
            true => Verdict::Done,
            false => Verdict::Refused,
        };
        (done, (new != record).then_some(new))
    }

    fn answered(&self, owner: &Name, closes: bool, now: u64) -> Transition {
        let mut record = self.record.cloned().unwrap_or_default();
        record.restore.answered(owner, closes, now);
        (Verdict::Done, Some(record))
    }

    /// A missing record counts as ended: whoever cleared the storage wanted that.
    fn accept(
        &self,
        claimed: Option<&SessionId>,
        session: &SessionId,
        who: &Who,
        grant: &Name,
    ) -> Transition {
        let Some(record) = self.record else {
            return (Verdict::Refused, None);
        };
        // What was lifted is nobody's any more.
        let standing = record.standing.as_ref().filter(|it| !it.lifted);
        let ended = standing.is_some_and(|standing| standing.ended)
            && self.guards.hold(Guard::TombstoneIsChecked);
        if ended || standing.map(|standing| &standing.session) != claimed {
            return (Verdict::Refused, None);
        }
        let same = standing.filter(|standing| standing.is_of(who));
        let session = same.map_or(session, |standing| &standing.session);
        (Verdict::Done, Some(self.begin(session, who, grant)))
    }
}
