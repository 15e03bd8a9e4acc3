//! When nothing more can be sent: the session lives, its access token is used up, and the app is told what to do. And
//! the ways around it: a declared grace, grants that do not rotate, and the probe that keeps a token from being lost.

use keyward::protocol::error::Code;
use keyward::session::effect::SendKind;
use keyward::session::{Command, NetworkFailure, SignIn};
use serde_json::json;

use crate::driver::{Driver, HOUR, MINUTE, SECOND};
use crate::provider::{DISCOVERY, JWKS, TOKEN, document};

/// Signed in, and the answer to a refresh was lost.
fn barred() -> Driver {
    let mut page = Driver::signed_in();
    let ticket = page.start_refresh();
    page.fail(TOKEN, NetworkFailure::Timeout);
    assert_eq!(page.code(ticket), Code::ReauthenticationNeeded);
    page
}

#[test]
fn calls_go_on_while_the_access_token_lasts_and_then_fail_by_name() {
    let mut page = barred();
    for _ in 0..11 {
        page.pass(5 * MINUTE);
        assert_eq!(page.access_token(), "AT~1");
        let call = page.call();
        page.api_answers(200, None);
        assert!(page.is_delivered(call));
    }
    // The last minute belongs to the leeway; the token is still good.
    page.pass(4 * MINUTE + 30 * SECOND);
    assert_eq!(page.access_token(), "AT~1");
    page.pass(MINUTE);
    for _ in 0..3 {
        let call = page.call();
        assert_eq!(page.code(call), Code::ReauthenticationNeeded);
        let token = page.ask(Command::AccessToken);
        assert_eq!(page.code(token), Code::ReauthenticationNeeded);
    }
    assert!(page.is_signed_in());
    assert_eq!(page.last_error(), Some(Code::ReauthenticationNeeded));
    assert_eq!(page.sends_of("RT~1"), 1);
}

#[test]
fn the_state_says_it_once_and_a_sign_in_takes_it_back() {
    let mut page = barred();
    assert_eq!(page.states(), 2, "signed in, then the error");
    page.pass(HOUR);
    let trip = page.leave(SignIn::default());
    page.sign_in_after(&trip);
    assert_eq!(page.last_error(), None);
    let ticket = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(ticket).is_ok(), "the new grant renews as ever");
}

#[test]
fn a_restore_takes_it_back_too_within_the_same_session() {
    let mut page = barred();
    let session = page.session_id();
    let trip = page.leave_to_restore();
    page.sign_in_after(&trip);
    assert_eq!((page.session_id(), page.last_error()), (session, None));
}

#[test]
fn a_declared_grace_allows_exactly_one_repeat() {
    let mut page = with_grace(30);
    let ticket = page.start_refresh();
    page.pass(10 * SECOND);
    page.fail(TOKEN, NetworkFailure::Timeout);
    page.pass_probe();
    assert_eq!(
        page.sends_of("RT~1"),
        2,
        "once more, while the provider still takes it"
    );
    assert!(page.is_open(ticket));
    page.fail(TOKEN, NetworkFailure::Timeout);
    assert_eq!(page.code(ticket), Code::ReauthenticationNeeded);
    page.pass(2 * HOUR);
    assert_eq!(page.sends_of("RT~1"), 2);
}

#[test]
fn the_repeat_within_the_grace_may_succeed_and_the_next_refresh_has_its_own() {
    let mut page = with_grace(30);
    for round in 2..5 {
        let ticket = page.start_refresh();
        page.fail(TOKEN, NetworkFailure::Unreachable);
        page.pass_probe();
        page.answer(TOKEN, page.tokens(&round.to_string()).without_id_token());
        assert!(page.reply(ticket).is_ok(), "round {round}");
    }
    assert_eq!(page.sends_of("RT~1"), 2);
    assert_eq!(page.sends_of("RT~2"), 2);
}

#[test]
fn past_the_grace_less_a_second_nothing_is_repeated() {
    for (grace, passed, sends) in [
        (30, 28 * SECOND, 2),
        (30, 29 * SECOND, 1),
        (30, HOUR, 1),
        (1, 0, 1),
        (0, 0, 1),
    ] {
        let mut page = with_grace(grace);
        let ticket = page.start_refresh();
        // The machine may sleep through every deadline.
        page.now += passed;
        page.fail(TOKEN, NetworkFailure::Timeout);
        page.pass_probe();
        assert_eq!(page.sends_of("RT~1"), sends, "{grace} s, after {passed} ms");
        if sends == 2 {
            page.fail(TOKEN, NetworkFailure::Timeout);
        }
        assert_eq!(page.code(ticket), Code::ReauthenticationNeeded);
    }
}

#[test]
fn a_clock_that_went_back_does_not_prove_that_the_grace_still_runs() {
    let mut page = with_grace(30);
    let ticket = page.start_refresh();
    page.now -= HOUR;
    page.fail(TOKEN, NetworkFailure::Timeout);
    assert_eq!(page.code(ticket), Code::ReauthenticationNeeded);
    assert_eq!(page.sends_of("RT~1"), 1);
}

#[test]
fn a_grant_that_does_not_rotate_may_repeat_a_few_times() {
    let mut page = Driver::signed_in();
    let first = page.start_refresh();
    page.answer(
        TOKEN,
        page.tokens("2")
            .body(json!({ "refresh_token": null }))
            .without_id_token(),
    );
    assert!(page.reply(first).is_ok());
    let second = page.start_refresh();
    page.fail(TOKEN, NetworkFailure::Timeout);
    assert!(
        page.wait_for_refresh(MINUTE),
        "the same token may be sent again"
    );
    page.answer(
        TOKEN,
        page.tokens("3")
            .body(json!({ "refresh_token": null }))
            .without_id_token(),
    );
    assert!(page.reply(second).is_ok());
    assert_eq!(page.access_token(), "AT~3");
    // But not for ever.
    let before = page.count(TOKEN);
    let third = page.ask(Command::Refresh);
    page.pass_probe();
    while page.is_waiting(TOKEN) {
        page.fail(TOKEN, NetworkFailure::Unreachable);
        page.wait_for_refresh(HOUR);
    }
    let _ = page.error(third);
    assert!(page.count(TOKEN) - before <= 4);
    assert!(page.is_signed_in());
}

#[test]
fn a_grant_that_ever_rotated_does_not_repeat() {
    let mut page = Driver::signed_in();
    for answer in [
        page.tokens("2"),
        page.tokens("3").body(json!({ "refresh_token": null })),
    ] {
        let ticket = page.start_refresh();
        page.answer(TOKEN, answer.without_id_token());
        assert!(page.reply(ticket).is_ok());
    }
    let ticket = page.start_refresh();
    page.fail(TOKEN, NetworkFailure::Timeout);
    assert_eq!(page.code(ticket), Code::ReauthenticationNeeded);
    page.pass(2 * HOUR);
    assert_eq!(
        page.sends_of("RT~2"),
        2,
        "one good refresh, one lost, no third"
    );
}

#[test]
fn the_same_refresh_token_handed_out_again_is_no_rotation() {
    let mut page = Driver::signed_in();
    let first = page.start_refresh();
    page.answer(
        TOKEN,
        page.tokens("2")
            .body(json!({ "refresh_token": "RT~1" }))
            .without_id_token(),
    );
    assert!(page.reply(first).is_ok());
    let second = page.start_refresh();
    page.fail(TOKEN, NetworkFailure::Timeout);
    assert!(page.wait_for_refresh(MINUTE));
    page.answer(
        TOKEN,
        page.tokens("3")
            .body(json!({ "refresh_token": "RT~1" }))
            .without_id_token(),
    );
    assert!(page.reply(second).is_ok());
}

#[test]
fn o_57_in_doubt_a_request_that_may_be_lost_goes_first() {
    let mut page = Driver::signed_in();
    let woken = page.ask(Command::Wake);
    assert!(page.reply(woken).is_ok());
    let ticket = page.ask(Command::Refresh);
    assert!(
        !page.is_waiting(TOKEN),
        "nothing that can be lost is sent yet"
    );
    let probe = page.sent.last().unwrap();
    assert_eq!(probe.kind, SendKind::Probe);
    assert!(probe.request.url.ends_with(DISCOVERY) && probe.request.body.is_none());
    page.pass_probe();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(ticket).is_ok());
    // The doubt is over.
    let ticket = page.ask(Command::Refresh);
    assert_eq!(page.probes(), 1);
    page.answer(TOKEN, page.tokens("3").without_id_token());
    assert!(page.reply(ticket).is_ok());
}

#[test]
fn o_57_with_static_metadata_the_keys_are_asked_for() {
    let mut page = Driver::with(json!({ "metadata": document(&json!({})) }));
    page.sign_in();
    let woken = page.ask(Command::Wake);
    assert!(page.reply(woken).is_ok());
    let ticket = page.ask(Command::Refresh);
    assert!(page.sent.last().unwrap().request.url.ends_with(JWKS));
    page.pass_probe();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(ticket).is_ok());
}

#[test]
fn o_57_offline_nothing_is_sent_the_session_stays_and_the_next_call_tries_again() {
    let mut page = Driver::signed_in();
    let told = page.states();
    page.now += 2 * HOUR;
    for attempt in 1..=3 {
        let ticket = page.ask(Command::AccessToken);
        let probe = page.open_probe().expect("a probe");
        page.answer_call(probe, Err(NetworkFailure::Unreachable));
        let error = page.error(ticket);
        assert_eq!(error.code, Code::Offline);
        assert!(error.code.retryable());
        assert_eq!(page.probes(), attempt);
    }
    assert_eq!(page.sends_of("RT~1"), 0);
    assert_eq!((page.states(), page.last_error()), (told, None));
    let ticket = page.ask(Command::AccessToken);
    page.pass_probe();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert_eq!(page.token(ticket), "AT~2");
}

#[test]
fn o_57_offline_a_token_that_lasts_is_used() {
    let mut page = Driver::signed_in();
    // Due, but not over.
    page.now += HOUR - 30 * SECOND;
    let ticket = page.ask(Command::AccessToken);
    let probe = page.open_probe().unwrap();
    page.answer_call(probe, Err(NetworkFailure::Timeout));
    assert_eq!(page.token(ticket), "AT~1");
}

#[test]
fn o_57_a_request_that_failed_and_a_long_silence_are_doubt() {
    let mut page = Driver::signed_in();
    let info = page.ask(Command::UserInfo);
    page.fail(crate::provider::USERINFO, NetworkFailure::Unreachable);
    assert!(page.reply(info).is_err());
    let ticket = page.ask(Command::Refresh);
    assert!(page.open_probe().is_some());
    page.pass_probe();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(ticket).is_ok());
    page.now += 10 * MINUTE;
    let ticket = page.ask(Command::Refresh);
    assert!(page.open_probe().is_some());
    page.pass_probe();
    page.answer(TOKEN, page.tokens("3").without_id_token());
    assert!(page.reply(ticket).is_ok());
}

#[test]
fn o_57_the_timer_waits_longer_after_each_failed_probe() {
    let mut page = Driver::signed_in();
    let mut times = Vec::new();
    while times.len() < 8 {
        let at = page.wake_at.expect("the timer goes on");
        page.pass(at.saturating_sub(page.now));
        if let Some(probe) = page.open_probe() {
            times.push(page.now);
            page.answer_call(probe, Err(NetworkFailure::Unreachable));
        }
    }
    let waits: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits.is_sorted_by(|a, b| a < b), "{waits:?}");
    assert_eq!(page.sends_of("RT~1"), 0);
    assert!(page.is_signed_in());
}

fn with_grace(seconds: u64) -> Driver {
    let mut page = Driver::with(json!({ "rotationGrace": seconds }));
    page.sign_in();
    page
}
