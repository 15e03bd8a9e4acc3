//! What is known of the provider: its metadata, its keys, and whether it can be reached.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::effect::{Notice, SendKind};
use super::event::{CallId, NetworkFailure, SignIn, Ticket};
use super::machine::{Purpose, Session};
use super::sign_out::SignOutJob;
use super::transaction::Restore;
use crate::protocol::error::{Code, Error};
use crate::protocol::http::{Answer, Method, Request};
use crate::protocol::jwk::JwkSet;
use crate::protocol::metadata::{Metadata, well_known_url};

/// Milliseconds until a request for metadata or keys is given up.
const DEADLINE_MS: u32 = 8_000;
/// Without a word from the provider for this long, the network counts as in doubt.
const SILENCE_MS: u64 = 60_000;
/// Keys are asked for again because of unknown key ids at most this often within [`REFETCH_WINDOW_MS`].
const REFETCHES: usize = 3;
const REFETCH_WINDOW_MS: u64 = 300_000;
/// After keys could not be had, callers are told so for this long without another request.
const KEYS_PAUSE_MS: u64 = 5_000;

/// Metadata and keys live in memory only: storage of the page could be written by anybody.
#[derive(Default)]
pub(super) struct Provider {
    metadata: Option<Metadata>,
    asking: bool,
    after: Vec<After>,
    pub(super) keys: Option<JwkSet>,
    keys_asking: bool,
    refetches: Vec<u64>,
    /// When the keys could not be had last.
    keys_missed_at: u64,
    heard_at: u64,
    doubted: bool,
}

/// What goes on once the metadata is there.
pub(super) enum After {
    SignIn(Ticket, Box<SignIn>, Option<Restore>),
    Callback(CallId),
    Renewal(CallId),
    UserInfo {
        ticket: Ticket,
        replayed: bool,
    },
    SignOut(SignOutJob),
    #[cfg(feature = "ledger")]
    Claim(CallId),
}

impl Provider {
    pub(super) fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    /// The next refresh is preceded by a request that may be lost without harm.
    pub(super) fn doubt(&mut self) {
        self.doubted = true;
    }

    pub(super) fn is_doubtful(&self, now: u64) -> bool {
        self.doubted || now.saturating_sub(self.heard_at) > SILENCE_MS
    }

    pub(super) fn heard(&mut self, answer: &Result<Answer, NetworkFailure>, now: u64) {
        self.doubted = answer.is_err();
        if answer.is_ok() {
            self.heard_at = now;
        }
    }

    pub(super) fn miss_keys(&mut self, now: u64) {
        self.keys_missed_at = now;
    }

    /// Callers do not ask for keys again at once: an outage would meet a request for each call.
    pub(super) fn just_missed_keys(&self, now: u64) -> bool {
        now.abs_diff(self.keys_missed_at) < KEYS_PAUSE_MS
    }

    /// Whether an unfamiliar key id may cost one more request.
    pub(super) fn may_refetch_keys(&mut self, now: u64) -> bool {
        self.refetches
            .retain(|at| now.saturating_sub(*at) < REFETCH_WINDOW_MS);
        let free = self.refetches.len() < REFETCHES;
        if free {
            self.refetches.push(now);
        }
        free
    }
}

impl Session {
    /// Goes on with `after` as soon as the metadata is known; one request serves everybody who waits.
    pub(super) fn with_metadata(&mut self, after: After) {
        if self.provider.metadata.is_some() {
            return self.go_on(after);
        }
        self.provider.after.push(after);
        if self.provider.asking {
            return;
        }
        match &self.config.metadata {
            Some(document) => {
                let metadata = Metadata::from_static(&self.config.issuer, document);
                self.learn(metadata);
            }
            None => {
                self.provider.asking = true;
                let url = well_known_url(&self.config.issuer, self.config.well_known);
                self.send(Purpose::Discovery, get(url), DEADLINE_MS, SendKind::Read);
            }
        }
    }

    pub(super) fn discovered(&mut self, answer: Result<Answer, NetworkFailure>) {
        self.provider.asking = false;
        let metadata = match answer {
            Ok(answer) => Metadata::from_answer(&self.config.issuer, &answer),
            Err(failure) => Err(Error::new(match failure {
                NetworkFailure::Cors => Code::DiscoveryCors,
                NetworkFailure::BlockedByCsp => Code::DiscoveryBlockedByCsp,
                NetworkFailure::Redirected | NetworkFailure::TooLarge => Code::DiscoveryMalformed,
                NetworkFailure::Unreachable | NetworkFailure::Timeout => Code::DiscoveryDown,
            })),
        };
        self.learn(metadata);
    }

    /// A failure is no answer: the next need asks again.
    fn learn(&mut self, metadata: Result<Metadata, Error>) {
        let waiting = core::mem::take(&mut self.provider.after);
        match metadata {
            Ok(metadata) => {
                self.provider.metadata = Some(metadata);
                for after in waiting {
                    self.go_on(after);
                }
            }
            Err(error) => {
                self.tell(Notice::Diagnosis(error.code, error.detail.clone()));
                for after in waiting {
                    self.give_up(after, &error);
                }
            }
        }
    }

    fn go_on(&mut self, after: After) {
        match after {
            After::SignIn(ticket, want, restore) => {
                self.request_authorization(ticket, &want, restore.as_ref());
            }
            After::Callback(attempt) => self.redeem(attempt),
            After::Renewal(attempt) => self.send_refresh(attempt),
            After::UserInfo { ticket, replayed } => self.send_user_info(ticket, replayed),
            After::SignOut(job) => self.revoke_then_leave(job),
            #[cfg(feature = "ledger")]
            After::Claim(wish) => self.claim(wish),
        }
    }

    fn give_up(&mut self, after: After, error: &Error) {
        match after {
            After::SignIn(ticket, ..) | After::UserInfo { ticket, .. } => {
                self.reply(ticket, Err(error.clone()));
            }
            After::Callback(attempt) => {
                if self.is_exchanging(attempt) {
                    self.fail_exchange(error.clone());
                }
            }
            After::Renewal(attempt) => self.renewal_without_metadata(attempt, error),
            After::SignOut(job) => self.leave(job),
            #[cfg(feature = "ledger")]
            After::Claim(wish) => self.restore_failed(wish, error.clone()),
        }
    }

    /// Asks for the keys unless that is under way.
    pub(super) fn fetch_keys(&mut self) {
        if self.provider.keys_asking {
            return;
        }
        let endpoint = self.provider.metadata.as_ref().map(Metadata::require_jwks);
        match endpoint {
            Some(Ok(endpoint)) => {
                let request = get(endpoint.as_str().into());
                self.provider.keys_asking = true;
                self.send(Purpose::Jwks, request, DEADLINE_MS, SendKind::Read);
            }
            Some(Err(error)) => self.proofs_without_keys(&error),
            None => self.proofs_without_keys(&Error::new(Code::JwksUnavailable)),
        }
    }

    pub(super) fn keys_answered(&mut self, answer: Result<Answer, NetworkFailure>) {
        self.provider.keys_asking = false;
        let keys = match answer {
            Ok(answer) => JwkSet::parse(&answer),
            Err(_) => Err(Error::new(Code::JwksUnavailable)),
        };
        match keys {
            Ok(keys) => {
                self.provider.keys = Some(keys);
                self.proofs_with_keys();
            }
            Err(error) => self.proofs_without_keys(&error),
        }
    }

    /// A request that tells whether the network is there and may be lost without harm.
    pub(super) fn probe(&mut self, attempt: CallId) {
        let url = match (&self.config.metadata, &self.provider.metadata) {
            (Some(_), Some(metadata)) => match metadata.require_jwks() {
                Ok(endpoint) => endpoint.as_str().into(),
                Err(_) => well_known_url(&self.config.issuer, self.config.well_known),
            },
            _ => well_known_url(&self.config.issuer, self.config.well_known),
        };
        self.send(
            Purpose::Probe(attempt),
            get(url),
            DEADLINE_MS / 2,
            SendKind::Probe,
        );
    }
}

fn get(url: String) -> Request {
    Request {
        method: Method::Get,
        url,
        headers: Vec::new(),
        body: None,
    }
}
