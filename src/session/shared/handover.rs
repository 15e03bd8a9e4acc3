//! What a vault gives to its siblings: the grant as it stands, so that nobody needs one of his own.

use alloc::string::String;
use core::fmt;

use crate::protocol::id_token::Claims;
use crate::protocol::secret::{AccessToken, IdToken, RefreshToken};
use crate::session::ledger::Sent;
use crate::session::machine::{Live, Session};
use crate::session::policy::Lifetime;

/// One generation of a grant with all that a session is made of.
#[derive(Clone)]
pub struct Handover {
    pub(super) of: Sent,
    pub(super) refresh: RefreshToken,
    pub(super) access: AccessToken,
    pub(super) life: Lifetime,
    pub(super) id_token: Option<IdToken>,
    pub(super) claims: Claims,
    pub(super) scope: String,
    pub(super) nonce: String,
}

impl Handover {
    /// Whose grant it is, and which generation.
    #[must_use]
    pub fn of(&self) -> &Sent {
        &self.of
    }
}

/// Only the names: the rest is tokens.
impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover")
            .field("of", &self.of)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// What a sibling that asks for `grant` gets; `None` if it is not ours.
    #[must_use]
    pub fn handover(&self) -> Option<Handover> {
        let of = self.token_held()?;
        let live = self.live.as_ref()?;
        // A token that may have been used is of no use to anybody.
        if self.has_given_up() {
            return None;
        }
        Some(Handover {
            of,
            refresh: live.refresh.clone()?,
            access: live.access.clone(),
            life: live.life,
            id_token: live.id_token.clone(),
            claims: live.claims.clone(),
            scope: live.scope.clone(),
            nonce: live.nonce.clone(),
        })
    }
}

impl Live {
    /// Whether what a sibling has is further than what is here.
    pub(super) fn is_behind(&self, handover: &Handover) -> bool {
        let held = self.held.as_ref();
        let same = held.filter(|held| held.grant == handover.of.grant);
        same.is_none_or(|held| {
            let longer = handover.life.ends_at() > self.life.ends_at();
            (handover.of.generation, longer) > (held.generation, false)
        })
    }
}
