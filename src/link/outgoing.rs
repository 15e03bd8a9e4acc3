//! Replies and notices to the front. Only a reply to `accessToken` holds a token.

use alloc::string::{String, ToString};

use serde_json::{Map, Value};

use crate::protocol::error::Error;
use crate::session::effect::{SignInOrigin, SignedOutReason};
use crate::session::event::Ticket;
use crate::session::{Notice, Reply, Snapshot, Status};

/// One message to the front.
#[cfg(feature = "browser")]
pub struct Outgoing {
    /// The message.
    pub json: String,
    /// A `Response`, or what `fetch` threw; undefined otherwise.
    pub handle: wasm_bindgen::JsValue,
}

#[cfg(feature = "browser")]
impl Outgoing {
    /// The answer to a command.
    #[must_use]
    pub fn reply(ticket: Ticket, reply: &Result<Reply, Error>) -> Self {
        Self {
            json: reply_to_json(ticket, reply),
            handle: wasm_bindgen::JsValue::UNDEFINED,
        }
    }

    /// The answer of an API.
    #[must_use]
    pub fn response(ticket: Ticket, response: web_sys::Response) -> Self {
        let json = message(ticket, "ok", Value::Object(Map::new()));
        Self {
            json,
            handle: response.into(),
        }
    }

    /// What `fetch` threw, handed on as it is.
    #[must_use]
    pub fn thrown(ticket: Ticket, exception: wasm_bindgen::JsValue) -> Self {
        Self {
            json: message(ticket, "thrown", Value::Null),
            handle: exception,
        }
    }

    /// Something the front did not ask for.
    #[must_use]
    pub fn notice(notice: &Notice) -> Self {
        Self {
            json: notice_to_json(notice),
            handle: wasm_bindgen::JsValue::UNDEFINED,
        }
    }
}

/// Writes the answer to a command.
#[must_use]
pub fn reply_to_json(ticket: Ticket, reply: &Result<Reply, Error>) -> String {
    let mut out = Object::default();
    match reply {
        Err(error) => return message(ticket, "error", error_to_json(error)),
        Ok(Reply::Navigate { url, state, record }) => {
            out.text("url", url)
                .text("state", state)
                .text("record", record);
        }
        Ok(Reply::SignedIn { return_to, carry }) => {
            out.text("returnTo", return_to)
                .maybe("carry", carry.as_deref());
        }
        Ok(Reply::UserInfo(claims)) => {
            out.put("claims", Value::Object(claims.clone()));
        }
        Ok(Reply::AccessToken(token)) => {
            out.text("token", token.expose());
        }
        Ok(Reply::SignedOut { end_session }) => {
            if let Some((url, state)) = end_session {
                out.text("url", url).text("state", state);
            }
        }
        Ok(Reply::Adopted(adopted)) => {
            out.put("adopted", (*adopted).into());
        }
        Ok(Reply::Done) => {}
    }
    message(ticket, "ok", out.into_value())
}

/// Writes a notice.
#[must_use]
pub fn notice_to_json(notice: &Notice) -> String {
    let mut out = Object::default();
    match notice {
        Notice::SignedIn(snapshot, origin) => {
            out.text("notice", "signedIn");
            out.text(
                "origin",
                match origin {
                    SignInOrigin::Interactive => "interactive",
                    SignInOrigin::Joined => "joined",
                    SignInOrigin::Restored => "restored",
                },
            );
            put_snapshot(&mut out, snapshot);
        }
        Notice::State(snapshot) => {
            out.text("notice", "state");
            put_snapshot(&mut out, snapshot);
        }
        Notice::Refreshed { expires_at } => {
            out.text("notice", "refreshed")
                .put("expiresAt", number(*expires_at));
        }
        Notice::RefreshFailed(error) => {
            out.text("notice", "refreshFailed")
                .put("error", error_to_json(error));
        }
        Notice::Diagnosis(code, detail) => {
            out.text("notice", "diagnosis").text("code", code.as_str());
            out.maybe("detail", detail.as_deref());
        }
        Notice::EndEverywhere => {
            out.text("notice", "endEverywhere");
        }
    }
    out.into_value().to_string()
}

/// Writes an error: its code and what is safe to show, never more.
#[must_use]
pub fn error_to_json(error: &Error) -> Value {
    let mut out = Object::default();
    out.text("code", error.code.as_str())
        .maybe("detail", error.detail.as_deref());
    if let Some(seconds) = error.retry_after {
        out.put("retryAfter", seconds.into());
    }
    if let Some(said) = &error.provider {
        let mut provider = Object::default();
        provider
            .text("error", &said.error)
            .maybe("description", said.description.as_deref())
            .maybe("uri", said.uri.as_deref())
            .maybe("scope", said.scope.as_deref())
            .maybe("acrValues", said.acr_values.as_deref());
        for (name, value) in [
            ("status", said.status.map(u64::from)),
            ("maxAge", said.max_age),
        ] {
            if let Some(value) = value {
                provider.put(name, value.into());
            }
        }
        out.put("provider", provider.into_value());
    }
    out.into_value()
}

fn put_snapshot(out: &mut Object, snapshot: &Snapshot) {
    match &snapshot.status {
        Status::SignedOut(reason) => {
            out.text("status", "signedOut");
            out.text(
                "reason",
                match reason {
                    SignedOutReason::NeverSignedIn => "neverSignedIn",
                    SignedOutReason::Expired => "expired",
                    SignedOutReason::SignedOut => "signedOut",
                    SignedOutReason::SignedOutElsewhere => "signedOutElsewhere",
                    SignedOutReason::SessionEnded => "sessionEnded",
                },
            );
        }
        Status::SignedIn {
            session,
            user_hash,
            user,
            scope,
            expires_at,
        } => {
            out.text("status", "signedIn")
                .text("session", session.as_str())
                .text("userHash", user_hash)
                .put("user", user.clone())
                .text("scope", scope)
                .put("expiresAt", number(*expires_at));
        }
    }
    if let Some(error) = &snapshot.last_error {
        out.put("error", error_to_json(error));
    }
}

fn message(ticket: Ticket, name: &str, value: Value) -> String {
    let mut out = Object::default();
    out.put("ticket", ticket.into()).put(name, value);
    out.into_value().to_string()
}

fn number(value: Option<u64>) -> Value {
    value.map_or(Value::Null, Value::from)
}

#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn put(&mut self, name: &str, value: Value) -> &mut Self {
        self.0.insert(name.into(), value);
        self
    }

    fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.put(name, text.into())
    }

    fn maybe(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}
