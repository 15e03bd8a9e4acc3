//! The rules that keep races harmless, each with a name, so that the simulation can take one out and must notice.
//!
//! In a build that ships, every guard holds and costs nothing.

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// While a renewal is under way nobody starts another.
    SingleFlight,
    /// A refresh token whose fate is unknown is never sent again.
    UnknownIsFinal,
    /// An unspent refresh token is sent again a few times at most.
    RepeatsAreBounded,
    /// A new refresh token replaces the old one before the rest of the answer is judged.
    ReplaceFirst,
    /// Only the first answer to a call counts.
    FirstAnswerOnly,
    /// An answer belongs to the grant that asked.
    GrantFence,
    /// Metadata and an answer belong to the callback that asked.
    ExchangeFence,
    /// A probe and metadata belong to the attempt that asked.
    AttemptFence,
    /// A command names its session, and another session refuses it.
    SessionIsNamed,
    /// Whoever waits is answered when the session ends.
    EndAnswersWaiters,
    /// A restore does not bring back what was signed out meanwhile.
    TombstoneStopsRestore,
    /// An intent is won only where there is none.
    #[cfg(feature = "ledger")]
    CompareAndSet,
    /// A record that shows another grant is not this token's.
    #[cfg(feature = "ledger")]
    GrantIsChecked,
    /// A commit leaves a record that is further as it is.
    #[cfg(feature = "ledger")]
    GenerationIsChecked,
    /// What ended is not brought back, and nothing is sent for it.
    #[cfg(feature = "ledger")]
    TombstoneIsChecked,
    /// A grant that others may hold is dropped and not revoked.
    #[cfg(feature = "ledger")]
    DroppedNotRevoked,
    /// The siblings have a generation before the ledger shows it.
    #[cfg(feature = "ledger")]
    PublishFirst,
    /// The ledger shows a session before its mark is written.
    #[cfg(feature = "ledger")]
    LedgerBeforeMark,
    /// After the mark was written the ledger is read again.
    #[cfg(feature = "ledger")]
    ReadAgain,
    /// A session that ended in a vault does not come back to it, though the ledger may show it still.
    #[cfg(feature = "ledger")]
    OverIsOver,
}

/// Which guards hold: all of them, outside the simulation.
#[derive(Default)]
pub(super) struct Guards {
    #[cfg(test)]
    pub(super) off: Option<Guard>,
}

impl Guards {
    #[cfg(not(test))]
    #[allow(clippy::unused_self, reason = "the simulation's form looks at itself")]
    pub(super) const fn hold(&self, _: Guard) -> bool {
        true
    }

    #[cfg(test)]
    pub(super) fn hold(&self, guard: Guard) -> bool {
        self.off != Some(guard)
    }
}

#[cfg(all(test, feature = "ledger"))]
impl Guard {
    /// Those that only more than one tab can miss.
    pub(super) const SHARED: [Self; 9] = [
        Self::CompareAndSet,
        Self::GrantIsChecked,
        Self::GenerationIsChecked,
        Self::TombstoneIsChecked,
        Self::DroppedNotRevoked,
        Self::PublishFirst,
        Self::LedgerBeforeMark,
        Self::ReadAgain,
        Self::OverIsOver,
    ];
}

#[cfg(test)]
impl Guard {
    pub(super) const ALL: [Self; 11] = [
        Self::SingleFlight,
        Self::UnknownIsFinal,
        Self::RepeatsAreBounded,
        Self::ReplaceFirst,
        Self::FirstAnswerOnly,
        Self::GrantFence,
        Self::AttemptFence,
        Self::ExchangeFence,
        Self::SessionIsNamed,
        Self::EndAnswersWaiters,
        Self::TombstoneStopsRestore,
    ];
}
