//! One refresh for everybody who waits, and one refresh token after the other.

use std::collections::BTreeSet;

use keyward::session::Command;
use serde_json::json;

use crate::driver::{Driver, HOUR, MINUTE, SECOND};
use crate::provider::{TOKEN, USERINFO, json_answer};

/// Signed in, with an access token that is over.
fn expired() -> Driver {
    let mut page = Driver::signed_in();
    page.now += 2 * HOUR;
    page
}

#[test]
fn r_141_o_52_a_thousand_callers_share_one_request_and_one_token() {
    let mut page = expired();
    let tickets: Vec<_> = (0..1_000).map(|_| page.ask(Command::AccessToken)).collect();
    assert_eq!(page.probes(), 1);
    page.pass_probe();
    let more: Vec<_> = (0..1_000).map(|_| page.call()).collect();
    assert_eq!(page.sends_of("RT~1"), 1);
    page.answer(TOKEN, page.tokens("2").answer());
    let last = page.ask(Command::AccessToken);
    assert!(page.is_open(last), "the signature is still being checked");
    page.judge_signatures();
    for ticket in tickets.into_iter().chain([last]) {
        assert_eq!(page.token(ticket), "AT~2");
    }
    assert_eq!(page.api.len(), 1_000);
    assert!(page.api.iter().all(|call| call.token == "AT~2"));
    for _ in &more {
        page.api_answers(200, None);
    }
    assert!(more.into_iter().all(|ticket| page.is_delivered(ticket)));
    assert_eq!(page.count(TOKEN), 2);
}

#[test]
fn o_52_every_kind_of_need_joins_the_same_flight() {
    let mut page = expired();
    let refresh = page.ask(Command::Refresh);
    let token = page.ask(Command::AccessToken);
    let info = page.ask(Command::UserInfo);
    let call = page.call();
    page.pass_probe();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(refresh).is_ok());
    assert_eq!(page.token(token), "AT~2");
    page.api_answers(200, None);
    assert!(page.is_delivered(call));
    page.answer(USERINFO, json_answer(200, &json!({ "sub": "alice" })));
    assert!(page.reply(info).is_ok());
    assert_eq!(page.sends_of("RT~1"), 1);
}

#[test]
fn one_who_asks_for_a_refresh_joins_the_one_under_way() {
    let mut page = Driver::signed_in();
    let first = page.start_refresh();
    let second = page.ask(Command::Refresh);
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(first).is_ok() && page.reply(second).is_ok());
    assert_eq!(page.count(TOKEN), 2);
    assert!(!page.is_waiting(TOKEN));
}

#[test]
fn while_the_token_is_good_nobody_waits_for_the_refresh_of_another() {
    let mut page = Driver::signed_in();
    let refresh = page.start_refresh();
    assert_eq!(page.access_token(), "AT~1");
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(refresh).is_ok());
}

#[test]
fn one_who_gave_up_does_not_stop_the_others() {
    let mut page = expired();
    let patient = page.ask(Command::AccessToken);
    let hasty = page.call();
    page.pass_probe();
    page.cancel(hasty);
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert_eq!(page.token(patient), "AT~2");
    assert!(page.api.is_empty(), "nobody waits for that call");
}

#[test]
fn all_who_waited_gave_up_and_the_answer_is_kept_all_the_same() {
    let mut page = expired();
    let only = page.call();
    page.pass_probe();
    page.cancel(only);
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert_eq!(page.access_token(), "AT~2");
    assert_eq!(page.sends_of("RT~1"), 1);
}

#[test]
fn r_141_o_55_a_hundred_rotations_send_each_refresh_token_once() {
    let mut page = Driver::signed_in();
    for round in 2..102 {
        assert!(page.wait_for_refresh(2 * HOUR), "the timer renews");
        page.answer(TOKEN, page.tokens(&round.to_string()).answer());
        page.judge_signatures();
    }
    let sent: Vec<String> = page
        .to(TOKEN)
        .filter_map(|sent| crate::driver::field_of(&sent.request, "refresh_token"))
        .collect();
    assert_eq!(sent.len(), 100);
    assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), 100);
    assert_eq!(page.access_token(), "AT~101");
}

#[test]
fn the_timer_renews_a_leeway_before_the_end() {
    let mut page = Driver::signed_in();
    let begin = page.now;
    assert!(page.wait_for_refresh(2 * HOUR));
    assert_eq!(page.now, begin + HOUR - MINUTE);
    page.answer(TOKEN, page.tokens("2").without_id_token());
}

#[test]
fn o_89_a_token_about_to_end_is_renewed_before_the_call_and_once() {
    let mut page = Driver::signed_in();
    page.now += HOUR - 2 * SECOND;
    let calls = [page.call(), page.call(), page.call()];
    page.pass_probe();
    assert!(
        page.api.is_empty(),
        "no call leaves with a token that is about to end"
    );
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert_eq!(page.sends_of("RT~1"), 1);
    assert!(page.api.iter().all(|call| call.token == "AT~2"));
    for _ in calls {
        page.api_answers(200, None);
    }
}
