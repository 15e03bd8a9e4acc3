//! One browser page with its session, the network between it and the provider, and the rules that must hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::provider::{Dice, ISSUER, Provider, user_of};
use crate::protocol::http::{Answer, Request};
use crate::session::effect::{SendKind, Status};
use crate::session::event::{ApiRequest, CallId, Ticket};
use crate::session::guards::Guard;
use crate::session::tabs::{Mark, SessionId};
use crate::session::{
    Command, Config, Effect, Event, NetworkFailure, Notice, Reply, Session, SignIn,
};

/// A request or verification on its way.
#[derive(Clone)]
struct Journey {
    call: CallId,
    request: Option<Request>,
    answer: Option<Answer>,
    /// The refresh token in it; its fate is decided when the answer arrives.
    refresh_token: Option<String>,
    doubled: bool,
}

/// What a page does once its authorization request was built.
struct Trip {
    query: String,
    record: String,
    restore: bool,
}

/// How often the interesting things happened, over all histories.
#[derive(Debug, Default)]
pub(super) struct Seen {
    signed_in: u32,
    refreshed: u32,
    barred: u32,
    signed_out: u32,
    outrun: u32,
}

impl Seen {
    pub(super) fn add(&mut self, other: &Self) {
        self.signed_in += other.signed_in;
        self.refreshed += other.refreshed;
        self.barred += other.barred;
        self.signed_out += other.signed_out;
        self.outrun += other.outrun;
    }

    pub(super) fn is_rich(&self, cases: u64) -> bool {
        [
            self.signed_in,
            self.refreshed,
            self.barred,
            self.signed_out,
            self.outrun,
        ]
        .into_iter()
        .all(|count| u64::from(count) * 250 >= cases)
    }
}

pub(super) struct World {
    session: Session,
    config: Config,
    off: Option<Guard>,
    provider: Provider,
    dice: Dice,
    now: u64,
    network: Vec<Journey>,
    verifications: Vec<CallId>,
    api: Vec<(Ticket, String)>,
    trips: Vec<Trip>,
    /// Tickets that wait for their one answer, with the user the page showed when it asked.
    open: BTreeMap<Ticket, Option<String>>,
    /// Tickets of authorization requests: whether they are restores, and the user who will answer.
    going: BTreeMap<Ticket, (bool, &'static str)>,
    next_ticket: Ticket,
    /// The session and user that the page shows; it may be behind the vault.
    shown: Option<(SessionId, String)>,
    /// The sign-out mark.
    mark: Option<Mark>,
    sends: BTreeMap<String, u32>,
    /// Refresh tokens whose fate is spent or unknown.
    gone: BTreeSet<String>,
    /// Grants whose refreshes were seen to hand out no new refresh token may send theirs again.
    keeps: BTreeSet<String>,
    violation: Option<String>,
    seen: Seen,
}

impl World {
    pub(super) fn new(seed: u64, off: Option<Guard>) -> Self {
        let options = json!({
            "issuer": ISSUER, "clientId": "spa", "redirectUri": "https://app.example/",
        });
        let config = Config::from_json(&options.to_string(), "https://app.example").unwrap();
        Self {
            session: open(&config, seed, off),
            config,
            off,
            provider: Provider::new(seed.is_multiple_of(3)),
            dice: Dice::new(seed),
            now: 1_700_000_000_000,
            network: Vec::new(),
            verifications: Vec::new(),
            api: Vec::new(),
            trips: Vec::new(),
            open: BTreeMap::new(),
            going: BTreeMap::new(),
            next_ticket: 0,
            shown: None,
            mark: None,
            sends: BTreeMap::new(),
            gone: BTreeSet::new(),
            keeps: BTreeSet::new(),
            violation: None,
            seen: Seen::default(),
        }
    }

    pub(super) fn run(mut self, steps: usize) -> Result<Seen, String> {
        for _ in 0..steps {
            self.step();
            self.check()?;
        }
        self.settle()?;
        match self.open.keys().next() {
            Some(ticket) => Err(format!("ticket {ticket} was never answered")),
            None => Ok(self.seen),
        }
    }

    fn step(&mut self) {
        match self.dice.roll(20) {
            0..=8 => self.network_moves(),
            9 | 10 => self.verify_one(),
            11 | 12 => self.api_answers(),
            13 | 14 => self.time_passes(),
            15 => self.come_back(),
            _ => self.page_acts(),
        }
    }

    /// Everything on its way arrives, and time goes on until nobody waits.
    fn settle(&mut self) -> Result<(), String> {
        for _ in 0..400 {
            while !(self.network.is_empty() && self.verifications.is_empty() && self.api.is_empty())
            {
                self.network_moves();
                self.verify_one();
                self.api_answers();
                self.check()?;
            }
            if self.open.is_empty() {
                return Ok(());
            }
            self.now += 5_000;
            self.happen(Event::Tick);
            self.check()?;
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        if self.provider.reuse_detected {
            return Err("the provider saw a refresh token again".into());
        }
        let refreshing = |journey: &&Journey| journey.refresh_token.is_some() && !journey.doubled;
        let live = self
            .network
            .iter()
            .filter(refreshing)
            .map(|journey| &journey.refresh_token);
        let mut under_way = BTreeSet::new();
        for token in live {
            if !under_way.insert(token) {
                return Err("two refreshes with one token are under way".into());
            }
        }
        if self.provider.code_sent_again {
            return Err("a code was sent again".into());
        }
        self.violation.take().map_or(Ok(()), Err)
    }

    fn network_moves(&mut self) {
        if self.network.is_empty() {
            return;
        }
        let at = self.dice.roll(self.network.len() as u64) as usize;
        let journey = &mut self.network[at];
        let request = journey.request.take_if(|_| journey.answer.is_none());
        if let Some(request) = request.filter(|_| !self.dice.one_in(15)) {
            let answer = self.provider.handle(&request, self.now, &mut self.dice);
            self.network[at].answer = Some(answer);
            return;
        }
        let arrived = if self.dice.one_in(25) {
            None
        } else {
            self.network[at].answer.clone()
        };
        let journey = self.network.swap_remove(at);
        if !journey.doubled && self.dice.one_in(10) {
            self.network.push(Journey {
                doubled: true,
                ..journey.clone()
            });
        }
        if let (Some(token), false) = (&journey.refresh_token, journey.doubled) {
            self.decide_fate(token, arrived.as_ref());
        }
        let answer = arrived.ok_or(NetworkFailure::Timeout);
        self.happen(Event::Answered {
            call: journey.call,
            answer,
        });
    }

    fn decide_fate(&mut self, token: &str, answer: Option<&Answer>) {
        let body = answer.map_or("", |answer| answer.body.as_str());
        let status = answer.map_or(0, |answer| answer.status);
        let told = body.contains("\"error\"") && !body.contains("invalid_grant");
        let unspent = told || (status == 503 && answer.is_some_and(|it| it.retry_after.is_some()));
        if status == 200 && !body.contains("refresh_token") {
            self.keeps.insert(token.into());
        } else if !unspent {
            self.gone.insert(token.into());
        }
    }

    fn verify_one(&mut self) {
        if let Some(call) = self.verifications.pop() {
            self.happen(Event::Verified {
                call,
                valid: Some(true),
            });
        }
    }

    fn api_answers(&mut self) {
        if self.api.is_empty() {
            return;
        }
        let at = self.dice.roll(self.api.len() as u64) as usize;
        let (ticket, _) = self.api.swap_remove(at);
        if self.dice.one_in(12) {
            self.open.remove(&ticket);
            return self.happen(Event::ApiFailed { ticket });
        }
        let status = if self.dice.one_in(4) { 401 } else { 200 };
        self.happen(Event::ApiAnswered {
            ticket,
            status,
            challenge: None,
        });
    }

    fn time_passes(&mut self) {
        match self.dice.roll(12) {
            0 => self.now -= 600_000,
            1 => self.now += 400_000,
            _ => self.now += self.dice.roll(20_000),
        }
        self.happen(Event::Tick);
    }

    fn come_back(&mut self) {
        if self.trips.is_empty() {
            return;
        }
        if self.dice.one_in(2) {
            self.reload();
        }
        let at = self.dice.roll(self.trips.len() as u64) as usize;
        let Trip {
            query,
            record,
            restore,
        } = self.trips.swap_remove(at);
        let mark = self.mark.clone();
        // The page has been away; what it showed is gone, and a restore may be outrun by a sign-out.
        if restore && mark.as_ref().is_some_and(|mark| mark.tombstone) {
            self.seen.outrun += 1;
        }
        let ticket = self.ask(
            None,
            None,
            Command::Callback {
                query,
                record: Some(record),
                mark,
            },
        );
        self.going.insert(ticket, (restore, ""));
    }

    /// The page is loaded anew: nobody waits any more, and what was on its way may or may not have arrived.
    fn reload(&mut self) {
        for journey in std::mem::take(&mut self.network) {
            if let Some(request) = journey.request.filter(|_| self.dice.one_in(2)) {
                self.provider.handle(&request, self.now, &mut self.dice);
            }
        }
        self.verifications.clear();
        self.api.clear();
        self.open.clear();
        self.going.clear();
        self.shown = None;
        self.session = open(&self.config, self.dice.roll(u64::MAX), self.off);
    }

    fn page_acts(&mut self) {
        let session = self.shown.as_ref().map(|(id, _)| id.clone());
        let user = self.shown.as_ref().map(|(_, user)| user.clone());
        match self.dice.roll(14) {
            0 if self.shown.is_none() || self.dice.one_in(6) => self.go(false),
            1 if self.shown.is_none() || self.dice.one_in(3) => self.go(true),
            2 if self.dice.one_in(5) => {
                self.sign_out_mark();
                self.shown = None;
                self.seen.signed_out += 1;
                self.ask(session, None, Command::SignOut);
            }
            3 if self.dice.one_in(8) => {
                // Another tab signs out.
                self.sign_out_mark();
                self.shown = None;
                self.ask(session, None, Command::Drop { revoke: true });
            }
            5 if self.dice.one_in(3) => {
                self.ask(None, None, Command::Wake);
            }
            6 => {
                self.ask(session, user, Command::UserInfo);
            }
            7 => {
                self.ask(session, user, Command::Refresh);
            }
            8 => {
                self.ask(session, user, Command::AccessToken);
            }
            // A page that was asleep still shows the session before.
            9 if self.dice.one_in(4) => {
                let old = SessionId::from_random(&[9; 16]);
                self.ask(Some(old), Some("nobody".into()), Command::AccessToken);
            }
            _ => {
                let request = ApiRequest {
                    origin: "https://app.example".into(),
                    path: "/api/orders".into(),
                    has_credentials: false,
                    method: "GET".into(),
                    own_authorization: false,
                    replayable: !self.dice.one_in(8),
                };
                self.ask(session, user, Command::Call(request));
            }
        }
    }

    fn go(&mut self, restore: bool) {
        let user = if self.dice.one_in(3) { "bob" } else { "alice" };
        let command = match restore {
            true => Command::Restore {
                return_to: "/".into(),
                mark: self.mark.clone(),
                carry: None,
            },
            false => Command::SignIn(SignIn {
                return_to: "/".into(),
                ..SignIn::default()
            }),
        };
        let ticket = self.ask(None, None, command);
        self.going.insert(ticket, (restore, user));
    }

    fn sign_out_mark(&mut self) {
        if let Some(mark) = &mut self.mark {
            mark.tombstone = true;
        }
    }

    fn ask(
        &mut self,
        session: Option<SessionId>,
        user: Option<String>,
        command: Command,
    ) -> Ticket {
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        self.open.insert(ticket, user);
        self.happen(Event::Command {
            ticket,
            session,
            command,
        });
        ticket
    }

    fn happen(&mut self, event: Event) {
        for effect in self.session.handle(event, self.now) {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send {
                call,
                request,
                kind,
                ..
            } => self.send(call, request, kind),
            Effect::Verify { call, .. } => self.verifications.push(call),
            Effect::CallApi { ticket, token, .. } => {
                self.token_leaves(ticket, token.expose());
                self.api.push((ticket, token.expose().into()));
            }
            Effect::Deliver { ticket } => self.answered(ticket),
            Effect::Reply { ticket, reply } => self.replied(ticket, reply),
            Effect::Tell(notice) => self.told(&notice),
            Effect::WakeAt(_) => {}
            #[cfg(feature = "ledger")]
            _ => unreachable!("this page has no ledger"),
        }
    }

    fn send(&mut self, call: CallId, request: Request, kind: SendKind) {
        let body = request.body.clone().unwrap_or_default();
        let refreshes = body.contains("grant_type=refresh_token");
        let refresh_token = refreshes.then(|| {
            let start = body.find("refresh_token=rt").unwrap() + "refresh_token=".len();
            body[start..].split('&').next().unwrap().to_string()
        });
        if let Some(token) = &refresh_token {
            let sends = self.sends.entry(token.clone()).or_default();
            *sends += 1;
            if self.gone.contains(token) && !self.keeps.contains(token) {
                self.violation = Some(format!("{token} was sent again after its fate was decided"));
            }
            if *sends > 4 && !self.keeps.contains(token) {
                self.violation = Some(format!("{token} was sent {sends} times"));
            }
        }
        assert!(kind != SendKind::Probe || refresh_token.is_none());
        self.network.push(Journey {
            call,
            request: Some(request),
            answer: None,
            refresh_token,
            doubled: false,
        });
    }

    /// A token is about to be used for somebody: it must be the token of the user whom the page showed.
    fn token_leaves(&mut self, ticket: Ticket, token: &str) {
        let asked_for = self.open.get(&ticket).cloned().flatten();
        if asked_for.as_deref() != Some(user_of(token)) {
            self.violation = Some(format!("{asked_for:?} asked and {token} was used"));
        }
        if self.shown.is_none() {
            self.violation = Some("a token was used after the sign-out".into());
        }
    }

    fn replied(&mut self, ticket: Ticket, reply: Result<Reply, crate::protocol::error::Error>) {
        let going = self.going.remove(&ticket);
        match reply {
            Ok(Reply::AccessToken(token)) => self.token_leaves(ticket, token.expose()),
            Ok(Reply::Navigate { url, record, .. }) => {
                // The front's part: the page leaves in a moment, and the user agrees over there.
                let (restore, user) = going.unwrap_or((false, "alice"));
                let query = self.provider.authorize(&url, user, &mut self.dice);
                self.trips.push(Trip {
                    query,
                    record,
                    restore,
                });
            }
            _ => {}
        }
        self.answered(ticket);
    }

    fn answered(&mut self, ticket: Ticket) {
        if self.open.remove(&ticket).is_none() {
            self.violation = Some(format!("ticket {ticket} was answered twice"));
        }
    }

    fn told(&mut self, notice: &Notice) {
        match notice {
            Notice::SignedIn(snapshot, origin) => {
                self.seen.signed_in += 1;
                if let Status::SignedIn {
                    session,
                    user_hash,
                    user,
                    ..
                } = &snapshot.status
                {
                    let restored = *origin != crate::session::effect::SignInOrigin::Interactive;
                    if restored && self.mark.as_ref().is_some_and(|mark| mark.tombstone) {
                        self.violation = Some("a restore brought back what was signed out".into());
                    }
                    let name = user.sub();
                    self.shown = Some((session.clone(), name.into()));
                    self.mark = Some(Mark {
                        tombstone: false,
                        session: session.clone(),
                        user_hash: user_hash.clone(),
                    });
                }
            }
            Notice::State(snapshot) => match &snapshot.status {
                Status::SignedOut(_) => self.shown = None,
                Status::SignedIn { .. } if snapshot.last_error.is_some() => self.seen.barred += 1,
                Status::SignedIn { .. } => {}
            },
            Notice::EndEverywhere => self.sign_out_mark(),
            Notice::Refreshed { .. } => self.seen.refreshed += 1,
            _ => {}
        }
    }
}

/// A session with every guard but one, whose random values are those of this seed.
pub(super) fn open(config: &Config, seed: u64, off: Option<Guard>) -> Session {
    let mut bytes = Dice::new(seed ^ 0x5eed);
    let entropy = move |buffer: &mut [u8]| buffer.fill_with(|| bytes.roll(256) as u8);
    let mut session = Session::new(config.clone(), Box::new(entropy));
    session.guards.off = off;
    session
}
