//! What the client did, step by step, for demos and debugging. Built so that no secret can get in: of a parameter the
//! name is taken, and the value only where it is known to be none.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use crate::protocol::form;
use crate::protocol::http::{Answer, Request};
use crate::protocol::json::{self, Value};
use crate::protocol::text::decimal;
use crate::session::effect::SendKind;
use crate::session::{ApiRequest, Effect, Event, NetworkFailure, Notice};

/// One thing that passed between two parties.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it was.
    pub kind: StepKind,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// Where it went or came from, without query and fragment.
    pub url: String,
    /// HTTP status of an answer.
    pub status: Option<u16>,
    /// Names of what was in it. `None` for a value that is secret or might be.
    pub parameters: Vec<(String, Option<String>)>,
    /// Why there is no answer: `offline`, `cors`, `csp`, `timeout`, `redirected`, `large` or `aborted`.
    pub failed: Option<&'static str>,
}

/// The kinds of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepKind {
    /// The provider's metadata is asked for (OpenID Connect Discovery 1.0 section 4).
    DiscoveryRequest,
    /// The metadata came.
    DiscoveryResponse,
    /// A request that may be lost goes ahead of a refresh that may not: is the network there?
    ProbeRequest,
    /// Whether something answered; what, is not read.
    ProbeResponse,
    /// The provider's keys are asked for (RFC 7517).
    KeysRequest,
    /// The keys came.
    KeysResponse,
    /// The browser goes to the provider (RFC 6749 section 4.1.1, RFC 7636).
    AuthorizationRequest,
    /// The browser came back (RFC 6749 section 4.1.2, RFC 9207).
    AuthorizationResponse,
    /// The code is redeemed (RFC 6749 section 4.1.3).
    TokenRequest,
    /// The tokens came.
    TokenResponse,
    /// The refresh token is used (RFC 6749 section 6).
    RefreshRequest,
    /// New tokens came.
    RefreshResponse,
    /// The signature of an ID token was found good (OpenID Connect Core 1.0 section 3.1.3.7).
    IdTokenVerified,
    /// Another tab of the origin handed over the session as it has it: no request was made for that.
    HandedOver,
    /// UserInfo is asked (OpenID Connect Core 1.0 section 5.3).
    UserInfoRequest,
    /// UserInfo answered.
    UserInfoResponse,
    /// A token is revoked (RFC 7009).
    RevocationRequest,
    /// The revocation was answered.
    RevocationResponse,
    /// An API is called with the access token (RFC 6750).
    ApiCall,
    /// The API answered.
    ApiAnswer,
    /// The browser goes to the provider's sign-out (OpenID Connect RP-Initiated Logout 1.0).
    EndSessionRequest,
    /// The browser came back from it.
    EndSessionResponse,
}

/// Values that name what is done and to whom, and are no secret.
const SHOWN: [&str; 20] = [
    "acr_values",
    "audience",
    "client_id",
    "code_challenge_method",
    "error",
    "expires_in",
    "grant_type",
    "iss",
    "issuer",
    "max_age",
    "post_logout_redirect_uri",
    "prompt",
    "redirect_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "token_type",
    "token_type_hint",
    "ui_locales",
];

/// Somebody who sees each step.
type See = Box<dyn Fn(Step)>;

/// Who sees the steps, and what is on its way.
#[derive(Default)]
pub(super) struct Trace {
    see: RefCell<Option<See>>,
    calls: RefCell<Vec<(u32, StepKind, String)>>,
    tickets: RefCell<Vec<(u32, String)>>,
    /// Whether another tab gave something after the last answer of the token endpoint.
    handed: Cell<bool>,
}

impl Trace {
    pub(super) fn watch(&self, see: See) {
        self.see.replace(Some(see));
    }

    /// What the vault will do.
    pub(super) fn will_do(&self, effect: &Effect) {
        match effect {
            Effect::Send {
                call,
                request,
                kind,
                ..
            } => self.sent(*call, request, *kind),
            // It counts only if the record says so.
            Effect::Tell(Notice::SignedIn(..) | Notice::Refreshed { .. }) if self.handed.take() => {
                self.show(StepKind::HandedOver, String::new(), None, Vec::new(), None);
            }
            Effect::CallApi { ticket, .. } => {
                self.show(
                    StepKind::ApiCall,
                    self.api_url(*ticket),
                    None,
                    Vec::new(),
                    None,
                );
            }
            Effect::Deliver { ticket } | Effect::Reply { ticket, .. } => {
                self.tickets.borrow_mut().retain(|(one, _)| one != ticket);
            }
            _ => {}
        }
    }

    /// What happened to it.
    pub(super) fn happened(&self, event: &Event) {
        match event {
            Event::Answered { call, answer } => self.answered(*call, answer),
            Event::Shared {
                handover: Some(_), ..
            }
            | Event::Published(_) => self.handed.set(true),
            Event::Verified {
                valid: Some(true), ..
            } => self.show(
                StepKind::IdTokenVerified,
                String::new(),
                None,
                Vec::new(),
                None,
            ),
            Event::ApiAnswered { ticket, status, .. } => {
                let url = self.api_url(*ticket);
                self.show(StepKind::ApiAnswer, url, Some(*status), Vec::new(), None);
            }
            Event::ApiFailed { ticket } => {
                let url = self.api_url(*ticket);
                if !url.is_empty() {
                    self.show(StepKind::ApiAnswer, url, None, Vec::new(), Some("aborted"));
                }
            }
            _ => {}
        }
    }

    /// An API call was taken in; it is shown each time it is sent.
    pub(super) fn api(&self, ticket: u32, request: &ApiRequest) {
        let url = [request.origin.as_str(), &request.path].concat();
        self.tickets.borrow_mut().push((ticket, url));
    }

    /// A request leaves.
    pub(super) fn sent(&self, call: u32, request: &Request, kind: SendKind) {
        let body = request.body.as_deref().unwrap_or_default();
        let (kind, answer) = match kind {
            SendKind::Probe => (StepKind::ProbeRequest, StepKind::ProbeResponse),
            _ => kinds_of(request, body),
        };
        let url = without_query(&request.url);
        self.calls.borrow_mut().push((call, answer, url.clone()));
        self.show(kind, url, None, of_form(body), None);
    }

    fn answered(&self, call: u32, answer: &Result<Answer, NetworkFailure>) {
        let found = {
            let mut calls = self.calls.borrow_mut();
            let place = calls.iter().position(|(one, ..)| *one == call);
            place.map(|place| calls.remove(place))
        };
        let Some((_, kind, url)) = found else { return };
        if matches!(kind, StepKind::TokenResponse | StepKind::RefreshResponse) {
            self.handed.set(false);
        }
        match answer {
            Ok(answer) => {
                let is_read = matches!(
                    kind,
                    StepKind::DiscoveryResponse
                        | StepKind::TokenResponse
                        | StepKind::RefreshResponse
                );
                let body = if is_read {
                    of_json(&answer.body)
                } else {
                    Vec::new()
                };
                // What answers a probe cannot be read, its status neither.
                let status = Some(answer.status).filter(|status| *status > 0);
                self.show(kind, url, status, body, None);
            }
            Err(failure) => self.show(kind, url, None, Vec::new(), Some(name_of(*failure))),
        }
    }

    fn api_url(&self, ticket: u32) -> String {
        let tickets = self.tickets.borrow();
        let found = tickets.iter().find(|(one, _)| *one == ticket);
        found.map(|(_, url)| url.clone()).unwrap_or_default()
    }

    fn show(
        &self,
        kind: StepKind,
        url: String,
        status: Option<u16>,
        parameters: Vec<(String, Option<String>)>,
        failed: Option<&'static str>,
    ) {
        if let Some(see) = &*self.see.borrow() {
            see(Step {
                kind,
                at: super::platform::now() as u64,
                url,
                status,
                parameters,
                failed,
            });
        }
    }
}

/// A URL that is shown: its query and fragment may hold anything.
pub(crate) fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// The parameters of a form or a query.
pub(crate) fn of_form(text: &str) -> Vec<(String, Option<String>)> {
    let pairs = form::parse_query(text).unwrap_or_default();
    pairs
        .into_iter()
        .map(|(name, value)| {
            let shown = SHOWN.contains(&name.as_str()).then_some(value);
            (name, shown)
        })
        .collect()
}

fn of_json(body: &str) -> Vec<(String, Option<String>)> {
    let Ok(map) = json::parse_object(body, usize::MAX) else {
        return Vec::new();
    };
    map.iter()
        .map(|(name, value)| {
            let text = match value {
                Value::String(text) => Some(text.clone()),
                value => value.as_u64().map(decimal),
            };
            (name.into(), text.filter(|_| SHOWN.contains(&name)))
        })
        .collect()
}

fn kinds_of(request: &Request, body: &str) -> (StepKind, StepKind) {
    use StepKind as Kind;

    let has_token = request
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let grant = |name: &str| {
        body.split('&')
            .any(|pair| pair.strip_prefix("grant_type=") == Some(name))
    };
    if request.url.contains("/.well-known/") && body.is_empty() {
        (Kind::DiscoveryRequest, Kind::DiscoveryResponse)
    } else if grant("authorization_code") {
        (Kind::TokenRequest, Kind::TokenResponse)
    } else if grant("refresh_token") {
        (Kind::RefreshRequest, Kind::RefreshResponse)
    } else if !body.is_empty() {
        (Kind::RevocationRequest, Kind::RevocationResponse)
    } else if has_token {
        (Kind::UserInfoRequest, Kind::UserInfoResponse)
    } else {
        (Kind::KeysRequest, Kind::KeysResponse)
    }
}

fn name_of(failure: NetworkFailure) -> &'static str {
    match failure {
        NetworkFailure::Unreachable => "offline",
        NetworkFailure::Cors => "cors",
        NetworkFailure::BlockedByCsp => "csp",
        NetworkFailure::Timeout => "timeout",
        NetworkFailure::Redirected => "redirected",
        NetworkFailure::TooLarge => "large",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_that_are_known_to_be_no_secret_are_shown() {
        let form = "grant_type=authorization_code&code=SECRET&code_verifier=SECRET&client_id=spa&new_thing=SECRET";
        let shown = of_form(form);
        assert_eq!(shown.len(), 5);
        assert_eq!(
            shown[0],
            ("grant_type".into(), Some("authorization_code".into()))
        );
        assert_eq!(shown[1], ("code".into(), None));
        let body = r#"{"access_token":"SECRET","expires_in":60,"refresh_token":"SECRET","id_token":"SECRET","scope":"openid"}"#;
        let text = format!("{shown:?}{:?}", of_json(body));
        assert!(
            text.contains("\"openid\"") && text.contains("\"60\""),
            "{text}"
        );
        assert!(!text.contains("SECRET"), "{text}");
    }
}
