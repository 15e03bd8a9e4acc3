//! How long an access token is used: told, untold, odd, and by clocks that jump.

use keyward::protocol::error::Code;
use keyward::session::effect::SignedOutReason;
use keyward::session::{Command, Event};
use serde_json::{Value, json};

use crate::driver::{Driver, HOUR, MINUTE, SECOND};
use crate::provider::TOKEN;

/// Signed in with a token of this life.
fn lasting(expires_in: Value) -> Driver {
    let mut page = Driver::new();
    page.sign_in_with(|tokens| tokens.body(json!({ "expires_in": expires_in })));
    page
}

/// Signed in for an hour, without a refresh token.
fn without_refresh_token() -> Driver {
    let mut page = Driver::new();
    page.sign_in_with(|tokens| tokens.body(json!({ "refresh_token": null })));
    page
}

#[test]
fn r_076_a_life_that_is_not_told_sets_no_timer_and_the_token_is_used() {
    let mut page = lasting(json!(null));
    assert_eq!((page.expires_at(), page.wake_at), (None, None));
    page.pass(100 * HOUR);
    assert_eq!(page.access_token(), "AT~1");
    assert_eq!(page.count(TOKEN), 1);
}

#[test]
fn r_076_o_26_a_huge_life_fires_no_timer_soon() {
    for huge in [
        json!(100_000_000),
        json!(1e300),
        json!("99999999999999999999999"),
        json!(u64::MAX),
    ] {
        let mut page = lasting(huge.clone());
        page.pass(30 * 24 * HOUR);
        assert_eq!(page.access_token(), "AT~1", "{huge}");
        assert_eq!((page.count(TOKEN), page.probes()), (1, 0), "{huge}");
        assert!(page.expires_at().unwrap() > page.now);
    }
}

#[test]
fn a_life_may_be_a_string_of_digits_or_have_a_fraction() {
    for (told, seconds) in [(json!("300"), 300), (json!(300.9), 300), (json!(3e2), 300)] {
        let page = lasting(told);
        assert_eq!(page.expires_at(), Some(page.now + seconds * SECOND));
    }
}

#[test]
fn r_128_a_life_at_or_below_the_leeway_starts_no_loop() {
    for seconds in [0, 1, 2, 5, 9, 10, 30, 59, 60, 61] {
        let mut page = lasting(json!(seconds));
        let mut rounds = 0;
        // An idle hour, in which nobody uses the token.
        let end = page.now + HOUR;
        while page.wait_for_refresh(end.saturating_sub(page.now)) {
            rounds += 1;
            let tokens = page
                .tokens(&format!("x{rounds}"))
                .body(json!({ "expires_in": seconds }));
            page.answer(TOKEN, tokens.without_id_token());
        }
        assert!(
            rounds <= 1 || seconds > 60,
            "{seconds} s: {rounds} renewals and no use"
        );
        // A call: one renewal at most before it, and the new token is used although it is short.
        page.now = end;
        let before = page.count(TOKEN);
        let call = page.call();
        page.pass_probe();
        if page.is_waiting(TOKEN) {
            page.answer(
                TOKEN,
                page.tokens("y")
                    .body(json!({ "expires_in": seconds }))
                    .without_id_token(),
            );
        }
        assert_eq!(page.api.len(), 1, "{seconds} s: the call leaves");
        page.api_answers(200, None);
        assert!(page.is_delivered(call));
        assert!(page.count(TOKEN) - before <= 1, "{seconds} s");
    }
}

#[test]
fn r_128_two_calls_in_a_row_within_half_a_short_life_share_its_token() {
    let mut page = lasting(json!(40));
    for _ in 0..10 {
        page.pass(1_900);
        let call = page.call();
        page.api_answers(200, None);
        assert!(page.is_delivered(call));
    }
    assert_eq!(page.count(TOKEN), 1);
}

#[test]
fn without_a_refresh_token_the_session_lasts_as_long_as_the_access_token() {
    let mut page = without_refresh_token();
    let told = page.states();
    page.pass(HOUR - 1);
    assert_eq!(page.access_token(), "AT~1");
    page.pass(1);
    assert_eq!(page.reason(), SignedOutReason::Expired);
    assert_eq!(page.states(), told + 1);
    assert_eq!(page.last_error(), Some(Code::RefreshMissing));
    assert!(!page.ends_everywhere());
    let call = page.call();
    assert_eq!(page.code(call), Code::LoginRequired);
    assert_eq!(page.count(TOKEN), 1);
}

#[test]
fn without_a_refresh_token_a_call_after_a_sleep_finds_the_session_over() {
    let mut page = without_refresh_token();
    page.now += 2 * HOUR;
    let call = page.call();
    assert_eq!(page.code(call), Code::LoginRequired);
    assert_eq!(page.reason(), SignedOutReason::Expired);
}

#[test]
fn without_a_refresh_token_a_refresh_is_refused_and_the_session_stays() {
    let mut page = without_refresh_token();
    let ticket = page.ask(Command::Refresh);
    assert_eq!(page.code(ticket), Code::RefreshMissing);
    assert!(page.is_signed_in());
    assert_eq!(page.access_token(), "AT~1");
    // Within the leeway the token is still used: there is no better one.
    page.pass(HOUR - 10 * SECOND);
    assert_eq!(page.access_token(), "AT~1");
}

#[test]
fn without_a_refresh_token_a_life_that_is_not_told_has_no_end() {
    let mut page = Driver::new();
    page.sign_in_with(|tokens| tokens.body(json!({ "refresh_token": null, "expires_in": null })));
    page.pass(1_000 * HOUR);
    assert_eq!(page.access_token(), "AT~1");
}

#[test]
fn a_clock_that_jumps_ahead_makes_the_token_due_at_the_next_use() {
    let mut page = Driver::signed_in();
    page.now += 5 * HOUR;
    let token = page.ask(Command::AccessToken);
    page.pass_probe();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert_eq!(page.token(token), "AT~2");
    assert_eq!(page.expires_at(), Some(page.now + HOUR));
}

#[test]
fn a_clock_that_jumps_back_makes_the_token_due_once() {
    let mut page = Driver::signed_in();
    page.pass(30 * MINUTE);
    assert_eq!(page.access_token(), "AT~1");
    page.now -= 20 * MINUTE;
    // How much of the token's life is left cannot be known any more.
    let token = page.ask(Command::AccessToken);
    page.pass_probe();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert_eq!(page.token(token), "AT~2");
    assert_eq!(page.access_token(), "AT~2");
    assert_eq!(page.count(TOKEN), 2);
}

#[test]
fn a_clock_that_is_set_back_by_a_second_changes_nothing() {
    let mut page = Driver::signed_in();
    page.pass(30 * MINUTE);
    assert_eq!(page.access_token(), "AT~1");
    page.now -= SECOND;
    assert_eq!(page.access_token(), "AT~1");
    assert_eq!((page.count(TOKEN), page.probes()), (1, 0));
}

#[test]
fn a_clock_that_jumps_back_leaves_a_session_without_a_refresh_token_alone() {
    let mut page = without_refresh_token();
    page.now -= 3 * HOUR;
    assert_eq!(page.access_token(), "AT~1");
    page.now += 3 * HOUR;
    assert_eq!(page.access_token(), "AT~1");
    page.pass(HOUR);
    assert_eq!(page.reason(), SignedOutReason::Expired);
}

#[test]
fn a_timer_that_fires_too_early_is_set_again() {
    let mut page = Driver::signed_in();
    let at = page.wake_at;
    for _ in 0..10 {
        page.now += SECOND;
        page.happen(Event::Tick);
        assert_eq!(page.wake_at, at);
    }
    assert_eq!(page.count(TOKEN), 1);
}

#[test]
fn the_end_that_is_shown_follows_each_refresh() {
    let mut page = lasting(json!(600));
    for (round, life) in [(2, json!(60)), (3, json!(null)), (4, json!(1_200))] {
        let ticket = page.start_refresh();
        let tokens = page
            .tokens(&round.to_string())
            .body(json!({ "expires_in": life }));
        page.answer(TOKEN, tokens.without_id_token());
        assert!(page.reply(ticket).is_ok());
        assert_eq!(
            page.expires_at(),
            life.as_u64().map(|life| page.now + life * SECOND)
        );
    }
}
