//! Requests to the provider: no cookie, no cache, no redirect, a deadline, and a failure that says what it was.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Event, EventTarget, Headers, RequestInit, Response};

use super::clock::pause;
use super::object::{object, set};
use crate::protocol::http::{Answer, Method, Request};
use crate::session::NetworkFailure;
use crate::session::effect::SendKind;

/// No honest answer of a provider is larger.
const LARGEST_BODY: u64 = 1_048_576;
/// How long a failed request may be looked into.
const INQUIRY_MS: u32 = 1_000;
/// How often, and for how long each time, the policy's own word is waited for.
const VIOLATION_WAITS: u32 = 5;
const VIOLATION_WAIT_MS: u32 = 20;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn fetch_url(url: &str, init: &RequestInit) -> Promise;

    type SecurityPolicyViolation;
    #[wasm_bindgen(method, getter, js_name = blockedURI)]
    fn blocked_uri(this: &SecurityPolicyViolation) -> String;
}

/// Sends requests and remembers what the content security policy refused.
pub(super) struct Fetcher {
    refused: Rc<RefCell<Vec<String>>>,
    listener: Closure<dyn FnMut(Event)>,
}

impl Fetcher {
    const VIOLATION: &'static str = "securitypolicyviolation";

    pub(super) fn new() -> Self {
        let refused = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&refused);
        let listener = Closure::new(move |event: Event| {
            let mut seen = seen.borrow_mut();
            seen.truncate(16);
            seen.insert(
                0,
                event
                    .unchecked_into::<SecurityPolicyViolation>()
                    .blocked_uri(),
            );
        });
        let function = listener.as_ref().unchecked_ref();
        let _ = global().add_event_listener_with_callback(Self::VIOLATION, function);
        Self { refused, listener }
    }

    pub(super) async fn send(
        &self,
        request: &Request,
        deadline_ms: u32,
        kind: SendKind,
    ) -> Result<Answer, NetworkFailure> {
        let init = options(request, kind);
        match exchange(&request.url, &init, kind, deadline_ms).await {
            Err(NetworkFailure::Unreachable) if kind != SendKind::Probe => {
                Err(self.inquire(request).await)
            }
            outcome => outcome,
        }
    }

    /// The browser says the same of every failure; what it really was shows in a second, harmless request.
    async fn inquire(&self, request: &Request) -> NetworkFailure {
        // A GET can be repeated as it is; in place of a POST only the server's front door is knocked at.
        let url = match request.method {
            Method::Get => request.url.clone(),
            Method::Post => front_door(&request.url),
        };
        let probe = Request {
            method: Method::Get,
            url,
            headers: Vec::new(),
            body: None,
        };
        let kind = SendKind::Probe;
        let init = options(&probe, kind);
        if exchange(&probe.url, &init, kind, INQUIRY_MS).await.is_ok() {
            return NetworkFailure::Cors;
        }
        // A policy that refuses both requests says so in a task of its own, after both have failed.
        for _ in 0..VIOLATION_WAITS {
            let blocked = |uri: &String| !uri.is_empty() && request.url.starts_with(uri.as_str());
            if self.refused.borrow().iter().any(blocked) {
                return NetworkFailure::BlockedByCsp;
            }
            pause(VIOLATION_WAIT_MS).await;
        }
        NetworkFailure::Unreachable
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        let function = self.listener.as_ref().unchecked_ref();
        let _ = global().remove_event_listener_with_callback(Self::VIOLATION, function);
    }
}

/// The deadline holds for the body too: a server may send its headers and then nothing.
async fn exchange(
    url: &str,
    init: &RequestInit,
    kind: SendKind,
    within_ms: u32,
) -> Result<Answer, NetworkFailure> {
    let deadline = AbortSignal::timeout_with_u32(within_ms);
    init.set_signal(Some(&deadline));
    // Whether it was the deadline or the network; an abort is not told apart in any other way.
    let failed = |_| match deadline.aborted() {
        true => NetworkFailure::Timeout,
        false => NetworkFailure::Unreachable,
    };
    let response = JsFuture::from(fetch_url(url, init)).await.map_err(failed)?;
    let response: Response = response.unchecked_into();
    if kind == SendKind::Probe {
        return Ok(answer(&response, String::new()));
    }
    // What "manual" shows of a redirect has no status.
    if response.status() == 0 {
        return Err(NetworkFailure::Redirected);
    }
    let announced = header(&response, "content-length").and_then(|length| length.parse().ok());
    if announced.is_some_and(|length: u64| length > LARGEST_BODY) {
        return Err(NetworkFailure::TooLarge);
    }
    let text = response.text().map_err(failed)?;
    let text = JsFuture::from(text).await.map_err(failed)?;
    match text.as_string() {
        Some(text) if text.len() as u64 <= LARGEST_BODY => Ok(answer(&response, text)),
        _ => Err(NetworkFailure::TooLarge),
    }
}

fn answer(response: &Response, body: String) -> Answer {
    Answer {
        status: response.status(),
        content_type: header(response, "content-type"),
        retry_after: header(response, "retry-after"),
        www_authenticate: header(response, "www-authenticate"),
        date: header(response, "date"),
        body,
    }
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

fn options(request: &Request, kind: SendKind) -> RequestInit {
    // "manual" shows a redirect for what it is and follows none.
    let init: RequestInit = object(match kind {
        SendKind::Probe => {
            r#"{"mode":"no-cors","credentials":"omit","cache":"no-store","referrerPolicy":"no-referrer"}"#
        }
        _ => {
            r#"{"credentials":"omit","cache":"no-store","redirect":"manual","referrerPolicy":"no-referrer"}"#
        }
    });
    if kind == SendKind::KeepAlive {
        set(&init, "keepalive", &true.into());
    }
    if request.method == Method::Post {
        init.set_method("POST");
    }
    if let Some(body) = &request.body {
        init.set_body(&body.as_str().into());
    }
    if let (false, Ok(headers)) = (request.headers.is_empty(), Headers::new()) {
        for (name, value) in &request.headers {
            let _ = headers.set(name, value);
        }
        init.set_headers(&headers);
    }
    init
}

fn front_door(url: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url
        .get(host..)
        .and_then(|rest| rest.find('/'))
        .map_or(url.len(), |at| host + at);
    let mut door: String = url.get(..end).unwrap_or(url).into();
    door.push('/');
    door
}

fn global() -> EventTarget {
    js_sys::global().unchecked_into()
}
