//! Random orders of everything that can happen to a session, with answers that are lost, late or doubled, against a
//! provider that rotates refresh tokens and detects reuse. Each seed is one history; a failure prints its seed.

mod provider;
#[cfg(feature = "ledger")]
mod tabs;
mod world;

use super::guards::Guard;
use world::World;

/// Histories per run; `KEYWARD_CASES` asks for more.
fn cases() -> u64 {
    std::env::var("KEYWARD_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(6_000)
}

const STEPS: usize = 300;

fn first_violation(cases: u64, off: Option<Guard>) -> Option<(u64, String)> {
    (1..=cases).find_map(|seed| {
        World::new(seed, off)
            .run(STEPS)
            .err()
            .map(|what| (seed, what))
    })
}

#[test]
fn r_141_every_order_of_events_keeps_the_rules() {
    let mut seen = world::Seen::default();
    for seed in 1..=cases() {
        match World::new(seed, None).run(STEPS) {
            Ok(history) => seen.add(&history),
            Err(what) => panic!("seed {seed}: {what}"),
        }
    }
    // A simulation that never gets anywhere would find nothing.
    assert!(seen.is_rich(cases()), "{seen:?}");
}

#[test]
fn each_guard_is_missed_when_it_is_taken_out() {
    for guard in Guard::ALL {
        let found = first_violation(cases(), Some(guard));
        let Some((seed, what)) = found else {
            panic!("without {guard:?} nothing was noticed");
        };
        eprintln!("without {guard:?}: seed {seed}: {what}");
    }
}
