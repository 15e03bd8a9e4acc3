//! What became of a refresh token that was sent: spent and good, spent and bad, unspent, refused, unknown. Each way
//! ends differently, and only an unspent token may leave again.

use keyward::protocol::error::Code;
use keyward::protocol::http::Answer;
use keyward::session::effect::SignedOutReason;
use keyward::session::{Command, NetworkFailure};
use serde_json::json;

use crate::driver::{Driver, HOUR, MINUTE};
use crate::provider::{TOKEN, html_answer, json_answer, oauth_error, retry_after, text_answer};

/// A refresh of `RT~1`, answered like this.
fn refreshed_with(outcome: Result<Answer, NetworkFailure>) -> (Driver, u32) {
    let mut page = Driver::signed_in();
    let ticket = page.start_refresh();
    let call = page.open_call(TOKEN);
    page.answer_call(call, outcome);
    (page, ticket)
}

/// Time, timers and callers: whatever happens now, nothing more is sent.
fn nothing_more_is_sent(page: &mut Driver, what: &str) {
    let before = page.count(TOKEN);
    for _ in 0..50 {
        page.pass(3 * MINUTE);
        page.pass_probe();
        for command in [Command::Refresh, Command::AccessToken, Command::UserInfo] {
            let ticket = page.ask(command);
            page.pass_probe();
            if page.is_open(ticket) {
                // UserInfo left with the present token.
                page.fail(crate::provider::USERINFO, NetworkFailure::Unreachable);
            }
            let _ = page.reply(ticket);
        }
    }
    assert_eq!(page.count(TOKEN), before, "{what}");
}

#[test]
fn r_140_a_good_answer_replaces_and_discards_the_refresh_token() {
    let (mut page, ticket) = refreshed_with(Ok(Driver::signed_in().tokens("2").without_id_token()));
    assert!(page.reply(ticket).is_ok());
    assert_eq!(page.access_token(), "AT~2");
    let next = page.start_refresh();
    assert_eq!(page.field(TOKEN, "refresh_token").as_deref(), Some("RT~2"));
    page.answer(TOKEN, page.tokens("3").without_id_token());
    assert!(page.reply(next).is_ok());
    assert_eq!(page.sends_of("RT~1"), 1);
}

#[test]
fn r_140_o_54_without_a_new_refresh_token_the_old_one_is_kept() {
    for absent in [json!(null), json!("")] {
        let mut page = Driver::signed_in();
        for round in 0..3 {
            let ticket = page.start_refresh();
            assert_eq!(page.field(TOKEN, "refresh_token").as_deref(), Some("RT~1"));
            let name = format!("round{round}");
            page.answer(
                TOKEN,
                page.tokens(&name)
                    .body(json!({ "refresh_token": absent }))
                    .without_id_token(),
            );
            assert!(page.reply(ticket).is_ok());
            assert_eq!(page.access_token(), format!("AT~{name}"));
        }
    }
}

#[test]
fn r_144_without_an_id_token_the_claims_are_kept() {
    let mut page = Driver::signed_in();
    let user = page.user();
    let ticket = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(ticket).is_ok());
    assert_eq!(page.user(), user);
}

#[test]
fn r_142_a_refresh_names_no_scope_and_reports_a_changed_one() {
    let mut page = Driver::signed_in();
    let ticket = page.start_refresh();
    assert_eq!(page.field(TOKEN, "scope"), None);
    assert_eq!(
        page.field(TOKEN, "grant_type").as_deref(),
        Some("refresh_token")
    );
    let told = page.states();
    page.answer(
        TOKEN,
        page.tokens("2")
            .body(json!({ "scope": "openid" }))
            .without_id_token(),
    );
    assert!(page.reply(ticket).is_ok());
    assert_eq!(page.states(), told + 1);
}

#[test]
fn r_145_o_56_invalid_grant_ends_this_tabs_session_with_one_event() {
    for status in [400, 401, 200, 500] {
        let mut page = Driver::signed_in();
        let told = page.states();
        let waiting = [Command::Refresh, Command::Refresh].map(|command| page.ask(command));
        page.pass_probe();
        page.answer(TOKEN, oauth_error(status, "invalid_grant"));
        for ticket in waiting {
            assert_eq!(page.code(ticket), Code::LoginRequired);
        }
        assert_eq!(page.reason(), SignedOutReason::SessionEnded);
        assert_eq!(page.last_error(), Some(Code::RefreshRejected));
        assert_eq!(page.states(), told + 1);
        assert!(
            !page.ends_everywhere(),
            "other tabs have grants of their own"
        );
        let token = page.ask(Command::AccessToken);
        assert_eq!(page.code(token), Code::LoginRequired);
        page.pass(2 * HOUR);
        assert_eq!(page.count(TOKEN), 2, "{status}");
    }
}

#[test]
fn an_unspent_token_is_sent_again_and_the_session_never_notices() {
    for (what, answer) in unspent() {
        let (mut page, ticket) = refreshed_with(Ok(answer));
        let told = page.states();
        assert!(page.is_open(ticket), "{what}: a short wait is sat out");
        page.pass(5_000);
        page.pass_probe();
        assert_eq!(page.sends_of("RT~1"), 2, "{what}");
        page.answer(TOKEN, page.tokens("2").without_id_token());
        assert!(page.reply(ticket).is_ok(), "{what}");
        assert_eq!(page.access_token(), "AT~2", "{what}");
        assert_eq!((page.states(), page.last_error()), (told, None), "{what}");
    }
}

#[test]
fn r_145_refused_for_another_reason_is_recovery_and_no_end() {
    for error in [
        "invalid_request",
        "invalid_client",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "interaction_required",
        "made_up",
    ] {
        for status in [400, 401, 403] {
            let (mut page, ticket) = refreshed_with(Ok(oauth_error(status, error)));
            assert_eq!(
                page.code(ticket),
                Code::ReauthenticationNeeded,
                "{status} {error}"
            );
            assert!(page.is_signed_in(), "{status} {error}");
            assert_eq!(page.last_error(), Some(Code::ReauthenticationNeeded));
            nothing_more_is_sent(&mut page, error);
        }
    }
}

#[test]
fn r_145_an_unknown_outcome_is_never_sent_again_and_no_end() {
    for (what, outcome) in unknown() {
        let (mut page, ticket) = refreshed_with(outcome);
        assert_eq!(page.code(ticket), Code::ReauthenticationNeeded, "{what}");
        assert!(page.is_signed_in(), "{what}");
        assert_eq!(
            page.last_error(),
            Some(Code::ReauthenticationNeeded),
            "{what}"
        );
        nothing_more_is_sent(&mut page, what);
        assert_eq!(page.sends_of("RT~1"), 1, "{what}");
        assert!(page.is_signed_in(), "{what}");
    }
}

#[test]
fn the_page_hears_of_a_failed_refresh_once_and_why() {
    for (outcome, code) in [
        (Err(NetworkFailure::Timeout), Code::Timeout),
        (Err(NetworkFailure::Unreachable), Code::TokenNetwork),
        (Err(NetworkFailure::Cors), Code::TokenCors),
        (Err(NetworkFailure::Redirected), Code::TokenRedirected),
        (Ok(html_answer(500)), Code::TokenError),
        (Ok(html_answer(200)), Code::TokenMalformed),
        (Ok(oauth_error(400, "invalid_grant")), Code::RefreshRejected),
        (
            Ok(oauth_error(401, "invalid_client")),
            Code::TokenClientIsConfidential,
        ),
    ] {
        let (mut page, ticket) = refreshed_with(outcome);
        let _ = page.error(ticket);
        assert_eq!(page.refresh_failures(), [code]);
    }
}

fn unspent() -> Vec<(&'static str, Answer)> {
    vec![
        ("429", text_answer(429, "")),
        ("429 with a page", html_answer(429)),
        ("429 with Retry-After", retry_after(html_answer(429), "2")),
        ("429 with an error", oauth_error(429, "slow_down")),
        ("503 with Retry-After", retry_after(html_answer(503), "1")),
        (
            "503 with Retry-After: 0",
            retry_after(text_answer(503, ""), "0"),
        ),
        (
            "503 with an error",
            oauth_error(503, "temporarily_unavailable"),
        ),
        ("503 with an unknown error", oauth_error(503, "made_up")),
        ("server_error", oauth_error(500, "server_error")),
        ("server_error with 400", oauth_error(400, "server_error")),
        (
            "temporarily_unavailable with 400",
            oauth_error(400, "temporarily_unavailable"),
        ),
    ]
}

fn unknown() -> Vec<(&'static str, Result<Answer, NetworkFailure>)> {
    let good = Driver::signed_in().tokens("2");
    vec![
        ("timeout", Err(NetworkFailure::Timeout)),
        ("unreachable", Err(NetworkFailure::Unreachable)),
        ("CORS", Err(NetworkFailure::Cors)),
        ("redirect", Err(NetworkFailure::Redirected)),
        ("too large", Err(NetworkFailure::TooLarge)),
        ("500 page", Ok(html_answer(500))),
        ("500 nothing", Ok(text_answer(500, ""))),
        ("502 page", Ok(html_answer(502))),
        ("503 without Retry-After", Ok(html_answer(503))),
        ("504 page", Ok(html_answer(504))),
        (
            "500 with Retry-After",
            Ok(retry_after(html_answer(500), "1")),
        ),
        ("404", Ok(html_answer(404))),
        ("204", Ok(text_answer(204, ""))),
        ("200 page", Ok(html_answer(200))),
        ("200 nothing", Ok(text_answer(200, ""))),
        ("200 list", Ok(json_answer(200, &json!([])))),
        ("200 half", Ok(text_answer(200, "{\"access_token\":\"AT~"))),
        (
            "200 no access token",
            Ok(good
                .clone()
                .body(json!({ "access_token": null }))
                .without_id_token()),
        ),
        (
            "200 of type mac",
            Ok(good
                .clone()
                .body(json!({ "token_type": "mac" }))
                .without_id_token()),
        ),
        (
            "200 odd life",
            Ok(good
                .body(json!({ "expires_in": "soon" }))
                .without_id_token()),
        ),
        ("400 with an empty error", Ok(oauth_error(400, ""))),
        ("400 page", Ok(html_answer(400))),
    ]
}
