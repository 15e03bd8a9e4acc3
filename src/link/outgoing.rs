//! Replies and notices to the front. Only a reply to `accessToken` holds a token.

use alloc::string::String;

#[cfg(feature = "limits")]
use crate::protocol::error::Code;
use crate::protocol::error::Error;
use crate::protocol::json_text::JsonText;
use crate::session::effect::{SignInOrigin, SignedOutReason};
use crate::session::event::Ticket;
#[cfg(all(feature = "vault", feature = "ledger"))]
use crate::session::tabs::Mark;
use crate::session::{Notice, Reply, Snapshot, Status};

/// One message to the front.
#[cfg(feature = "vault")]
pub struct Outgoing {
    /// The message.
    pub json: String,
    /// A `Response`, or what `fetch` threw; undefined otherwise.
    pub handle: wasm_bindgen::JsValue,
}

#[cfg(feature = "vault")]
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
    pub fn response(ticket: Ticket, response: wasm_bindgen::JsValue) -> Self {
        Self {
            json: message(ticket, "ok", "{}"),
            handle: response,
        }
    }

    /// What `fetch` threw, handed on as it is.
    #[must_use]
    pub fn thrown(ticket: Ticket, exception: wasm_bindgen::JsValue) -> Self {
        Self {
            json: message(ticket, "thrown", "null"),
            handle: exception,
        }
    }

    /// The mark is not what the ledger shows.
    #[cfg(feature = "ledger")]
    #[must_use]
    pub fn repair_mark(own: &Mark, instead_of: Option<&Mark>) -> Self {
        let mut out = JsonText::new();
        out.text("notice", "repairMark")
            .text("mark", &own.to_text())
            .maybe("insteadOf", instead_of.map(Mark::to_text).as_deref());
        Self {
            json: out.finish(),
            handle: wasm_bindgen::JsValue::UNDEFINED,
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
    let mut out = JsonText::new();
    match reply {
        Err(error) => return message(ticket, "error", &error_to_json(error)),
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
            out.raw("claims", claims);
        }
        Ok(Reply::AccessToken(token)) => {
            out.text("token", token.expose());
        }
        Ok(Reply::SignedOut { end_session }) => {
            if let Some((url, state)) = end_session {
                out.text("url", url).text("state", state);
            }
        }
        Ok(Reply::Done) => {}
    }
    message(ticket, "ok", &out.finish())
}

/// Writes a notice.
#[must_use]
pub fn notice_to_json(notice: &Notice) -> String {
    let mut out = JsonText::new();
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
                .number("expiresAt", *expires_at);
        }
        Notice::RefreshFailed(error) => {
            out.text("notice", "refreshFailed")
                .raw("error", &error_to_json(error));
        }
        Notice::Diagnosis(code, detail) => {
            out.text("notice", "diagnosis").text("code", code.as_str());
            out.maybe("detail", detail.as_deref());
        }
        Notice::EndEverywhere => {
            out.text("notice", "endEverywhere");
        }
        #[cfg(feature = "limits")]
        Notice::Expiring { ends_at, code } => {
            out.text("notice", "expiring")
                .number("endsAt", Some(*ends_at));
            let idle = *code == Code::SessionIdle;
            out.text("limit", if idle { "idle" } else { "maxAge" });
        }
        #[cfg(feature = "limits")]
        Notice::Extended => {
            out.text("notice", "extended");
        }
    }
    out.finish()
}

/// Writes an error: its code and what is safe to show, never more.
#[must_use]
pub fn error_to_json(error: &Error) -> String {
    let mut out = JsonText::new();
    out.text("code", error.code.as_str())
        .number("kind", Some(error.code.kind().into()))
        .maybe("detail", error.detail.as_deref());
    out.number("retryAfter", error.retry_after);
    if let Some(said) = &error.provider {
        let mut provider = JsonText::new();
        provider
            .text("error", &said.error)
            .maybe("description", said.description.as_deref())
            .maybe("uri", said.uri.as_deref())
            .maybe("scope", said.scope.as_deref())
            .maybe("acrValues", said.acr_values.as_deref())
            .number("status", said.status.map(u64::from))
            .number("maxAge", said.max_age);
        out.raw("provider", &provider.finish());
    }
    out.finish()
}

fn put_snapshot(out: &mut JsonText, snapshot: &Snapshot) {
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
                .raw("user", user.as_json())
                .text("scope", scope)
                .number("expiresAt", *expires_at);
        }
    }
    if let Some(error) = &snapshot.last_error {
        out.raw("error", &error_to_json(error));
    }
}

fn message(ticket: Ticket, name: &str, json: &str) -> String {
    let mut out = JsonText::new();
    out.number("ticket", Some(ticket.into())).raw(name, json);
    out.finish()
}
