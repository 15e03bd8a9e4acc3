//! Signing in: the authorization request, its answer, and the code's exchange.

use alloc::boxed::Box;
use alloc::string::String;

use super::config::invalid;
use super::effect::{Notice, Reply, SendKind, SignInOrigin};
use super::event::{CallId, NetworkFailure, SignIn, Ticket};
use super::guards::Guard;
use super::machine::{Live, Purpose, Session};
use super::policy::Lifetime;
use super::proof::{Proof, Use};
use super::provider::After;
use super::renewal::Renewal;
use super::tabs::{Mark, SessionId, user_hash};
use super::transaction::{Restore, Transaction, write_record};
use crate::protocol::authorization::{
    AuthorizationRequest, AuthorizationResponse, Outcome, provider_code,
};
use crate::protocol::error::{Code, Error};
use crate::protocol::http::Answer;
use crate::protocol::id_token::Claims;
use crate::protocol::metadata::Metadata;
use crate::protocol::text::{decimal, seconds};
use crate::protocol::token::{TokenFailure, TokenResponse, code_request};
use crate::protocol::{pkce, revocation};

/// Milliseconds until a code exchange or a refresh is given up.
pub(super) const TOKEN_DEADLINE_MS: u32 = 10_000;

/// An authorization response that is being redeemed.
pub(super) struct Exchange {
    /// Names it, so that what a given-up callback asked for cannot go on for the next one.
    attempt: CallId,
    ticket: Ticket,
    pub(super) transaction: Transaction,
    response: AuthorizationResponse,
    mark: Option<Mark>,
}

impl Session {
    pub(super) fn restore(
        &mut self,
        ticket: Ticket,
        return_to: String,
        mark: Option<Mark>,
        carry: Option<String>,
    ) {
        let want = Box::new(self.silently(return_to));
        let session = mark.map(|mark| mark.session.as_str().into());
        let restore = Some(Restore {
            session,
            carry,
            #[cfg(feature = "ledger")]
            claim: None,
        });
        self.with_metadata(After::SignIn(ticket, want, restore));
    }

    /// What a restore asks the provider for.
    pub(super) fn silently(&self, return_to: String) -> SignIn {
        SignIn {
            return_to,
            prompt: Some("none".into()),
            // The provider then refuses a sign-in that is older, and says how old it is.
            #[cfg(feature = "limits")]
            max_age: self.config.max_age_s,
            ..SignIn::default()
        }
    }

    pub(super) fn request_authorization(
        &mut self,
        ticket: Ticket,
        want: &SignIn,
        restore: Option<&Restore>,
    ) {
        let reply = self.authorization(want, restore);
        self.reply(ticket, reply);
    }

    fn authorization(&mut self, want: &SignIn, restore: Option<&Restore>) -> Result<Reply, Error> {
        let metadata = self.provider.metadata();
        if restore.is_some() && metadata.is_some_and(|metadata| metadata.prompt_none_excluded) {
            return Err(Error::new(Code::PromptNoneUnsupported));
        }
        // An age among the extras is sent like the option of that name, so it is checked like it too.
        let mut max_age = want.max_age;
        for (name, age) in want.extra.iter().chain(&self.config.extra) {
            if name == "max_age" {
                max_age = Some(seconds(age).ok_or_else(|| invalid("max_age"))?);
                break;
            }
        }
        let state = pkce::opaque(&self.random());
        let nonce = pkce::opaque(&self.random());
        let verifier = pkce::verifier(&self.random());
        let url = self.authorization_url(want, &state, &nonce, &pkce::challenge(&verifier))?;
        let texts = [
            ("state", &*state),
            ("nonce", &nonce),
            ("verifier", verifier.expose()),
            ("issuer", self.config.issuer.as_str()),
            ("clientId", &self.config.client_id),
            ("redirectUri", &self.config.redirect_uri),
            ("scope", &self.config.scope),
            ("returnTo", &want.return_to),
        ];
        let record = write_record(&texts, self.now, max_age, restore);
        Ok(Reply::Navigate { url, state, record })
    }

    fn authorization_url(
        &self,
        want: &SignIn,
        state: &str,
        nonce: &str,
        code_challenge: &str,
    ) -> Result<String, Error> {
        let metadata = self
            .provider
            .metadata()
            .ok_or_else(|| Error::new(Code::InternalError))?;
        metadata.check_usable()?;
        // Everything the way back will need is checked before the user is sent away.
        metadata.require_token()?;
        metadata.require_jwks()?;
        // The call's own extras win over the configuration's.
        let mut extra = want.extra.clone();
        for (name, value) in &self.config.extra {
            if !extra.iter().any(|(known, _)| known == name) {
                extra.push((name.clone(), value.clone()));
            }
        }
        AuthorizationRequest {
            client_id: &self.config.client_id,
            redirect_uri: &self.config.redirect_uri,
            scope: &self.config.scope,
            state,
            nonce,
            code_challenge,
            prompt: want.prompt.as_deref(),
            login_hint: want.login_hint.as_deref(),
            max_age: want.max_age,
            acr_values: want.acr_values.as_deref(),
            ui_locales: want.ui_locales.as_deref(),
            id_token_hint: None,
            claims: None,
            extra: &extra,
        }
        .url(metadata.require_authorization()?)
    }

    pub(super) fn callback(
        &mut self,
        ticket: Ticket,
        query: &str,
        record: Option<&str>,
        mark: Option<Mark>,
    ) {
        match self.open_exchange(ticket, query, record, mark) {
            Ok(exchange) => {
                let attempt = exchange.attempt;
                self.exchange = Some(exchange);
                self.with_metadata(After::Callback(attempt));
            }
            Err(error) => self.reply(ticket, Err(error)),
        }
    }

    fn open_exchange(
        &mut self,
        ticket: Ticket,
        query: &str,
        record: Option<&str>,
        mark: Option<Mark>,
    ) -> Result<Exchange, Error> {
        let response = AuthorizationResponse::parse(query)?;
        let record = record.ok_or_else(|| Error::new(Code::CallbackStateUnknown))?;
        let transaction = Transaction::from_record(record, &response.state, self.now)?;
        if transaction.issuer != self.config.issuer.as_str()
            || transaction.client_id != self.config.client_id
        {
            return Err(Error::new(Code::CallbackStateUnknown));
        }
        if self.exchange.is_some() {
            return Err(Error::new(Code::CallbackReplayed));
        }
        let attempt = self.next_name();
        Ok(Exchange {
            attempt,
            ticket,
            transaction,
            response,
            mark,
        })
    }

    pub(super) fn is_exchanging(&self, attempt: CallId) -> bool {
        let named = |exchange: &Exchange| {
            exchange.attempt == attempt || !self.guards.hold(Guard::ExchangeFence)
        };
        self.exchange.as_ref().is_some_and(named)
    }

    /// The response's issuer is checked before anything else is believed, then the code is sent once.
    pub(super) fn redeem(&mut self, attempt: CallId) {
        if !self.is_exchanging(attempt) {
            return;
        }
        let request = match (&self.exchange, self.provider.metadata()) {
            (Some(exchange), Some(metadata)) => {
                let fenced = self.guards.hold(Guard::TombstoneStopsRestore);
                exchange.token_request(metadata, &self.config, fenced)
            }
            _ => return,
        };
        match request {
            Ok(request) => {
                self.send(
                    Purpose::Exchange(attempt),
                    request,
                    TOKEN_DEADLINE_MS,
                    SendKind::Read,
                );
                if self.provider.keys.is_none() {
                    self.fetch_keys();
                }
            }
            Err(error) => self.fail_exchange(error),
        }
    }

    pub(super) fn exchanged(&mut self, attempt: CallId, answer: Result<Answer, NetworkFailure>) {
        let tokens = match answer {
            Ok(answer) => TokenResponse::parse(&answer).map_err(|failure| match failure {
                TokenFailure::OAuth(error) | TokenFailure::Unreadable(error) => error,
            }),
            Err(failure) => Err(Error::new(match failure {
                NetworkFailure::Cors => Code::TokenCors,
                NetworkFailure::BlockedByCsp => Code::DiscoveryBlockedByCsp,
                NetworkFailure::Redirected => Code::TokenRedirected,
                NetworkFailure::TooLarge => Code::TokenMalformed,
                NetworkFailure::Timeout => Code::Timeout,
                NetworkFailure::Unreachable => Code::TokenNetwork,
            })),
        };
        let wanted = self.is_exchanging(attempt);
        let Some(exchange) = self.exchange.as_ref().filter(|_| wanted) else {
            // Signed out meanwhile: the answer is thrown away.
            if let Ok(tokens) = tokens {
                self.revoke_late(&tokens);
            }
            return;
        };
        let max_age = exchange.transaction.max_age;
        // A server may repeat in its error what it was sent.
        let tokens = tokens.map_err(|error| exchange.without_secrets(error));
        match tokens {
            Ok(tokens) if tokens.id_token.is_none() => {
                self.fail_exchange(Error::new(Code::TokenNoIdToken));
            }
            Ok(tokens) => self.prove(Use::Exchange, tokens, max_age),
            Err(error) => self.fail_exchange(error),
        }
    }

    pub(super) fn fail_exchange(&mut self, error: Error) {
        if let Some(exchange) = self.exchange.take() {
            self.proofs.retain(Proof::is_of_refresh);
            #[cfg(feature = "ledger")]
            self.restore_answered(&exchange, &error);
            self.reply(exchange.ticket, Err(error));
        }
    }

    /// Every check passed: only now a token of the response can be used.
    pub(super) fn establish(&mut self, proof: Proof) {
        let Proof {
            tokens,
            claims,
            received_at,
            ..
        } = proof;
        let Some(exchange) = self.exchange.take() else {
            return;
        };
        let transaction = exchange.transaction;
        let issuer = self.config.issuer.as_str();
        let joined = exchange
            .mark
            .filter(|mark| transaction.restore.is_some() && mark.names(issuer, claims.sub()));
        let origin = match (&joined, &transaction.restore) {
            (Some(_), _) => SignInOrigin::Joined,
            (None, Some(_)) => SignInOrigin::Restored,
            (None, None) => SignInOrigin::Interactive,
        };
        let (id, user_hash) = match joined {
            Some(mark) => (mark.session, mark.user_hash),
            None => {
                let id = SessionId::from_random(&self.random());
                let hash = user_hash(&id, self.config.issuer.as_str(), claims.sub());
                (id, hash)
            }
        };
        #[cfg(feature = "ledger")]
        let entry = self.take_entry();
        #[cfg(feature = "ledger")]
        let (id, user_hash, origin) = match &entry {
            Some(entry) => {
                let id = entry.session.clone();
                let issuer = self.config.issuer.as_str();
                let hash = super::tabs::user_hash(&id, issuer, claims.sub());
                (id, hash, entry.origin)
            }
            None => (id, user_hash, origin),
        };
        self.diagnose(&tokens, &claims);
        self.renewal = Renewal::default();
        self.answer_everybody(&Error::new(Code::SessionChanged));
        self.proofs.retain(|proof| !proof.is_of_refresh());
        let grant = self.next_name();
        self.live = Some(Live {
            grant,
            id,
            user_hash,
            user: claims.clone(),
            claims,
            id_token: tokens.id_token,
            scope: tokens.scope.unwrap_or(transaction.scope),
            access: tokens.access_token,
            refresh: tokens.refresh_token,
            life: Lifetime::received(received_at, tokens.expires_in, self.now),
            generation: 1,
            from_401: false,
            nonce: transaction.nonce,
            #[cfg(feature = "ledger")]
            held: entry.and_then(|entry| entry.held),
        });
        #[cfg(feature = "limits")]
        self.begin_limits(origin);
        self.clear_error();
        self.tell(Notice::SignedIn(self.snapshot(), origin));
        let carry = transaction.restore.and_then(|restore| restore.carry);
        let return_to = transaction.return_to;
        self.reply(exchange.ticket, Ok(Reply::SignedIn { return_to, carry }));
    }

    fn diagnose(&mut self, tokens: &TokenResponse, claims: &Claims) {
        if tokens.refresh_token.is_none() {
            self.tell(Notice::Diagnosis(Code::RefreshMissing, None));
        }
        let now_s = self.now / 1_000;
        let apart = claims.issued_at_s().map_or(0, |iat| now_s.abs_diff(iat));
        if apart > self.config.leeway_s {
            self.tell(Notice::Diagnosis(Code::ClockSkew, Some(decimal(apart))));
        }
    }

    /// Tokens that arrive for a session that was signed out are given back, best effort.
    pub(super) fn revoke_late(&mut self, tokens: &TokenResponse) {
        if !self.was_signed_out() {
            return;
        }
        #[cfg(feature = "ledger")]
        if self.config.ledger {
            return self.give_back(tokens);
        }
        let endpoint = self
            .provider
            .metadata()
            .and_then(|known| known.revocation_endpoint.as_ref());
        if let (Some(endpoint), Some(refresh)) = (endpoint, &tokens.refresh_token) {
            let client_id = &self.config.client_id;
            let request =
                revocation::request(endpoint, client_id, refresh.expose(), "refresh_token");
            self.send(
                Purpose::Revocation,
                request,
                TOKEN_DEADLINE_MS,
                SendKind::KeepAlive,
            );
        }
    }
}

impl Exchange {
    fn without_secrets(&self, error: Error) -> Error {
        let error = error.without(self.transaction.verifier.expose());
        match &self.response.outcome {
            Outcome::Code(code) => error.without(code.expose()),
            Outcome::Error(_) => error,
        }
    }

    #[cfg(feature = "ledger")]
    pub(super) fn attempt(&self) -> CallId {
        self.attempt
    }

    pub(super) fn is_restore(&self) -> bool {
        self.transaction.restore.is_some()
    }

    fn token_request(
        &self,
        metadata: &Metadata,
        config: &super::Config,
        fenced: bool,
    ) -> Result<crate::protocol::http::Request, Error> {
        self.response
            .check_issuer(&config.issuer, metadata.iss_parameter_supported)?;
        if let (true, Some(restore)) = (fenced, &self.transaction.restore) {
            self.check_still_wanted(restore)?;
        }
        match &self.response.outcome {
            Outcome::Error(provider) => {
                let mut error = Error::new(provider_code(provider));
                error.provider = Some(Box::new(provider.clone()));
                Err(error)
            }
            Outcome::Code(code) => Ok(code_request(
                metadata.require_token()?,
                &config.client_id,
                &self.transaction.redirect_uri,
                code,
                &self.transaction.verifier,
            )),
        }
    }

    /// A sign-out, or another sign-in, in any tab since the restore left makes its answer worthless.
    fn check_still_wanted(&self, restore: &Restore) -> Result<(), Error> {
        let then = restore.session.as_deref();
        let now = self.mark.as_ref().map(|mark| mark.session.as_str());
        let ended = self.mark.as_ref().is_some_and(|mark| mark.tombstone);
        // What the ledger shows is asked when the tokens are here.
        #[cfg(feature = "ledger")]
        let then = then.filter(|_| restore.claim.is_none());
        if ended || (then.is_some() && then != now) {
            return Err(Error::new(Code::SessionChanged));
        }
        Ok(())
    }
}
