//! The platform's side of the vault, `platform.js`, and the events it reports.

use alloc::rc::Rc;
use alloc::string::String;

use wasm_bindgen::prelude::*;

use crate::protocol::http::{Answer, Method, Request};
use crate::protocol::json::{self, Map, Value};
use crate::protocol::json_text::JsonText;
use crate::session::effect::SendKind;
use crate::session::{ApiRequest, Event, NetworkFailure};

/// No honest answer of a provider is larger.
const LARGEST_BODY: usize = 1_048_576;

#[wasm_bindgen]
extern "C" {
    /// The wall clock, in milliseconds since 1970.
    #[wasm_bindgen(js_namespace = Date)]
    pub(super) fn now() -> f64;
}

#[wasm_bindgen(module = "/src/vault/platform.js")]
extern "C" {
    pub(super) type Platform;

    #[wasm_bindgen(constructor)]
    pub(super) fn new(hear: &Closure<dyn Fn(String, JsValue)>) -> Platform;
    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Platform);
    #[wasm_bindgen(method)]
    pub(super) fn wake(this: &Platform, at: f64);
    #[wasm_bindgen(method)]
    pub(super) fn send(this: &Platform, call: u32, url: &str, init: &str, within: u32, probe: bool);
    #[wasm_bindgen(method)]
    pub(super) fn verify(
        this: &Platform,
        call: u32,
        alg: &str,
        key: &str,
        input: &str,
        signature: &[u8],
    );
    #[wasm_bindgen(method)]
    fn open(this: &Platform, ticket: u32, request: &JsValue, replayable: bool) -> Option<String>;
    #[wasm_bindgen(method)]
    pub(super) fn call(this: &Platform, ticket: u32, token: &str, follow_redirects: bool);
    #[wasm_bindgen(method)]
    pub(super) fn take(this: &Platform, ticket: u32) -> JsValue;
}

/// What the platform reports.
pub(super) enum Heard {
    /// Something for the session.
    Event(Event),
    /// The API answered this ticket's call with a redirect, which was not followed.
    Redirected(u32),
    /// `fetch` threw for this ticket.
    Thrown(u32),
    /// The transaction of this call is over. It was completed if it is known when it was opened.
    #[cfg(feature = "ledger")]
    Completed(u32, Option<u64>),
    /// A sibling answered this call, or nobody did; without a call it gave what nobody asked for.
    #[cfg(feature = "ledger")]
    Given(Option<u32>, Option<String>),
}

impl Platform {
    /// Takes an API call in; `None` if the handle is no `Request`.
    pub(super) fn about(
        &self,
        ticket: u32,
        request: &JsValue,
        replayable: bool,
    ) -> Option<ApiRequest> {
        let about = Report::read(&self.open(ticket, request, replayable)?)?;
        Some(ApiRequest {
            origin: about.text("origin")?,
            path: about.text("path")?,
            has_credentials: about.flag("credentials")?,
            method: about.text("method")?,
            own_authorization: about.flag("authorization")?,
            replayable,
        })
    }
}

impl Heard {
    /// Reads a report; anything that `platform.js` does not write is none.
    pub(super) fn read(json: &str) -> Option<Self> {
        let report = Report::read(json)?;
        let id = report.number("id");
        Some(Self::Event(match report.text("event")?.as_str() {
            "answered" => Event::Answered {
                call: id,
                answer: report.answer(),
            },
            "verified" => Event::Verified {
                call: id,
                valid: report.flag("valid"),
            },
            "called" => Event::ApiAnswered {
                ticket: id,
                status: report.number("status") as u16,
                challenge: report.text("challenge"),
            },
            #[cfg(feature = "ledger")]
            "ledger" => {
                let opened_at = report.0.get("opened").and_then(Value::as_u64);
                return Some(Self::Completed(id, opened_at));
            }
            #[cfg(feature = "ledger")]
            "locked" => Event::Locked { call: id },
            #[cfg(feature = "ledger")]
            "shared" => return Some(Self::Given(Some(id), report.text("text"))),
            #[cfg(feature = "ledger")]
            "published" => return Some(Self::Given(None, report.text("text"))),
            "redirected" => return Some(Self::Redirected(id)),
            "thrown" => return Some(Self::Thrown(id)),
            _ => Event::Tick,
        }))
    }
}

struct Report(Rc<Map>);

impl Report {
    fn read(json: &str) -> Option<Self> {
        json::parse_object(json, usize::MAX).ok().map(Self)
    }

    fn text(&self, name: &str) -> Option<String> {
        json::string(&self.0, name).map(String::from)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    fn number(&self, name: &str) -> u32 {
        self.0.get(name).and_then(Value::as_u64).unwrap_or(0) as u32
    }

    fn answer(&self) -> Result<Answer, NetworkFailure> {
        let body = self.text("body").unwrap_or_default();
        Err(match self.text("failure").as_deref() {
            None if body.len() <= LARGEST_BODY => {
                return Ok(Answer {
                    status: self.number("status") as u16,
                    content_type: self.text("type"),
                    retry_after: self.text("retry"),
                    www_authenticate: self.text("challenge"),
                    date: self.text("date"),
                    body,
                });
            }
            None | Some("large") => NetworkFailure::TooLarge,
            Some("redirected") => NetworkFailure::Redirected,
            Some("timeout") => NetworkFailure::Timeout,
            Some("cors") => NetworkFailure::Cors,
            Some("csp") => NetworkFailure::BlockedByCsp,
            Some(_) => NetworkFailure::Unreachable,
        })
    }
}

/// What of the options of `fetch` differs between requests.
pub(super) fn init(request: &Request, kind: SendKind) -> String {
    let mut headers = JsonText::new();
    for (name, value) in &request.headers {
        headers.text(name, value);
    }
    let mut init = JsonText::new();
    init.raw("headers", &headers.finish())
        .maybe("body", request.body.as_deref());
    if request.method == Method::Post {
        init.text("method", "POST");
    }
    if kind == SendKind::KeepAlive {
        init.raw("keepalive", "true");
    }
    init.finish()
}
