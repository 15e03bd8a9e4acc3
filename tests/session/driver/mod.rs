//! Plays the front, the shell and the clock for one session, and checks what must hold in every scenario: every ticket
//! is answered exactly once, no token is in anything the front hears but the reply to `AccessToken`, and every request
//! to the provider has the form of a public client's.
//!
//! `page` is what the front does, `network` what the shell and the provider do, `sight` what can be seen.

#[cfg(feature = "ledger")]
mod ledger;
mod network;
mod page;
mod sight;

use std::collections::BTreeMap;

use keyward::protocol::error::Error;
use keyward::protocol::form::parse_query;
use keyward::protocol::http::Request;
use keyward::session::effect::SendKind;
use keyward::session::event::{CallId, Ticket};
use keyward::session::tabs::Mark;
use keyward::session::{ApiRequest, Config, Notice, Reply, Session};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::provider::{CLIENT, ISSUER};

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
    #[cfg(feature = "ledger")]
    pub(crate) shell: ledger::Shell,
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
        let config = Config::from_json(&all.to_string(), APP).unwrap();
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
            #[cfg(feature = "ledger")]
            shell: ledger::Shell::default(),
        }
    }

    /// A page where Alice is signed in, with tokens named `1`, good for an hour.
    pub(crate) fn signed_in() -> Self {
        let mut page = Self::new();
        page.sign_in();
        page
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
