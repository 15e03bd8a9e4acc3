//! Plays the front, the shell and the clock for one session, and checks what must hold in every scenario: every ticket
//! is answered exactly once, no token is in anything the front hears but the reply to `AccessToken`, and every request
//! to the provider has the form of a public client's.

use std::collections::BTreeMap;

use keyward::link::{notice_to_json, reply_to_json};
use keyward::protocol::error::{Code, Error};
use keyward::protocol::form::parse_query;
use keyward::protocol::http::{Answer, Method, Request};
use keyward::session::effect::{SendKind, SignInOrigin, SignedOutReason};
use keyward::session::event::{CallId, Ticket};
use keyward::session::tabs::{Mark, SessionId};
use keyward::session::{
    ApiRequest, Command, Config, Effect, Event, NetworkFailure, Notice, Reply, Session, SignIn,
    Snapshot, Status,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::provider::{
    ACCESS, CLIENT, DISCOVERY, ISSUER, JWKS, REFRESH, TOKEN, Tokens, is_signed, jwks, metadata,
};

pub(crate) const APP: &str = "https://app.example";
/// When every scenario begins.
pub(crate) const START: u64 = 1_700_000_000_000;
pub(crate) const SECOND: u64 = 1_000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;

/// One request to the provider.
pub(crate) struct Sent {
    pub(crate) call: CallId,
    pub(crate) request: Request,
    pub(crate) kind: SendKind,
    pub(crate) deadline_ms: u32,
    pub(crate) at: u64,
    open: bool,
}

/// A signature that is to be checked.
pub(crate) struct Signature {
    pub(crate) call: CallId,
    pub(crate) key: String,
    input: String,
    signature: Vec<u8>,
}

/// An API call that left with a token.
pub(crate) struct ApiSend {
    pub(crate) ticket: Ticket,
    pub(crate) token: String,
    pub(crate) follow_redirects: bool,
}

/// How a ticket ended.
pub(crate) enum End {
    Reply(Result<Reply, Error>),
    /// The API's last answer went to the page.
    Delivered,
    /// The page waits no more.
    Cancelled,
}

/// An authorization request, and what the tab keeps of it while the browser is away.
pub(crate) struct Trip {
    pub(crate) url: String,
    pub(crate) state: String,
    pub(crate) record: String,
}

pub(crate) struct Driver {
    session: Session,
    pub(crate) now: u64,
    pub(crate) sent: Vec<Sent>,
    pub(crate) signatures: Vec<Signature>,
    pub(crate) api: Vec<ApiSend>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) wake_at: Option<u64>,
    /// The sign-out mark, kept as a front keeps it.
    pub(crate) mark: Option<Mark>,
    tickets: BTreeMap<Ticket, Option<End>>,
    nonce: String,
}

impl Driver {
    pub(crate) fn new() -> Self {
        Self::with(json!({}))
    }

    /// A session with further options.
    pub(crate) fn with(options: Value) -> Self {
        Self::seeded(0, options)
    }

    /// A session whose random values are those of this seed.
    pub(crate) fn seeded(seed: u64, options: Value) -> Self {
        let mut all = json!({ "issuer": ISSUER, "clientId": CLIENT, "redirectUri": "https://app.example/cb" });
        for (name, value) in options.as_object().unwrap() {
            all[name] = value.clone();
        }
        let config = Config::from_map(all.as_object().unwrap(), APP).unwrap();
        let mut drawn = 0_u64;
        let entropy = move |bytes: &mut [u8]| {
            for byte in bytes {
                drawn += 1;
                *byte = Sha256::digest([seed.to_be_bytes(), drawn.to_be_bytes()].concat())[0];
            }
        };
        Self {
            session: Session::new(config, Box::new(entropy)),
            now: START,
            sent: Vec::new(),
            signatures: Vec::new(),
            api: Vec::new(),
            notices: Vec::new(),
            wake_at: None,
            mark: None,
            tickets: BTreeMap::new(),
            nonce: String::new(),
        }
    }

    /// A page where Alice is signed in, with tokens named `1`, good for an hour.
    pub(crate) fn signed_in() -> Self {
        let mut page = Self::new();
        page.sign_in();
        page
    }
}

/// What the page does.
impl Driver {
    /// Asks for the session that the page shows.
    pub(crate) fn ask(&mut self, command: Command) -> Ticket {
        self.ask_as(self.session_id(), command)
    }

    pub(crate) fn ask_as(&mut self, session: Option<SessionId>, command: Command) -> Ticket {
        let ticket = self.tickets.len() as Ticket + 1;
        self.tickets.insert(ticket, None);
        self.happen(Event::Command {
            ticket,
            session,
            command,
        });
        ticket
    }

    /// Calls the API with a body that can be sent again.
    pub(crate) fn call(&mut self) -> Ticket {
        self.ask(Command::Call(api_request("/api/orders")))
    }

    /// The API answers the oldest call on its way.
    pub(crate) fn api_answers(&mut self, status: u16, challenge: Option<&str>) {
        let ticket = self.api.remove(0).ticket;
        self.happen(Event::ApiAnswered {
            ticket,
            status,
            challenge: challenge.map(String::from),
        });
    }

    /// The page waits no more for this ticket.
    pub(crate) fn cancel(&mut self, ticket: Ticket) {
        self.api.retain(|call| call.ticket != ticket);
        self.tickets.insert(ticket, Some(End::Cancelled));
        self.happen(Event::ApiFailed { ticket });
    }

    /// Builds an authorization request; asks the provider for its metadata if need be.
    pub(crate) fn leave(&mut self, want: SignIn) -> Trip {
        let ticket = self.ask(Command::SignIn(want));
        self.arrive_at_provider(ticket)
    }

    /// The same for a restore at load.
    pub(crate) fn leave_to_restore(&mut self) -> Trip {
        let command = Command::Restore {
            return_to: "/".into(),
            mark: self.mark.clone(),
            carry: None,
        };
        let ticket = self.ask_as(None, command);
        self.arrive_at_provider(ticket)
    }

    pub(crate) fn arrive_at_provider(&mut self, ticket: Ticket) -> Trip {
        if self.is_waiting(DISCOVERY) {
            self.answer(DISCOVERY, metadata());
        }
        match self.reply(ticket) {
            Ok(Reply::Navigate { url, state, record }) => {
                let trip = Trip { url, state, record };
                self.nonce = trip.parameter("nonce").unwrap();
                trip
            }
            other => panic!("no navigation: {other:?}"),
        }
    }

    /// The browser comes back with a code.
    pub(crate) fn come_back(&mut self, trip: &Trip) -> Ticket {
        self.come_back_with(&trip.query("code=CODE&iss=https%3A%2F%2Fid.example"), trip)
    }

    pub(crate) fn come_back_with(&mut self, query: &str, trip: &Trip) -> Ticket {
        let command = Command::Callback {
            query: query.into(),
            record: Some(trip.record.clone()),
            mark: self.mark.clone(),
        };
        self.ask_as(None, command)
    }

    pub(crate) fn sign_in(&mut self) {
        let trip = self.leave(SignIn::default());
        self.sign_in_after(&trip);
    }

    /// Signs in with these tokens, which must be good.
    pub(crate) fn sign_in_with(&mut self, tokens: impl FnOnce(Tokens) -> Tokens) {
        let trip = self.leave(SignIn::default());
        let tokens = tokens(self.tokens("1"));
        let ticket = self.redeem(&trip, tokens.answer());
        let reply = self.reply(ticket);
        assert!(matches!(reply, Ok(Reply::SignedIn { .. })), "{reply:?}");
    }

    /// Comes back and answers everything that is asked, in the usual order.
    pub(crate) fn redeem(&mut self, trip: &Trip, tokens: Answer) -> Ticket {
        let ticket = self.come_back(trip);
        self.answer_keys();
        self.answer(TOKEN, tokens);
        self.judge_signatures();
        ticket
    }

    /// Redeems a trip with good tokens named `1`.
    pub(crate) fn sign_in_after(&mut self, trip: &Trip) {
        let ticket = self.come_back(trip);
        self.nonce = trip.parameter("nonce").unwrap();
        self.finish_exchange(ticket);
    }

    /// Answers everything that an exchange asks, in the usual order.
    pub(crate) fn finish_exchange(&mut self, ticket: Ticket) {
        self.answer_keys();
        self.answer(TOKEN, self.tokens("1").answer());
        self.judge_signatures();
        let reply = self.reply(ticket);
        assert!(matches!(reply, Ok(Reply::SignedIn { .. })), "{reply:?}");
    }

    /// Answers with the keys `k1`, if keys are asked for.
    pub(crate) fn answer_keys(&mut self) {
        if self.is_waiting(JWKS) {
            self.answer(JWKS, jwks(&["k1"]));
        }
    }

    /// Tokens as the provider would issue them now; the nonce is that of the latest authorization request.
    pub(crate) fn tokens(&self, name: &str) -> Tokens {
        Tokens::new(name, &self.nonce, self.now)
    }

    /// Asks for a refresh and waits until the request for it left.
    pub(crate) fn start_refresh(&mut self) -> Ticket {
        let ticket = self.ask(Command::Refresh);
        self.pass_probe();
        assert!(self.is_waiting(TOKEN), "no refresh was sent");
        ticket
    }

    /// Lets time pass until a token request leaves, at most so long; probes get through.
    pub(crate) fn wait_for_refresh(&mut self, most: u64) -> bool {
        let (end, before) = (self.now + most, self.count(TOKEN));
        while self.count(TOKEN) == before {
            match self.wake_at.filter(|at| *at <= end) {
                Some(at) => self.pass(at.saturating_sub(self.now)),
                None => return false,
            }
            self.pass_probe();
        }
        true
    }

    /// Lets a probe get through, if one was sent.
    pub(crate) fn pass_probe(&mut self) {
        if let Some(probe) = self.open_probe() {
            self.answer_call(probe, Ok(text_of_probe()));
        }
    }

    pub(crate) fn open_probe(&self) -> Option<CallId> {
        let probe = |sent: &&Sent| sent.open && sent.kind == SendKind::Probe;
        self.sent.iter().find(probe).map(|sent| sent.call)
    }
}

/// What the shell and the network do.
impl Driver {
    pub(crate) fn happen(&mut self, event: Event) {
        if matches!(event, Event::Tick) {
            self.wake_at = None;
        }
        for effect in self.session.handle(event, self.now) {
            self.carry_out(effect);
        }
    }

    /// Answers the oldest open request to an endpoint.
    pub(crate) fn answer(&mut self, endpoint: &str, answer: Answer) {
        let call = self.open_call(endpoint);
        self.answer_call(call, Ok(answer));
    }

    pub(crate) fn fail(&mut self, endpoint: &str, failure: NetworkFailure) {
        let call = self.open_call(endpoint);
        self.answer_call(call, Err(failure));
    }

    pub(crate) fn answer_call(&mut self, call: CallId, answer: Result<Answer, NetworkFailure>) {
        let sent = self.sent.iter_mut().find(|sent| sent.call == call).unwrap();
        sent.open = false;
        self.happen(Event::Answered { call, answer });
    }

    pub(crate) fn open_call(&self, endpoint: &str) -> CallId {
        match self.open(endpoint).next() {
            Some(sent) => sent.call,
            None => panic!("nothing was asked of {endpoint}"),
        }
    }

    pub(crate) fn is_waiting(&self, endpoint: &str) -> bool {
        self.open(endpoint).next().is_some()
    }

    fn open(&self, endpoint: &str) -> impl Iterator<Item = &Sent> {
        self.to(endpoint)
            .filter(|sent| sent.open && sent.kind != SendKind::Probe)
    }

    /// Every request to an endpoint so far, probes left out.
    pub(crate) fn to(&self, endpoint: &str) -> impl Iterator<Item = &Sent> {
        let ours = move |sent: &&Sent| sent.request.url.ends_with(endpoint);
        self.sent
            .iter()
            .filter(ours)
            .filter(|sent| sent.kind != SendKind::Probe)
    }

    pub(crate) fn count(&self, endpoint: &str) -> usize {
        self.to(endpoint).count()
    }

    pub(crate) fn probes(&self) -> usize {
        let probe = |sent: &&Sent| sent.kind == SendKind::Probe;
        self.sent.iter().filter(probe).count()
    }

    /// A field of the latest form posted to an endpoint.
    pub(crate) fn field(&self, endpoint: &str, name: &str) -> Option<String> {
        let sent = self.to(endpoint).last().expect("nothing was posted");
        field_of(&sent.request, name)
    }

    /// How often this refresh token was sent.
    pub(crate) fn sends_of(&self, refresh_token: &str) -> usize {
        let has = |sent: &&Sent| {
            field_of(&sent.request, "refresh_token").as_deref() == Some(refresh_token)
        };
        self.to(TOKEN).filter(has).count()
    }

    /// Checks the signatures that wait, and those that are tried after them.
    pub(crate) fn judge_signatures(&mut self) {
        while let Some(next) = self.signatures.pop() {
            let valid = is_signed(&next.key, &next.input, &next.signature);
            self.happen(Event::Verified {
                call: next.call,
                valid: Some(valid),
            });
        }
    }

    /// Lets time pass; timers fire when they are due.
    pub(crate) fn pass(&mut self, time: u64) {
        let end = self.now + time;
        while let Some(at) = self.wake_at.filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.happen(Event::Tick);
        }
        self.now = end;
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send {
                call,
                request,
                deadline_ms,
                kind,
            } => {
                check_request(&request);
                self.sent.push(Sent {
                    call,
                    request,
                    kind,
                    deadline_ms,
                    at: self.now,
                    open: true,
                });
            }
            Effect::Verify {
                call,
                key,
                input,
                signature,
                ..
            } => self.signatures.push(Signature {
                call,
                key,
                input,
                signature,
            }),
            Effect::CallApi {
                ticket,
                token,
                follow_redirects,
            } => {
                let token: String = token.expose().into();
                assert!(token.starts_with(ACCESS), "an API got another token");
                assert!(self.is_open(ticket), "nobody waits for this call");
                self.api.push(ApiSend {
                    ticket,
                    token,
                    follow_redirects,
                });
            }
            Effect::Deliver { ticket } => self.end(ticket, End::Delivered),
            Effect::Reply { ticket, reply } => self.end(ticket, End::Reply(reply)),
            Effect::Tell(notice) => self.hear(notice),
            Effect::WakeAt(at) => self.wake_at = Some(at),
        }
    }

    fn end(&mut self, ticket: Ticket, end: End) {
        if let End::Reply(reply) = &end
            && !matches!(reply, Ok(Reply::AccessToken(_)))
        {
            check_silent(&reply_to_json(ticket, reply));
        }
        match self.tickets.get_mut(&ticket) {
            Some(open @ None) => *open = Some(end),
            // A reply that crosses with a cancellation finds nobody.
            Some(Some(End::Cancelled)) => {}
            Some(Some(_)) => panic!("ticket {ticket} was answered twice"),
            None => panic!("there is no ticket {ticket}"),
        }
        self.api.retain(|call| call.ticket != ticket);
    }

    fn hear(&mut self, notice: Notice) {
        check_silent(&notice_to_json(&notice));
        match &notice {
            Notice::SignedIn(snapshot, _) => self.mark = mark_of(snapshot),
            Notice::EndEverywhere => self.bury(),
            Notice::State(snapshot) => {
                if let Status::SignedOut(SignedOutReason::SignedOut) = snapshot.status {
                    self.bury();
                }
            }
            _ => {}
        }
        self.notices.push(notice);
    }

    /// The mark becomes a tombstone.
    pub(crate) fn bury(&mut self) {
        if let Some(mark) = &mut self.mark {
            mark.tombstone = true;
        }
    }
}

/// What can be seen.
impl Driver {
    pub(crate) fn is_open(&self, ticket: Ticket) -> bool {
        matches!(self.tickets.get(&ticket), Some(None))
    }

    pub(crate) fn is_delivered(&self, ticket: Ticket) -> bool {
        matches!(self.tickets.get(&ticket), Some(Some(End::Delivered)))
    }

    /// The reply to a ticket. It can be looked at once.
    pub(crate) fn reply(&mut self, ticket: Ticket) -> Result<Reply, Error> {
        match self.tickets.insert(ticket, Some(End::Delivered)) {
            Some(Some(End::Reply(reply))) => reply,
            Some(Some(_)) => panic!("ticket {ticket} has no reply"),
            _ => panic!("ticket {ticket} is still open"),
        }
    }

    pub(crate) fn error(&mut self, ticket: Ticket) -> Error {
        match self.reply(ticket) {
            Err(error) => error,
            Ok(reply) => panic!("no error but {reply:?}"),
        }
    }

    pub(crate) fn code(&mut self, ticket: Ticket) -> Code {
        self.error(ticket).code
    }

    /// Asks for the access token, which must be there at once.
    pub(crate) fn access_token(&mut self) -> String {
        let ticket = self.ask(Command::AccessToken);
        self.token(ticket)
    }

    /// The access token that a ticket was answered with.
    pub(crate) fn token(&mut self, ticket: Ticket) -> String {
        match self.reply(ticket) {
            Ok(Reply::AccessToken(token)) => token.expose().into(),
            other => panic!("no token but {other:?}"),
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.session.snapshot()
    }

    pub(crate) fn session_id(&self) -> Option<SessionId> {
        match self.snapshot().status {
            Status::SignedIn { session, .. } => Some(session),
            Status::SignedOut(_) => None,
        }
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.session_id().is_some()
    }

    pub(crate) fn user(&self) -> Option<Value> {
        match self.snapshot().status {
            Status::SignedIn { user, .. } => Some(user.user_claims()),
            Status::SignedOut(_) => None,
        }
    }

    pub(crate) fn expires_at(&self) -> Option<u64> {
        match self.snapshot().status {
            Status::SignedIn { expires_at, .. } => expires_at,
            Status::SignedOut(_) => panic!("nobody is signed in"),
        }
    }

    pub(crate) fn reason(&self) -> SignedOutReason {
        match self.snapshot().status {
            Status::SignedOut(reason) => reason,
            Status::SignedIn { .. } => panic!("somebody is signed in"),
        }
    }

    pub(crate) fn last_error(&self) -> Option<Code> {
        self.snapshot().last_error.map(|error| error.code)
    }

    pub(crate) fn ends_everywhere(&self) -> bool {
        let everywhere = |notice: &Notice| matches!(notice, Notice::EndEverywhere);
        self.notices.iter().any(everywhere)
    }

    pub(crate) fn diagnoses(&self) -> Vec<Code> {
        let code = |notice: &Notice| match notice {
            Notice::Diagnosis(code, _) => Some(*code),
            _ => None,
        };
        self.notices.iter().filter_map(code).collect()
    }

    pub(crate) fn refresh_failures(&self) -> Vec<Code> {
        let code = |notice: &Notice| match notice {
            Notice::RefreshFailed(error) => Some(error.code),
            _ => None,
        };
        self.notices.iter().filter_map(code).collect()
    }

    /// State notices, which are what makes an app draw itself again.
    pub(crate) fn states(&self) -> usize {
        let state = |notice: &&Notice| matches!(notice, Notice::State(_) | Notice::SignedIn(..));
        self.notices.iter().filter(state).count()
    }

    /// How the latest session came about.
    pub(crate) fn origin(&self) -> Option<SignInOrigin> {
        let origin = |notice: &Notice| match notice {
            Notice::SignedIn(_, origin) => Some(*origin),
            _ => None,
        };
        self.notices.iter().rev().find_map(origin)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let open = self.tickets.iter().find(|(_, end)| end.is_none());
        assert!(
            open.is_none(),
            "a ticket was never answered: {:?}",
            open.map(|it| it.0)
        );
    }
}

impl Trip {
    /// A parameter of the authorization request.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let all = self.parameters();
        let mut found = all.into_iter().filter(|(own, _)| own == name);
        let first = found.next().map(|(_, value)| value);
        assert!(found.next().is_none(), "{name} stands twice");
        first
    }

    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        parse_query(self.url.split_once('?').unwrap().1).unwrap()
    }

    /// A response with our state.
    pub(crate) fn query(&self, rest: &str) -> String {
        format!("{rest}&state={}", self.state)
    }
}

/// A call of the app's own API.
pub(crate) fn api_request(path: &str) -> ApiRequest {
    ApiRequest {
        origin: APP.into(),
        path: path.into(),
        has_credentials: false,
        method: "GET".into(),
        own_authorization: false,
        replayable: true,
    }
}

pub(crate) fn field_of(request: &Request, name: &str) -> Option<String> {
    let form = parse_query(request.body.as_deref()?).unwrap();
    let mut found = form.into_iter().filter(|(own, _)| own == name);
    let first = found.next().map(|(_, value)| value);
    assert!(found.next().is_none(), "{name} stands twice in the form");
    first
}

/// An opaque answer, as a `no-cors` request gets it.
fn text_of_probe() -> Answer {
    Answer::default()
}

fn mark_of(snapshot: &Snapshot) -> Option<Mark> {
    match &snapshot.status {
        Status::SignedIn {
            session, user_hash, ..
        } => Some(Mark {
            tombstone: false,
            session: session.clone(),
            user_hash: user_hash.clone(),
        }),
        Status::SignedOut(_) => None,
    }
}

/// forms are posted, there is no client secret, and no token stands in a URL.
fn check_request(request: &Request) {
    for secret in [ACCESS, REFRESH, "CODE"] {
        assert!(!request.url.contains(secret), "a secret in a URL");
    }
    if request.method == Method::Post {
        assert_eq!(field_of(request, "client_id").as_deref(), Some(CLIENT));
        assert_eq!(field_of(request, "client_secret"), None);
        let basic = request
            .headers
            .iter()
            .any(|(name, _)| *name == "authorization");
        assert!(!basic, "a public client authenticates itself");
    } else {
        assert!(request.body.is_none());
    }
}

/// What a front hears holds no token.
fn check_silent(message: &str) {
    for secret in [ACCESS, REFRESH] {
        assert!(!message.contains(secret), "a token in {message}");
    }
}
