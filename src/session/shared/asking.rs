//! Somebody else was faster: ask for what they got, wait for it, look again, and recover without sending.

use alloc::boxed::Box;

use super::place::{LEAST_WAIT_MS, Place};
use super::{Asker, Handover, Held, Job};
use crate::protocol::error::{Code, Error};
use crate::session::effect::{Effect, Notice, SignInOrigin, SignedOutReason};
use crate::session::event::CallId;
use crate::session::ledger::{Name, Outcome, Sent, Standing, Step, Verdict};
use crate::session::machine::{Live, Purpose, Session};
use crate::session::renewal::Renewal;
use crate::session::tabs::SessionId;

/// The siblings are asked this often for one need; then nobody has what the ledger shows.
const ROUNDS: u32 = 2;

impl Session {
    /// Goes on with a renewal as the record says.
    pub(super) fn go_by(&mut self, attempt: CallId, outcome: &Outcome) {
        let Some(place) = self.place(outcome.record.as_ref()) else {
            return;
        };
        let grant = outcome.record.as_ref().and_then(|it| it.living());
        let grant = grant.map(|standing| standing.grant.clone());
        match place {
            Place::Ended | Place::OtherUser => self.end_elsewhere(),
            Place::Missing => self.bar(Error::new(Code::RefreshFailed)),
            // Whatever the token bought came here or nowhere.
            Place::Free(_) | Place::Behind(_) | Place::Intent(_) if self.has_given_up() => {
                self.bar(Error::new(Code::RefreshFailed));
            }
            Place::Free(not_before) => self.renew_from(not_before),
            Place::Behind(generation) => {
                self.catch_up(generation);
                self.renew_from(self.now);
            }
            Place::OtherSession(session) if self.is_over(&session) => {
                self.bar(Error::new(Code::RefreshFailed));
            }
            Place::OtherSession(session) => {
                self.follow(session);
                self.ask(Asker::Renewal(attempt), grant, 0);
            }
            // The result did not come in time; it is taken when it comes.
            Place::Intent(_) if self.shared.asked > 0 => self.bar(Error::new(Code::RefreshFailed)),
            Place::Elsewhere if self.shared.asked >= ROUNDS => {
                self.bar(Error::new(Code::RefreshFailed));
            }
            Place::Elsewhere | Place::Intent(_) => {
                self.ask(Asker::Renewal(attempt), grant, Self::patience(&place));
            }
        }
    }

    pub(super) fn ask(&mut self, asker: Asker, grant: Option<Name>, wait: u64) {
        let Some(grant) = grant else {
            return;
        };
        if let Asker::Renewal(_) = asker {
            self.shared.asked += 1;
        }
        if !self.config.handover {
            return self.given(asker, wait, None);
        }
        let call = self.name_call(Purpose::Ask(asker, wait));
        self.push(Effect::AskShared { call, grant });
    }

    /// A sibling answered, or nobody did.
    pub(in crate::session) fn given(
        &mut self,
        asker: Asker,
        wait: u64,
        handover: Option<Handover>,
    ) {
        match (handover, asker) {
            (Some(handover), _) => {
                self.transact(Job::Take(Box::new(handover), asker), Step::Look);
            }
            (None, Asker::Renewal(attempt)) if self.is_under_way(attempt) => {
                self.shared.waits = (self.now, false);
                self.wait_for_others(self.now + wait);
            }
            (None, Asker::Restore(wish)) => self.claim_restore(wish),
            (None, _) => {}
        }
    }

    /// A sibling published what it got, or answered when nobody waited any more. It is taken all the same, also long after.
    pub(in crate::session) fn published(&mut self, handover: Handover) {
        let wanted = match &self.live {
            Some(live) => live.held.is_some() && live.is_behind(&handover),
            None => self.config.handover && self.exchange.is_none(),
        };
        if wanted {
            self.transact(Job::Take(Box::new(handover), Asker::Nobody), Step::Look);
        }
    }

    /// Time passed. After a sleep the others get a moment more: their messages come only now.
    pub(in crate::session) fn wait_on(&mut self, until: u64) {
        let (since, slept) = self.shared.waits;
        let went_back = self.now < since;
        if self.now < until && !went_back {
            return;
        }
        if self.now.saturating_sub(until) > LEAST_WAIT_MS && !slept {
            self.shared.waits = (self.now, true);
            return self.wait_for_others(self.now + LEAST_WAIT_MS);
        }
        let attempt = self.stop_waiting();
        self.look_again(attempt);
    }

    /// A need comes after a recovery: everybody may have been heard of since.
    pub(in crate::session) fn begin_again(&mut self, attempt: CallId) {
        self.shared.asked = 0;
        self.look_again(attempt);
    }

    /// The record is looked at again: the intent's time is over, or a need comes after a recovery.
    pub(in crate::session) fn look_again(&mut self, attempt: CallId) {
        self.transact(Job::LookAgain(attempt), Step::Look);
    }

    pub(super) fn looked_again(&mut self, attempt: CallId, outcome: &Outcome) {
        match outcome.verdict {
            _ if !self.is_under_way(attempt) => {}
            Verdict::Unavailable => self.bar(Error::new(Code::RefreshFailed)),
            _ => self.go_by(attempt, outcome),
        }
    }

    /// What a sibling gave counts only if the record shows its session and grant.
    pub(super) fn take(&mut self, handover: Handover, asker: Asker, outcome: &Outcome) {
        let living = outcome.record.as_ref().and_then(|record| record.living());
        let who = self.who_is(handover.claims.sub());
        let fits = |standing: &&Standing| {
            let of = &handover.of;
            standing.session == of.session
                && standing.grant == of.grant
                && standing.generation <= of.generation
                && standing.is_of(&who)
        };
        let wait = self
            .place(outcome.record.as_ref())
            .map_or(0, |place| Self::patience(&place));
        let living = living.filter(|standing| !self.is_over(&standing.session));
        let Some(standing) = living.filter(fits) else {
            return self.given(asker, wait, None);
        };
        // A sender that died after it had published left its intent behind.
        if standing.generation < handover.of.generation {
            let sent = Sent {
                generation: handover.of.generation - 1,
                ..handover.of.clone()
            };
            self.commit(sent);
        }
        match (&self.live, asker) {
            (Some(live), _) if live.is_behind(&handover) => {
                self.replace_grant(handover);
                if let Asker::Restore(wish) = asker {
                    self.restored(wish);
                }
            }
            // It has what is here, and nobody has the next one yet.
            (Some(_), Asker::Renewal(_)) => self.given(asker, wait, None),
            (Some(_), Asker::Restore(wish)) => self.restored(wish),
            (Some(_), _) => {}
            (None, Asker::Restore(wish)) => self.restore_from_sibling(wish, handover),
            (None, _) if self.exchange.is_none() => self.sign_in_from_sibling(handover),
            (None, _) => {}
        }
    }

    /// The same user's session goes on with what the sibling gave.
    fn replace_grant(&mut self, handover: Handover) {
        let Some(live) = self.live.take() else {
            return;
        };
        if live.claims.sub() != handover.claims.sub() {
            self.live = Some(live);
            return self.end_elsewhere();
        }
        let held = live.held.as_ref();
        let is_other_grant = held.is_some_and(|held| held.grant != handover.of.grant);
        if is_other_grant {
            self.drop_grant(Some(&live));
        }
        let observable = live.id != handover.of.session
            || live.scope != handover.scope
            || !live.user.same_user(&handover.claims);
        let generation = live.generation;
        self.shared.sent = None;
        self.proofs.retain(|proof| !proof.is_of_refresh());
        self.renewal = Renewal::default();
        #[cfg(feature = "limits")]
        if is_other_grant {
            self.share_limits(handover.since);
        }
        let mut new = self.live_of(handover);
        new.generation = generation.wrapping_add(1);
        let expires_at = new.life.ends_at();
        self.live = Some(new);
        let cleared = self.clear_error();
        self.tell(Notice::Refreshed { expires_at });
        if observable || cleared {
            self.tell_state(None);
        }
        self.serve_from_sibling();
    }

    /// Everybody who waits is served, unless the sibling's token is at its end too.
    fn serve_from_sibling(&mut self) {
        let due = |live: &Live| live.life.is_due(self.now, self.config.leeway_s);
        if !self.live.as_ref().is_some_and(due) {
            for waiter in core::mem::take(&mut self.waiters) {
                self.serve(waiter);
            }
        }
    }

    pub(super) fn sign_in_from_sibling(&mut self, handover: Handover) {
        #[cfg(feature = "limits")]
        let since = handover.since;
        let live = self.live_of(handover);
        self.renewal = Renewal::default();
        self.shared.sent = None;
        self.live = Some(live);
        #[cfg(feature = "limits")]
        {
            self.begin_limits(SignInOrigin::Joined);
            self.share_limits(since);
        }
        self.clear_error();
        self.tell(Notice::SignedIn(self.snapshot(), SignInOrigin::Joined));
    }

    fn live_of(&mut self, handover: Handover) -> Live {
        let who = self.who_is(handover.claims.sub());
        let user_hash = who.hash_in(&handover.of.session);
        let mut life = handover.life;
        life.observe(self.now);
        Live {
            id: handover.of.session,
            user_hash,
            user: handover.claims.clone(),
            claims: handover.claims,
            id_token: handover.id_token,
            scope: handover.scope,
            access: handover.access,
            refresh: Some(handover.refresh),
            grant: self.next_name(),
            life,
            generation: 1,
            from_401: false,
            nonce: handover.nonce,
            held: Some(Held {
                grant: handover.of.grant,
                generation: handover.of.generation,
                given_up: false,
            }),
        }
    }

    /// The same user signed in again elsewhere: the session's id is taken at once, its grant when a sibling gives it. Where
    /// neither a sign-out nor the sign-in after it could be written, the record shows a session that is over.
    pub(super) fn follow(&mut self, session: SessionId) {
        let Some(who) = self.who().filter(|_| !self.is_over(&session)) else {
            return;
        };
        if let Some(live) = &mut self.live {
            live.user_hash = who.hash_in(&session);
            live.id = session;
            self.tell_state(None);
        }
    }

    /// How old the session is that was just followed only a sibling can tell.
    #[cfg(feature = "limits")]
    pub(super) fn ask_for_age(&mut self, outcome: &Outcome) {
        if self.config.max_age_s.is_some() {
            let living = outcome.record.as_ref().and_then(|record| record.living());
            let grant = living.map(|standing| standing.grant.clone());
            self.ask(Asker::Nobody, grant, 0);
        }
    }

    /// The session ended in another tab. Its grant is dropped, not revoked: a revocation would end the tokens of a
    /// session of the same user that lives by now.
    pub(super) fn end_elsewhere(&mut self) {
        let ended = Error::new(Code::LoginRequired);
        let live = self.end(SignedOutReason::SignedOutElsewhere, None, &ended);
        self.drop_grant(live.as_ref());
    }
}
