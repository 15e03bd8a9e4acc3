//! `{:?}` of everything public, with a session that lives: no token, no code, no verifier.

use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;

use keyward::protocol::http::Answer;
use keyward::session::effect::Effect;
use keyward::session::transaction::Transaction;
use keyward::session::{Command, Config, Event, Reply, Session};
use serde_json::{Value, json};

use crate::driver::{APP, START, Trip, api_request};
use crate::provider::{
    CLIENT, ISSUER, REVOKE, TOKEN, Tokens, document, json_answer, jwks, text_answer,
};

/// One life, with everything that went in and came out as `Debug` shows it.
struct Life {
    session: Session,
    shown: Rc<RefCell<Vec<String>>>,
    record: String,
    id_token: String,
    effects: Vec<Effect>,
}

impl Life {
    fn show(&self, what: &impl Debug) {
        self.shown.borrow_mut().push(format!("{what:?}"));
        self.shown.borrow_mut().push(format!("{what:#?}"));
    }

    fn happen(&mut self, event: Event) {
        self.show(&event);
        for effect in self.session.handle(event, START) {
            self.show(&effect);
            self.effects.push(effect);
        }
        self.show(&self.session.snapshot());
    }

    fn ask(&mut self, ticket: u32, command: Command) {
        let session = match self.session.snapshot().status {
            keyward::session::Status::SignedIn { session, .. } => Some(session),
            keyward::session::Status::SignedOut(_) => None,
        };
        self.happen(Event::Command {
            ticket,
            session,
            command,
        });
    }

    fn answer(&mut self, endpoint: &str, answer: Answer) {
        let call = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Send { call, request, .. } if request.url.ends_with(endpoint) => Some(*call),
            _ => None,
        });
        self.show(&answer);
        self.happen(Event::Answered {
            call: call.unwrap(),
            answer: Ok(answer),
        });
    }

    fn verify(&mut self) {
        let call = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Verify { call, .. } => Some(*call),
            _ => None,
        });
        self.happen(Event::Verified {
            call: call.unwrap(),
            valid: Some(true),
        });
    }
}

/// Sign-in, call, token, UserInfo, refresh, sign-out.
fn whole_life() -> Life {
    let options = json!({
        "issuer": ISSUER, "clientId": CLIENT, "redirectUri": "https://app.example/", "metadata": document(&json!({})),
    });
    let config = Config::from_json(&options.to_string(), APP).unwrap();
    let mut drawn = 0_u8;
    let entropy = move |bytes: &mut [u8]| {
        drawn += 1;
        bytes.fill(drawn);
    };
    let shown = Rc::default();
    let mut life = Life {
        session: Session::new(config.clone(), Box::new(entropy)),
        shown,
        record: String::new(),
        id_token: String::new(),
        effects: Vec::new(),
    };
    life.show(&config);
    life.ask(1, Command::SignIn(Default::default()));
    let trip = life.effects.iter().find_map(|effect| match effect {
        Effect::Reply {
            reply: Ok(Reply::Navigate { url, state, record }),
            ..
        } => Some(Trip {
            url: url.clone(),
            state: state.clone(),
            record: record.clone(),
        }),
        _ => None,
    });
    let trip = trip.unwrap();
    life.record = trip.record.clone();
    life.show(&Transaction::from_record(&trip.record, &trip.state, START).unwrap());
    let query = trip.query("code=SECRET-CODE");
    life.ask(
        2,
        Command::Callback {
            query,
            record: Some(trip.record.clone()),
            mark: None,
        },
    );
    let answer = Tokens::new("1", &trip.parameter("nonce").unwrap(), START).answer();
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    life.id_token = body["id_token"].as_str().unwrap().into();
    life.answer(crate::provider::JWKS, jwks(&["k1"]));
    life.answer(TOKEN, answer);
    life.verify();
    life.ask(3, Command::Call(api_request("/api/orders")));
    life.ask(4, Command::AccessToken);
    life.ask(5, Command::UserInfo);
    life.answer(
        crate::provider::USERINFO,
        json_answer(200, &json!({ "sub": "alice" })),
    );
    life.ask(6, Command::Refresh);
    life.answer(TOKEN, Tokens::new("2", "", START).without_id_token());
    life.ask(7, Command::SignOut);
    life.answer(REVOKE, text_answer(200, "RT~2"));
    life
}

/// Looks for a secret in everything that was shown, after making sure that the life got so far.
fn is_never_shown(secret: impl Fn(&Life) -> String) {
    let life = whole_life();
    let shown = life.shown.borrow();
    assert!(
        shown.iter().any(|text| text.contains("SignedOut")),
        "the life came to its end"
    );
    let secret = secret(&life);
    assert!(secret.len() >= 4);
    let leak = shown.iter().find(|text| text.contains(&secret));
    assert!(leak.is_none(), "shown: {leak:?}");
}

#[test]
fn r_130_debug_shows_no_access_token() {
    is_never_shown(|_| "AT~1".into());
    is_never_shown(|_| "AT~2".into());
}

#[test]
fn r_130_debug_shows_no_refresh_token() {
    is_never_shown(|_| "RT~1".into());
    is_never_shown(|_| "RT~2".into());
}

#[test]
fn r_130_debug_shows_no_id_token() {
    // The signed part is enough to be recognized, the end-session URL holds all of it.
    is_never_shown(|life| life.id_token.rsplit_once('.').unwrap().0.into());
}

#[test]
fn r_130_debug_shows_no_code() {
    is_never_shown(|_| "SECRET-CODE".into());
}

#[test]
fn r_130_debug_shows_no_verifier() {
    is_never_shown(|life| {
        let record: Value = serde_json::from_str(&life.record).unwrap();
        record["verifier"].as_str().unwrap().into()
    });
}
