//! How the effects of a tab's session are carried out, and what comes back.

use super::world::{Trouble, World};
use crate::protocol::http::{Answer, Request};
use crate::session::event::CallId;
use crate::session::ledger::steps::judge;
use crate::session::ledger::{Name, Outcome, Step, Verdict};
use crate::session::{Departure, Effect, Event, Handover, NetworkFailure};

/// How long the siblings may take to answer.
const QUESTION_MS: u64 = 300;

/// Something on its way to a tab.
pub(super) struct Parcel {
    pub(super) tab: usize,
    pub(super) boot: u64,
    pub(super) what: What,
}

pub(super) enum What {
    Completed {
        call: CallId,
        outcome: Outcome,
        opened_at: u64,
        departure: Option<Departure>,
    },
    Locked(CallId),
    Answered(CallId, Result<Answer, NetworkFailure>, Option<String>),
    Verified(CallId),
    /// A sibling asks.
    Asked {
        tab: usize,
        boot: u64,
        call: CallId,
        grant: Name,
    },
    /// A sibling answers, to be matched with the question.
    Given(CallId, Box<Handover>),
    Shared(CallId, Option<Box<Handover>>),
    Published(Box<Handover>),
    /// The storage changed.
    Storage,
}

/// A question to the siblings that waits for its first answer.
pub(super) struct Question {
    pub(super) tab: usize,
    pub(super) boot: u64,
    pub(super) call: CallId,
    pub(super) until: u64,
}

/// A transaction that was opened and has not run.
pub(super) struct Transaction {
    pub(super) tab: usize,
    boot: u64,
    call: CallId,
    step: Step,
    opened_at: u64,
    departure: Option<Departure>,
}

/// A request on its way.
pub(super) struct Journey {
    pub(super) tab: usize,
    pub(super) boot: u64,
    pub(super) call: CallId,
    pub(super) request: Option<Request>,
    pub(super) answer: Option<Answer>,
    pub(super) refresh_token: Option<String>,
}

impl World {
    pub(super) fn happen(&mut self, tab: usize, event: Event) {
        let now = self.clock(tab);
        let reading = matches!(event, Event::Ledger { .. });
        let boot = self.tabs[tab].boot;
        if self.loud {
            eprintln!("{now} tab {tab} <- {event:?}");
        }
        for effect in self.tabs[tab].session.handle(event, now) {
            if self.loud {
                eprintln!("{now} tab {tab} -> {effect:?}");
            }
            // A page that left has nothing more to do.
            if self.tabs[tab].boot == boot {
                self.carry_out(tab, effect, reading);
            }
        }
    }

    fn carry_out(&mut self, tab: usize, effect: Effect, reading: bool) {
        let boot = self.tabs[tab].boot;
        match effect {
            Effect::Send { call, request, .. } => {
                if request.url.ends_with("/revoke") {
                    self.revocation_leaves(tab, &request, reading);
                }
                self.send(tab, call, request);
            }
            Effect::Verify { call, .. } => self.post(tab, What::Verified(call)),
            Effect::CallApi { .. } | Effect::Deliver { .. } => unreachable!("no API is called"),
            Effect::Reply { ticket, reply } => self.replied(tab, ticket, reply),
            Effect::Tell(notice) => self.told(tab, &notice),
            Effect::WakeAt(at) => self.tabs[tab].wake_at = Some(at),
            Effect::Ledger {
                call,
                step,
                departure,
            } => {
                let opened_at = self.clock(tab);
                self.transactions.push(Transaction {
                    tab,
                    boot,
                    call,
                    step,
                    opened_at,
                    departure,
                });
            }
            Effect::Lock { call, deadline_ms } => match self.no_locks {
                true => self.post(tab, What::Locked(call)),
                false => {
                    let until = self.now + u64::from(deadline_ms);
                    self.queue.push((tab, boot, call, until));
                }
            },
            Effect::Unlock => self.unlock(tab),
            Effect::AskShared { call, grant } => self.ask_siblings(tab, call, &grant),
            Effect::Publish(handover) => self.publish(tab, &handover),
            Effect::RepairMark { own, instead_of } => self.repair(tab, own, instead_of),
        }
    }

    pub(super) fn unlock(&mut self, tab: usize) {
        let boot = self.tabs[tab].boot;
        if self.granted == Some((tab, boot)) {
            self.granted = None;
        }
        let mine = |(known, its, ..): &(usize, u64, CallId, u64)| (*known, *its) == (tab, boot);
        self.queue.retain(|place| !mine(place));
    }

    fn ask_siblings(&mut self, tab: usize, call: CallId, grant: &Name) {
        let boot = self.tabs[tab].boot;
        self.questions.push(Question {
            tab,
            boot,
            call,
            until: self.now + QUESTION_MS,
        });
        for sibling in (0..self.tabs.len()).filter(|it| *it != tab) {
            if !self.dice.one_in(6) {
                let grant = grant.clone();
                let asked = What::Asked {
                    tab,
                    boot,
                    call,
                    grant,
                };
                self.post(sibling, asked);
            }
        }
    }

    fn publish(&mut self, tab: usize, handover: &Handover) {
        self.rules.published(handover);
        for sibling in (0..self.tabs.len()).filter(|it| *it != tab) {
            if !self.dice.one_in(6) {
                self.post(sibling, What::Published(Box::new(handover.clone())));
            }
        }
    }

    fn send(&mut self, tab: usize, call: CallId, request: Request) {
        let boot = self.tabs[tab].boot;
        let body = request.body.as_deref().unwrap_or_default();
        let refreshes = body.contains("grant_type=refresh_token");
        let refresh_token = refreshes.then(|| {
            let start = body.find("refresh_token=rt").unwrap() + "refresh_token=".len();
            body[start..].split('&').next().unwrap().to_string()
        });
        if let Some(token) = &refresh_token {
            self.seen.count("refresh sent");
            let rotates = self.provider.rotates(token);
            self.rules.token_leaves(token, rotates);
        }
        self.journeys.push(Journey {
            tab,
            boot,
            call,
            request: Some(request),
            answer: None,
            refresh_token,
        });
    }

    pub(super) fn run_transaction(&mut self, transaction: Transaction) {
        let Transaction {
            tab,
            boot,
            call,
            step,
            opened_at,
            departure,
        } = transaction;
        let now = self.clock(tab);
        let mut outcome = Outcome::unavailable();
        if self.trouble != Trouble::Denied {
            let (found, new) = judge(self.stored.as_deref(), &step, now, &self.guards());
            let kept = new.is_none() || self.trouble != Trouble::Full;
            if let Some(new) = new.filter(|_| kept) {
                self.stored = Some(new);
            }
            if kept {
                let record = self.record();
                if self.loud {
                    eprintln!(
                        "{now} tab {tab}: {step:?}: {:?}: {:?}",
                        found.verdict, self.stored
                    );
                }
                let heard = self.trouble != Trouble::Silent;
                self.rules.ran(&step, &found, record.as_ref(), heard);
                // Counted with the claim: what leaves after storage was cleared may have claimed before.
                let claimed = matches!(step, Step::Claim { .. }) && found.verdict == Verdict::Done;
                if claimed && !self.jumps {
                    self.rules.restore_leaves(self.now);
                }
                self.count_step(&step, &found);
                if matches!(step, Step::Begin { .. }) && self.dice.one_in(3) {
                    self.cross_with_sign_out(tab);
                }
            }
            if kept && self.trouble != Trouble::Silent {
                outcome = found;
            }
        }
        self.parcels.push(Parcel {
            tab,
            boot,
            what: What::Completed {
                call,
                outcome,
                opened_at,
                departure,
            },
        });
    }

    fn count_step(&mut self, step: &Step, outcome: &Outcome) {
        let done = outcome.verdict == Verdict::Done;
        self.seen.count(match (step, done) {
            (Step::Win { .. }, true) => "intent won",
            (Step::Win { .. }, false) => "intent refused",
            (Step::TakeBack { .. }, true) => "intent taken back",
            (Step::Commit(_), true) => "committed",
            (Step::Commit(_), false) => "commit refused",
            (Step::Reject(_), true) => "rejected",
            (Step::Reject(_), false) => "rejected too late",
            (Step::Begin { .. }, _) => "begun",
            (Step::End { .. }, true) => "signed out",
            (Step::End { .. }, false) => "another user left alone",
            (Step::Claim { .. }, true) => "restore claimed",
            (Step::Claim { .. }, false) => "restore refused",
            (Step::Accept { .. }, true) => "restored",
            (Step::Accept { .. }, false) => "restore fenced off",
            (Step::Answered { .. }, _) => "restore answered",
            _ => "other step",
        });
    }

    pub(super) fn deliver(&mut self, tab: usize, what: What) {
        match what {
            What::Completed {
                call,
                outcome,
                opened_at,
                departure,
            } => {
                let outcome = outcome.completed(opened_at, self.clock(tab));
                if outcome.verdict == Verdict::TooLate {
                    self.seen.count("slept through a transaction");
                }
                self.tabs[tab].last_read = outcome.record.clone();
                self.tabs[tab].blind = outcome.verdict == Verdict::Unavailable;
                let leaves = departure.filter(|_| outcome.verdict == Verdict::Done);
                if let Some(departure) = leaves {
                    self.send(tab, departure.call, departure.request);
                }
                self.happen(tab, Event::Ledger { call, outcome });
            }
            What::Locked(call) => self.happen(tab, Event::Locked { call }),
            What::Answered(call, answer, refresh_token) => {
                if let Some(token) = refresh_token {
                    self.rules.fate_is_known(&token, answer.as_ref().ok());
                }
                self.happen(tab, Event::Answered { call, answer });
            }
            What::Verified(call) => {
                let valid = Some(true);
                self.happen(tab, Event::Verified { call, valid });
            }
            What::Asked {
                tab: asker,
                boot,
                call,
                grant,
            } => {
                let handover = self.tabs[tab].session.handover();
                let given = handover.filter(|handover| handover.of().grant == grant);
                if let Some(handover) = given {
                    self.parcels.push(Parcel {
                        tab: asker,
                        boot,
                        what: What::Given(call, Box::new(handover)),
                    });
                }
            }
            What::Given(call, handover) => {
                let open = |question: &Question| question.tab == tab && question.call == call;
                if let Some(at) = self.questions.iter().position(open) {
                    self.questions.swap_remove(at);
                    self.seen.count("given by a sibling");
                    let handover = Some(handover);
                    self.happen(tab, Event::Shared { call, handover });
                } else {
                    self.seen.count("given too late");
                    self.happen(tab, Event::Published(handover));
                }
            }
            What::Shared(call, handover) => self.happen(tab, Event::Shared { call, handover }),
            What::Published(handover) => self.happen(tab, Event::Published(handover)),
            What::Storage => {
                self.tabs[tab].view = self.mark.clone();
                self.compare(tab);
            }
        }
    }
}
