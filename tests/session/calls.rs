//! API calls: one refresh and one replay after a 401, never a loop, and refusals that no new token would lift.

use keyward::protocol::error::Code;
use keyward::session::{ApiRequest, Command, NetworkFailure};
use serde_json::json;

use crate::driver::{Driver, HOUR, MINUTE, SECOND, api_request};
use crate::provider::{TOKEN, oauth_error};

const INVALID: Option<&str> = Some("Bearer error=\"invalid_token\"");

/// Answers the refresh under way with good tokens of this name.
fn renew(page: &mut Driver, name: &str) {
    page.pass_probe();
    page.answer(TOKEN, page.tokens(name).without_id_token());
}

#[test]
fn a_call_leaves_with_the_token_and_its_answer_is_handed_on() {
    for status in [200, 204, 302, 400, 404, 500, 503] {
        let mut page = Driver::signed_in();
        let call = page.call();
        assert_eq!(page.api[0].token, "AT~1");
        page.api_answers(status, None);
        assert!(page.is_delivered(call), "{status}");
        assert_eq!(page.count(TOKEN), 1);
    }
}

#[test]
fn r_124_a_401_is_one_refresh_and_one_replay() {
    for challenge in [
        INVALID,
        None,
        Some(""),
        Some("Basic realm=x"),
        Some("garbage \""),
    ] {
        let mut page = Driver::signed_in();
        let call = page.call();
        page.api_answers(401, challenge);
        assert!(page.is_open(call) && page.api.is_empty());
        renew(&mut page, "2");
        assert_eq!(page.api[0].token, "AT~2");
        page.api_answers(200, None);
        assert!(page.is_delivered(call));
        assert_eq!(page.count(TOKEN), 2);
    }
}

#[test]
fn r_124_a_401_after_the_replay_is_the_apis_answer() {
    let mut page = Driver::signed_in();
    let call = page.call();
    page.api_answers(401, INVALID);
    renew(&mut page, "2");
    page.api_answers(401, INVALID);
    assert!(page.is_delivered(call));
    assert!(page.is_signed_in());
    assert_eq!(page.count(TOKEN), 2);
}

#[test]
fn r_124_several_calls_that_meet_a_401_share_one_refresh() {
    let mut page = Driver::signed_in();
    let calls: Vec<_> = (0..20).map(|_| page.call()).collect();
    for _ in &calls {
        page.api_answers(401, INVALID);
    }
    assert!(page.api.is_empty());
    renew(&mut page, "2");
    assert_eq!(page.api.len(), 20);
    for _ in &calls {
        page.api_answers(200, None);
    }
    assert!(calls.into_iter().all(|call| page.is_delivered(call)));
    assert_eq!(page.count(TOKEN), 2);
}

#[test]
fn r_124_a_call_whose_token_was_replaced_meanwhile_is_only_replayed() {
    let mut page = Driver::signed_in();
    let slow = page.call();
    let refresh = page.start_refresh();
    renew(&mut page, "2");
    assert!(page.reply(refresh).is_ok());
    page.api_answers(401, INVALID);
    assert_eq!(page.api[0].token, "AT~2", "at once");
    page.api_answers(200, None);
    assert!(page.is_delivered(slow));
    assert_eq!(page.count(TOKEN), 2);
}

#[test]
fn r_124_a_call_that_was_only_replayed_is_not_replayed_again() {
    let mut page = Driver::signed_in();
    let slow = page.call();
    let refresh = page.start_refresh();
    renew(&mut page, "2");
    assert!(page.reply(refresh).is_ok());
    page.api_answers(401, INVALID);
    page.api_answers(401, INVALID);
    assert!(page.is_delivered(slow));
    assert_eq!(page.count(TOKEN), 2);
}

#[test]
fn r_127_an_api_that_says_401_for_ever_costs_a_handful_of_refreshes() {
    let mut page = Driver::signed_in();
    let hours = 5;
    let mut name = 1;
    for _ in 0..1_000 {
        let call = page.call();
        while page.is_open(call) {
            page.pass_probe();
            if page.is_waiting(TOKEN) {
                name += 1;
                page.answer(TOKEN, page.tokens(&name.to_string()).answer());
                page.judge_signatures();
            } else {
                page.api_answers(401, INVALID);
            }
        }
        assert!(page.is_delivered(call), "the app sees what the API says");
        page.pass(hours * HOUR / 1_000);
        page.pass_probe();
        if page.is_waiting(TOKEN) {
            name += 1;
            page.answer(TOKEN, page.tokens(&name.to_string()).answer());
            page.judge_signatures();
        }
    }
    // Two in the life of a token: one for the 401, one because it ends.
    let most = 2 * hours as usize + 2;
    assert!(
        page.count(TOKEN) - 1 <= most,
        "{} refreshes",
        page.count(TOKEN) - 1
    );
    assert!(page.is_signed_in());
}

#[test]
fn r_127_a_thousand_refused_calls_in_a_row_cost_one_refresh_whatever_the_life() {
    for life in [json!(3_600), json!(120), json!(null)] {
        let mut page = Driver::new();
        page.sign_in_with(|tokens| tokens.body(json!({ "expires_in": life })));
        for _ in 0..1_000 {
            let call = page.call();
            page.api_answers(401, INVALID);
            if page.is_open(call) {
                page.pass_probe();
                page.answer(
                    TOKEN,
                    page.tokens("2")
                        .body(json!({ "expires_in": life }))
                        .without_id_token(),
                );
                page.api_answers(401, INVALID);
            }
            assert!(page.is_delivered(call));
        }
        assert_eq!(page.count(TOKEN), 2, "{life}");
    }
}

#[test]
fn r_127_a_token_that_was_renewed_for_another_reason_may_be_renewed_for_a_401() {
    let mut page = Driver::signed_in();
    let refresh = page.start_refresh();
    renew(&mut page, "2");
    assert!(page.reply(refresh).is_ok());
    let call = page.call();
    page.api_answers(401, INVALID);
    renew(&mut page, "3");
    page.api_answers(200, None);
    assert!(page.is_delivered(call));
}

#[test]
fn r_124_without_a_refresh_token_a_401_is_the_apis_answer() {
    let mut page = Driver::new();
    page.sign_in_with(|tokens| tokens.body(json!({ "refresh_token": null })));
    let call = page.call();
    page.api_answers(401, INVALID);
    assert!(page.is_delivered(call));
    assert!(page.is_signed_in());
}

#[test]
fn a_body_that_cannot_be_sent_twice_is_a_coded_error_and_the_next_call_has_a_new_token() {
    let mut page = Driver::signed_in();
    let once = ApiRequest {
        replayable: false,
        method: "POST".into(),
        ..api_request("/api/orders")
    };
    let call = page.ask(Command::Call(once.clone()));
    page.api_answers(401, INVALID);
    assert_eq!(page.code(call), Code::ApiBodyNotReplayable);
    assert!(page.is_signed_in());
    let again = page.ask(Command::Call(once));
    renew(&mut page, "2");
    assert_eq!(page.api[0].token, "AT~2", "renewed before it leaves");
    page.api_answers(200, None);
    assert!(page.is_delivered(again));
}

#[test]
fn a_refresh_that_fails_after_a_401_fails_the_call_with_its_reason() {
    let mut page = Driver::signed_in();
    let call = page.call();
    page.api_answers(401, INVALID);
    page.fail(TOKEN, NetworkFailure::Timeout);
    assert_eq!(page.code(call), Code::ReauthenticationNeeded);
    assert!(page.is_signed_in());

    let mut page = Driver::signed_in();
    let call = page.call();
    page.api_answers(401, INVALID);
    page.answer(TOKEN, oauth_error(400, "invalid_grant"));
    assert_eq!(page.code(call), Code::LoginRequired);
    assert!(!page.is_signed_in());
}

#[test]
fn r_124_o_88_insufficient_scope_is_typed_and_costs_no_refresh() {
    let mut page = Driver::signed_in();
    let call = page.call();
    page.api_answers(
        403,
        Some("Bearer realm=\"x, y\", error=\"insufficient_scope\", scope=\"api:write api:read\""),
    );
    let error = page.error(call);
    assert_eq!(error.code, Code::InsufficientScope);
    let said = error.provider.as_deref().unwrap();
    assert_eq!(said.scope.as_deref(), Some("api:write api:read"));
    assert_eq!(said.status, Some(403));
    assert_eq!(page.count(TOKEN), 1);
    assert!(page.is_signed_in());
}

#[test]
fn a_403_that_says_nothing_is_the_apis_answer() {
    for challenge in [
        None,
        Some("Bearer"),
        Some("Bearer error=\"other\""),
        Some("Bearer scope=\"x\""),
    ] {
        let mut page = Driver::signed_in();
        let call = page.call();
        page.api_answers(403, challenge);
        assert!(page.is_delivered(call));
    }
}

#[test]
fn r_125_step_up_tells_what_the_api_wants_and_costs_no_refresh() {
    for status in [401, 403] {
        let mut page = Driver::signed_in();
        let call = page.call();
        let challenge = "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:mfa urn:hw\", max_age=\"300\"";
        page.api_answers(status, Some(challenge));
        let error = page.error(call);
        assert_eq!(error.code, Code::StepUpRequired);
        let said = error.provider.as_deref().unwrap();
        assert_eq!(said.acr_values.as_deref(), Some("urn:mfa urn:hw"));
        assert_eq!(said.max_age, Some(300));
        assert_eq!(page.count(TOKEN), 1);
    }
}

#[test]
fn a_call_that_ended_without_an_answer_is_forgotten() {
    let mut page = Driver::signed_in();
    let call = page.call();
    page.cancel(call);
    page.happen(keyward::session::Event::ApiAnswered {
        ticket: call,
        status: 401,
        challenge: None,
    });
    assert!(!page.is_waiting(TOKEN) && page.api.is_empty());
}

#[test]
fn a_call_that_waits_for_its_replay_may_be_given_up() {
    let mut page = Driver::signed_in();
    let call = page.call();
    page.api_answers(401, INVALID);
    page.cancel(call);
    renew(&mut page, "2");
    assert!(
        page.api.is_empty(),
        "no replay of a call that nobody waits for"
    );
    assert_eq!(page.access_token(), "AT~2");
}

#[test]
fn signed_out_a_call_is_told_so() {
    let mut page = Driver::new();
    let call = page.call();
    assert_eq!(page.code(call), Code::LoginRequired);
    assert!(page.sent.is_empty());
}

#[test]
fn a_call_between_due_and_over_waits_for_the_new_token() {
    let mut page = Driver::signed_in();
    page.now += HOUR - MINUTE + SECOND;
    let call = page.call();
    assert!(page.api.is_empty());
    renew(&mut page, "2");
    assert_eq!(page.api[0].token, "AT~2");
    page.api_answers(200, None);
    assert!(page.is_delivered(call));
}
