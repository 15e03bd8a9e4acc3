//! The page's mark against the ledger: the record wins, and whoever is wrong follows.

use super::place::Place;
use super::{Asker, Job};
use crate::session::effect::{Effect, Reply};
use crate::session::event::Ticket;
use crate::session::guards::Guard;
use crate::session::ledger::{Outcome, Sent, Standing, Step, Verdict};
use crate::session::machine::{Live, Session};
use crate::session::tabs::Mark;

impl Session {
    /// The page read the mark: at an event of the storage, when it was shown again, before a call.
    pub(in crate::session) fn compare(&mut self, ticket: Ticket, mark: Option<Mark>) {
        match (&self.live, &mark) {
            (Some(live), Some(mark)) if mark.session == live.id => {
                // A tombstone of this very session needs no second witness.
                if mark.tombstone {
                    self.end_elsewhere();
                }
            }
            (None, None) => {}
            (None, Some(mark)) if mark.tombstone => {}
            _ => return self.transact(Job::Compare(mark, ticket), Step::Look),
        }
        self.reply(ticket, Ok(Reply::Done));
    }

    /// The page slept. Its mark may be its own still and its session over.
    pub(in crate::session) fn look_after_sleep(&mut self) {
        if self.live.is_some() && self.config.ledger {
            self.transact(Job::Check, Step::Look);
        }
    }

    /// The page wrote the mark of a sign-in. A sign-out may have come between the record and the mark.
    pub(in crate::session) fn mark_written(&mut self, ticket: Ticket) {
        if self.live.is_some() && self.guards.hold(Guard::ReadAgain) {
            self.transact(Job::Check, Step::Look);
        }
        self.reply(ticket, Ok(Reply::Done));
    }

    /// No mark was read for this: without a record there is nothing to go by.
    pub(super) fn checked(&mut self, outcome: &Outcome) {
        let shows = outcome
            .record
            .as_ref()
            .is_some_and(|it| it.standing.is_some());
        if shows {
            let own = self.live.as_ref().map(Live::mark);
            self.compared(own, outcome);
        }
    }

    pub(super) fn compared(&mut self, mark: Option<Mark>, outcome: &Outcome) {
        let record = outcome.record.as_ref();
        let standing = record.and_then(|record| record.standing.as_ref());
        let living = record.and_then(|record| record.living());
        let unwritten = |standing: &&Standing| {
            let buried = mark.as_ref().filter(|mark| mark.tombstone);
            buried.is_some_and(|mark| mark.session == standing.session)
        };
        if let Some(standing) = living.filter(unwritten) {
            return self.bury_record(standing);
        }
        let Some(live) = &self.live else {
            match (living, &self.exchange) {
                (Some(living), None) if self.is_over(&living.session) => {}
                (Some(living), None) => {
                    self.ask(Asker::Nobody, Some(living.grant.clone()), 0);
                }
                _ => self.bury_mark(mark, outcome),
            }
            return;
        };
        let Some(standing) = standing.filter(|_| outcome.verdict != Verdict::Unavailable) else {
            return self.go_by_mark(mark);
        };
        match self.place_of_session(live, standing) {
            Some(Place::OtherSession(session)) => {
                self.follow(session);
                #[cfg(feature = "limits")]
                self.ask_for_age(outcome);
            }
            Some(_) => {
                self.bury_mark(mark, outcome);
                return self.end_elsewhere();
            }
            None => {}
        }
        // Record and mark agree in a session that this one does not follow, as it saw its end: two tabs that write over each
        // other's mark would never come to an end. The page is loaded anew.
        let agreed = |mark: &Mark| mark.session == standing.session;
        let outvoted =
            |own: &Mark| own.session != standing.session && mark.as_ref().is_some_and(agreed);
        let own = self.live.as_ref().map(Live::mark);
        if let Some(own) = own.filter(|own| mark.as_ref() != Some(own) && !outvoted(own)) {
            let instead_of = mark;
            self.push(Effect::RepairMark { own, instead_of });
        }
    }

    /// Somebody signed out, and the ledger was denied, or the tab died before it was written. The sign-out stands: a
    /// tombstone is never replaced by the `+` of its session.
    fn bury_record(&mut self, standing: &Standing) {
        let sent = Sent {
            session: standing.session.clone(),
            grant: standing.grant.clone(),
            generation: standing.generation,
        };
        // This session and no other: whose it was is not known here.
        let who = self.who_is("");
        self.transact(Job::Told, Step::End { sent, who });
        if self.live.is_some() {
            self.end_elsewhere();
        }
    }

    /// The ledger's tombstone is the mark's too, until it is lifted. A sign-out that came between the record and the mark
    /// of a sign-in ends a session whose `+` is written only afterwards.
    pub(super) fn bury_mark(&mut self, instead_of: Option<Mark>, outcome: &Outcome) {
        let standing = outcome.record.as_ref().and_then(|it| it.standing.as_ref());
        let Some(standing) = standing.filter(|standing| standing.bars_restore()) else {
            return;
        };
        let own = Mark {
            tombstone: true,
            session: standing.session.clone(),
            user_hash: standing.user.clone(),
        };
        self.push(Effect::RepairMark { own, instead_of });
    }

    /// No record: the mark counts.
    fn go_by_mark(&mut self, mark: Option<Mark>) {
        let issuer = self.config.issuer.as_str();
        let Some(live) = &self.live else {
            return;
        };
        match mark.filter(|mark| !mark.tombstone) {
            Some(mark) if mark.session == live.id => {}
            Some(mark) if mark.names(issuer, live.claims.sub()) => self.follow(mark.session),
            _ => self.end_elsewhere(),
        }
    }
}

impl Live {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            tombstone: false,
            session: self.id.clone(),
            user_hash: self.user_hash.clone(),
        }
    }
}
