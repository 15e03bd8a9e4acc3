//! A sign-in is written to the ledger before the page hears of it and writes the mark.

use super::{Held, Job};
use crate::protocol::error::{Code, Error};
use crate::session::effect::SignInOrigin;
use crate::session::event::CallId;
use crate::session::guards::Guard;
use crate::session::ledger::{Name, Outcome, Sent, Step, Verdict};
use crate::session::machine::Session;
use crate::session::proof::Proof;
use crate::session::tabs::SessionId;

/// The session that a sign-in becomes, going by the ledger.
pub(in crate::session) struct Entry {
    pub(in crate::session) session: SessionId,
    pub(in crate::session) origin: SignInOrigin,
    pub(in crate::session) held: Option<Held>,
}

impl Session {
    /// Every check passed; what is missing is the record.
    pub(in crate::session) fn enter_ledger(&mut self, proof: Proof) {
        let Some(exchange) = &self.exchange else {
            return;
        };
        let attempt = exchange.attempt();
        let restore = exchange.transaction.restore.clone();
        let session = SessionId::from_random(&self.random());
        let id = session.clone();
        let grant = Name::from_random(&self.random());
        let who = self.who_is(proof.claims.sub());
        let step = match restore {
            Some(restore) if restore.claim.is_some() => Step::Accept {
                claimed: restore.session.as_deref().and_then(SessionId::parse),
                session,
                who,
                grant,
            },
            // A restore that left without the ledger joins by the mark.
            Some(_) => return self.establish(proof),
            None => Step::Begin {
                session,
                who,
                grant,
            },
        };
        match &step {
            Step::Begin { session, grant, .. } if !self.guards.hold(Guard::LedgerBeforeMark) => {
                let entry = Entry {
                    session: session.clone(),
                    origin: SignInOrigin::Interactive,
                    held: self.held_from(grant),
                };
                self.enter(proof, entry);
                self.transact(Job::Told, step);
            }
            _ => {
                self.shared.arrived = Some((attempt, id, proof));
                self.transact(Job::Enter(attempt), step);
            }
        }
    }

    pub(super) fn entered(&mut self, attempt: CallId, outcome: &Outcome) {
        let arrived = self.shared.arrived.take_if(|(known, ..)| *known == attempt);
        let living = outcome.record.as_ref().and_then(|record| record.living());
        let exchanging = self.is_exchanging(attempt);
        let over = living.is_some_and(|standing| self.is_over(&standing.session));
        let Some((_, id, proof)) = arrived.filter(|_| exchanging && !over) else {
            if exchanging {
                self.fail_exchange(Error::new(Code::SessionChanged));
            }
            // The user signed out meanwhile: nobody will ever hold the grant that was just written.
            if let (Verdict::Done | Verdict::TooLate, Some(standing)) = (outcome.verdict, living) {
                self.end_unwanted(standing.session.clone(), standing.grant.clone());
            }
            return;
        };
        let restored = self.exchange.as_ref().is_some_and(|it| it.is_restore());
        match (outcome.verdict, living) {
            (Verdict::Done | Verdict::TooLate, Some(standing)) => {
                let claimed = self
                    .exchange
                    .as_ref()
                    .and_then(|it| it.transaction.restore.as_ref())
                    .and_then(|restore| restore.session.clone());
                let origin = match (restored, claimed) {
                    (false, _) => SignInOrigin::Interactive,
                    (true, Some(claimed)) if claimed == standing.session.as_str() => {
                        SignInOrigin::Joined
                    }
                    (true, _) => SignInOrigin::Restored,
                };
                let entry = Entry {
                    session: standing.session.clone(),
                    origin,
                    held: self.held_from(&standing.grant),
                };
                self.enter(proof, entry);
            }
            // A restore without the ledger's word is an answer to a question of long ago.
            _ if restored => self.fail_exchange(Error::new(Code::SessionChanged)),
            // It may have been written all the same, so the session is the one that would stand there. Its grant is
            // this vault's alone.
            _ => {
                let entry = Entry {
                    session: id,
                    origin: SignInOrigin::Interactive,
                    held: None,
                };
                self.enter(proof, entry);
            }
        }
    }

    fn enter(&mut self, proof: Proof, entry: Entry) {
        self.shared.entry = Some(entry);
        self.establish(proof);
    }

    pub(in crate::session) fn take_entry(&mut self) -> Option<Entry> {
        self.shared.entry.take()
    }

    /// A grant that nobody else can have stays out of the ledger.
    fn held_from(&self, grant: &Name) -> Option<Held> {
        self.config.handover.then(|| Held {
            grant: grant.clone(),
            generation: 0,
            given_up: false,
        })
    }

    fn end_unwanted(&mut self, session: SessionId, grant: Name) {
        let sent = Sent {
            session,
            grant,
            generation: 0,
        };
        // Only this session: its user is not known any more.
        let who = self.who_is("");
        self.transact(Job::Told, Step::End { sent, who });
    }
}
