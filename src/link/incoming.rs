//! Commands of the front.

use alloc::string::String;

use super::VERSION;
use crate::protocol::error::{Code, Error};
use crate::protocol::json::{self, Map, Members, Value};
use crate::session::config::pairs;
use crate::session::event::Ticket;
use crate::session::tabs::{Mark, SessionId};
use crate::session::{Command, SignIn};

/// What a message asks for.
#[derive(Debug)]
pub enum Ask {
    /// A command for the session.
    Command(Command),
    /// An API call; its `Request` comes as the message's handle.
    Call {
        /// Whether the body can be sent a second time.
        replayable: bool,
    },
    /// Nobody waits for this ticket any more.
    Cancel,
}

/// Reads one message.
///
/// # Errors
/// `internal_error` with the ticket to answer (0 if there is none) for anything a front does not send; `config_*` for
/// bad options of a sign-in.
pub fn read(message: &str) -> Result<(Ticket, Option<SessionId>, Ask), (Ticket, Error)> {
    let Ok(map) = json::parse_object(message, usize::MAX) else {
        return Err((0, Error::new(Code::InternalError)));
    };
    let ticket = map.get("ticket").and_then(Value::as_u64);
    let ticket = ticket
        .and_then(|ticket| Ticket::try_from(ticket).ok())
        .unwrap_or(0);
    let session = text(&map, "session").and_then(|id| SessionId::parse(&id));
    match ask(&map) {
        Ok(ask) => Ok((ticket, session, ask)),
        Err(error) => Err((ticket, error)),
    }
}

fn ask(map: &Map) -> Result<Ask, Error> {
    if map.get("v").and_then(Value::as_u64) != Some(VERSION) {
        return Err(Error::new(Code::InternalError).with_detail("v"));
    }
    let mark = || text(map, "mark").and_then(|mark| Mark::parse(&mark));
    let is = |name: &str| json::flag(map, name);
    Ok(Ask::Command(
        match json::string(map, "do").unwrap_or_default() {
            "call" => {
                return Ok(Ask::Call {
                    replayable: is("replayable"),
                });
            }
            "cancel" => return Ok(Ask::Cancel),
            "signIn" => Command::SignIn(sign_in(map)?),
            "restore" => Command::Restore {
                return_to: text(map, "returnTo").unwrap_or_default(),
                mark: mark(),
                carry: text(map, "carry"),
            },
            "callback" => Command::Callback {
                query: text(map, "query").unwrap_or_default(),
                record: text(map, "record"),
                mark: mark(),
            },
            "userInfo" => Command::UserInfo,
            "refresh" => Command::Refresh,
            "accessToken" => Command::AccessToken,
            "signOut" => Command::SignOut,
            "drop" => Command::Drop {
                revoke: is("revoke"),
            },
            "wake" => Command::Wake,
            #[cfg(feature = "limits")]
            "touch" => Command::Touch(map.get("at").and_then(Value::as_u64).unwrap_or(0)),
            #[cfg(feature = "worker")]
            "settle" => Command::Settle,
            #[cfg(feature = "ledger")]
            "compare" => Command::Compare(mark()),
            #[cfg(feature = "ledger")]
            "markWritten" => Command::MarkWritten,
            #[cfg(feature = "ledger")]
            "lift" => Command::Lift,
            _ => return Err(Error::new(Code::InternalError).with_detail("do")),
        },
    ))
}

fn sign_in(map: &Map) -> Result<SignIn, Error> {
    let mut options = Members::of_options(map);
    let sign_in = SignIn {
        return_to: text(map, "returnTo").unwrap_or_default(),
        prompt: text(map, "prompt"),
        acr_values: text(map, "acrValues"),
        max_age: options.number("maxAge", u64::MAX),
        login_hint: text(map, "loginHint"),
        ui_locales: text(map, "uiLocales"),
        extra: pairs(&mut options, "authorizationParams"),
    };
    options.done()?;
    Ok(sign_in)
}

fn text(map: &Map, name: &str) -> Option<String> {
    json::string(map, name).map(String::from)
}
