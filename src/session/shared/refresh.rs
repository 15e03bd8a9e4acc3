//! One send per grant and generation: queue, win the intent, send, publish, commit.

use super::place::Place;
use super::{Departure, Job};
use crate::protocol::error::{Code, Error};
use crate::protocol::http::Request;
use crate::session::effect::{Effect, Notice, SignedOutReason};
use crate::session::event::CallId;
use crate::session::guards::Guard;
use crate::session::ledger::{Outcome, Sent, Step, Verdict};
use crate::session::machine::{Purpose, Session};
use crate::session::sign_in::{Exchange, TOKEN_DEADLINE_MS};

impl Session {
    /// The lock is only the queue: it is waited for at most as long as a token request, and losing it changes nothing.
    pub(in crate::session) fn queue_up(&mut self, attempt: CallId) {
        // Nobody else sends this vault's own; the record may still know that the session is over.
        if !self.is_shared() {
            return self.transact(Job::CheckFirst(attempt), Step::Look);
        }
        self.shared.asked = 0;
        if self.has_given_up() {
            return self.look_again(attempt);
        }
        self.leave_queue();
        self.shared.queued = Some(attempt);
        let call = self.name_call(Purpose::Lock(attempt));
        self.push(Effect::Lock {
            call,
            deadline_ms: TOKEN_DEADLINE_MS,
        });
    }

    pub(super) fn leave_queue(&mut self) {
        if self.shared.queued.take().is_some() {
            self.push(Effect::Unlock);
        }
    }

    /// The lock is held no longer than a request.
    pub(in crate::session) fn keep_queue(&mut self) {
        let queued = self.shared.queued;
        if queued.is_some_and(|attempt| !self.is_under_way(attempt)) {
            self.leave_queue();
        }
    }

    /// Everything is at hand: the request leaves if the transaction wins, and nowhere else.
    pub(in crate::session) fn win(&mut self, attempt: CallId, request: Request) {
        let (Some(sent), Some(live)) = (self.token_held(), &self.live) else {
            return;
        };
        let purpose = Purpose::Refresh {
            grant: live.grant,
            sent_at: self.now,
        };
        let departs = self.name_call(purpose);
        let departure = Departure {
            call: departs,
            request,
            deadline_ms: TOKEN_DEADLINE_MS,
        };
        let job = Job::Win {
            attempt,
            departs,
            sent: sent.clone(),
        };
        let step = Step::Win {
            sent,
            owner: self.shared.owner.clone(),
            grace_ms: self.config.rotation_grace_s * 1_000,
        };
        self.transact_and(job, step, Some(departure));
    }

    pub(super) fn won(&mut self, attempt: CallId, departs: CallId, sent: Sent, outcome: &Outcome) {
        let wanted = self.is_under_way(attempt);
        if outcome.verdict == Verdict::Done {
            self.shared.sent = Some(sent).filter(|_| wanted);
            return;
        }
        self.forget(departs);
        if outcome.verdict == Verdict::TooLate {
            self.take_back(sent, 0);
        }
        if !wanted {
            return;
        }
        self.leave_queue();
        match outcome.verdict {
            // The tab slept; the network may be gone as well.
            Verdict::TooLate => {
                self.provider.doubt();
                self.renew_from(self.now);
            }
            Verdict::Unavailable => self.put_off_renewal(Error::new(Code::RefreshFailed), 0),
            Verdict::Done | Verdict::Refused => self.go_by(attempt, outcome),
        }
    }

    /// The provider did not use the token: others may send it, not before `not_before`.
    pub(in crate::session) fn unspent(&mut self) {
        if let Some(sent) = self.shared.sent.take() {
            self.take_back(sent, self.renewal_not_before());
        }
    }

    fn take_back(&mut self, sent: Sent, not_before: u64) {
        let step = Step::TakeBack {
            sent,
            owner: self.shared.owner.clone(),
            not_before,
        };
        self.transact(Job::TakeBack, step);
    }

    /// The recovery is that of this vault's own send.
    pub(in crate::session) fn give_up_what_was_sent(&mut self) {
        if self.shared.sent.is_some() {
            self.give_up_token();
        }
    }

    /// This vault never sends the present refresh token again.
    fn give_up_token(&mut self) {
        if let Some(held) = self.live.as_mut().and_then(|live| live.held.as_mut()) {
            held.given_up = true;
        }
    }

    pub(super) fn has_given_up(&self) -> bool {
        self.held().is_some_and(|held| held.given_up)
    }

    /// The refresh token was spent and the next one is here: the siblings get it before the ledger shows it, or a tab
    /// that dies in between takes it along.
    pub(in crate::session) fn publish_and_commit(&mut self) {
        let Some(sent) = self.shared.sent.take() else {
            return self.publish();
        };
        let held = self.live.as_mut().and_then(|live| live.held.as_mut());
        let Some(held) = held.filter(|held| held.grant == sent.grant) else {
            return;
        };
        held.generation = sent.generation + 1;
        if self.guards.hold(Guard::PublishFirst) {
            self.publish();
        }
        self.commit(sent);
    }

    /// The record is brought to what this vault holds.
    pub(super) fn catch_up(&mut self, generation: u64) {
        if let Some(token) = self.token_held() {
            self.commit(Sent {
                generation,
                ..token
            });
        }
    }

    pub(super) fn commit(&mut self, sent: Sent) {
        self.transact(Job::Commit, Step::Commit(sent));
    }

    fn publish(&mut self) {
        if let Some(handover) = self.handover() {
            self.push(Effect::Publish(handover));
        }
    }

    pub(super) fn committed(&mut self, outcome: &Outcome) {
        if !self.guards.hold(Guard::PublishFirst) {
            self.publish();
        }
        match self.place(outcome.record.as_ref()) {
            _ if outcome.verdict == Verdict::Unavailable => {}
            Some(Place::Ended | Place::OtherUser) => self.end_elsewhere(),
            Some(Place::OtherSession(session)) => {
                self.follow(session);
                #[cfg(feature = "limits")]
                self.ask_for_age(outcome);
            }
            _ => {}
        }
    }

    /// `invalid_grant`, or an answer that failed a check: the session ends if it has not gone on without this token.
    pub(in crate::session) fn reject(&mut self, error: Error) {
        self.shared.sent = None;
        self.give_up_token();
        if let Some(sent) = self.token_held() {
            self.transact(Job::Reject(error), Step::Reject(sent));
        }
    }

    pub(super) fn rejected(&mut self, error: Error, outcome: &Outcome) {
        let done = matches!(outcome.verdict, Verdict::Done | Verdict::TooLate);
        match self.place(outcome.record.as_ref()) {
            None => {}
            Some(Place::Ended) if done => self.end_everywhere(error),
            Some(_) if outcome.verdict == Verdict::Unavailable => self.bar(error),
            // The answer was published while its keys were awaited, and its commit was lost.
            Some(Place::Behind(generation)) => {
                self.catch_up(generation);
                self.reject(error);
            }
            Some(_) => self.go_by(self.renewal_attempt(), outcome),
        }
    }

    fn end_everywhere(&mut self, error: Error) {
        self.tell(Notice::EndEverywhere);
        // A restore on its way belongs to what has just ended; a sign-in of the user may finish.
        if self.exchange.as_ref().is_some_and(Exchange::is_restore) {
            self.fail_exchange(Error::new(Code::SessionChanged));
        }
        let waiting = error.clone().with_code(Code::LoginRequired);
        self.end(SignedOutReason::SessionEnded, Some(error), &waiting);
    }
}
