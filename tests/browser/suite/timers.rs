//! The renewal timer: what the platform's timers cannot count, clocks that jump, and no request before its time.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Timers, pause, shift_clock, signed_in, signed_in_with, until};

/// What a timer of the platform can hold; more fires at once.
const LARGEST: f64 = 2_147_483_647.0;

#[wasm_bindgen_test]
async fn r_076_o_26_a_life_beyond_the_platforms_timers_is_waited_for_in_parts() {
    let timers = Timers::new();
    let (front, provider) = signed_in_with(json!({ "expires_in": 100_000_000 })).await;
    let asked = provider.total();
    for _ in 0..5 {
        let delays = timers.delays();
        assert_eq!(delays.len(), 1, "{delays:?}");
        assert!(delays[0] > 0.0 && delays[0] <= LARGEST, "{delays:?}");
        timers.fire_last();
        pause().await;
    }
    assert_eq!(provider.total(), asked, "no part of the wait renews");
    assert_eq!(front.access_token().await, "AT~1");
}

#[wasm_bindgen_test]
async fn r_076_a_life_that_is_not_told_starts_no_timer() {
    let timers = Timers::new();
    let (_front, _provider) = signed_in_with(json!({ "expires_in": null })).await;
    assert!(timers.delays().is_empty());
}

#[wasm_bindgen_test]
async fn the_timer_renews_when_its_time_has_come_and_is_set_again() {
    let timers = Timers::new();
    let (front, provider) = signed_in().await;
    provider.issues_with("2", "", &json!({ "expires_in": 3_600 }));
    let _later = shift_clock(3_541_000.0);
    timers.fire_last();
    until("the renewal", || front.find_notice("refreshed").is_some()).await;
    assert_eq!(front.access_token().await, "AT~2");
    provider.latest("/token", |seen| {
        assert_eq!(seen.field("refresh_token").as_deref(), Some("RT~1"));
    });
    assert_eq!(timers.delays().len(), 1, "one timer for the next");
}

#[wasm_bindgen_test]
async fn a_timer_that_fires_before_its_time_is_set_again() {
    let timers = Timers::new();
    let (_front, provider) = signed_in().await;
    let asked = provider.total();
    let before = timers.delays()[0];
    for _ in 0..10 {
        timers.fire_last();
        pause().await;
        assert_eq!(timers.delays().len(), 1);
    }
    assert!(timers.delays()[0] <= before);
    assert_eq!(provider.total(), asked);
}

#[wasm_bindgen_test]
async fn after_a_sleep_the_next_call_finds_the_token_over_whatever_the_timer_did() {
    let (front, provider) = signed_in().await;
    provider.issues_with("2", "", &json!({}));
    let _later = shift_clock(7_200_000.0);
    assert_eq!(front.access_token().await, "AT~2");
    assert_eq!(provider.count("/token"), 2);
}

#[wasm_bindgen_test]
async fn a_clock_that_went_back_makes_the_token_due_once() {
    let (front, provider) = signed_in().await;
    provider.issues_with("2", "", &json!({}));
    let _earlier = shift_clock(-600_000.0);
    assert_eq!(front.access_token().await, "AT~2");
    assert_eq!(front.access_token().await, "AT~2");
    assert_eq!(provider.count("/token"), 2);
}
