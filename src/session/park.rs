//! A session that outlives its vault: all that the next vault needs to go on, as a text that is only ever held in memory.
//!
//! Whoever keeps the text keeps tokens. It is handed to the parking service worker and to nobody else.

use alloc::string::String;
use alloc::vec::Vec;

use super::effect::{Effect, Reply};
use super::limits::{Limits, Since};
use super::machine::{Live, Purpose, Session};
use super::policy::Lifetime;
use super::tabs::{SessionId, user_hash};
use crate::protocol::error::{Code, Error};
use crate::protocol::id_token::Claims;
use crate::protocol::json::{self, Map, Value};
use crate::protocol::json_text::JsonText;
use crate::protocol::secret::{AccessToken, IdToken, RefreshToken};

/// The form of the text; another one is not read.
const VERSION: u64 = 1;

impl Session {
    /// The session as a text, or `None` if nobody is signed in. Equal texts mean that nothing worth keeping changed.
    #[must_use]
    pub fn park(&self) -> Option<String> {
        let live = self.live.as_ref()?;
        let mut out = JsonText::new();
        out.number("v", Some(VERSION))
            .text("session", live.id.as_str())
            .text("claims", live.claims.as_json())
            .text("user", live.user.as_json())
            .maybe("idToken", live.id_token.as_ref().map(IdToken::expose))
            .text("scope", &live.scope)
            .text("accessToken", live.access.expose())
            .maybe(
                "refreshToken",
                live.refresh.as_ref().map(RefreshToken::expose),
            )
            .text("nonce", &live.nonce);
        let (obtained_at, lasts, doubted) = live.life.parts();
        out.number("obtainedAt", Some(obtained_at))
            .number("lasts", lasts)
            .number("doubted", Some(doubted.into()))
            .number("barred", Some(self.must_not_send(live).into()));
        self.renewal.park(&mut out);
        self.limits.since().write(&mut out);
        Some(out.finish())
    }

    /// Goes on with a parked session. Nothing happens if it cannot be read, or if somebody is signed in already.
    ///
    /// A refresh token that was on its way when the text was written is never sent again: the session then lives as long
    /// as its access token, and `last_error` says that a new sign-in is needed.
    pub fn unpark(&mut self, text: &str, now: u64) -> Vec<Effect> {
        self.now = now;
        if self.live.is_none()
            && self.exchange.is_none()
            && let Ok(map) = json::parse_object(text, usize::MAX)
            && let Some(live) = self.read_parked(&map)
        {
            self.live = Some(live);
            self.renewal = super::renewal::Renewal::unpark(&map);
            // What says nothing of its age is as old as can be.
            let since = Since::read(&map).unwrap_or_default();
            self.limits = Limits::begun(since, now);
            let barred = self.renewal.is_barred();
            self.tell_state(barred.then(|| Error::new(Code::ReauthenticationNeeded)));
        }
        self.idle()
    }

    /// Answers whoever waits for a moment in which the text says all there is: no code and no token is being spent, and
    /// no sign-out is unfinished.
    pub(super) fn tell_settled(&mut self) {
        let on_its_way = self.exchange.is_some()
            || self.any_call(|purpose| {
                matches!(
                    purpose,
                    Purpose::Exchange(_)
                        | Purpose::Refresh { .. }
                        | Purpose::Revocation
                        // A sign-out may wait for it.
                        | Purpose::Discovery
                )
            });
        if !on_its_way {
            for ticket in core::mem::take(&mut self.settling) {
                self.reply(ticket, Ok(Reply::Done));
            }
        }
    }

    fn read_parked(&mut self, map: &Map) -> Option<Live> {
        let text = |name| json::string(map, name);
        let number = |name| map.get(name).and_then(Value::as_u64);
        (number("v") == Some(VERSION)).then_some(())?;
        let id = SessionId::parse(text("session")?)?;
        let claims = Claims::of_parked(text("claims")?)?;
        let issuer = self.config.issuer.as_str();
        (claims.iss() == issuer).then_some(())?;
        let life = Lifetime::resumed(
            number("obtainedAt")?,
            number("lasts"),
            number("doubted") == Some(1),
            self.now,
        );
        Some(Live {
            user_hash: user_hash(&id, issuer, claims.sub()),
            id,
            user: Claims::of_parked(text("user")?)?,
            claims,
            id_token: text("idToken").map(|token| IdToken::new(token.into())),
            scope: text("scope")?.into(),
            access: AccessToken::new(text("accessToken")?.into()),
            refresh: text("refreshToken").map(|token| RefreshToken::new(token.into())),
            grant: self.next_name(),
            life,
            generation: 0,
            from_401: false,
            nonce: text("nonce")?.into(),
        })
    }

    /// Whether the refresh token is on its way, spent, or of unknown fate.
    fn must_not_send(&self, live: &Live) -> bool {
        self.renewal.is_barred()
            || self.any_call(
                |purpose| matches!(purpose, Purpose::Refresh { grant, .. } if *grant == live.grant),
            )
    }
}
