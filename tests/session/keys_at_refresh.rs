//! Keys that cannot be fetched at a refresh are no failed check: the new refresh token is kept, the key fetch is
//! repeated, the refresh never.

use keyward::protocol::error::Code;
use keyward::session::{Command, NetworkFailure, SignIn};
use serde_json::json;

use crate::driver::{Driver, HOUR, MINUTE, SECOND};
use crate::provider::{JWKS, REVOKE, TOKEN, html_answer, jwks, text_answer};

/// A refresh brought good tokens named `2`, signed by `k2`, and the keys with `k2` cannot be had.
fn without_keys() -> (Driver, u32) {
    let mut page = Driver::signed_in();
    let ticket = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").signed_by("k2").answer());
    page.answer(JWKS, text_answer(503, ""));
    (page, ticket)
}

/// Lets time pass until the keys are asked for.
fn next_key_request(page: &mut Driver) -> u64 {
    let begin = page.now;
    while !page.is_waiting(JWKS) {
        let at = page.wake_at.expect("the key fetch is retried");
        page.pass(at.saturating_sub(page.now));
    }
    page.now - begin
}

#[test]
fn the_session_lives_and_the_present_token_is_used_meanwhile() {
    let (mut page, ticket) = without_keys();
    let error = page.error(ticket);
    assert_eq!(error.code, Code::JwksUnavailable);
    assert!(error.code.retryable());
    assert!(page.is_signed_in() && page.last_error().is_none());
    assert_eq!(
        page.access_token(),
        "AT~1",
        "not the one that is not proved"
    );
    assert!(!page.ends_everywhere());
}

#[test]
fn the_key_fetch_is_retried_with_growing_waits_and_the_refresh_never() {
    let (mut page, ticket) = without_keys();
    let _ = page.error(ticket);
    let mut waits = Vec::new();
    for round in 0..6 {
        waits.push(next_key_request(&mut page));
        match round % 2 {
            0 => page.fail(JWKS, NetworkFailure::Unreachable),
            _ => page.answer(JWKS, html_answer(502)),
        }
    }
    assert!(waits.is_sorted_by(|a, b| a < b), "{waits:?}");
    assert_eq!(page.count(TOKEN), 2);
    next_key_request(&mut page);
    page.answer(JWKS, jwks(&["k1", "k2"]));
    page.judge_signatures();
    assert_eq!(page.access_token(), "AT~2");
    assert_eq!(page.count(TOKEN), 2, "the refresh was sent once");
}

#[test]
fn r_140_the_new_refresh_token_was_kept() {
    let (mut page, ticket) = without_keys();
    let _ = page.error(ticket);
    next_key_request(&mut page);
    page.answer(JWKS, jwks(&["k2"]));
    page.judge_signatures();
    let next = page.start_refresh();
    assert_eq!(page.field(TOKEN, "refresh_token").as_deref(), Some("RT~2"));
    page.answer(TOKEN, page.tokens("3").without_id_token());
    assert!(page.reply(next).is_ok());
    assert_eq!(page.sends_of("RT~1"), 1);
}

#[test]
fn a_caller_who_needs_the_new_token_makes_the_keys_be_asked_for() {
    let (mut page, ticket) = without_keys();
    let _ = page.error(ticket);
    let again = page.ask(Command::Refresh);
    assert!(page.is_waiting(JWKS) && page.is_open(again));
    page.answer(JWKS, jwks(&["k2"]));
    page.judge_signatures();
    assert!(page.reply(again).is_ok());
    assert_eq!(page.count(TOKEN), 2);
}

#[test]
fn once_the_present_token_is_over_callers_are_told_why() {
    let (mut page, ticket) = without_keys();
    let _ = page.error(ticket);
    page.now += 2 * HOUR;
    let call = page.call();
    page.answer(JWKS, text_answer(503, ""));
    assert_eq!(page.code(call), Code::JwksUnavailable);
    assert!(page.is_signed_in());
    assert_eq!(page.count(TOKEN), 2);
}

#[test]
fn r_143_keys_that_come_late_may_still_refuse_the_token() {
    let mut page = Driver::signed_in();
    let ticket = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").signed_by("k2").spoilt().answer());
    page.fail(JWKS, NetworkFailure::Timeout);
    let _ = page.error(ticket);
    next_key_request(&mut page);
    page.answer(JWKS, jwks(&["k2"]));
    page.judge_signatures();
    assert!(!page.is_signed_in() && page.ends_everywhere());
}

#[test]
fn r_076_the_time_the_keys_took_does_not_lengthen_the_tokens_life() {
    let mut page = Driver::signed_in();
    let ticket = page.start_refresh();
    let answered_at = page.now;
    page.answer(
        TOKEN,
        page.tokens("2")
            .signed_by("k2")
            .body(json!({ "expires_in": 300 }))
            .answer(),
    );
    page.answer(JWKS, text_answer(503, ""));
    let _ = page.error(ticket);
    page.now += 4 * MINUTE;
    page.happen(keyward::session::Event::Tick);
    page.answer(JWKS, jwks(&["k2"]));
    page.judge_signatures();
    let end = page.expires_at().unwrap();
    assert!(
        end <= answered_at + 300 * SECOND,
        "{} s too long",
        (end - answered_at) / SECOND - 300
    );
}

#[test]
fn r_076_nor_does_it_at_a_sign_in() {
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    let answered_at = page.now;
    page.answer(
        TOKEN,
        page.tokens("1").body(json!({ "expires_in": 300 })).answer(),
    );
    // The machine slept while the keys were on their way.
    page.now += 4 * MINUTE;
    page.answer(JWKS, jwks(&["k1"]));
    page.judge_signatures();
    assert!(page.reply(ticket).is_ok());
    assert!(page.expires_at().unwrap() <= answered_at + 300 * SECOND);
}

#[test]
fn r_112_callers_do_not_ask_for_keys_past_the_limit() {
    let mut page = Driver::new();
    // Unknown key ids used up what may be asked because of them.
    for number in 0..4 {
        let trip = page.leave(SignIn::default());
        let ticket = page.come_back(&trip);
        page.answer_keys();
        page.answer(
            TOKEN,
            page.tokens("0")
                .signed_by(&format!("random{number}"))
                .answer(),
        );
        page.answer_keys();
        let _ = page.error(ticket);
    }
    page.sign_in();
    let ticket = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").signed_by("random").answer());
    page.answer_keys();
    let _ = page.error(ticket);
    let before = page.count(JWKS);
    for _ in 0..100 {
        let ticket = page.ask(Command::Refresh);
        page.answer_keys();
        let _ = page.error(ticket);
        page.pass(100);
        page.answer_keys();
        if !page.is_signed_in() {
            break;
        }
    }
    assert!(
        page.count(JWKS) - before <= 10,
        "{} requests",
        page.count(JWKS) - before
    );
}

#[test]
fn o_58_a_sign_out_meanwhile_revokes_the_new_token_and_no_key_brings_it_back() {
    let (mut page, ticket) = without_keys();
    let _ = page.error(ticket);
    next_key_request(&mut page);
    let out = page.ask(Command::SignOut);
    assert_eq!(page.field(REVOKE, "token").as_deref(), Some("RT~2"));
    page.answer(REVOKE, text_answer(200, ""));
    assert!(page.reply(out).is_ok());
    page.answer(JWKS, jwks(&["k1", "k2"]));
    page.judge_signatures();
    assert!(!page.is_signed_in());
    let sent = page.sent.len();
    page.pass(2 * HOUR);
    assert_eq!(page.sent.len(), sent, "no timer sends anything any more");
}
