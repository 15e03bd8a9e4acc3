//! How long an access token is good for, and when it is renewed.

/// A token may be renewed for having expired soon at the latest this long before its end, however short its life.
const SHORT_MS: u64 = 5_000;
/// Tokens that live no longer than this, or than the leeway, are renewed when needed and never by a timer: a provider
/// near the end of its own session hands out one-second tokens, and a timer would ask for them without end.
const TIMER_LEAST_MS: u64 = 10_000;
/// A clock that went back by more than this cannot be trusted with a deadline.
const JUMP_MS: u64 = 5_000;
/// A token of unknown life counts as half used after this long.
const UNKNOWN_HALF_MS: u64 = 60_000;

/// The life of one access token, by wall-clock deadlines: timers stop while a machine sleeps, deadlines do not.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    obtained_at: u64,
    /// Milliseconds; `None` if the provider did not say.
    lasts: Option<u64>,
    seen_at: u64,
    doubted: bool,
}

impl Lifetime {
    /// Starts a life at `now` (milliseconds) of `expires_in` seconds.
    #[must_use]
    pub fn new(now: u64, expires_in: Option<u64>) -> Self {
        let lasts = expires_in.map(|seconds| seconds.min(u64::MAX / 1_000) * 1_000);
        Self {
            obtained_at: now,
            lasts,
            seen_at: now,
            doubted: false,
        }
    }

    /// The life of a token whose response came at `received_at` and was judged until `now`.
    #[must_use]
    pub fn received(received_at: u64, expires_in: Option<u64>, now: u64) -> Self {
        let mut life = Self::new(received_at, expires_in);
        life.observe(now);
        life
    }

    /// What a parked life consists of: when it began, how long it lasts (milliseconds), and whether it is in doubt.
    #[cfg(any(feature = "worker", feature = "ledger"))]
    pub(super) fn parts(&self) -> (u64, Option<u64>, bool) {
        (self.obtained_at, self.lasts, self.doubted)
    }

    /// A life that was parked.
    #[cfg(any(feature = "worker", feature = "ledger"))]
    pub(super) fn resumed(obtained_at: u64, lasts: Option<u64>, doubted: bool, now: u64) -> Self {
        let mut life = Self {
            obtained_at,
            lasts,
            seen_at: obtained_at,
            doubted,
        };
        life.observe(now);
        life
    }

    /// Notes the time; a clock that jumped back makes the end unknown, so that the token is renewed at the next use.
    pub fn observe(&mut self, now: u64) {
        if now.saturating_add(JUMP_MS) < self.seen_at {
            self.doubted = true;
        }
        self.seen_at = now;
    }

    /// Makes the token due at once: an API refused it.
    pub fn doubt(&mut self) {
        self.doubted = true;
    }

    /// When the token ends, if that is known.
    #[must_use]
    pub fn ends_at(&self) -> Option<u64> {
        self.lasts
            .map(|lasts| self.obtained_at.saturating_add(lasts))
    }

    /// Whether the token is past its end.
    #[must_use]
    pub fn is_over(&self, now: u64) -> bool {
        self.ends_at().is_some_and(|end| now >= end)
    }

    /// Whether the token should be renewed before it is used.
    ///
    /// A long token is due `leeway` before its end. A short one only in its second half or its last five seconds:
    /// with a leeway longer than the token's life every use would renew it.
    #[must_use]
    pub fn is_due(&self, now: u64, leeway_s: u64) -> bool {
        self.doubted || self.due_at(leeway_s).is_some_and(|due| now >= due)
    }

    /// When a timer should renew the token, if one should.
    #[must_use]
    pub fn renew_at(&self, leeway_s: u64) -> Option<u64> {
        let least = TIMER_LEAST_MS.max(leeway_s * 1_000);
        self.lasts
            .filter(|lasts| *lasts > least)
            .and_then(|_| self.due_at(leeway_s))
    }

    /// Whether half of the token's life is over.
    #[must_use]
    pub fn is_half_over(&self, now: u64) -> bool {
        let half = self.lasts.map_or(UNKNOWN_HALF_MS, |lasts| lasts / 2);
        now < self.obtained_at || now - self.obtained_at >= half
    }

    fn due_at(&self, leeway_s: u64) -> Option<u64> {
        let lasts = self.lasts?;
        let margin = (leeway_s * 1_000).min(SHORT_MS.max(lasts / 2));
        Some(
            self.obtained_at
                .saturating_add(lasts.saturating_sub(margin)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000_000;

    #[test]
    fn r_076_an_absent_end_is_never_due_and_never_over() {
        let life = Lifetime::new(NOW, None);
        assert!(!life.is_due(NOW + 1_000_000_000, 60) && !life.is_over(u64::MAX));
        assert_eq!(life.renew_at(60), None);
    }

    #[test]
    fn r_076_a_huge_end_neither_overflows_nor_fires() {
        for seconds in [100_000_000, u64::MAX] {
            let life = Lifetime::new(NOW, Some(seconds));
            assert!(!life.is_due(NOW + 60_000, 60));
            assert!(life.renew_at(60).is_some_and(|at| at > NOW + 1_000_000_000));
        }
    }

    #[test]
    fn a_long_token_is_due_one_leeway_before_its_end() {
        let life = Lifetime::new(NOW, Some(3_600));
        assert!(!life.is_due(NOW + 3_539_999, 60));
        assert!(life.is_due(NOW + 3_540_000, 60));
        assert!(!life.is_over(NOW + 3_599_999) && life.is_over(NOW + 3_600_000));
    }

    #[test]
    fn r_128_a_token_shorter_than_the_leeway_is_used_for_half_its_life() {
        let life = Lifetime::new(NOW, Some(30));
        assert!(!life.is_due(NOW + 14_999, 60) && life.is_due(NOW + 15_000, 60));
    }

    #[test]
    fn o_89_a_token_that_ends_in_two_seconds_is_due_and_starts_no_timer() {
        let life = Lifetime::new(NOW, Some(2));
        assert!(life.is_due(NOW, 60));
        assert_eq!(life.renew_at(60), None);
    }

    #[test]
    fn a_clock_that_jumps_back_makes_the_token_due() {
        let mut life = Lifetime::new(NOW, Some(3_600));
        life.observe(NOW + 600_000);
        life.observe(NOW + 599_000);
        assert!(!life.is_due(NOW + 599_000, 60), "a second back is noise");
        life.observe(NOW);
        assert!(life.is_due(NOW, 60));
    }
}
