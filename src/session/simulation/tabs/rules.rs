//! What must hold after each step, and when everything has settled.

use std::collections::BTreeSet;

use super::world::World;
use crate::protocol::http::{Answer, Request};
use crate::session::Handover;
use crate::session::ledger::{Name, Outcome, Record, Step, Verdict};
use crate::session::simulation::provider::{ISSUER, user_of};
use crate::session::tabs::{Mark, SessionId, user_hash};

/// Without these a run has found nothing.
pub(super) const INTERESTING: [&str; 27] = [
    "crossed with a sign-out",
    "frozen",
    "thawed",
    "killed",
    "trouble",
    "cleared",
    "queued in vain",
    "refresh sent",
    "intent won",
    "intent refused",
    "intent taken back",
    "committed",
    "commit refused",
    "rejected",
    "begun",
    "signed out",
    "left to restore",
    "restored",
    "restore refused",
    "restore answered",
    "slept through a transaction",
    "given by a sibling",
    "given too late",
    "tombstone lifted",
    "mark repaired",
    "token used",
    "recovery",
];

#[derive(Default)]
pub(super) struct Rules {
    violation: Option<String>,
    /// Refresh tokens whose fate is spent or unknown.
    gone: BTreeSet<String>,
    under_way: BTreeSet<String>,
    published: BTreeSet<(Name, u64)>,
    /// Sessions that the ledger showed.
    begun: BTreeSet<SessionId>,
    /// Sessions that were ended in the ledger. If that is denied only the mark tells, until another one is written.
    ended: BTreeSet<SessionId>,
    restores: Vec<u64>,
}

impl Rules {
    pub(super) fn fail(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }

    pub(super) fn published(&mut self, handover: &Handover) {
        let of = handover.of();
        self.published.insert((of.grant.clone(), of.generation));
    }

    pub(super) fn token_leaves(&mut self, token: &str, rotates: bool) {
        if self.gone.contains(token) && rotates {
            self.fail(format!("{token} was sent again after its fate was decided"));
        }
        if !self.under_way.insert(token.into()) {
            self.fail(format!("{token} is under way twice"));
        }
    }

    pub(super) fn fate_is_known(&mut self, token: &str, answer: Option<&Answer>) {
        self.under_way.remove(token);
        let body = answer.map_or("", |answer| answer.body.as_str());
        let told = body.contains("\"error\"") && !body.contains("invalid_grant");
        let busy = answer.is_some_and(|it| it.status == 503 && it.retry_after.is_some());
        if !told && !busy {
            self.gone.insert(token.into());
        }
    }

    pub(super) fn fate_is_unknown(&mut self, token: &str) {
        self.under_way.remove(token);
        self.gone.insert(token.into());
    }

    /// A transaction changed the record.
    pub(super) fn ran(
        &mut self,
        step: &Step,
        outcome: &Outcome,
        record: Option<&Record>,
        heard: bool,
    ) {
        if outcome.verdict != Verdict::Done {
            return;
        }
        let standing = record.and_then(|record| record.standing.as_ref());
        match (step, standing) {
            (Step::Commit(sent), _) => {
                let next = (sent.grant.clone(), sent.generation + 1);
                if !self.published.contains(&next) {
                    self.fail("a generation was committed that no sibling was given".into());
                }
            }
            (Step::Begin { .. } | Step::Accept { .. }, Some(standing)) => {
                if self.ended.contains(&standing.session) {
                    self.fail("a session that had ended was brought back".into());
                }
                self.begun.insert(standing.session.clone());
            }
            // What nobody heard of is found at the next refresh.
            (Step::End { sent, .. }, Some(standing)) if heard => {
                self.ended.insert(sent.session.clone());
                self.ended.insert(standing.session.clone());
            }
            _ => {}
        }
    }

    pub(super) fn ended_everywhere(&mut self, session: &SessionId) {
        self.ended.insert(session.clone());
    }

    pub(super) fn mark_is_written(&mut self, own: &Mark, ledger: bool) {
        if ledger && !self.begun.contains(&own.session) {
            self.fail("a mark was written before the ledger showed its session".into());
        }
    }

    /// Clocks differ by six seconds at most.
    pub(super) fn restore_leaves(&mut self, now: u64) {
        self.restores.retain(|at| now - at < 54_000);
        self.restores.push(now);
        if self.restores.len() > 5 {
            self.fail("more than five restores in a minute".into());
        }
    }

    /// Nobody can tell any more what ended before.
    pub(super) fn storage_cleared(&mut self) {
        self.restores.clear();
        self.ended.clear();
    }
}

impl World {
    pub(super) fn check(&mut self) -> Result<(), String> {
        if self.provider.reuse_detected {
            return Err("the provider saw a refresh token again".into());
        }
        if self.provider.code_sent_again {
            return Err("a code was sent again".into());
        }
        self.rules.violation.take().map_or(Ok(()), Err)
    }

    /// A revocation ends every grant of the user: it leaves only when a transaction has just shown that none of the
    /// user's sessions lives.
    pub(super) fn revocation_leaves(&mut self, tab: usize, request: &Request, reading: bool) {
        self.seen.count("revoked");
        let body = request.body.as_deref().unwrap_or_default();
        let user = user_of(&body[body.find("token=rt").unwrap()..]).to_string();
        let read = self.tabs[tab].last_read.as_ref();
        let lives = |record: &Record| {
            record
                .living()
                .is_some_and(|living| user_hash(&living.session, ISSUER, &user) == living.user)
        };
        if !reading || read.is_none_or(lives) {
            self.rules
                .fail("a revocation left on no look at the ledger".into());
        }
    }

    pub(super) fn check_settled(&mut self) -> Result<(), String> {
        let record = self.record();
        for (number, tab) in self.tabs.iter().enumerate() {
            let Some((session, _)) = tab.shown.as_ref().filter(|_| !tab.blind) else {
                continue;
            };
            let buried = self
                .mark
                .as_ref()
                .is_some_and(|mark| mark.tombstone && mark.session == *session);
            if buried || self.rules.ended.contains(session) {
                return Err(format!(
                    "tab {number} shows a session that has ended: {session:?}"
                ));
            }
            let living = record.as_ref().and_then(|record| record.living());
            // A session that could not be written, the database being denied, is one tab's alone.
            let shared = tab.session.is_shared();
            // Nor does a page ask whose own the mark is still: whoever signed in elsewhere died before the mark. The
            // next refresh tells.
            let own = self
                .mark
                .as_ref()
                .is_some_and(|mark| mark.session == *session);
            if shared && !own && living.is_some_and(|living| living.session != *session) {
                return Err(format!(
                    "tab {number} shows another session than the ledger: {session:?}"
                ));
            }
        }
        Ok(())
    }
}
