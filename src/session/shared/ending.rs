//! Signing out in every tab: the tombstone first, then the revocation, in the task that read the ledger.

use alloc::string::String;

use super::{Job, Leaving};
use crate::protocol::token::TokenResponse;
use crate::session::event::CallId;
use crate::session::guards::Guard;
use crate::session::ledger::{Name, Outcome, Sent, Step, Verdict};
use crate::session::machine::{Live, Session};
use crate::session::provider::After;
use crate::session::sign_out::SignOutJob;
use crate::session::tabs::Mark;

/// The user does not wait longer than this for the database.
const TOMBSTONE_DEADLINE_MS: u64 = 500;

impl Session {
    /// The step that ends the session that lives here, also one that is in no ledger yet.
    pub(in crate::session) fn tombstone(&mut self) -> Option<(Step, Mark)> {
        let who = self.who().filter(|_| self.config.ledger)?;
        let own = Name::from_random(&self.random());
        let session = self.live.as_ref()?.id.clone();
        let sent = self.token_held().unwrap_or(Sent {
            session,
            grant: own,
            generation: 0,
        });
        let mark = self.live.as_ref().map(Live::mark)?;
        let tombstone = true;
        Some((Step::End { sent, who }, Mark { tombstone, ..mark }))
    }

    /// The session ends in every tab, whoever holds its grant.
    pub(in crate::session) fn end_in_ledger(&mut self) {
        if let Some((step, _)) = self.tombstone() {
            self.transact(Job::Told, step);
        }
    }

    pub(in crate::session) fn write_tombstone(
        &mut self,
        job: SignOutJob,
        (step, mark): (Step, Mark),
    ) {
        self.wait_for_ledger(job, mark, step, false);
    }

    /// The metadata is here by now, and the same user may be, too.
    pub(in crate::session) fn look_before_revoking(&mut self, job: SignOutJob, mark: Mark) {
        self.wait_for_ledger(job, mark, Step::Look, true);
    }

    fn wait_for_ledger(&mut self, job: SignOutJob, mark: Mark, step: Step, again: bool) {
        let name = self.next_name();
        self.shared.leaving.push(Leaving {
            name,
            job,
            mark,
            until: self.now + TOMBSTONE_DEADLINE_MS,
            again,
        });
        self.transact(Job::SignOut(name), step);
    }

    /// Denied or silent, the sign-out goes on.
    pub(super) fn tombstone_written(&mut self, name: CallId, outcome: Option<&Outcome>) {
        let found = |leaving: &Leaving| leaving.name == name;
        let Some(at) = self.shared.leaving.iter().position(found) else {
            return;
        };
        let leaving = self.shared.leaving.swap_remove(at);
        let (mut job, mark) = (leaving.job, leaving.mark);
        if let Some(outcome) = outcome {
            self.bury_mark(Some(mark.clone()), outcome);
        }
        // Only right after a look at the ledger is it certain that the same user has not signed in again.
        let read = outcome.is_some_and(|outcome| match outcome.verdict {
            Verdict::Done | Verdict::Refused => !leaving.again || outcome.shows_the_end(),
            Verdict::Unavailable | Verdict::TooLate => false,
        });
        let knows_provider = self.provider.metadata().is_some();
        match (read, knows_provider) {
            (true, true) => {}
            // By a limit the session ends in each tab, and this one leaves for nowhere.
            _ if !job.is_waited_for() => return,
            (true, false) => job.look_again(mark),
            (false, _) => job.keep_grant(),
        }
        self.with_metadata(After::SignOut(job));
    }

    pub(in crate::session) fn tombstone_deadline(&self) -> Option<u64> {
        self.shared
            .leaving
            .iter()
            .map(|leaving| leaving.until)
            .min()
    }

    pub(in crate::session) fn leave_without_tombstone(&mut self) {
        let now = self.now;
        let late = |leaving: &&Leaving| leaving.until <= now;
        while let Some(name) = self.shared.leaving.iter().find(late).map(|it| it.name) {
            self.tombstone_written(name, None);
        }
    }

    /// Tokens that arrive after a sign-out.
    pub(in crate::session) fn give_back(&mut self, tokens: &TokenResponse) {
        if let Some(refresh) = &tokens.refresh_token {
            let token: String = refresh.expose().into();
            self.transact(Job::GiveBack(token), Step::Look);
        }
    }

    /// Common servers end all of a client and user with one token: nobody at all may be signed in by now.
    pub(super) fn give_back_now(&mut self, token: &str, outcome: &Outcome) {
        if outcome.verdict == Verdict::Done && outcome.shows_the_end() {
            self.revoke(token);
        }
    }

    /// A grant that was replaced or fenced off is dropped, not revoked.
    pub(super) fn drop_grant(&mut self, live: Option<&Live>) {
        let refresh = live.and_then(|live| live.refresh.as_ref());
        if let (Some(refresh), false) = (refresh, self.guards.hold(Guard::DroppedNotRevoked)) {
            let token: String = refresh.expose().into();
            self.revoke(&token);
        }
    }
}
