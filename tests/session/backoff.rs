//! Sending an unspent refresh token again: a few times, later each time, never before the provider's own time.

use keyward::protocol::error::Code;
use keyward::protocol::http::Answer;
use keyward::session::Command;
use serde_json::json;

use crate::driver::{Driver, HOUR, MINUTE, SECOND, START};
use crate::provider::{TOKEN, html_answer, oauth_error, retry_after, text_answer};

fn busy() -> Answer {
    oauth_error(503, "temporarily_unavailable")
}

/// The times between the sendings of `RT~1` while the provider is busy for ever and nobody asks.
fn waits(seed: u64) -> Vec<u64> {
    let mut page = Driver::seeded(seed, json!({}));
    page.sign_in();
    // The timer begins, and only the timer goes on.
    while page.wait_for_refresh(6 * HOUR) {
        page.answer(TOKEN, busy());
    }
    let times: Vec<u64> = page.to(TOKEN).skip(1).map(|sent| sent.at).collect();
    assert!(page.is_signed_in());
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn repeats_are_few_and_each_waits_longer() {
    let waits = waits(0);
    assert_eq!(waits.len(), 3, "one sending and three repeats");
    assert!(waits.is_sorted_by(|a, b| a < b), "{waits:?}");
    assert!(waits[0] >= 500, "{waits:?}");
}

#[test]
fn waits_vary_from_client_to_client() {
    let all: Vec<Vec<u64>> = (0..20).map(waits).collect();
    for nth in 0..3 {
        let mut distinct: Vec<u64> = all.iter().map(|waits| waits[nth]).collect();
        distinct.sort_unstable();
        let spread = distinct[19] - distinct[0];
        assert!(spread * 10 > distinct[0], "wait {nth}: {distinct:?}");
        distinct.dedup();
        assert!(distinct.len() > 10, "wait {nth}: {distinct:?}");
    }
}

#[test]
fn after_the_last_repeat_the_session_lives_and_nothing_is_sent() {
    let mut page = Driver::signed_in();
    while page.wait_for_refresh(6 * HOUR) {
        page.answer(TOKEN, busy());
    }
    assert_eq!(page.last_error(), Some(Code::ReauthenticationNeeded));
    let before = page.count(TOKEN);
    let ticket = page.ask(Command::Refresh);
    page.pass_probe();
    assert_eq!(page.code(ticket), Code::ReauthenticationNeeded);
    assert_eq!(page.count(TOKEN), before);
}

#[test]
fn a_good_answer_gives_all_repeats_back() {
    let mut page = Driver::signed_in();
    for round in 2..6 {
        let ticket = page.start_refresh();
        page.answer(TOKEN, busy());
        assert!(page.wait_for_refresh(MINUTE));
        page.answer(TOKEN, busy());
        assert!(page.wait_for_refresh(MINUTE));
        page.answer(TOKEN, page.tokens(&round.to_string()).without_id_token());
        assert!(page.reply(ticket).is_ok(), "round {round}");
    }
    assert_eq!(page.last_error(), None);
}

#[test]
fn retry_after_in_seconds_holds_for_callers() {
    for (answer, seconds) in [
        (retry_after(html_answer(503), "120"), 120),
        (retry_after(text_answer(429, ""), "120"), 120),
        (retry_after(oauth_error(429, "slow_down"), "120"), 120),
        (
            retry_after(oauth_error(400, "temporarily_unavailable"), "120"),
            120,
        ),
    ] {
        holds(Driver::signed_in(), answer, seconds * SECOND);
    }
}

#[test]
fn retry_after_as_a_date_counts_from_the_answers_own_date() {
    let date = |text: &str| Some(text.to_owned());
    let answer = Answer {
        retry_after: date("Tue, 14 Nov 2023 22:15:20 GMT"),
        // The server's clock is an hour ahead; what counts is the difference.
        date: date("Tue, 14 Nov 2023 22:13:20 GMT"),
        ..html_answer(503)
    };
    holds(Driver::signed_in(), answer, 120 * SECOND);
}

#[test]
fn retry_after_as_a_date_counts_from_the_clock_where_the_date_is_hidden() {
    // START is 14 November 2023, 22:13:20. A page on another origin seldom sees `Date`.
    assert_eq!(START, 1_700_000_000_000);
    let answer = retry_after(html_answer(503), "Tue, 14 Nov 2023 22:15:20 GMT");
    holds(Driver::signed_in(), answer, 120 * SECOND);
}

/// Nothing is sent for so long, and callers are told when to come back; then the next caller sends.
fn holds(mut page: Driver, answer: Answer, wait: u64) {
    let ticket = page.start_refresh();
    page.answer(TOKEN, answer);
    let error = page.error(ticket);
    assert_eq!(error.code, Code::RefreshFailed);
    assert!(error.code.retryable());
    assert_eq!(error.retry_after, Some(wait / SECOND));
    assert!(page.is_signed_in() && page.last_error().is_none());
    for part in 1..=3 {
        page.pass(wait / 4);
        let ticket = page.ask(Command::Refresh);
        page.pass_probe();
        let error = page.error(ticket);
        assert_eq!(error.code, Code::RefreshFailed);
        assert_eq!(
            error.retry_after,
            Some((wait - wait / 4 * part).div_ceil(SECOND))
        );
        assert_eq!(
            page.access_token(),
            "AT~1",
            "the present token is still good"
        );
    }
    assert_eq!(page.sends_of("RT~1"), 1);
    page.pass(wait / 4 + 1);
    let ticket = page.start_refresh();
    assert_eq!(page.sends_of("RT~1"), 2);
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(ticket).is_ok());
}

#[test]
fn retry_after_holds_for_the_timer_as_well() {
    let mut page = Driver::signed_in();
    assert!(page.wait_for_refresh(HOUR));
    let first = page.now;
    page.answer(TOKEN, retry_after(html_answer(503), "900"));
    assert!(page.wait_for_refresh(HOUR));
    assert!(page.now >= first + 900 * SECOND);
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert_eq!(page.access_token(), "AT~2");
}

#[test]
fn a_retry_after_of_a_year_is_cut_to_a_day() {
    let mut page = Driver::signed_in();
    let ticket = page.start_refresh();
    page.answer(TOKEN, retry_after(html_answer(503), "31536000"));
    assert!(
        page.error(ticket)
            .retry_after
            .is_some_and(|seconds| seconds <= 86_400)
    );
}

#[test]
fn a_short_wait_is_sat_out_by_everybody() {
    let mut page = Driver::signed_in();
    let first = page.start_refresh();
    page.answer(TOKEN, busy());
    let second = page.ask(Command::Refresh);
    assert!(page.is_open(first) && page.is_open(second));
    assert_eq!(
        page.count(TOKEN),
        2,
        "the second caller sends nothing before its time"
    );
    assert!(page.wait_for_refresh(MINUTE));
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(first).is_ok() && page.reply(second).is_ok());
}

#[test]
fn a_sign_out_during_the_wait_answers_those_who_wait() {
    let mut page = Driver::signed_in();
    let waiting = page.start_refresh();
    page.answer(TOKEN, busy());
    let out = page.ask(Command::SignOut);
    assert_eq!(page.code(waiting), Code::LoginRequired);
    page.answer(crate::provider::REVOKE, text_answer(200, ""));
    assert!(page.reply(out).is_ok());
    page.pass(HOUR);
    assert_eq!(
        page.count(TOKEN),
        2,
        "nothing is sent for a session that is over"
    );
}
