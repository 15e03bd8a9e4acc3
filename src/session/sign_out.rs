//! Signing out: tokens go first, then the grant is revoked, then the browser may leave for the provider.

use alloc::string::String;

use super::effect::{Notice, Reply, SendKind, SignedOutReason};
use super::event::{CallId, NetworkFailure, Ticket};
use super::machine::{Live, Purpose, Session};
use super::provider::After;
#[cfg(feature = "ledger")]
use super::tabs::Mark;
use crate::protocol::error::{Code, Error};
use crate::protocol::http::Answer;
use crate::protocol::logout::EndSessionRequest;
use crate::protocol::secret::IdToken;
use crate::protocol::{pkce, revocation};

/// Milliseconds the user waits for a revocation at most.
const REVOCATION_DEADLINE_MS: u32 = 2_000;

/// A sign-out that is not through yet. Its session is over already.
pub(super) struct SignOutJob {
    ticket: Option<Ticket>,
    id_token: Option<IdToken>,
    refresh_token: Option<String>,
    revocation: Option<CallId>,
    /// What the page wrote, if the ledger has to be looked at again before a revocation: the metadata took its time.
    #[cfg(feature = "ledger")]
    looks_again: Option<Mark>,
}

impl SignOutJob {
    /// Whoever waits is answered at the end.
    fn of(ticket: Option<Ticket>, live: Option<Live>) -> Self {
        let (id_token, refresh) = match live {
            Some(live) => (live.id_token, live.refresh),
            None => (None, None),
        };
        Self {
            ticket,
            id_token,
            refresh_token: refresh.map(|token| token.expose().into()),
            revocation: None,
            #[cfg(feature = "ledger")]
            looks_again: None,
        }
    }
}

#[cfg(feature = "ledger")]
impl SignOutJob {
    pub(super) fn is_waited_for(&self) -> bool {
        self.ticket.is_some()
    }

    pub(super) fn look_again(&mut self, mark: Mark) {
        self.looks_again = Some(mark);
    }

    /// Nothing is revoked.
    pub(super) fn keep_grant(&mut self) {
        self.refresh_token = None;
    }
}

impl Session {
    pub(super) fn sign_out(&mut self, ticket: Ticket) {
        self.fail_exchange(Error::new(Code::LoginRequired));
        self.end_for_good(Some(ticket), SignedOutReason::SignedOut, None);
    }

    /// Ends the session for every tab, and gives its grant back.
    pub(super) fn end_for_good(
        &mut self,
        ticket: Option<Ticket>,
        reason: SignedOutReason,
        error: Option<Error>,
    ) {
        #[cfg(feature = "ledger")]
        let tombstone = self.tombstone();
        let live = self.end(reason, error, &Error::new(Code::LoginRequired));
        let job = SignOutJob::of(ticket, live);
        #[cfg(feature = "ledger")]
        if let Some(tombstone) = tombstone {
            return self.write_tombstone(job, tombstone);
        }
        self.with_metadata(After::SignOut(job));
    }

    pub(super) fn revoke_then_leave(&mut self, mut job: SignOutJob) {
        #[cfg(feature = "ledger")]
        if let Some(mark) = job.looks_again.take() {
            return self.look_before_revoking(job, mark);
        }
        job.revocation = job
            .refresh_token
            .take()
            .and_then(|token| self.revoke(&token));
        match job.revocation {
            Some(_) => self.sign_outs.push(job),
            None => self.leave(job),
        }
    }

    pub(super) fn revoke(&mut self, token: &str) -> Option<CallId> {
        let endpoint = self.provider.metadata()?.revocation_endpoint.as_ref()?;
        let request = revocation::request(endpoint, &self.config.client_id, token, "refresh_token");
        Some(self.send(
            Purpose::Revocation,
            request,
            REVOCATION_DEADLINE_MS,
            SendKind::KeepAlive,
        ))
    }

    /// A failed revocation is reported and holds nothing up.
    pub(super) fn revoked(&mut self, call: CallId, answer: Result<Answer, NetworkFailure>) {
        let outcome = match answer {
            Ok(answer) => revocation::check(&answer),
            Err(_) => Err(Error::new(Code::RevocationFailed)),
        };
        if let Err(mut error) = outcome {
            self.tell(Notice::Diagnosis(error.code, error.detail.take()));
        }
        let found = self
            .sign_outs
            .iter()
            .position(|job| job.revocation == Some(call));
        if let Some(at) = found {
            let job = self.sign_outs.swap_remove(at);
            self.leave(job);
        }
    }

    pub(super) fn leave(&mut self, job: SignOutJob) {
        let state = pkce::opaque(&self.random());
        let endpoint = self
            .provider
            .metadata()
            .and_then(|known| known.end_session_endpoint.as_ref());
        let end_session = endpoint.map(|endpoint| {
            let request = EndSessionRequest {
                id_token_hint: job.id_token.as_ref().filter(|_| self.config.id_token_hint),
                client_id: &self.config.client_id,
                post_logout_redirect_uri: Some(&self.config.post_logout_redirect_uri),
                state: Some(&state),
                ui_locales: None,
            };
            (request.url(endpoint), state.clone())
        });
        if end_session.is_none() && self.provider.metadata().is_some() {
            self.tell(Notice::Diagnosis(Code::LogoutNoEndpoint, None));
        }
        if let Some(ticket) = job.ticket {
            self.reply(ticket, Ok(Reply::SignedOut { end_session }));
        }
    }

    /// Another tab signed out. This tab's own grant is dropped, and revoked only if the caller saw the tombstone:
    /// on common servers a revocation ends every grant of this client and user.
    pub(super) fn drop_session(&mut self, ticket: Ticket, revoke: bool) {
        let ended = Error::new(Code::LoginRequired);
        self.fail_exchange(ended.clone());
        // A grant that others hold too is theirs to give back.
        #[cfg(feature = "ledger")]
        let revoke = revoke && !self.is_shared();
        let live = self.end(SignedOutReason::SignedOutElsewhere, None, &ended);
        if let (
            true,
            Some(Live {
                refresh: Some(refresh),
                ..
            }),
        ) = (revoke, live)
        {
            self.revoke(refresh.expose());
        }
        self.reply(ticket, Ok(Reply::Done));
    }
}
