//! The front of a vault: sends messages, keeps what comes back.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use keyward::session::Config;
use keyward::vault::Vault;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, Response};

use super::{APP, ISSUER, Provider, parameter, until};

pub(crate) struct Front {
    vault: Vault,
    heard: Rc<Heard>,
    tickets: Cell<u32>,
    session: RefCell<Option<String>>,
}

#[derive(Default)]
struct Heard {
    answers: RefCell<BTreeMap<u64, (Value, JsValue)>>,
    notices: RefCell<Vec<Value>>,
    texts: RefCell<Vec<String>>,
}

/// How an API call ended.
#[derive(Debug)]
pub(crate) enum Called {
    Response(Response),
    Thrown(JsValue),
    Error(Value),
}

impl Front {
    /// Opens a vault with further options.
    pub(crate) fn new(options: Value) -> Self {
        let mut all =
            json!({ "issuer": ISSUER, "clientId": "spa", "redirectUri": "https://app.example/cb" });
        for (name, value) in options.as_object().unwrap() {
            all[name] = value.clone();
        }
        let config = Config::from_json(&all.to_string(), APP).unwrap();
        let heard = Rc::new(Heard::default());
        let ear = Rc::clone(&heard);
        let vault = Vault::new(
            config,
            Box::new(move |message| {
                let value: Value = serde_json::from_str(&message.json).unwrap();
                ear.texts.borrow_mut().push(message.json);
                match value["ticket"].as_u64() {
                    Some(ticket) => {
                        let earlier = ear
                            .answers
                            .borrow_mut()
                            .insert(ticket, (value, message.handle));
                        assert!(earlier.is_none(), "ticket {ticket} was answered twice");
                    }
                    None => ear.notices.borrow_mut().push(value),
                }
            }),
        );
        Self {
            vault,
            heard,
            tickets: Cell::new(0),
            session: RefCell::default(),
        }
    }

    /// Sends a command without waiting for its end.
    pub(crate) fn post(&self, what: &str, more: Value, handle: JsValue) -> u32 {
        let ticket = self.tickets.get() + 1;
        self.tickets.set(ticket);
        let mut message =
            json!({ "v": 1, "ticket": ticket, "session": *self.session.borrow(), "do": what });
        for (name, value) in more.as_object().unwrap() {
            message[name] = value.clone();
        }
        self.vault.post(&message.to_string(), handle);
        ticket
    }

    /// Sends text as it is.
    pub(crate) fn post_raw(&self, text: &str) {
        self.vault.post(text, JsValue::UNDEFINED);
    }

    /// Asks, and waits for the answer: `{ "ok": … }` or `{ "error": … }` beside the ticket.
    pub(crate) async fn ask(&self, what: &str, more: Value) -> Value {
        let ticket = self.post(what, more, JsValue::UNDEFINED);
        self.answer(ticket).await.0
    }

    pub(crate) async fn answer(&self, ticket: u32) -> (Value, JsValue) {
        until("an answer", || self.has_answer(ticket)).await;
        self.heard
            .answers
            .borrow_mut()
            .remove(&ticket.into())
            .unwrap()
    }

    pub(crate) fn has_answer(&self, ticket: u32) -> bool {
        self.heard.answers.borrow().contains_key(&ticket.into())
    }

    /// Builds an authorization request: its URL, state and record.
    pub(crate) async fn leave(&self) -> Value {
        let reply = self.ask("signIn", json!({ "returnTo": "/orders" })).await;
        assert!(reply["ok"]["url"].is_string(), "{reply}");
        reply["ok"].clone()
    }

    /// Comes back with a code.
    pub(crate) async fn come_back(&self, trip: &Value) -> Value {
        let query = format!("code=CODE&state={}", trip["state"].as_str().unwrap());
        self.ask(
            "callback",
            json!({ "query": query, "record": trip["record"] }),
        )
        .await
    }

    /// The whole way, with changes to the token response.
    pub(crate) async fn sign_in(&self, provider: &Provider, changes: Value) {
        let trip = self.leave().await;
        let nonce = parameter(trip["url"].as_str().unwrap(), "nonce");
        provider.issues("1", &nonce, &changes).await;
        let reply = self.come_back(&trip).await;
        assert_eq!(reply["ok"]["returnTo"], "/orders", "{reply}");
        let session = self.notice("signedIn")["session"]
            .as_str()
            .map(String::from);
        self.session.replace(session);
    }

    /// Calls an API and waits for how it ended.
    pub(crate) async fn call(&self, request: &Request) -> Called {
        self.ended(self.start_call(request, true)).await
    }

    pub(crate) fn start_call(&self, request: &Request, replayable: bool) -> u32 {
        self.post("call", json!({ "replayable": replayable }), request.into())
    }

    pub(crate) async fn ended(&self, ticket: u32) -> Called {
        let (message, handle) = self.answer(ticket).await;
        match message.get("error") {
            Some(error) => Called::Error(error.clone()),
            None if message.get("thrown").is_some() => Called::Thrown(handle),
            None => Called::Response(handle.dyn_into().expect("no Response")),
        }
    }

    /// The access token, which must be there.
    pub(crate) async fn access_token(&self) -> String {
        let reply = self.ask("accessToken", json!({})).await;
        reply["ok"]["token"]
            .as_str()
            .unwrap_or_else(|| panic!("{reply}"))
            .into()
    }

    /// The latest notice of a kind.
    pub(crate) fn notice(&self, kind: &str) -> Value {
        self.find_notice(kind)
            .unwrap_or_else(|| panic!("no {kind}"))
    }

    pub(crate) fn find_notice(&self, kind: &str) -> Option<Value> {
        let notices = self.heard.notices.borrow();
        notices
            .iter()
            .rev()
            .find(|notice| notice["notice"] == kind)
            .cloned()
    }

    /// Every message that was heard, as it came.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.heard.texts.borrow().clone()
    }
}
