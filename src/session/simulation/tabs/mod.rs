//! Two to five tabs that share one ledger, lock, channel, mark and provider, each with a clock of its own: frozen,
//! thawed, killed and reloaded between any two steps, with messages late or lost, transactions late, denied or blind,
//! storage cleared, and a provider that ends every grant of a user on reuse and on revocation.
//!
//! `world` is what the tabs share and the dice that move it, `page` what one tab's front does, `shell` how effects are
//! carried out, `rules` what must hold after each step. `soak` goes on with new seeds for as long as one likes.

mod page;
mod rules;
mod shell;
mod soak;
mod world;

use super::cases;
use crate::session::guards::Guard;
use world::{Seen, World};

/// Short histories end in the midst of things, long ones go far.
fn steps(seed: u64) -> usize {
    100 + (seed % 5) as usize * 100
}

/// `KEYWARD_SEED` names a history that is played alone and told step by step.
fn loud_seed() -> Option<u64> {
    std::env::var("KEYWARD_SEED").ok()?.parse().ok()
}

/// One history here costs more than one page's.
fn histories() -> u64 {
    cases() * 2 / 3
}

#[test]
fn every_order_of_events_in_many_tabs_keeps_the_rules() {
    let mut seen = Seen::default();
    if let Some(seed) = loud_seed() {
        World::new(seed, None).run(steps(seed)).unwrap();
        return;
    }
    for seed in 1..=histories() {
        match World::new(seed, None).run(steps(seed)) {
            Ok(history) => seen.add(&history),
            Err(what) => panic!("seed {seed}: {what}"),
        }
    }
    eprintln!(
        "{} steps: {seen:?}",
        (1..=histories()).map(steps).sum::<usize>()
    );
    assert!(seen.is_rich(histories()), "{seen:?}");
}

#[test]
fn each_guard_between_tabs_is_missed_when_it_is_taken_out() {
    for guard in Guard::SHARED {
        let found = (1..=histories()).find_map(|seed| {
            let what = World::new(seed, Some(guard)).run(steps(seed)).err()?;
            Some((seed, what))
        });
        let Some((seed, what)) = found else {
            panic!("without {guard:?} nothing was noticed");
        };
        eprintln!("without {guard:?}: seed {seed}: {what}");
    }
}
