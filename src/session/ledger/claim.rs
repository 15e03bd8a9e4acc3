//! The part of the record about restores: who has left for the provider, how often, and whether that is over for now.

use alloc::string::String;
use alloc::vec::Vec;

use super::record::{Name, name, number};
use crate::protocol::json::{Map, Value};
use crate::protocol::json_text::JsonText;
use crate::protocol::text::decimal;

/// Other tabs wait this long for the session of whoever claimed the restore.
pub const CLAIM_MS: u64 = 15_000;
/// So many attempts may go without an answer.
const ATTEMPTS: u64 = 3;
/// And so many may begin within [`MINUTE_MS`], answered or not.
const BEGUN_IN_A_MINUTE: usize = 5;
const MINUTE_MS: u64 = 60_000;
/// How long restore is closed in all tabs when it leads to nothing.
const CLOSED_MS: u64 = 600_000;

/// What is known of attempts to get a session back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restore {
    /// Who has left for the provider.
    pub claim: Option<Claim>,
    /// Attempts since the last answer.
    pub count: u64,
    /// When the latest attempts began, at most five.
    pub times: Vec<u64>,
    /// No attempt before this time.
    pub closed_until: u64,
}

/// One tab's turn to restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The tab.
    pub owner: Name,
    /// When it claimed (wall clock, milliseconds).
    pub since: u64,
}

impl Claim {
    /// Whether the others still wait for this tab. A clock that went back proves nothing and holds nobody up.
    #[must_use]
    pub fn holds(&self, now: u64) -> bool {
        now.abs_diff(self.since) < CLAIM_MS
    }
}

impl Restore {
    /// Whether nobody may try for now.
    #[must_use]
    pub fn is_closed(&self, now: u64) -> bool {
        // Further away than it is ever set: the clock went back.
        now < self.closed_until && self.closed_until - now <= CLOSED_MS
    }

    /// Takes or renews the claim. The attempt counts from here: a tab that never comes back has made one too.
    pub(super) fn claim(&mut self, owner: &Name, now: u64) -> bool {
        let taken = |claim: &Claim| claim.owner != *owner && claim.holds(now);
        if self.is_closed(now) || self.claim.as_ref().is_some_and(taken) {
            return false;
        }
        self.times.retain(|at| now.abs_diff(*at) < MINUTE_MS);
        if self.count >= ATTEMPTS || self.times.len() >= BEGUN_IN_A_MINUTE {
            self.close(now);
            return false;
        }
        self.count += 1;
        self.times.push(now);
        self.claim = Some(Claim {
            owner: owner.clone(),
            since: now,
        });
        true
    }

    /// The provider answered the tab that had the claim, and there is no session in it.
    pub(super) fn answered(&mut self, owner: &Name, closes: bool, now: u64) {
        self.claim.take_if(|claim| claim.owner == *owner);
        self.count = 0;
        if closes {
            self.close(now);
        }
    }

    /// A session lives again.
    pub(super) fn reopen(&mut self) {
        // The minute goes on counting: a provider that answers and a session that dies at once are a loop as well.
        *self = Self {
            times: core::mem::take(&mut self.times),
            ..Self::default()
        };
    }

    fn close(&mut self, now: u64) {
        self.count = 0;
        self.claim = None;
        self.closed_until = now + CLOSED_MS;
    }

    pub(super) fn read(map: &Map) -> Option<Self> {
        let Value::Array(times) = map.get("times")? else {
            return None;
        };
        let claim = match map.get("claim") {
            Some(_) => Some(Claim {
                owner: name(map, "claim")?,
                since: number(map, "time")?,
            }),
            None => None,
        };
        Some(Self {
            claim,
            count: number(map, "count")?,
            times: times.iter().map(Value::as_u64).collect::<Option<_>>()?,
            closed_until: number(map, "closed_until")?,
        })
    }

    pub(super) fn write(&self, out: &mut JsonText) {
        if let Some(claim) = &self.claim {
            out.text("claim", claim.owner.as_str())
                .number("time", Some(claim.since));
        }
        let times: Vec<String> = self.times.iter().map(|at| decimal(*at)).collect();
        out.number("count", Some(self.count))
            .raw("times", &["[", &times.join(","), "]"].concat())
            .number("closed_until", Some(self.closed_until));
    }
}
