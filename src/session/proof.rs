//! The judgement of an ID token: claims first, then the key, then the signature.
//!
//! Until all three passed, no token of the response can be used.

use alloc::string::String;
use alloc::vec::Vec;

use super::effect::{Effect, SignedOutReason};
use super::event::CallId;
use super::machine::{Purpose, Session};
use super::sign_in::Exchange;
use crate::protocol::error::{Code, Error};
use crate::protocol::id_token::{Claims, Expected, IdTokenParts, Nonce};
use crate::protocol::jwk::{Jwk, KeyMiss};
use crate::protocol::token::TokenResponse;

/// An ID token whose claims passed and whose signature is still to be checked.
pub(super) struct Proof {
    of: Use,
    pub(super) tokens: TokenResponse,
    parts: IdTokenParts,
    pub(super) claims: Claims,
    stage: Stage,
    /// When the response came: the access token ages while its proof waits for keys.
    pub(super) received_at: u64,
    /// Whether the keys were asked for once more because of this token's key id.
    refetched: bool,
}

/// What the token response was for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Exchange,
    Refresh,
}

enum Stage {
    /// The keys are on their way, or could not be had yet.
    Keys,
    /// One fitting key is being tried; the others wait.
    Signature { call: CallId, others: Vec<String> },
}

impl Proof {
    pub(super) fn is_of_refresh(&self) -> bool {
        self.of == Use::Refresh
    }
}

impl Session {
    /// Begins the judgement of a response that has an ID token.
    pub(super) fn prove(&mut self, of: Use, tokens: TokenResponse, max_age: Option<u64>) {
        match self.check_claims(of, tokens, max_age) {
            Ok(proof) => self.look_for_key(proof),
            Err(error) => self.refuse(of, error),
        }
    }

    fn check_claims(
        &self,
        of: Use,
        tokens: TokenResponse,
        max_age: Option<u64>,
    ) -> Result<Proof, Error> {
        let id_token = tokens
            .id_token
            .as_ref()
            .ok_or_else(|| Error::new(Code::TokenNoIdToken))?;
        let parts = IdTokenParts::parse(id_token)?;
        let (nonce, previous) = match (of, &self.exchange, &self.live) {
            (Use::Exchange, Some(exchange), _) => {
                (Nonce::Required(&exchange.transaction.nonce), None)
            }
            (Use::Refresh, _, Some(live)) => {
                (Nonce::IfPresent(Some(&live.nonce)), Some(&live.claims))
            }
            _ => return Err(Error::new(Code::SessionChanged)),
        };
        let algs = self
            .provider
            .metadata()
            .and_then(|metadata| metadata.id_token_algs.as_deref());
        let claims = parts.check(&Expected {
            issuer: self.config.issuer.as_str(),
            client_id: &self.config.client_id,
            nonce,
            trusted_audiences: &self.config.trusted_audiences,
            max_age,
            acr_values: None,
            acr_essential: false,
            now_s: self.now / 1_000,
            leeway_s: self.config.leeway_s,
            access_token: &tokens.access_token,
            algs,
            previous,
        })?;
        Ok(Proof {
            of,
            tokens,
            parts,
            claims,
            stage: Stage::Keys,
            received_at: self.now,
            refetched: false,
        })
    }

    fn look_for_key(&mut self, mut proof: Proof) {
        let found = match &self.provider.keys {
            None => {
                self.proofs.push(proof);
                return self.fetch_keys();
            }
            Some(keys) => keys
                .candidates(proof.parts.alg, proof.parts.kid.as_deref())
                .map(|keys| {
                    keys.into_iter()
                        .map(Jwk::to_public_json)
                        .collect::<Vec<_>>()
                }),
        };
        match found {
            Ok(keys) => self.try_key(proof, keys),
            Err(KeyMiss::UnknownKid) if !proof.refetched => {
                if self.provider.may_refetch_keys(self.now) {
                    proof.refetched = true;
                    self.proofs.push(proof);
                    self.fetch_keys();
                } else {
                    self.keys_missing(proof, &Error::new(Code::JwksUnavailable));
                }
            }
            Err(_) => self.refuse(proof.of, Error::new(Code::IdTokenKey)),
        }
    }

    fn try_key(&mut self, mut proof: Proof, mut keys: Vec<String>) {
        let Some(key) = keys.pop() else {
            return self.refuse(proof.of, Error::new(Code::IdTokenSignature));
        };
        let call = self.name_call(Purpose::Signature);
        self.push(Effect::Verify {
            call,
            alg: proof.parts.alg,
            key,
            input: proof.parts.signing_input.clone(),
            signature: proof.parts.signature.clone(),
        });
        proof.stage = Stage::Signature { call, others: keys };
        self.proofs.push(proof);
    }

    pub(super) fn verified(&mut self, call: CallId, valid: Option<bool>) {
        let waiting = |proof: &Proof| matches!(proof.stage, Stage::Signature { call: known, .. } if known == call);
        let Some(at) = self.proofs.iter().position(waiting) else {
            return;
        };
        let mut proof = self.proofs.swap_remove(at);
        if valid == Some(true) {
            return match proof.of {
                #[cfg(feature = "ledger")]
                Use::Exchange if self.config.ledger => self.enter_ledger(proof),
                Use::Exchange => self.establish(proof),
                Use::Refresh => self.renewed(proof.tokens, Some(proof.claims), proof.received_at),
            };
        }
        if let Stage::Signature { others, .. } = core::mem::replace(&mut proof.stage, Stage::Keys) {
            self.try_key(proof, others);
        }
    }

    pub(super) fn proofs_with_keys(&mut self) {
        for proof in self.take_waiting_proofs() {
            self.look_for_key(proof);
        }
    }

    pub(super) fn proofs_without_keys(&mut self, error: &Error) {
        for proof in self.take_waiting_proofs() {
            self.keys_missing(proof, error);
        }
    }

    /// Keys that cannot be fetched are no failed check: at a refresh the answer waits for them.
    fn keys_missing(&mut self, mut proof: Proof, error: &Error) {
        match proof.of {
            Use::Exchange => self.fail_exchange(error.clone()),
            Use::Refresh => {
                self.provider.miss_keys(self.now);
                proof.refetched = false;
                self.proofs.push(proof);
                self.await_keys(error);
            }
        }
    }

    fn take_waiting_proofs(&mut self) -> Vec<Proof> {
        let (waiting, others) = core::mem::take(&mut self.proofs)
            .into_iter()
            .partition(|proof| matches!(proof.stage, Stage::Keys));
        self.proofs = others;
        waiting
    }

    /// A refused ID token at a refresh ends the session in every tab: it may be another user's.
    fn refuse(&mut self, of: Use, error: Error) {
        match of {
            Use::Exchange => self.fail_exchange(error),
            #[cfg(feature = "ledger")]
            Use::Refresh if self.is_shared() => self.reject(error),
            Use::Refresh => {
                #[cfg(feature = "ledger")]
                self.end_in_ledger();
                self.tell(super::Notice::EndEverywhere);
                // A restore on its way belongs to what has just ended; a sign-in of the user may finish.
                if self.exchange.as_ref().is_some_and(Exchange::is_restore) {
                    self.fail_exchange(Error::new(Code::SessionChanged));
                }
                let waiting = Error::new(Code::LoginRequired);
                self.end(SignedOutReason::SessionEnded, Some(error), &waiting);
            }
        }
    }
}
