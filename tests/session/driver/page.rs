//! The front: commands, trips to the provider and back.

use keyward::protocol::http::Answer;
use keyward::session::effect::SendKind;
use keyward::session::event::{CallId, Ticket};
use keyward::session::tabs::SessionId;
use keyward::session::{Command, Event, Reply, SignIn};

use super::{Driver, End, Sent, Trip, api_request};
use crate::provider::{DISCOVERY, JWKS, TOKEN, Tokens, jwks, metadata};

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

/// An opaque answer, as a `no-cors` request gets it.
fn text_of_probe() -> Answer {
    Answer::default()
}
