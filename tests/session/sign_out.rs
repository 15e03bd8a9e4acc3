//! Signing out: tokens go first, the grant is revoked, and the browser may leave for the provider.

use std::collections::BTreeMap;

use keyward::protocol::error::Code;
use keyward::protocol::form::parse_query;
use keyward::session::effect::{SendKind, SignedOutReason};
use keyward::session::{Command, NetworkFailure, Reply, SignIn};
use serde_json::{Value, json};

use crate::driver::{Driver, HOUR};
use crate::provider::{
    CLIENT, DISCOVERY, REVOKE, TOKEN, html_answer, metadata_with, oauth_error, text_answer,
};

/// Signed in at a provider with this metadata.
fn signed_in_at(changes: Value, options: Value) -> Driver {
    let mut page = Driver::with(options);
    let ticket = page.ask(Command::SignIn(SignIn::default()));
    page.answer(DISCOVERY, metadata_with(&changes));
    let trip = page.arrive_at_provider(ticket);
    page.sign_in_after(&trip);
    page
}

/// Where the sign-out of this ticket leads: the parameters of the end-session request, or nowhere.
fn end_session(page: &mut Driver, ticket: u32) -> Option<BTreeMap<String, String>> {
    let Ok(Reply::SignedOut { end_session }) = page.reply(ticket) else {
        panic!("the sign-out failed");
    };
    let (url, state) = end_session?;
    let query = url
        .strip_prefix("https://id.example/end?")
        .expect("the end-session endpoint");
    let pairs = parse_query(query).unwrap();
    let found: BTreeMap<String, String> = pairs.iter().cloned().collect();
    assert_eq!(found.len(), pairs.len(), "no parameter twice");
    assert_eq!(found["state"], state);
    Some(found)
}

#[test]
fn r_170_o_59_the_end_session_request_has_hint_client_return_uri_and_state() {
    let options = json!({ "postLogoutRedirectUri": "https://app.example/bye?x=1" });
    let mut page = signed_in_at(json!({}), options);
    let ticket = page.ask(Command::SignOut);
    page.answer(REVOKE, text_answer(200, ""));
    let sent = end_session(&mut page, ticket).unwrap();
    assert_eq!(sent["client_id"], CLIENT);
    assert_eq!(
        sent["post_logout_redirect_uri"],
        "https://app.example/bye?x=1"
    );
    assert_eq!(sent["state"].len(), 43);
    assert_eq!(sent["id_token_hint"].matches('.').count(), 2);
    assert_eq!(sent.len(), 4);
}

#[test]
fn r_170_the_hint_is_the_latest_id_token_also_when_it_is_over() {
    let mut page = Driver::signed_in();
    let refresh = page.start_refresh();
    let latest = page.tokens("2").claims(json!({ "sid": "s-2" })).answer();
    page.answer(TOKEN, latest.clone());
    page.judge_signatures();
    assert!(page.reply(refresh).is_ok());
    page.now += 10 * HOUR;
    let ticket = page.ask(Command::SignOut);
    page.answer(REVOKE, text_answer(200, ""));
    let body: Value = serde_json::from_str(&latest.body).unwrap();
    assert_eq!(
        end_session(&mut page, ticket).unwrap()["id_token_hint"],
        body["id_token"].as_str().unwrap()
    );
}

#[test]
fn r_170_the_hint_can_be_left_out() {
    let mut page = signed_in_at(json!({}), json!({ "idTokenHint": false }));
    let ticket = page.ask(Command::SignOut);
    page.answer(REVOKE, text_answer(200, ""));
    let sent = end_session(&mut page, ticket).unwrap();
    assert!(!sent.contains_key("id_token_hint"));
    assert_eq!(sent["client_id"], CLIENT);
}

#[test]
fn r_171_the_session_is_over_before_anything_is_answered() {
    let mut page = Driver::signed_in();
    let waiting = page.start_refresh();
    let ticket = page.ask(Command::SignOut);
    assert_eq!(page.reason(), SignedOutReason::SignedOut);
    assert_eq!(page.code(waiting), Code::LoginRequired);
    let token = page.ask(Command::AccessToken);
    assert_eq!(page.code(token), Code::LoginRequired);
    page.answer(REVOKE, text_answer(200, ""));
    assert!(end_session(&mut page, ticket).is_some());
}

#[test]
fn o_64_the_refresh_token_is_revoked_by_a_request_that_outlives_the_page() {
    let mut page = Driver::signed_in();
    let ticket = page.ask(Command::SignOut);
    let sent = page.to(REVOKE).next().unwrap();
    assert_eq!(sent.kind, SendKind::KeepAlive);
    assert!(sent.deadline_ms <= 2_000, "the user does not wait longer");
    assert_eq!(page.field(REVOKE, "token").as_deref(), Some("RT~1"));
    assert_eq!(
        page.field(REVOKE, "token_type_hint").as_deref(),
        Some("refresh_token")
    );
    assert!(page.is_open(ticket), "the revocation is waited for");
    page.answer(REVOKE, text_answer(200, "whatever"));
    assert!(end_session(&mut page, ticket).is_some());
    assert!(page.diagnoses().is_empty());
}

#[test]
fn o_64_a_failed_revocation_is_reported_and_holds_nothing_up() {
    for outcome in [
        Ok(text_answer(503, "")),
        Ok(html_answer(500)),
        Ok(oauth_error(400, "unsupported_token_type")),
        Err(NetworkFailure::Timeout),
        Err(NetworkFailure::Unreachable),
        Err(NetworkFailure::Cors),
    ] {
        let mut page = Driver::signed_in();
        let ticket = page.ask(Command::SignOut);
        let call = page.open_call(REVOKE);
        page.answer_call(call, outcome);
        assert!(end_session(&mut page, ticket).is_some());
        assert_eq!(page.diagnoses(), [Code::RevocationFailed]);
        assert_eq!(page.reason(), SignedOutReason::SignedOut);
        assert_eq!(page.count(REVOKE), 1);
    }
}

#[test]
fn r_171_without_a_revocation_endpoint_the_browser_leaves_at_once() {
    let mut page = signed_in_at(json!({ "revocation_endpoint": null }), json!({}));
    let ticket = page.ask(Command::SignOut);
    assert!(end_session(&mut page, ticket).is_some());
}

#[test]
fn r_171_o_60_without_an_end_session_endpoint_the_local_end_is_all_and_is_said() {
    let mut page = signed_in_at(json!({ "end_session_endpoint": null }), json!({}));
    let ticket = page.ask(Command::SignOut);
    page.answer(REVOKE, text_answer(200, ""));
    assert!(end_session(&mut page, ticket).is_none());
    assert_eq!(page.diagnoses(), [Code::LogoutNoEndpoint]);
    assert_eq!(page.reason(), SignedOutReason::SignedOut);
}

#[test]
fn r_171_without_either_endpoint_the_sign_out_is_done_at_once() {
    let none = json!({ "end_session_endpoint": null, "revocation_endpoint": null });
    let mut page = signed_in_at(none, json!({}));
    let sent = page.sent.len();
    let ticket = page.ask(Command::SignOut);
    assert!(end_session(&mut page, ticket).is_none());
    assert_eq!(page.sent.len(), sent);
}

#[test]
fn without_a_refresh_token_there_is_nothing_to_revoke() {
    let mut page = Driver::new();
    page.sign_in_with(|tokens| tokens.body(json!({ "refresh_token": null })));
    let ticket = page.ask(Command::SignOut);
    assert_eq!(page.count(REVOKE), 0);
    assert!(end_session(&mut page, ticket).is_some());
}

#[test]
fn signed_out_already_the_provider_is_asked_to_end_its_session_all_the_same() {
    let mut page = Driver::new();
    let ticket = page.ask(Command::SignOut);
    page.answer(DISCOVERY, metadata_with(&json!({})));
    let sent = end_session(&mut page, ticket).unwrap();
    assert!(!sent.contains_key("id_token_hint"));
    assert_eq!(page.count(REVOKE), 0);
}

#[test]
fn r_171_a_sign_out_whose_metadata_cannot_be_had_ends_here_and_blames_no_configuration() {
    let mut page = Driver::new();
    let ticket = page.ask(Command::SignOut);
    page.fail(DISCOVERY, NetworkFailure::Unreachable);
    assert!(end_session(&mut page, ticket).is_none());
    assert_eq!(
        page.diagnoses(),
        [Code::DiscoveryDown],
        "whether there is an endpoint is not known"
    );
}

#[test]
fn two_sign_outs_at_once_are_both_answered_and_revoke_once() {
    let mut page = Driver::signed_in();
    let first = page.ask(Command::SignOut);
    let second = page.ask(Command::SignOut);
    page.answer(REVOKE, text_answer(200, ""));
    assert!(end_session(&mut page, first).is_some() && end_session(&mut page, second).is_some());
    assert_eq!(page.count(REVOKE), 1);
}

#[test]
fn calls_on_their_way_are_answered_and_their_answers_go_nowhere() {
    let mut page = Driver::signed_in();
    let calls = [page.call(), page.call()];
    let out = page.ask(Command::SignOut);
    for call in calls {
        assert_eq!(page.code(call), Code::LoginRequired);
        page.happen(keyward::session::Event::ApiAnswered {
            ticket: call,
            status: 200,
            challenge: None,
        });
    }
    page.answer(REVOKE, text_answer(200, ""));
    assert!(page.reply(out).is_ok());
}

#[test]
fn after_a_sign_out_one_can_sign_in_again() {
    let mut page = Driver::signed_in();
    let before = page.session_id();
    let out = page.ask(Command::SignOut);
    page.answer(REVOKE, text_answer(200, ""));
    assert!(page.reply(out).is_ok());
    let trip = page.leave(SignIn::default());
    page.sign_in_after(&trip);
    assert_ne!(page.session_id(), before);
    assert_eq!(page.last_error(), None);
}
