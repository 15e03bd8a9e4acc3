//! The shell and the network: effects are kept or heard, requests are answered one by one, time passes.

use keyward::link::{notice_to_json, reply_to_json};
use keyward::protocol::http::{Answer, Method, Request};
use keyward::session::effect::{SendKind, SignedOutReason};
use keyward::session::event::{CallId, Ticket};
use keyward::session::tabs::Mark;
use keyward::session::{Effect, Event, NetworkFailure, Notice, Reply, Snapshot, Status};

use super::{ApiSend, Driver, End, Sent, Signature, field_of};
use crate::provider::{ACCESS, CLIENT, REFRESH, TOKEN, is_signed};

impl Driver {
    pub(crate) fn happen(&mut self, event: Event) {
        if matches!(event, Event::Tick) {
            self.wake_at = None;
        }
        for effect in self.session.handle(event, self.now) {
            self.carry_out(effect);
        }
        #[cfg(feature = "ledger")]
        while let Some(event) = self.shell.due.pop_front() {
            for effect in self.session.handle(event, self.now) {
                self.carry_out(effect);
            }
        }
    }

    #[cfg(feature = "ledger")]
    pub(super) fn depart(&mut self, departure: keyward::session::Departure) {
        self.shell.story.push("send");
        self.carry_out(Effect::Send {
            call: departure.call,
            request: departure.request,
            deadline_ms: departure.deadline_ms,
            kind: SendKind::Read,
        });
    }

    /// What a vault would keep of the session.
    #[cfg(feature = "worker")]
    pub(crate) fn park(&self) -> Option<String> {
        self.session.park()
    }

    /// Goes on with a parked session.
    #[cfg(feature = "worker")]
    pub(crate) fn unpark(&mut self, text: &str) {
        for effect in self.session.unpark(text, self.now) {
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
            #[cfg(feature = "ledger")]
            Effect::Ledger {
                call,
                step,
                departure,
            } => self.transact(call, &step, departure),
            #[cfg(feature = "ledger")]
            Effect::Lock { call, .. } => self.shell.due.push_back(Event::Locked { call }),
            #[cfg(feature = "ledger")]
            Effect::Unlock => {}
            #[cfg(feature = "ledger")]
            Effect::AskShared { call, .. } => {
                self.shell.asked += 1;
                let handover = self.shell.sibling.clone().map(Box::new);
                self.shell.due.push_back(Event::Shared { call, handover });
            }
            #[cfg(feature = "ledger")]
            Effect::Publish(handover) => {
                self.shell.story.push("publish");
                self.shell.published.push(handover);
            }
            #[cfg(feature = "ledger")]
            Effect::RepairMark { own, .. } => self.shell.repaired = Some(own),
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
