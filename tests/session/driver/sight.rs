//! What can be seen of the session from outside.

use keyward::protocol::error::{Code, Error};
use keyward::session::effect::{SignInOrigin, SignedOutReason};
use keyward::session::event::Ticket;
use keyward::session::tabs::SessionId;
use keyward::session::{Command, Notice, Reply, Snapshot, Status};
use serde_json::Value;

use super::{Driver, End};
use crate::tree::trees;

impl Driver {
    pub(crate) fn is_open(&self, ticket: Ticket) -> bool {
        matches!(self.tickets.get(&ticket), Some(None))
    }

    pub(crate) fn is_delivered(&self, ticket: Ticket) -> bool {
        matches!(self.tickets.get(&ticket), Some(Some(End::Delivered)))
    }

    /// The reply to a ticket. It can be looked at once.
    pub(crate) fn reply(&mut self, ticket: Ticket) -> Result<Reply, Error> {
        match self.tickets.insert(ticket, Some(End::Delivered)) {
            Some(Some(End::Reply(reply))) => reply,
            Some(Some(_)) => panic!("ticket {ticket} has no reply"),
            _ => panic!("ticket {ticket} is still open"),
        }
    }

    pub(crate) fn error(&mut self, ticket: Ticket) -> Error {
        match self.reply(ticket) {
            Err(error) => error,
            Ok(reply) => panic!("no error but {reply:?}"),
        }
    }

    pub(crate) fn code(&mut self, ticket: Ticket) -> Code {
        self.error(ticket).code
    }

    /// Asks for the access token, which must be there at once.
    pub(crate) fn access_token(&mut self) -> String {
        let ticket = self.ask(Command::AccessToken);
        self.token(ticket)
    }

    /// The access token that a ticket was answered with.
    pub(crate) fn token(&mut self, ticket: Ticket) -> String {
        match self.reply(ticket) {
            Ok(Reply::AccessToken(token)) => token.expose().into(),
            other => panic!("no token but {other:?}"),
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.session.snapshot()
    }

    pub(crate) fn session_id(&self) -> Option<SessionId> {
        match self.snapshot().status {
            Status::SignedIn { session, .. } => Some(session),
            Status::SignedOut(_) => None,
        }
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.session_id().is_some()
    }

    pub(crate) fn user(&self) -> Option<Value> {
        match self.snapshot().status {
            Status::SignedIn { user, .. } => Some(trees(user.user_claims())),
            Status::SignedOut(_) => None,
        }
    }

    pub(crate) fn expires_at(&self) -> Option<u64> {
        match self.snapshot().status {
            Status::SignedIn { expires_at, .. } => expires_at,
            Status::SignedOut(_) => panic!("nobody is signed in"),
        }
    }

    pub(crate) fn reason(&self) -> SignedOutReason {
        match self.snapshot().status {
            Status::SignedOut(reason) => reason,
            Status::SignedIn { .. } => panic!("somebody is signed in"),
        }
    }

    pub(crate) fn last_error(&self) -> Option<Code> {
        self.snapshot().last_error.map(|error| error.code)
    }

    pub(crate) fn ends_everywhere(&self) -> bool {
        let everywhere = |notice: &Notice| matches!(notice, Notice::EndEverywhere);
        self.notices.iter().any(everywhere)
    }

    pub(crate) fn diagnoses(&self) -> Vec<Code> {
        let code = |notice: &Notice| match notice {
            Notice::Diagnosis(code, _) => Some(*code),
            _ => None,
        };
        self.notices.iter().filter_map(code).collect()
    }

    pub(crate) fn refresh_failures(&self) -> Vec<Code> {
        let code = |notice: &Notice| match notice {
            Notice::RefreshFailed(error) => Some(error.code),
            _ => None,
        };
        self.notices.iter().filter_map(code).collect()
    }

    /// State notices, which are what makes an app draw itself again.
    pub(crate) fn states(&self) -> usize {
        let state = |notice: &&Notice| matches!(notice, Notice::State(_) | Notice::SignedIn(..));
        self.notices.iter().filter(state).count()
    }

    /// How the latest session came about.
    pub(crate) fn origin(&self) -> Option<SignInOrigin> {
        let origin = |notice: &Notice| match notice {
            Notice::SignedIn(_, origin) => Some(*origin),
            _ => None,
        };
        self.notices.iter().rev().find_map(origin)
    }
}
