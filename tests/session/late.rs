//! Answers that come late, twice, or for a session that is over.

use keyward::protocol::error::Code;
use keyward::session::effect::SignedOutReason;
use keyward::session::{Command, Event, NetworkFailure, SignIn};
use serde_json::json;

use crate::driver::{Driver, HOUR};
use crate::provider::{JWKS, REVOKE, TOKEN, USERINFO, json_answer, jwks, oauth_error, text_answer};

/// A refresh is on its way; its good answer would bring tokens named `late`.
struct OnItsWay {
    page: Driver,
    call: u32,
    answer: keyward::protocol::http::Answer,
}

fn refresh_on_its_way() -> OnItsWay {
    let mut page = Driver::signed_in();
    page.now += 2 * HOUR;
    let waiting = page.ask(Command::AccessToken);
    page.pass_probe();
    let (call, answer) = (page.open_call(TOKEN), page.tokens("late").answer());
    page.cancel(waiting);
    OnItsWay { page, call, answer }
}

#[test]
fn r_134_o_58_after_a_sign_out_the_answer_is_thrown_away_and_its_token_revoked() {
    let OnItsWay {
        mut page,
        call,
        answer,
    } = refresh_on_its_way();
    let out = page.ask(Command::SignOut);
    page.answer(REVOKE, text_answer(200, ""));
    assert!(page.reply(out).is_ok());
    page.answer_call(call, Ok(answer));
    page.judge_signatures();
    assert!(!page.is_signed_in());
    assert_eq!(page.field(REVOKE, "token").as_deref(), Some("RT~late"));
    page.answer(REVOKE, text_answer(200, ""));
    let token = page.ask(Command::AccessToken);
    assert_eq!(page.code(token), Code::LoginRequired);
    let sent = page.sent.len();
    page.pass(2 * HOUR);
    assert_eq!(page.sent.len(), sent, "no timer sends anything any more");
}

#[test]
fn r_134_o_58_a_bad_late_answer_changes_nothing_either() {
    for outcome in [
        Ok(oauth_error(400, "invalid_grant")),
        Ok(oauth_error(503, "temporarily_unavailable")),
        Ok(text_answer(500, "")),
        Err(NetworkFailure::Timeout),
    ] {
        let OnItsWay { mut page, call, .. } = refresh_on_its_way();
        let out = page.ask(Command::SignOut);
        page.answer(REVOKE, text_answer(200, ""));
        assert!(page.reply(out).is_ok());
        let (told, sent) = (page.notices.len(), page.sent.len());
        page.answer_call(call, outcome);
        assert_eq!(page.reason(), SignedOutReason::SignedOut);
        page.pass(HOUR);
        assert_eq!((page.notices.len(), page.sent.len()), (told, sent));
    }
}

#[test]
fn r_134_after_another_tabs_sign_out_it_is_dropped_and_not_revoked() {
    let OnItsWay {
        mut page,
        call,
        answer,
    } = refresh_on_its_way();
    let dropped = page.ask(Command::Drop { revoke: false });
    assert!(page.reply(dropped).is_ok());
    page.answer_call(call, Ok(answer));
    page.judge_signatures();
    assert!(!page.is_signed_in());
    assert_eq!(page.count(REVOKE), 0);
}

#[test]
fn r_134_a_late_answer_of_an_older_grant_does_not_touch_the_new_session() {
    for outcome in [
        None,
        Some(oauth_error(400, "invalid_grant")),
        Some(text_answer(500, "")),
    ] {
        let OnItsWay {
            mut page,
            call,
            answer,
        } = refresh_on_its_way();
        let trip = page.leave(SignIn::default());
        let ticket = page.come_back(&trip);
        let exchange = page.to(TOKEN).last().unwrap().call;
        page.answer_call(exchange, Ok(page.tokens("new").answer()));
        page.judge_signatures();
        assert!(page.reply(ticket).is_ok());
        let session = page.session_id();
        page.answer_call(call, Ok(outcome.unwrap_or(answer)));
        page.judge_signatures();
        assert_eq!(page.session_id(), session);
        assert_eq!(page.access_token(), "AT~new");
        assert_eq!(page.count(REVOKE), 0, "the same user's session lives");
        let next = page.ask(Command::Refresh);
        page.pass_probe();
        assert_eq!(
            page.field(TOKEN, "refresh_token").as_deref(),
            Some("RT~new")
        );
        let refreshing = page.to(TOKEN).last().unwrap().call;
        page.answer_call(refreshing, Ok(page.tokens("newer").without_id_token()));
        assert!(page.reply(next).is_ok());
    }
}

#[test]
fn r_134_a_signature_judged_after_the_sign_out_brings_nothing_back() {
    let mut page = Driver::signed_in();
    let refresh = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").answer());
    let out = page.ask(Command::SignOut);
    assert_eq!(page.code(refresh), Code::LoginRequired);
    assert_eq!(
        page.field(REVOKE, "token").as_deref(),
        Some("RT~2"),
        "the newest one"
    );
    page.answer(REVOKE, text_answer(200, ""));
    assert!(page.reply(out).is_ok());
    page.judge_signatures();
    assert!(!page.is_signed_in());
}

#[test]
fn o_57_a_probe_of_an_ended_session_sends_nothing_for_the_next() {
    let mut page = Driver::signed_in();
    page.now += 2 * HOUR;
    let waiting = page.ask(Command::AccessToken);
    let probe = page.open_probe().unwrap();
    let dropped = page.ask(Command::Drop { revoke: false });
    assert!(page.reply(dropped).is_ok());
    assert_eq!(page.code(waiting), Code::LoginRequired);
    let trip = page.leave(SignIn::default());
    page.sign_in_after(&trip);
    let before = page.count(TOKEN);
    page.answer_call(probe, Ok(text_answer(200, "")));
    assert_eq!(page.count(TOKEN), before);
}

/// Bob signs in, in the same vault, while something of Alice's session is still on its way.
fn bob_signs_in(page: &mut Driver) {
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    let exchange = page.to(TOKEN).last().unwrap().call;
    let tokens = page.tokens("bob").claims(json!({ "sub": "bob" }));
    page.answer_call(exchange, Ok(tokens.answer()));
    // His signature is the latest; hers may still wait.
    let newest = page.signatures.pop().unwrap();
    page.happen(Event::Verified {
        call: newest.call,
        valid: Some(true),
    });
    assert!(page.reply(ticket).is_ok());
}

#[test]
fn r_134_a_late_answer_is_not_taken_for_the_refresh_of_the_next_session() {
    for outcome in [
        None,
        Some(oauth_error(400, "invalid_grant")),
        Some(text_answer(500, "")),
    ] {
        let OnItsWay {
            mut page,
            call,
            answer,
        } = refresh_on_its_way();
        bob_signs_in(&mut page);
        let refresh = page.ask(Command::Refresh);
        page.pass_probe();
        let bobs = page.to(TOKEN).last().unwrap().call;
        page.answer_call(call, Ok(outcome.unwrap_or(answer)));
        page.judge_signatures();
        assert!(page.is_open(refresh), "his own answer is still on its way");
        assert_eq!(page.access_token(), "AT~bob");
        page.answer_call(bobs, Ok(page.tokens("bob2").without_id_token()));
        assert!(page.reply(refresh).is_ok());
        assert_eq!(page.access_token(), "AT~bob2");
    }
}

#[test]
fn r_134_a_signature_judged_after_another_user_signed_in_is_thrown_away() {
    let mut page = Driver::signed_in();
    let refresh = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").answer());
    bob_signs_in(&mut page);
    assert_eq!(page.code(refresh), Code::SessionChanged);
    assert_eq!(page.signatures.len(), 1, "hers");
    page.judge_signatures();
    assert_eq!(page.access_token(), "AT~bob");
    assert_eq!(page.user().unwrap()["sub"], "bob");
}

#[test]
fn r_141_a_late_probe_does_not_send_for_the_attempt_of_the_next_session() {
    let mut page = Driver::signed_in();
    page.now += 2 * HOUR;
    let waiting = page.ask(Command::AccessToken);
    let hers = page.open_probe().unwrap();
    bob_signs_in(&mut page);
    assert_eq!(page.code(waiting), Code::SessionChanged);
    let woken = page.ask(Command::Wake);
    assert!(page.reply(woken).is_ok());
    let refresh = page.ask(Command::Refresh);
    let his = page.sent.last().unwrap().call;
    assert_eq!(page.probes(), 2);
    page.answer_call(hers, Ok(text_answer(200, "")));
    assert_eq!(
        page.sends_of("RT~bob"),
        0,
        "his own probe is still on its way"
    );
    page.answer_call(his, Ok(text_answer(200, "")));
    assert_eq!(page.sends_of("RT~bob"), 1);
    page.answer(TOKEN, page.tokens("bob2").without_id_token());
    assert!(page.reply(refresh).is_ok());
}

#[test]
fn an_answer_that_comes_twice_counts_once() {
    let mut page = Driver::signed_in();
    let refresh = page.start_refresh();
    let call = page.open_call(TOKEN);
    let answer = page.tokens("2").without_id_token();
    page.answer_call(call, Ok(answer.clone()));
    assert!(page.reply(refresh).is_ok());
    let next = page.start_refresh();
    page.answer_call(call, Ok(answer));
    page.answer_call(call, Err(NetworkFailure::Timeout));
    assert!(page.is_open(next));
    page.answer(TOKEN, page.tokens("3").without_id_token());
    assert!(page.reply(next).is_ok());
    assert_eq!(page.access_token(), "AT~3");
}

#[test]
fn o_58_a_sign_out_during_the_exchange_throws_its_tokens_away_and_revokes_them() {
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    let answer = page.tokens("1").answer();
    let out = page.ask(Command::SignOut);
    assert_eq!(page.code(ticket), Code::LoginRequired);
    assert!(page.reply(out).is_ok());
    page.answer(TOKEN, answer);
    page.answer(JWKS, jwks(&["k1"]));
    page.judge_signatures();
    assert!(!page.is_signed_in());
    assert_eq!(page.field(REVOKE, "token").as_deref(), Some("RT~1"));
    page.answer(REVOKE, text_answer(200, ""));
}

#[test]
fn a_late_answer_of_an_exchange_that_was_given_up_does_not_touch_the_next() {
    for outcome in [
        None,
        Some(oauth_error(400, "invalid_grant")),
        Some(text_answer(500, "")),
    ] {
        let mut page = Driver::new();
        let first = page.leave(SignIn::default());
        let given_up = page.come_back(&first);
        let call = page.open_call(TOKEN);
        let answer = page.tokens("first").answer();
        let out = page.ask(Command::SignOut);
        assert_eq!(page.code(given_up), Code::LoginRequired);
        assert!(page.reply(out).is_ok());

        let second = page.leave(SignIn::default());
        let ticket = page.come_back(&second);
        page.answer_keys();
        page.answer_call(call, Ok(outcome.unwrap_or(answer)));
        page.judge_signatures();
        assert!(page.is_open(ticket), "the second sign-in goes on");
        page.finish_exchange(ticket);
        assert_eq!(page.access_token(), "AT~1");
    }
}

#[test]
fn what_was_asked_for_one_user_is_not_answered_for_the_next() {
    let mut page = Driver::signed_in();
    let info = page.ask(Command::UserInfo);
    let about_alice = page.open_call(USERINFO);
    let call = page.call();
    let trip = page.leave(SignIn::default());
    let ticket = page.redeem(
        &trip,
        page.tokens("bob").claims(json!({ "sub": "bob" })).answer(),
    );
    assert!(page.reply(ticket).is_ok());
    assert_eq!(page.code(call), Code::SessionChanged);
    page.answer_call(
        about_alice,
        Ok(json_answer(200, &json!({ "sub": "alice" }))),
    );
    assert_eq!(page.code(info), Code::SessionChanged);
    page.happen(Event::ApiAnswered {
        ticket: call,
        status: 401,
        challenge: None,
    });
    assert!(page.api.is_empty() && !page.is_waiting(TOKEN));
}

#[test]
fn a_page_that_shows_an_older_session_gets_nothing_of_the_new_one() {
    let mut page = Driver::signed_in();
    let shown = page.session_id();
    let trip = page.leave(SignIn::default());
    let ticket = page.redeem(
        &trip,
        page.tokens("bob").claims(json!({ "sub": "bob" })).answer(),
    );
    assert!(page.reply(ticket).is_ok());
    let sent = page.sent.len();
    for command in [
        Command::AccessToken,
        Command::UserInfo,
        Command::Refresh,
        Command::Call(crate::driver::api_request("/api/orders")),
        Command::SignOut,
    ] {
        let ticket = page.ask_as(shown.clone(), command);
        assert_eq!(page.code(ticket), Code::SessionChanged);
    }
    // One that names no session at all does not get a token either.
    for command in [Command::AccessToken, Command::UserInfo, Command::Refresh] {
        let ticket = page.ask_as(None, command);
        assert_eq!(page.code(ticket), Code::SessionChanged);
    }
    assert_eq!(page.sent.len(), sent);
    assert_eq!(page.user().unwrap()["sub"], "bob");
}
