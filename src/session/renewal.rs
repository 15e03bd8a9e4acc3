//! Renewing the access token: one request for everybody who waits, and a refresh token is never sent again once its
//! fate is spent or unknown.

use alloc::boxed::Box;

use super::calls::Waiter;
use super::effect::{Notice, SendKind, SignedOutReason};
use super::event::{CallId, NetworkFailure};
use super::guards::Guard;
use super::machine::{Purpose, Session};
use super::policy::Lifetime;
use super::proof::Use;
use super::provider::After;
use super::sign_in::TOKEN_DEADLINE_MS;
use crate::protocol::error::{Code, Error};
use crate::protocol::http::Answer;
use crate::protocol::id_token::Claims;
#[cfg(feature = "worker")]
use crate::protocol::json::{Map, Value};
#[cfg(feature = "worker")]
use crate::protocol::json_text::JsonText;
use crate::protocol::secret::RefreshToken;
use crate::protocol::token::{TokenFailure, TokenResponse, refresh_request};

/// An unspent refresh token is sent again at most this often.
const REPEATS: u32 = 3;
/// Callers wait through a back-off of at most this long; beyond it they are told to come back.
const PATIENCE_MS: u64 = 3_000;
const BACKOFF_MS: u64 = 1_000;
const BACKOFF_MOST_MS: u64 = 300_000;

/// Where the renewal of the living grant stands.
#[derive(Default)]
pub(super) struct Renewal {
    stage: Stage,
    /// Names the attempt under way, so that a probe or metadata of an earlier one cannot send for it.
    attempt: CallId,
    /// Unspent outcomes since the last good one.
    repeats: u32,
    /// Attempts in a row that came to nothing, for the timer's back-off.
    failures: u32,
    /// Nothing is sent before this time.
    not_before: u64,
    /// The timer does not try before this time; a caller may.
    quiet_until: u64,
    /// Why nothing can be sent before that.
    put_off: Option<Error>,
    rotates: Rotates,
    /// Whether the one repetition within the provider's declared grace was used.
    repeated_in_grace: bool,
}

#[derive(Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Idle,
    /// Waits for the probe, the metadata, the answer or the judgement.
    Busy,
    /// The answer is good but for its keys, which are asked for again at this time.
    AwaitingKeys(u64),
    /// Somebody else has the result, or will have it until this time.
    #[cfg(feature = "ledger")]
    Waiting(u64),
    /// The refresh token may not be sent again. Only a sign-in, or the next load, brings a new one.
    Barred,
}

/// Whether this grant's refreshes hand out a new refresh token each time.
#[derive(Default, PartialEq, Eq)]
enum Rotates {
    #[default]
    Unseen,
    Yes,
    No,
}

/// What became of a refresh token that was sent.
enum Outcome {
    /// Used; here is what it bought.
    Good(Box<TokenResponse>),
    /// Refused for good.
    Rejected(Error),
    /// Not used: it may be sent again, after this many milliseconds at least.
    Unspent(Error, u64),
    /// Not used, but sending it again would be refused again.
    Refused(Error),
    /// Nobody can tell.
    Unknown(Error),
}

#[cfg(feature = "worker")]
impl Renewal {
    pub(super) fn is_barred(&self) -> bool {
        self.stage == Stage::Barred
    }

    /// What another vault has to know of this grant's refreshes.
    pub(super) fn park(&self, out: &mut JsonText) {
        let rotates = match self.rotates {
            Rotates::Unseen => None,
            Rotates::Yes => Some(1),
            Rotates::No => Some(0),
        };
        out.number("rotates", rotates)
            .number("repeatedInGrace", Some(self.repeated_in_grace.into()));
    }

    pub(super) fn unpark(parked: &Map) -> Self {
        let number = |name| parked.get(name).and_then(Value::as_u64);
        Self {
            stage: match number("barred") {
                Some(0) => Stage::Idle,
                _ => Stage::Barred,
            },
            rotates: match number("rotates") {
                Some(0) => Rotates::No,
                Some(_) => Rotates::Yes,
                None => Rotates::Unseen,
            },
            repeated_in_grace: number("repeatedInGrace") != Some(0),
            ..Self::default()
        }
    }
}

impl Session {
    /// Answers at once if the access token is good; otherwise joins or starts the one renewal.
    pub(super) fn need(&mut self, waiter: Waiter) {
        let Some(live) = &self.live else {
            return self.reply(waiter.ticket, Err(Error::new(Code::LoginRequired)));
        };
        let due = live.life.is_due(self.now, self.config.leeway_s);
        if !due && !waiter.wants_new(live.generation) {
            return self.serve(waiter);
        }
        self.waiters.push(waiter);
        self.start_renewal();
    }

    /// What the timer does.
    pub(super) fn renew_if_due(&mut self) {
        let Some(live) = &self.live else {
            return;
        };
        if live.refresh.is_none() {
            if live.life.is_over(self.now) && self.waiters.is_empty() {
                self.expire();
            }
            return;
        }
        match self.renewal.stage {
            Stage::AwaitingKeys(at) if self.now >= at => {
                self.renewal.stage = Stage::Busy;
                self.fetch_keys();
            }
            #[cfg(feature = "ledger")]
            Stage::Waiting(until) => self.wait_on(until),
            Stage::Idle => {
                let due = live
                    .life
                    .renew_at(self.config.leeway_s)
                    .is_some_and(|at| self.now >= at);
                let waited = self.now >= self.renewal.not_before.max(self.renewal.quiet_until);
                let waiting = !self.waiters.is_empty() && self.now >= self.renewal.not_before;
                if waiting || (due && waited) {
                    self.start_renewal();
                }
            }
            _ => {}
        }
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        let live = self.live.as_ref()?;
        if live.refresh.is_none() {
            return live.life.ends_at();
        }
        match self.renewal.stage {
            Stage::AwaitingKeys(at) => Some(at),
            Stage::Idle if !self.waiters.is_empty() => Some(self.renewal.not_before),
            Stage::Idle => {
                let earliest = self.renewal.not_before.max(self.renewal.quiet_until);
                live.life
                    .renew_at(self.config.leeway_s)
                    .map(|at| at.max(earliest))
            }
            #[cfg(feature = "ledger")]
            Stage::Waiting(until) => Some(until),
            Stage::Busy | Stage::Barred => None,
        }
    }

    fn start_renewal(&mut self) {
        let Some(live) = &self.live else {
            return;
        };
        if live.refresh.is_none() {
            return match live.life.is_over(self.now) {
                true => self.expire(),
                false => self.answer_waiters(&Error::new(Code::RefreshMissing)),
            };
        }
        match self.renewal.stage {
            Stage::Busy if self.guards.hold(Guard::SingleFlight) => {}
            Stage::AwaitingKeys(_)
                if self.renewal.failures > 1 && self.provider.just_missed_keys(self.now) =>
            {
                self.answer_waiters(&Error::new(Code::JwksUnavailable));
            }
            Stage::AwaitingKeys(_) => {
                self.renewal.stage = Stage::Busy;
                self.fetch_keys();
            }
            #[cfg(feature = "ledger")]
            Stage::Waiting(_) => {}
            // Others may have brought the session on meanwhile.
            #[cfg(feature = "ledger")]
            Stage::Barred if self.is_shared() => {
                self.renewal.stage = Stage::Busy;
                self.renewal.attempt = self.next_name();
                self.begin_again(self.renewal.attempt);
            }
            Stage::Barred => self.answer_waiters(&Error::new(Code::ReauthenticationNeeded)),
            Stage::Idle if self.now < self.renewal.not_before => self.answer_put_off(),
            Stage::Idle | Stage::Busy => {
                self.renewal.stage = Stage::Busy;
                self.renewal.attempt = self.next_name();
                #[cfg(feature = "ledger")]
                if self.config.ledger {
                    return self.queue_up(self.renewal.attempt);
                }
                self.go_ahead(self.renewal.attempt);
            }
        }
    }

    /// It is this vault's turn to send.
    pub(super) fn go_ahead(&mut self, attempt: CallId) {
        if !self.is_under_way(attempt) {
            return;
        }
        match self.provider.is_doubtful(self.now) {
            true => self.probe(attempt),
            false => self.with_metadata(After::Renewal(attempt)),
        }
    }

    pub(super) fn renewal_without_metadata(&mut self, attempt: CallId, error: &Error) {
        if self.is_under_way(attempt) {
            self.put_off_renewal(error.clone(), 0);
        }
    }

    /// If the probe fails nothing was sent, and the next need tries again.
    pub(super) fn probed(&mut self, attempt: CallId, reachable: bool) {
        match reachable {
            _ if !self.is_under_way(attempt) => {}
            true => self.with_metadata(After::Renewal(attempt)),
            false => self.put_off_renewal(Error::new(Code::Offline), 0),
        }
    }

    /// Whether this very attempt waits to go on. What an ended session started must not go on for the next one.
    pub(super) fn is_under_way(&self, attempt: CallId) -> bool {
        let named = self.renewal.attempt == attempt || !self.guards.hold(Guard::AttemptFence);
        self.renewal.stage == Stage::Busy && named
    }

    pub(super) fn send_refresh(&mut self, attempt: CallId) {
        let (Some(live), Some(metadata)) = (&self.live, self.provider.metadata()) else {
            return;
        };
        if !self.is_under_way(attempt) {
            return;
        }
        let (Some(refresh), grant) = (&live.refresh, live.grant) else {
            return;
        };
        match metadata.require_token() {
            Ok(endpoint) => {
                let request = refresh_request(endpoint, &self.config.client_id, refresh, None);
                #[cfg(feature = "ledger")]
                if self.is_shared() {
                    return self.win(attempt, request);
                }
                let purpose = Purpose::Refresh {
                    grant,
                    sent_at: self.now,
                };
                self.send(purpose, request, TOKEN_DEADLINE_MS, SendKind::Refresh);
            }
            Err(error) => self.bar(error),
        }
    }

    pub(super) fn refreshed(
        &mut self,
        grant: CallId,
        sent_at: u64,
        answer: Result<Answer, NetworkFailure>,
    ) {
        let sent = self.live.as_ref().and_then(|live| live.refresh.as_ref());
        let outcome = judge(answer, sent.map_or("", RefreshToken::expose));
        let waited_for = self
            .live
            .as_ref()
            .is_some_and(|live| live.grant == grant || !self.guards.hold(Guard::GrantFence))
            && self.renewal.stage == Stage::Busy;
        if !waited_for {
            // The session was signed out, or is another one now: what comes late is thrown away.
            if let Outcome::Good(tokens) = &outcome {
                self.revoke_late(tokens);
            }
            return;
        }
        match outcome {
            Outcome::Good(tokens) => self.keep_refreshed(*tokens),
            Outcome::Rejected(error) => {
                self.tell(Notice::RefreshFailed(error.clone()));
                #[cfg(feature = "ledger")]
                if self.is_shared() {
                    return self.reject(error);
                }
                let waiting = error.clone().with_code(Code::LoginRequired);
                self.end(SignedOutReason::SessionEnded, Some(error), &waiting);
            }
            Outcome::Unspent(error, wait) => {
                self.repeat_later(error, wait);
                #[cfg(feature = "ledger")]
                self.unspent();
            }
            Outcome::Refused(error) => {
                self.bar(error);
                #[cfg(feature = "ledger")]
                self.unspent();
            }
            Outcome::Unknown(error) if self.renewal.rotates == Rotates::No => {
                self.repeat_later(error, 0);
                #[cfg(feature = "ledger")]
                self.unspent();
            }
            Outcome::Unknown(error) if !self.guards.hold(Guard::UnknownIsFinal) => {
                self.put_off_renewal(error, 0);
            }
            Outcome::Unknown(error) => {
                let grace = self.config.rotation_grace_s.saturating_sub(1) * 1_000;
                // A clock that went back proves nothing.
                let young = self.now.checked_sub(sent_at).is_some_and(|age| age < grace);
                match young && !core::mem::replace(&mut self.renewal.repeated_in_grace, true) {
                    true => self.send_refresh(self.renewal.attempt),
                    false => self.bar(error),
                }
            }
        }
    }

    /// The new refresh token replaces the old one before anything else is judged.
    fn keep_refreshed(&mut self, mut tokens: TokenResponse) {
        let Some(live) = &mut self.live else {
            return;
        };
        let new = tokens.refresh_token.take();
        let changed = match (&new, &live.refresh) {
            (Some(new), Some(old)) => new.expose() != old.expose(),
            (new, _) => new.is_some(),
        };
        // Some providers rotate only now and then: one that ever did may have done so in an answer that got lost.
        if changed {
            self.renewal.rotates = Rotates::Yes;
        } else if self.renewal.rotates == Rotates::Unseen {
            self.renewal.rotates = Rotates::No;
        }
        if new.is_some() && (tokens.id_token.is_none() || self.guards.hold(Guard::ReplaceFirst)) {
            live.refresh = new;
        }
        match tokens.id_token.is_some() {
            true => self.prove(Use::Refresh, tokens, None),
            false => self.renewed(tokens, None, self.now),
        }
    }

    /// Every check passed: the new access token is in use, and everybody who waited is served.
    pub(super) fn renewed(
        &mut self,
        tokens: TokenResponse,
        claims: Option<Claims>,
        received_at: u64,
    ) {
        let Some(live) = &mut self.live else {
            return;
        };
        let rotates = core::mem::take(&mut self.renewal.rotates);
        self.renewal = Renewal {
            rotates,
            ..Renewal::default()
        };
        live.access = tokens.access_token;
        live.life = Lifetime::received(received_at, tokens.expires_in, self.now);
        live.generation = live.generation.wrapping_add(1);
        live.from_401 = self.waiters.iter().any(Waiter::is_because_of_401);
        let mut observable = tokens.scope.is_some_and(|scope| {
            let changed = scope != live.scope;
            live.scope = scope;
            changed
        });
        if let Some(claims) = claims {
            if !claims.same_user(&live.user) {
                live.user = claims.clone();
                observable = true;
            }
            live.id_token = tokens.id_token;
            live.claims = claims;
        }
        let expires_at = live.life.ends_at();
        #[cfg(feature = "ledger")]
        self.publish_and_commit();
        observable |= self.clear_error();
        self.tell(Notice::Refreshed { expires_at });
        if observable {
            self.tell_state(None);
        }
        for waiter in core::mem::take(&mut self.waiters) {
            self.serve(waiter);
        }
    }

    pub(super) fn await_keys(&mut self, error: &Error) {
        // The refresh token is good whatever becomes of the keys.
        #[cfg(feature = "ledger")]
        if self.is_shared() {
            self.publish_and_commit();
        }
        self.renewal.failures += 1;
        self.renewal.stage = Stage::AwaitingKeys(self.now + self.backoff());
        self.tell(Notice::RefreshFailed(error.clone()));
        self.answer_waiters(error);
    }

    /// Nothing was sent, or nothing was used up: a caller may try again, the timer waits.
    pub(super) fn put_off_renewal(&mut self, error: Error, wait: u64) {
        self.renewal.stage = Stage::Idle;
        self.renewal.failures += 1;
        self.renewal.not_before = self.now + wait;
        self.renewal.quiet_until = self.now + self.backoff().max(wait);
        self.renewal.put_off = Some(error.clone());
        self.tell(Notice::RefreshFailed(error.clone()));
        self.answer_waiters(&error);
    }

    fn repeat_later(&mut self, error: Error, asked: u64) {
        if self.renewal.repeats >= REPEATS && self.guards.hold(Guard::RepeatsAreBounded) {
            return self.bar(error);
        }
        self.renewal.repeats += 1;
        self.renewal.failures += 1;
        let wait = self.backoff().max(asked);
        if wait > PATIENCE_MS {
            let mut error = error.with_code(Code::RefreshFailed);
            error.retry_after = Some(wait.div_ceil(1_000));
            return self.put_off_renewal(error, wait);
        }
        self.renewal.stage = Stage::Idle;
        self.renewal.not_before = self.now + wait;
        self.renewal.put_off = None;
    }

    /// Recovery: the session lives, its access token may still be used, nothing more is sent.
    pub(super) fn bar(&mut self, error: Error) {
        #[cfg(feature = "ledger")]
        self.give_up_what_was_sent();
        self.renewal.stage = Stage::Barred;
        self.tell(Notice::RefreshFailed(error.clone()));
        let needed = error.with_code(Code::ReauthenticationNeeded);
        self.tell_state(Some(needed.clone()));
        self.answer_waiters(&needed);
    }

    fn answer_put_off(&mut self) {
        let patient = self.renewal.not_before - self.now <= PATIENCE_MS;
        if patient && self.renewal.put_off.is_none() {
            return;
        }
        let seconds = (self.renewal.not_before - self.now).div_ceil(1_000);
        let mut error = self
            .renewal
            .put_off
            .clone()
            .unwrap_or_else(|| Error::new(Code::RefreshFailed));
        error.retry_after = Some(seconds);
        self.answer_waiters(&error);
    }

    /// Whoever can live with the present access token gets it while it lasts; the others get the error.
    fn answer_waiters(&mut self, error: &Error) {
        let lasts = self
            .live
            .as_ref()
            .is_some_and(|live| !live.life.is_over(self.now));
        let generation = self.live.as_ref().map_or(0, |live| live.generation);
        for waiter in core::mem::take(&mut self.waiters) {
            match lasts && !waiter.wants_new(generation) {
                true => self.serve(waiter),
                false => self.fail(waiter, error.clone()),
            }
        }
    }

    fn expire(&mut self) {
        let waiting = Error::new(Code::LoginRequired);
        let error = Error::new(Code::RefreshMissing);
        self.end(SignedOutReason::Expired, Some(error), &waiting);
    }

    /// Doubles with each failure and varies by a quarter, so that many clients do not come back as one.
    fn backoff(&mut self) -> u64 {
        let doublings = self.renewal.failures.saturating_sub(1).min(9);
        let base = (BACKOFF_MS << doublings).min(BACKOFF_MOST_MS);
        let [jitter] = self.random::<1>();
        base - base / 8 + base * u64::from(jitter) / 1_024
    }
}

#[cfg(feature = "ledger")]
impl Session {
    /// The next need, or the timer, begins anew, but not before this time.
    pub(super) fn renew_from(&mut self, not_before: u64) {
        let wait = not_before.saturating_sub(self.now);
        if wait > PATIENCE_MS {
            let mut error = Error::new(Code::RefreshFailed);
            error.retry_after = Some(wait.div_ceil(1_000));
            return self.put_off_renewal(error, wait);
        }
        self.renewal.stage = Stage::Idle;
        self.renewal.not_before = not_before;
        self.renewal.put_off = None;
    }

    pub(super) fn renewal_not_before(&self) -> u64 {
        self.renewal.not_before
    }

    pub(super) fn renewal_attempt(&self) -> CallId {
        self.renewal.attempt
    }

    pub(super) fn wait_for_others(&mut self, until: u64) {
        self.renewal.stage = Stage::Waiting(until);
    }

    pub(super) fn stop_waiting(&mut self) -> CallId {
        self.renewal.stage = Stage::Busy;
        self.renewal.attempt
    }
}

/// `sent` is the refresh token: a server may repeat it in its error.
fn judge(answer: Result<Answer, NetworkFailure>, sent: &str) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => {
            return Outcome::Unknown(Error::new(match failure {
                NetworkFailure::Timeout => Code::Timeout,
                NetworkFailure::Cors => Code::TokenCors,
                NetworkFailure::Redirected => Code::TokenRedirected,
                _ => Code::TokenNetwork,
            }));
        }
    };
    let status = answer.status;
    match TokenResponse::parse(&answer) {
        Ok(tokens) => Outcome::Good(Box::new(tokens)),
        Err(TokenFailure::OAuth(error)) => {
            let error = error.without(sent);
            let name = error
                .provider
                .as_ref()
                .map_or("", |provider| &provider.error);
            let wait = error.retry_after.unwrap_or(0) * 1_000;
            match name {
                "invalid_grant" => Outcome::Rejected(error.with_code(Code::RefreshRejected)),
                "server_error" | "temporarily_unavailable" => Outcome::Unspent(error, wait),
                _ if status == 429 || status == 503 => Outcome::Unspent(error, wait),
                _ => Outcome::Refused(error),
            }
        }
        Err(TokenFailure::Unreadable(error)) => match (status, error.retry_after) {
            (429, wait) => Outcome::Unspent(error, wait.unwrap_or(0) * 1_000),
            (503, Some(wait)) => Outcome::Unspent(error, wait * 1_000),
            _ => Outcome::Unknown(error),
        },
    }
}
