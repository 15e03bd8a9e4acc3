//! One tab: its vault, what its page shows, and what its front does.

use std::collections::{BTreeMap, BTreeSet};

use super::shell::What;
use super::world::World;
use crate::protocol::error::Error;
use crate::session::effect::{SignInOrigin, Status};
use crate::session::event::Ticket;
use crate::session::guards::Guard;
use crate::session::ledger::Record;
use crate::session::simulation::provider::user_of;
use crate::session::simulation::world::open;
use crate::session::tabs::{Mark, SessionId};
use crate::session::{Command, Config, Event, Notice, Reply, Session, SignIn};

pub(super) struct Tab {
    pub(super) boot: u64,
    pub(super) session: Session,
    pub(super) skew: i64,
    pub(super) frozen: bool,
    /// Nobody is there until it is opened again.
    pub(super) closed: bool,
    /// The session and user that the page shows.
    pub(super) shown: Option<(SessionId, String)>,
    /// The sessions whose end this load of the page was told, or brought about itself.
    pub(super) over: BTreeSet<SessionId>,
    /// The mark as this tab's process sees it; another tab's writes are visible late.
    pub(super) view: Option<Mark>,
    pub(super) wake_at: Option<u64>,
    pub(super) trip: Option<Trip>,
    /// The provider leads back here from a sign-out.
    returns: bool,
    /// Tickets that wait for their one answer, with the user the page showed when it asked.
    pub(super) open: BTreeMap<Ticket, Option<String>>,
    /// What the last transaction of this tab showed.
    pub(super) last_read: Option<Record>,
    /// Its last transaction was not heard of: the next one, at the latest a refresh, tells.
    pub(super) blind: bool,
    next_ticket: Ticket,
    seed: u64,
}

/// The browser is at the provider.
pub(super) struct Trip {
    url: String,
    record: String,
}

impl Tab {
    pub(super) fn new(seed: u64, skew: i64, config: &Config, off: Option<Guard>) -> Self {
        Self {
            boot: 1,
            session: open(config, seed, off),
            skew,
            frozen: false,
            closed: false,
            shown: None,
            over: BTreeSet::new(),
            view: None,
            wake_at: None,
            trip: None,
            returns: false,
            open: BTreeMap::new(),
            last_read: None,
            blind: false,
            next_ticket: 0,
            seed,
        }
    }
}

impl World {
    pub(super) fn ask(&mut self, tab: usize, command: Command) {
        let it = &mut self.tabs[tab];
        if it.closed {
            return;
        }
        it.next_ticket += 1;
        let ticket = it.next_ticket;
        let user = it.shown.as_ref().map(|(_, user)| user.clone());
        it.open.insert(ticket, user);
        let session = it.shown.as_ref().map(|(session, _)| session.clone());
        let event = Event::Command {
            ticket,
            session,
            command,
        };
        self.happen(tab, event);
    }

    pub(super) fn compare(&mut self, tab: usize) {
        let view = self.tabs[tab].view.clone();
        self.ask(tab, Command::Compare(view));
    }

    /// The page is gone: what it waited for comes to nobody, what it sent may still arrive.
    pub(super) fn leave_page(&mut self, tab: usize) {
        self.unlock(tab);
        self.transactions
            .retain(|transaction| transaction.tab != tab);
        self.questions.retain(|question| question.tab != tab);
        for journey in self.journeys.iter().filter(|journey| journey.tab == tab) {
            if let Some(token) = &journey.refresh_token {
                self.rules.fate_is_unknown(token);
            }
        }
        for parcel in self.parcels.iter().filter(|parcel| parcel.tab == tab) {
            if let What::Answered(_, _, Some(token)) = &parcel.what {
                self.rules.fate_is_unknown(token);
            }
        }
        let it = &mut self.tabs[tab];
        it.boot += 1;
        it.seed += 1_000_003;
        it.frozen = false;
        it.closed = false;
        it.shown = None;
        it.over.clear();
        it.wake_at = None;
        it.open.clear();
        it.trip = None;
        it.last_read = None;
        it.blind = false;
        it.session = open(&self.config, it.seed, self.off);
        it.view = self.mark.clone();
    }

    /// The page is loaded anew: with a hint it asks for its session.
    pub(super) fn load(&mut self, tab: usize) {
        let returns = std::mem::take(&mut self.tabs[tab].returns);
        let mark = self.tabs[tab].view.clone();
        if returns && mark.as_ref().is_some_and(|mark| mark.tombstone) {
            self.seen.count("tombstone lifted");
            self.set_mark(tab, None);
            return self.ask(tab, Command::Lift);
        }
        // Without a mark only an app that asks the provider in any case.
        if mark
            .as_ref()
            .map_or_else(|| self.dice.one_in(2), |mark| !mark.tombstone)
        {
            let restore = Command::Restore {
                return_to: "/".into(),
                mark,
                carry: None,
            };
            self.ask(tab, restore);
        }
    }

    pub(super) fn page_acts(&mut self, tab: usize) {
        if self.tabs[tab].trip.is_some() {
            return self.come_back(tab);
        }
        if std::mem::take(&mut self.tabs[tab].closed) {
            self.tabs[tab].view = self.mark.clone();
            return self.load(tab);
        }
        if self.tabs[tab].open.len() > 3 {
            return;
        }
        let shown = self.tabs[tab].shown.clone();
        let hint = self.tabs[tab]
            .view
            .as_ref()
            .is_some_and(|mark| !mark.tombstone);
        match (self.dice.roll(12), shown) {
            (0..=3, None) if hint => self.load(tab),
            (0, None) if !hint || self.dice.one_in(8) => self.sign_in(tab),
            (0, Some(_)) if self.dice.one_in(10) => self.sign_in(tab),
            (1, Some(shown)) if self.dice.one_in(6) => self.sign_out(tab, &shown),
            (2 | 3, Some(_)) => {
                self.compare(tab);
                self.ask(tab, Command::AccessToken);
            }
            (4..=8, Some(_)) => self.ask(tab, Command::Refresh),
            (9, _) if self.dice.one_in(3) => self.ask(tab, Command::Wake),
            _ => {}
        }
    }

    /// The user signs out in one tab while another one's sign-in is between its record and its mark.
    pub(super) fn cross_with_sign_out(&mut self, tab: usize) {
        let other = (0..self.tabs.len()).find(|other| {
            let it = &self.tabs[*other];
            *other != tab && it.shown.is_some() && !it.frozen
        });
        if let Some(other) = other {
            self.seen.count("crossed with a sign-out");
            if let Some(shown) = self.tabs[other].shown.clone() {
                self.sign_out(other, &shown);
            }
            // It wrote the tombstone, and its user closed it.
            if self.dice.one_in(2) {
                while let Some(at) = self.transactions.iter().position(|it| it.tab == other) {
                    let transaction = self.transactions.remove(at);
                    self.run_transaction(transaction);
                }
                self.leave_page(other);
                self.tabs[other].closed = true;
            }
        }
    }

    fn sign_in(&mut self, tab: usize) {
        self.ask(tab, Command::SignIn(SignIn::default()));
    }

    fn sign_out(&mut self, tab: usize, (session, _): &(SessionId, String)) {
        let view = self.tabs[tab].view.clone();
        let other = view.filter(|mark| !mark.tombstone && mark.session != *session);
        if other.is_some() {
            // Perhaps another user's: the page reloads instead.
            self.leave_page(tab);
            return self.load(tab);
        }
        self.bury(tab, session);
        self.tabs[tab].shown = None;
        self.tabs[tab].over.insert(session.clone());
        self.ask(tab, Command::SignOut);
    }

    /// Step 1 of a sign-out: the mark becomes this session's tombstone.
    fn bury(&mut self, tab: usize, session: &SessionId) {
        let hash = self.tabs[tab]
            .view
            .as_ref()
            .map(|mark| mark.user_hash.clone());
        self.write_mark(
            tab,
            Mark {
                tombstone: true,
                session: session.clone(),
                user_hash: hash.unwrap_or_else(|| "x".repeat(43)),
            },
        );
    }

    fn write_mark(&mut self, tab: usize, mark: Mark) {
        self.set_mark(tab, Some(mark));
    }

    fn set_mark(&mut self, tab: usize, mark: Option<Mark>) {
        self.tabs[tab].view.clone_from(&mark);
        self.mark = mark;
        for other in (0..self.tabs.len()).filter(|it| *it != tab) {
            self.post(other, What::Storage);
        }
    }

    pub(super) fn repair(&mut self, tab: usize, own: Mark, instead_of: Option<Mark>) {
        let view = self.tabs[tab].view.clone();
        let same = view
            .as_ref()
            .is_some_and(|mark| mark.session == own.session);
        if view != instead_of && !(same && own.tombstone) {
            return self.compare(tab);
        }
        if own.tombstone || !same {
            self.seen.count("mark repaired");
            self.write_mark(tab, own);
        }
    }

    pub(super) fn come_back(&mut self, tab: usize) {
        let Some(Trip { url, record }) = self.tabs[tab].trip.take() else {
            return;
        };
        let silent = url.contains("prompt=none");
        let user = match (silent, self.sso) {
            (true, None) => None,
            (true, Some(user)) | (false, Some(user)) if silent || !self.dice.one_in(8) => {
                Some(user)
            }
            _ => Some(if self.dice.one_in(3) { "bob" } else { "alice" }),
        };
        self.sso = user;
        let mut query = self
            .provider
            .authorize(&url, user.unwrap_or("nobody"), &mut self.dice);
        let failed = silent && self.dice.one_in(12);
        if user.is_none() || failed {
            let error = if user.is_none() {
                "login_required"
            } else {
                "server_error"
            };
            let rest = query.split_once('&').unwrap().1.to_string();
            query = format!("error={error}&{rest}");
            self.seen.count(error);
        }
        let mark = self.tabs[tab].view.clone();
        self.ask(
            tab,
            Command::Callback {
                query,
                record: Some(record),
                mark,
            },
        );
    }

    pub(super) fn replied(&mut self, tab: usize, ticket: Ticket, reply: Result<Reply, Error>) {
        let Some(user) = self.tabs[tab].open.remove(&ticket) else {
            return self
                .rules
                .fail(format!("ticket {ticket} was answered twice"));
        };
        match reply {
            Ok(Reply::AccessToken(token)) => {
                self.seen.count("token used");
                let token = token.expose();
                if user.as_deref() != Some(user_of(token)) {
                    self.rules
                        .fail(format!("{user:?} asked and {token} was used"));
                }
            }
            Ok(Reply::Navigate { url, record, .. }) => {
                if record.contains("\"claim\"") && !self.jumps {
                    self.seen.count("left to restore");
                }
                // A restore without a ledger is not this simulation's.
                if url.contains("prompt=none") && !record.contains("\"claim\"") {
                    return;
                }
                self.leave_page(tab);
                self.tabs[tab].trip = Some(Trip { url, record });
            }
            Ok(Reply::SignedOut {
                end_session: Some(_),
            }) => {
                self.sso = None;
                self.leave_page(tab);
                self.tabs[tab].closed = self.dice.one_in(2);
                self.tabs[tab].returns = self.dice.one_in(2);
            }
            _ => {}
        }
    }

    pub(super) fn told(&mut self, tab: usize, notice: &Notice) {
        match notice {
            Notice::SignedIn(snapshot, origin) => {
                if let Status::SignedIn {
                    session,
                    user_hash,
                    user,
                    ..
                } = &snapshot.status
                {
                    self.show(tab, session, user.sub());
                    let own = Mark {
                        tombstone: false,
                        session: session.clone(),
                        user_hash: user_hash.clone(),
                    };
                    self.signed_in(tab, own, *origin);
                }
            }
            Notice::State(snapshot) => match &snapshot.status {
                Status::SignedOut(_) => {
                    let shown = self.tabs[tab].shown.take();
                    let over = shown.map(|(session, _)| session);
                    self.tabs[tab].over.extend(over);
                    self.seen.count("ended in place");
                }
                Status::SignedIn { session, user, .. } => {
                    self.show(tab, session, user.sub());
                    if snapshot.last_error.is_some() {
                        self.seen.count("recovery");
                    }
                }
            },
            Notice::EndEverywhere => {
                if let Some((session, _)) = self.tabs[tab].shown.clone() {
                    let record = self.record().and_then(|record| record.standing);
                    if record.is_some_and(|it| it.ended && it.session == session) {
                        self.rules.ended_everywhere(&session);
                    }
                    self.bury(tab, &session);
                }
            }
            Notice::Refreshed { .. } => self.seen.count("refreshed"),
            _ => {}
        }
    }

    /// No page shows a session again whose end it has shown.
    fn show(&mut self, tab: usize, session: &SessionId, user: &str) {
        if self.tabs[tab].over.contains(session) {
            let what = format!("tab {tab} shows a session again that is over: {session:?}");
            self.rules.fail(what);
        }
        self.tabs[tab].shown = Some((session.clone(), user.into()));
    }

    /// The ledger was written; now the mark, and then the ledger is read again.
    fn signed_in(&mut self, tab: usize, own: Mark, origin: SignInOrigin) {
        self.seen.count(match origin {
            SignInOrigin::Interactive => "signed in",
            SignInOrigin::Joined => "joined",
            SignInOrigin::Restored => "restored as another user",
        });
        let view = self.tabs[tab].view.clone();
        let buried = view.is_some_and(|mark| mark.tombstone && mark.session == own.session);
        // Whoever joins finds the mark of the session; if it is another one, the ledger tells which is right.
        if buried || origin == SignInOrigin::Joined {
            self.compare(tab);
        } else {
            self.rules
                .mark_is_written(&own, self.tabs[tab].last_read.is_some());
            self.write_mark(tab, own);
        }
        if !buried {
            self.ask(tab, Command::MarkWritten);
        }
    }
}
