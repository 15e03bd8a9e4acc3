//! The limits that the app sets: so long without the user, and so long since they signed in.
//!
//! Both are deadlines on the wall clock, looked at before a command is carried out and by the one timer. A silent renewal
//! is no activity: only what the front reports counts.

use super::effect::{Notice, SignInOrigin, SignedOutReason};
use super::event::{Command, Event};
use super::machine::Session;
use super::sign_in::Exchange;
use crate::protocol::error::{Code, Error};
#[cfg(any(feature = "worker", feature = "ledger"))]
use crate::protocol::json::{Map, Value};
#[cfg(any(feature = "worker", feature = "ledger"))]
use crate::protocol::json_text::JsonText;

/// Another tab may know of later activity: it has this long to say so.
const LAST_CALL_MS: u64 = 1_000;

#[derive(Default)]
pub(super) struct Limits {
    signed_in_at: u64,
    active_at: u64,
    seen_at: u64,
    /// The end that the app was warned of.
    told: Option<u64>,
    /// The end that has come, and when it is carried out.
    last_call: Option<(u64, u64)>,
    /// Whether a limit ended the session that was here last.
    ended: bool,
}

/// Since when a session is counted: the sign-in, and the user's last activity.
#[cfg(any(feature = "worker", feature = "ledger"))]
#[derive(Clone, Copy, Default)]
pub(super) struct Since(u64, u64);

#[cfg(any(feature = "worker", feature = "ledger"))]
impl Since {
    pub(super) fn write(self, out: &mut JsonText) {
        out.number("signedInAt", Some(self.0))
            .number("activeAt", Some(self.1));
    }

    pub(super) fn read(map: &Map) -> Option<Self> {
        let number = |name| map.get(name).and_then(Value::as_u64);
        Some(Self(number("signedInAt")?, number("activeAt")?))
    }
}

#[cfg(any(feature = "worker", feature = "ledger"))]
impl Limits {
    pub(super) fn since(&self) -> Since {
        Since(self.signed_in_at, self.active_at)
    }

    pub(super) fn begun(Since(signed_in_at, active_at): Since, now: u64) -> Self {
        Self {
            signed_in_at: signed_in_at.min(now),
            active_at: active_at.min(now),
            seen_at: now,
            ..Self::default()
        }
    }
}

impl Session {
    /// A session begins. A restored one is as old as the provider says its sign-in is; the restore asked for that.
    pub(super) fn begin_limits(&mut self, origin: SignInOrigin) {
        let auth_time = self.live.as_ref().and_then(|live| live.claims.auth_time());
        let signed_in_at = auth_time
            .filter(|_| origin != SignInOrigin::Interactive)
            .map_or(self.now, |seconds| {
                seconds.saturating_mul(1_000).min(self.now)
            });
        self.limits = Limits {
            signed_in_at,
            active_at: self.now,
            seen_at: self.now,
            ..Limits::default()
        };
    }

    /// The session of a sibling is as old here as there.
    #[cfg(feature = "ledger")]
    pub(super) fn share_limits(&mut self, since: Option<Since>) {
        if let Some(since) = since {
            // The app may have been warned of an end that is put off now.
            let told = self.limits.told;
            self.limits = Limits {
                told,
                ..Limits::begun(since, self.now)
            };
        }
    }

    /// Ends a session whose time is over before anything is done for it.
    pub(super) fn observe_limits(&mut self, event: &Event) {
        // A clock that was set back takes nothing off what has passed.
        let back = self.limits.seen_at.saturating_sub(self.now);
        self.limits.active_at = self.limits.active_at.saturating_sub(back);
        self.limits.signed_in_at = self.limits.signed_in_at.saturating_sub(back);
        self.limits.seen_at = self.now;
        let Some((ends_at, code)) = self.limit() else {
            return;
        };
        let over = match event {
            Event::Command {
                command: Command::Touch(_),
                ..
            } => code == Code::SessionMaxAge,
            Event::Command { .. } => true,
            Event::Tick => {
                let called = self.limits.last_call;
                code == Code::SessionMaxAge
                    || called.is_some_and(|(end, at)| end == ends_at && self.now >= at)
            }
            _ => false,
        };
        if over && self.now >= ends_at {
            self.end_by_limit(code);
        }
    }

    /// The user was active at this time, here or in another tab. This one may have slept through more than its time: that
    /// the session is still somebody's is for the front to know, which tells nothing after the end that all tabs have stored.
    pub(super) fn touch(&mut self, at: u64) {
        if at > self.limits.active_at && at <= self.now {
            self.limits.active_at = at;
        }
    }

    /// Warns, or takes the warning back.
    pub(super) fn tell_limits(&mut self) {
        let Some((ends_at, code)) = self.limit() else {
            return;
        };
        let warned = self.limits.told == Some(ends_at);
        if self.now < self.warn_at(ends_at, code) {
            if self.limits.told.take().is_some() {
                self.tell(Notice::Extended);
            }
        } else if !warned {
            self.limits.told = Some(ends_at);
            self.tell(Notice::Expiring { ends_at, code });
        }
        let called = self.limits.last_call.is_some_and(|(end, _)| end == ends_at);
        if self.now >= ends_at && !called {
            self.limits.last_call = Some((ends_at, self.now + LAST_CALL_MS));
            if warned {
                self.tell(Notice::Expiring { ends_at, code });
            }
        }
    }

    pub(super) fn limit_deadline(&self) -> Option<u64> {
        let (ends_at, code) = self.limit()?;
        if self.limits.told != Some(ends_at) {
            return Some(self.warn_at(ends_at, code));
        }
        let called = self.limits.last_call.filter(|(end, _)| *end == ends_at);
        Some(called.map_or(ends_at, |(_, at)| at))
    }

    pub(super) fn was_ended_by_limit(&self) -> bool {
        self.limits.ended
    }

    /// What ends the session next.
    fn limit(&self) -> Option<(u64, Code)> {
        self.live.as_ref()?;
        let at = |from: u64, seconds: u64| from.saturating_add(seconds * 1_000);
        let idle = self.config.idle_s;
        let idle = idle.map(|it| (at(self.limits.active_at, it), Code::SessionIdle));
        let age = self.config.max_age_s;
        let age = age.map(|it| (at(self.limits.signed_in_at, it), Code::SessionMaxAge));
        idle.into_iter().chain(age).min_by_key(|(at, _)| *at)
    }

    /// Not before half of the limit, so that the user's activity always takes the warning back.
    fn warn_at(&self, ends_at: u64, code: Code) -> u64 {
        let limit = match code {
            Code::SessionIdle => self.config.idle_s,
            _ => self.config.max_age_s,
        };
        let before = (self.config.warn_before_s * 1_000).min(limit.unwrap_or(0) * 500);
        ends_at.saturating_sub(before)
    }

    /// As a sign-out does it: every tab is told first, then the tokens go, then the grant is given back.
    fn end_by_limit(&mut self, code: Code) {
        self.tell(Notice::EndEverywhere);
        // A restore on its way belongs to what has just ended; a sign-in of the user may finish.
        if self.exchange.as_ref().is_some_and(Exchange::is_restore) {
            self.fail_exchange(Error::new(Code::SessionChanged));
        }
        self.end_for_good(None, SignedOutReason::Expired, Some(Error::new(code)));
        self.limits.ended = true;
    }
}
