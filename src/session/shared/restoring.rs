//! Getting a session back at load: from a sibling, or from the provider by whoever claims the way there.

use alloc::string::String;

use super::{Asker, Handover, Job};
use crate::protocol::error::{Code, Error};
use crate::session::effect::Reply;
use crate::session::event::{CallId, Ticket};
use crate::session::ledger::{Name, Outcome, Standing, Step, Verdict};
use crate::session::machine::Session;
use crate::session::provider::After;
use crate::session::sign_in::Exchange;
use crate::session::tabs::Mark;
use crate::session::transaction::Restore;

/// A page that would like its session back.
pub(in crate::session) struct Wish {
    pub(in crate::session) ticket: Ticket,
    pub(in crate::session) return_to: String,
    pub(in crate::session) mark: Option<Mark>,
    pub(in crate::session) carry: Option<String>,
    /// The grant that the siblings were asked for.
    pub(in crate::session) asked: Option<Name>,
}

impl Session {
    pub(in crate::session) fn seek(&mut self, wish: Wish) {
        let name = self.next_name();
        self.shared.wishes.push((name, wish));
        self.transact(Job::Seek(name), Step::Look);
    }

    /// Vault, siblings and park come before the provider.
    pub(super) fn sought(&mut self, name: CallId, outcome: &Outcome) {
        let standing = outcome.record.as_ref().and_then(|it| it.standing.as_ref());
        match standing {
            _ if self.live.is_some() => self.restored(name),
            _ if outcome.verdict == Verdict::Unavailable => {
                if let Some(wish) = self.take_wish(name) {
                    self.restore(wish.ticket, wish.return_to, wish.mark, wish.carry);
                }
            }
            Some(standing) if standing.bars_restore() => {
                let mark = self.wish(name).and_then(|wish| wish.mark.clone());
                self.bury_mark(mark, outcome);
                self.stay_signed_out(name);
            }
            Some(standing) if !standing.ended => {
                self.ask_for_wish(name, standing.grant.clone());
            }
            _ => self.claim_restore(name),
        }
    }

    /// The provider's session is over too: from here on a restore is worth trying again.
    pub(in crate::session) fn lift(&mut self, ticket: Ticket) {
        self.transact(Job::Lift(ticket), Step::Lift);
    }

    fn ask_for_wish(&mut self, name: CallId, grant: Name) {
        if let Some(wish) = self.wish(name) {
            wish.asked = Some(grant.clone());
            self.ask(Asker::Restore(name), Some(grant), 0);
        }
    }

    fn wish(&mut self, name: CallId) -> Option<&mut Wish> {
        let mut wishes = self.shared.wishes.iter_mut();
        wishes.find(|(it, _)| *it == name).map(|(_, wish)| wish)
    }

    pub(super) fn claim_restore(&mut self, name: CallId) {
        self.with_metadata(After::Claim(name));
    }

    /// The metadata was fetched in this load, so the way to the provider does not end on an error page.
    pub(in crate::session) fn claim(&mut self, name: CallId) {
        let excluded = self
            .provider
            .metadata()
            .is_some_and(|it| it.prompt_none_excluded);
        if excluded {
            return self.restore_failed(name, Error::new(Code::PromptNoneUnsupported));
        }
        let owner = self.claimant().clone();
        let asked = self.wish(name).and_then(|wish| wish.asked.clone());
        self.transact(Job::Claim(name), Step::Claim { owner, asked });
    }

    /// A tab may renew its own claim, also after a load.
    fn claimant(&self) -> &Name {
        self.config.tab.as_ref().unwrap_or(&self.shared.owner)
    }

    pub(super) fn claimed(&mut self, name: CallId, outcome: &Outcome) {
        if self.live.is_some() {
            return self.restored(name);
        }
        let Some(record) = &outcome.record else {
            return self.stay_signed_out(name);
        };
        match outcome.verdict {
            // Its time may be over by now; a tab may renew its own.
            Verdict::TooLate => self.claim(name),
            Verdict::Done => {
                let Some(wish) = self.take_wish(name) else {
                    return;
                };
                let want = self.silently(wish.return_to);
                let restore = Restore {
                    session: record.living().map(|living| living.session.as_str().into()),
                    carry: wish.carry,
                    claim: Some(self.claimant().as_str().into()),
                };
                self.request_authorization(wish.ticket, &want, Some(&restore));
            }
            // Somebody came back with a session while the siblings were asked.
            Verdict::Refused if self.is_news(name, record.living()) => {
                if let Some(living) = record.living() {
                    self.ask_for_wish(name, living.grant.clone());
                }
            }
            Verdict::Refused if record.restore.claim.is_some() => {
                // Another tab is on its way: its session will be heard of.
                if let Some(wish) = self.take_wish(name) {
                    self.reply(wish.ticket, Ok(Reply::Done));
                }
            }
            Verdict::Refused | Verdict::Unavailable => self.stay_signed_out(name),
        }
    }

    fn is_news(&mut self, name: CallId, living: Option<&Standing>) -> bool {
        let asked = self.wish(name).and_then(|wish| wish.asked.as_ref());
        living.is_some_and(|living| Some(&living.grant) != asked)
    }

    pub(super) fn restore_from_sibling(&mut self, name: CallId, handover: Handover) {
        if self.exchange.is_none() {
            self.sign_in_from_sibling(handover);
        }
        self.restored(name);
    }

    pub(super) fn restored(&mut self, name: CallId) {
        if let Some(wish) = self.take_wish(name) {
            let (return_to, carry) = (wish.return_to, wish.carry);
            self.reply(wish.ticket, Ok(Reply::SignedIn { return_to, carry }));
        }
    }

    fn stay_signed_out(&mut self, name: CallId) {
        self.restore_failed(name, Error::new(Code::LoginRequired));
    }

    pub(in crate::session) fn restore_failed(&mut self, name: CallId, error: Error) {
        if let Some(wish) = self.take_wish(name) {
            self.reply(wish.ticket, Err(error));
        }
    }

    fn take_wish(&mut self, name: CallId) -> Option<Wish> {
        let at = self.shared.wishes.iter().position(|(it, _)| *it == name)?;
        Some(self.shared.wishes.swap_remove(at).1)
    }

    /// The answer was no session. Whether anybody may try again soon depends on what it was.
    pub(in crate::session) fn restore_answered(&mut self, exchange: &Exchange, error: &Error) {
        let claim = exchange.transaction.restore.as_ref();
        let claim = claim.and_then(|restore| restore.claim.as_deref());
        let Some(owner) = claim.and_then(Name::parse) else {
            return;
        };
        let closes = !matches!(
            error.code,
            Code::LoginRequired
                | Code::InteractionRequired
                | Code::ConsentRequired
                | Code::AccountSelectionRequired
                | Code::SessionChanged
        );
        self.transact(Job::Told, Step::Answered { owner, closes });
    }
}
