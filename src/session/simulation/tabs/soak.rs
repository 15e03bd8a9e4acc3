//! Histories that nobody has seen yet, for a given time: what `npm run soak` runs.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::steps;
use super::world::World;
use crate::session::guards::Guard;

/// How often it is told how far it got.
const EVERY: Duration = Duration::from_mins(1);

#[derive(Default)]
struct Done {
    seeds: u64,
    steps: usize,
}

/// The seed of a history that broke a rule, and the rule.
type Broken = (u64, String);

#[test]
#[ignore = "takes as long as one likes: npm run soak -- <minutes>"]
fn new_histories_keep_the_rules() {
    let minutes = std::env::var("KEYWARD_MINUTES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1.0);
    // Short enough to be copied.
    let first = RandomState::new().build_hasher().finish() >> 24;
    if let Err((seed, what)) = soak(first, Duration::from_secs_f64(minutes * 60.0), None) {
        panic!(
            "seed {seed}: {what}\nIt is played again, step by step, by:\nKEYWARD_SEED={seed} cargo test --release \
             --package keyward --lib --no-default-features --features ledger every_order_of_events_in_many_tabs -- --nocapture"
        );
    }
}

#[test]
fn a_guard_that_is_missing_is_found_and_its_seed_finds_it_again() {
    let (guard, long) = (Guard::CompareAndSet, Duration::from_secs(60));
    let (seed, what) = soak(1, long, Some(guard)).err().unwrap();
    assert_eq!(
        World::new(seed, Some(guard)).run(steps(seed)).err(),
        Some(what)
    );
    assert!(World::new(seed, None).run(steps(seed)).is_ok());
}

/// Plays the histories from a seed on, on every processor, until the time is over or a rule was broken.
fn soak(first: u64, time: Duration, off: Option<Guard>) -> Result<Done, Broken> {
    let began = Instant::now();
    let next = AtomicU64::new(first);
    let (tell, told) = channel();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            let (tell, next) = (tell.clone(), &next);
            scope.spawn(move || play(next, off, &tell));
        }
        drop(tell);
        let mut done = Done::default();
        let mut due = EVERY;
        for played in told {
            let (seed, outcome) = played;
            if let Err(what) = outcome {
                return Err((seed, what));
            }
            done.seeds += 1;
            done.steps += steps(seed);
            let over = began.elapsed() >= time;
            if over || began.elapsed() >= due {
                due += EVERY;
                done.tell(first, began.elapsed());
            }
            if over {
                break;
            }
        }
        Ok(done)
    })
}

/// Plays one history after the other for as long as somebody listens.
fn play(next: &AtomicU64, off: Option<Guard>, tell: &Sender<(u64, Result<(), String>)>) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        let history = || World::new(seed, off).run(steps(seed)).map(drop);
        let outcome = catch_unwind(history).unwrap_or_else(|_| Err("it panicked".into()));
        if tell.send((seed, outcome)).is_err() {
            return;
        }
    }
}

impl Done {
    fn tell(&self, first: u64, taken: Duration) {
        let (seeds, steps, seconds) = (self.seeds, self.steps, taken.as_secs().max(1));
        let a_minute = seeds * 60 / seconds;
        eprintln!(
            "{seconds} s: {steps} steps, {seeds} seeds from {first} on, {a_minute} seeds a minute"
        );
    }
}
