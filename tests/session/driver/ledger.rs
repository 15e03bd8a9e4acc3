//! The shell's part of the ledger: transactions run at once, siblings answer what they were told to.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use keyward::session::event::CallId;
use keyward::session::ledger::{Outcome, Record, Standing, Step, Verdict, apply};
use keyward::session::tabs::Mark;
use keyward::session::{Command, Departure, Event, Handover, Reply};
use serde_json::{Value, json};

use super::Driver;
use crate::provider::{DISCOVERY, metadata};

#[derive(Default)]
pub(crate) struct Shell {
    /// The record, shared with the tab's siblings.
    pub(crate) stored: Rc<RefCell<Option<String>>>,
    pub(crate) denied: bool,
    /// Transactions are opened and do not run.
    pub(crate) blocked: bool,
    /// How long the tab sleeps between the opening of a transaction and its end.
    pub(crate) sleeps: u64,
    /// What the siblings have.
    pub(crate) sibling: Option<Handover>,
    pub(crate) asked: usize,
    pub(crate) published: Vec<Handover>,
    pub(crate) repaired: Option<Mark>,
    /// What was done with the ledger, in its order, and what was sent and published in between.
    pub(crate) story: Vec<&'static str>,
    pub(super) due: VecDeque<Event>,
}

impl Driver {
    /// A page whose tabs share one ledger.
    pub(crate) fn with_ledger() -> Self {
        Self::with(json!({ "ledger": true }))
    }

    /// A page whose tabs share the ledger and no grant.
    pub(crate) fn without_handover() -> Self {
        Self::with(json!({ "ledger": true, "handover": false }))
    }

    /// Another tab, where nobody is signed in yet.
    pub(crate) fn sibling(&self) -> Self {
        self.sibling_with(json!({ "ledger": true }))
    }

    pub(crate) fn sibling_with(&self, options: Value) -> Self {
        let seed = Rc::strong_count(&self.shell.stored) as u64;
        let mut sibling = Self::seeded(seed, options);
        sibling.shell.stored = Rc::clone(&self.shell.stored);
        sibling.mark = self.mark.clone();
        sibling.now = self.now;
        sibling
    }

    /// Another tab that got its session from this one.
    pub(crate) fn signed_in_sibling(&self) -> Self {
        self.signed_in_sibling_with(json!({ "ledger": true }))
    }

    pub(crate) fn signed_in_sibling_with(&self, options: Value) -> Self {
        let mut sibling = self.sibling_with(options);
        sibling.shell.sibling = sibling.given_by(self);
        let ticket = sibling.ask_to_restore();
        assert!(matches!(sibling.reply(ticket), Ok(Reply::SignedIn { .. })));
        sibling.nonce = self.nonce.clone();
        sibling.shell.sibling = None;
        sibling
    }

    pub(crate) fn ask_to_restore(&mut self) -> u32 {
        let mark = self.mark.clone();
        let ticket = self.ask_as(
            None,
            Command::Restore {
                return_to: "/".into(),
                mark,
                carry: None,
            },
        );
        self.answer_metadata();
        ticket
    }

    /// Asks for a refresh; the request leaves if the intent can be won.
    pub(crate) fn need_refresh(&mut self) -> u32 {
        let ticket = self.ask(Command::Refresh);
        self.pass_probe();
        self.answer_metadata();
        ticket
    }

    fn answer_metadata(&mut self) {
        if self.is_waiting(DISCOVERY) {
            self.answer(DISCOVERY, metadata());
        }
    }

    /// What the other tab has, as it arrives here.
    pub(crate) fn given_by(&self, other: &Self) -> Option<Handover> {
        self.read_handover(&other.handover()?.to_json())
    }

    pub(crate) fn read_handover(&self, text: &str) -> Option<Handover> {
        self.session.read_handover(text, self.now)
    }

    pub(crate) fn handover(&self) -> Option<Handover> {
        self.session.handover()
    }

    pub(crate) fn compare(&mut self, mark: Option<Mark>) {
        let ticket = self.ask(Command::Compare(mark));
        assert!(matches!(self.reply(ticket), Ok(Reply::Done)));
    }

    pub(crate) fn record(&self) -> Option<Record> {
        self.shell
            .stored
            .borrow()
            .as_deref()
            .and_then(Record::from_json)
    }

    pub(crate) fn standing(&self) -> Standing {
        self.record().unwrap().standing.unwrap()
    }

    pub(super) fn transact(&mut self, call: CallId, step: &Step, departure: Option<Departure>) {
        self.shell.story.push(match step {
            Step::Look => "look",
            Step::Win { .. } => "win",
            Step::TakeBack { .. } => "take back",
            Step::Commit(_) => "commit",
            Step::Reject(_) => "reject",
            Step::Begin { .. } => "begin",
            Step::End { .. } => "end",
            Step::Claim { .. } => "claim",
            Step::Answered { .. } => "answered",
            Step::Accept { .. } => "accept",
            Step::Lift => "lift",
        });
        if self.shell.blocked {
            return;
        }
        let opened_at = self.now;
        let mut outcome = Outcome::unavailable();
        if !self.shell.denied {
            let (found, new) = apply(self.shell.stored.borrow().as_deref(), step, self.now);
            if new.is_some() {
                *self.shell.stored.borrow_mut() = new;
            }
            self.now += std::mem::take(&mut self.shell.sleeps);
            outcome = found.completed(opened_at, self.now);
        }
        if let Some(departure) = departure.filter(|_| outcome.verdict == Verdict::Done) {
            self.depart(departure);
        }
        self.shell.due.push_back(Event::Ledger { call, outcome });
    }
}
