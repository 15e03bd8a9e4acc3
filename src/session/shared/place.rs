//! What a record means for the session that lives here.

use super::Held;
use crate::session::guards::Guard;
use crate::session::ledger::{Record, Standing};
use crate::session::machine::{Live, Session};
use crate::session::tabs::SessionId;

/// At least this long is waited for somebody else's result: timers are late, clocks differ.
pub(super) const LEAST_WAIT_MS: u64 = 2_000;

/// Where this vault's session and grant stand, going by the record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// No session stands in the record: the storage was cleared.
    Missing,
    /// A tombstone: nobody is signed in.
    Ended,
    /// Somebody else is signed in.
    OtherUser,
    /// The same user signed in again.
    OtherSession(SessionId),
    /// The session goes on with another grant, or this one was refreshed by another vault.
    Elsewhere,
    /// This vault is further: whoever got its token died, or was kept, before the commit of this generation.
    Behind(u64),
    /// Somebody sends this very token, or has sent it. Waited for at most so many milliseconds.
    Intent(u64),
    /// The token is this vault's to send, from this time on.
    Free(u64),
}

impl Session {
    /// `None` if nobody is signed in here, or with a grant of this vault's own.
    pub(super) fn place(&self, record: Option<&Record>) -> Option<Place> {
        let live = self.live.as_ref()?;
        let held = live.held.as_ref()?;
        let Some(standing) = record.and_then(|record| record.standing.as_ref()) else {
            return Some(Place::Missing);
        };
        let elsewhere = self.place_of_session(live, standing);
        Some(elsewhere.unwrap_or_else(|| self.place_of_grant(held, standing)))
    }

    /// `None` if the session is the record's and lives.
    pub(super) fn place_of_session(&self, live: &Live, standing: &Standing) -> Option<Place> {
        if standing.ended && self.guards.hold(Guard::TombstoneIsChecked) {
            return Some(Place::Ended);
        }
        if standing.session == live.id {
            return None;
        }
        Some(match standing.is_of(&self.who_is(live.claims.sub())) {
            true => Place::OtherSession(standing.session.clone()),
            false => Place::OtherUser,
        })
    }

    fn place_of_grant(&self, held: &Held, standing: &Standing) -> Place {
        if standing.grant != held.grant || standing.generation > held.generation {
            return Place::Elsewhere;
        }
        if standing.generation < held.generation {
            return Place::Behind(standing.generation);
        }
        match &standing.intent {
            Some(intent) => {
                // No further ahead than it was ever set, whatever the clocks say.
                let lasts = intent.deadline.saturating_sub(intent.since);
                let left = intent.deadline.saturating_sub(self.now).min(lasts);
                Place::Intent(left.max(LEAST_WAIT_MS))
            }
            None => Place::Free(standing.not_before),
        }
    }

    /// How long to wait for a grant that somebody else must have.
    pub(super) fn patience(place: &Place) -> u64 {
        match place {
            Place::Intent(left) => *left,
            _ => LEAST_WAIT_MS,
        }
    }
}
