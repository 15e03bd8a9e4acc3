//! What a vault gives to its siblings: the grant as it stands, so that nobody needs one of his own.

use alloc::string::String;
use core::fmt;

use crate::protocol::id_token::Claims;
use crate::protocol::json::{self, Value};
use crate::protocol::json_text::JsonText;
use crate::protocol::secret::{AccessToken, IdToken, RefreshToken};
use crate::session::ledger::{Name, Sent};
#[cfg(feature = "limits")]
use crate::session::limits::Since;
use crate::session::machine::{Live, Session};
use crate::session::policy::Lifetime;
use crate::session::tabs::SessionId;

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
    /// `None` from a sibling that knows no limits.
    #[cfg(feature = "limits")]
    pub(super) since: Option<Since>,
}

impl Handover {
    /// Whose grant it is, and which generation.
    #[must_use]
    pub fn of(&self) -> &Sent {
        &self.of
    }

    /// As a text, to be sealed to a sibling and to nobody else.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = JsonText::new();
        let (obtained_at, lasts, doubted) = self.life.parts();
        out.number("v", Some(VERSION))
            .text("session", self.of.session.as_str())
            .text("grant", self.of.grant.as_str())
            .number("generation", Some(self.of.generation))
            .text("refreshToken", self.refresh.expose())
            .text("accessToken", self.access.expose())
            .number("obtainedAt", Some(obtained_at))
            .number("lasts", lasts)
            .number("doubted", Some(doubted.into()))
            .maybe("idToken", self.id_token.as_ref().map(IdToken::expose))
            .text("claims", self.claims.as_json())
            .text("scope", &self.scope)
            .text("nonce", &self.nonce);
        #[cfg(feature = "limits")]
        if let Some(since) = self.since {
            since.write(&mut out);
        }
        out.finish()
    }
}

/// The form of the text; another one is not read.
const VERSION: u64 = 1;

/// Only the names: the rest is tokens.
impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover")
            .field("of", &self.of)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Reads what a sibling gave. What no sibling writes, or is of another issuer, is nothing.
    #[must_use]
    pub fn read_handover(&self, text: &str, now: u64) -> Option<Handover> {
        let map = json::parse_object(text, usize::MAX).ok()?;
        let text = |name| json::string(&map, name);
        let number = |name| map.get(name).and_then(Value::as_u64);
        let claims = Claims::of_parked(text("claims")?)?;
        let ours = number("v") == Some(VERSION) && claims.iss() == self.config.issuer.as_str();
        ours.then_some(())?;
        let of = Sent {
            session: SessionId::parse(text("session")?)?,
            grant: Name::parse(text("grant")?)?,
            generation: number("generation")?,
        };
        let doubted = number("doubted") == Some(1);
        Some(Handover {
            of,
            refresh: RefreshToken::new(text("refreshToken")?.into()),
            access: AccessToken::new(text("accessToken")?.into()),
            life: Lifetime::resumed(number("obtainedAt")?, number("lasts"), doubted, now),
            id_token: text("idToken").map(|token| IdToken::new(token.into())),
            claims,
            scope: text("scope")?.into(),
            nonce: text("nonce")?.into(),
            #[cfg(feature = "limits")]
            since: Since::read(&map),
        })
    }

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
            #[cfg(feature = "limits")]
            since: Some(self.limits.since()),
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
