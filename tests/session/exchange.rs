//! The code's exchange: one token request, keys asked for beside it, and no token usable before every check passed.

use keyward::protocol::error::Code;
use keyward::protocol::http::Method;
use keyward::session::effect::SendKind;
use keyward::session::{Command, NetworkFailure, Reply, SignIn, Status};
use serde_json::{Value, json};

use crate::driver::{Driver, SECOND, Trip};
use crate::provider::{CLIENT, JWKS, TOKEN, jwks};

/// A page that is back from the provider; its requests are not answered yet.
pub(crate) fn back() -> (Driver, Trip, u32) {
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    (page, trip, ticket)
}

#[test]
fn r_070_the_code_is_posted_as_a_form_with_what_it_needs() {
    let (mut page, trip, ticket) = back();
    let sent = page.to(TOKEN).next().unwrap();
    assert_eq!(sent.request.method, Method::Post);
    assert_eq!(sent.kind, SendKind::Read);
    assert!(sent.deadline_ms > 0 && sent.deadline_ms <= 30_000);
    let header = |name: &str| {
        sent.request
            .headers
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(
        header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let record: Value = serde_json::from_str(&trip.record).unwrap();
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "CODE"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://app.example/cb"),
        ("code_verifier", record["verifier"].as_str().unwrap()),
    ] {
        assert_eq!(page.field(TOKEN, name).as_deref(), Some(value), "{name}");
    }
    page.finish_exchange(ticket);
}

#[test]
fn the_keys_are_asked_for_beside_the_token_request() {
    let (mut page, _, ticket) = back();
    assert!(page.is_waiting(TOKEN) && page.is_waiting(JWKS));
    page.finish_exchange(ticket);
    let trip = page.leave(SignIn::default());
    page.sign_in_after(&trip);
    assert_eq!(page.count(JWKS), 1, "known keys are not asked for again");
}

#[test]
fn r_080_no_token_is_usable_before_every_check_passed() {
    let (mut page, _, ticket) = back();
    let none = |page: &mut Driver| {
        for command in [Command::AccessToken, Command::UserInfo, Command::Refresh] {
            let ticket = page.ask(command);
            assert_eq!(page.code(ticket), Code::LoginRequired);
        }
        let call = page.call();
        assert_eq!(page.code(call), Code::LoginRequired);
        assert!(!page.is_signed_in() && page.user().is_none());
    };
    page.answer(TOKEN, page.tokens("1").answer());
    none(&mut page);
    page.answer(JWKS, jwks(&["k1"]));
    assert_eq!(page.signatures.len(), 1);
    none(&mut page);
    page.judge_signatures();
    assert!(page.reply(ticket).is_ok());
    assert_eq!(page.access_token(), "AT~1");
}

#[test]
fn r_080_until_then_the_earlier_session_goes_on() {
    let mut page = Driver::signed_in();
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    page.answer(TOKEN, page.tokens("2").answer());
    assert_eq!(page.access_token(), "AT~1");
    page.judge_signatures();
    assert!(page.reply(ticket).is_ok());
    assert_eq!(page.access_token(), "AT~2");
}

#[test]
fn o_29_o_31_a_failed_exchange_is_not_tried_again() {
    for (failure, code) in [
        (NetworkFailure::Unreachable, Code::TokenNetwork),
        (NetworkFailure::Timeout, Code::Timeout),
        (NetworkFailure::Cors, Code::TokenCors),
        (NetworkFailure::Redirected, Code::TokenRedirected),
        (NetworkFailure::TooLarge, Code::TokenMalformed),
    ] {
        let (mut page, trip, ticket) = back();
        page.answer(JWKS, jwks(&["k1"]));
        page.fail(TOKEN, failure);
        assert_eq!(page.code(ticket), code, "{failure:?}");
        page.pass(600 * SECOND);
        assert_eq!(page.count(TOKEN), 1);
        assert!(!page.is_signed_in());
        // Other transactions work.
        let next = page.leave(SignIn::default());
        assert_ne!(next.state, trip.state);
        page.sign_in_after(&next);
    }
}

#[test]
fn r_075_o_30_the_granted_scope_is_reported() {
    for (told, scope) in [
        (json!(null), "openid profile"),
        (json!("openid"), "openid"),
        (json!("openid more"), "openid more"),
    ] {
        let mut page = Driver::new();
        page.sign_in_with(|tokens| tokens.body(json!({ "scope": told })));
        match page.snapshot().status {
            Status::SignedIn { scope: found, .. } => assert_eq!(found, scope),
            Status::SignedOut(_) => panic!("signed out"),
        }
    }
}

#[test]
fn r_079_the_access_token_is_opaque() {
    for token in ["AT~a.b.c", "AT~eyJhbGciOiJub25lIn0.e30.", "AT~!$%&()=?"] {
        let mut page = Driver::new();
        page.sign_in_with(|tokens| tokens.body(json!({ "access_token": token })));
        assert_eq!(page.access_token(), token);
        assert_eq!(page.user().unwrap()["sub"], "alice");
    }
}

#[test]
fn r_100_max_age_asks_for_an_auth_time_and_checks_it() {
    for (claims, code) in [
        (json!({}), Some(Code::IdTokenAuthTime)),
        (
            json!({ "auth_time": 1_699_990_000 }),
            Some(Code::IdTokenAuthTime),
        ),
        (json!({ "auth_time": 1_699_999_990 }), None),
    ] {
        let mut page = Driver::new();
        let trip = page.leave(SignIn {
            max_age: Some(300),
            ..SignIn::default()
        });
        let ticket = page.redeem(&trip, page.tokens("1").claims(claims).answer());
        assert_eq!(page.reply(ticket).err().map(|error| error.code), code);
    }
}

#[test]
fn r_100_a_max_age_among_the_extras_is_checked_as_well() {
    let mut page = Driver::new();
    let extra = vec![("max_age".into(), "300".into())];
    let trip = page.leave(SignIn {
        extra,
        ..SignIn::default()
    });
    assert_eq!(trip.parameter("max_age").as_deref(), Some("300"));
    let ticket = page.redeem(&trip, page.tokens("1").answer());
    assert_eq!(
        page.reply(ticket).err().map(|error| error.code),
        Some(Code::IdTokenAuthTime)
    );
}

#[test]
fn the_page_learns_who_signed_in_and_where_to_go() {
    let mut page = Driver::new();
    let trip = page.leave(SignIn {
        return_to: "/orders?x=1#top".into(),
        ..SignIn::default()
    });
    let ticket = page.redeem(
        &trip,
        page.tokens("1")
            .claims(json!({ "email": "a@b.example" }))
            .answer(),
    );
    match page.reply(ticket) {
        Ok(Reply::SignedIn {
            return_to,
            carry: None,
        }) => assert_eq!(return_to, "/orders?x=1#top"),
        other => panic!("{other:?}"),
    }
    let user = page.user().unwrap();
    assert_eq!(
        (&user["sub"], &user["email"]),
        (&json!("alice"), &json!("a@b.example"))
    );
    for protocol in ["aud", "exp", "iat", "nonce", "at_hash"] {
        assert!(user.get(protocol).is_none(), "{protocol} is not the user's");
    }
    assert_eq!(page.states(), 1, "one notice");
}

#[test]
fn a_missing_refresh_token_and_a_wrong_clock_are_diagnosed() {
    let mut page = Driver::new();
    page.sign_in_with(|tokens| tokens.body(json!({ "refresh_token": null })));
    assert_eq!(page.diagnoses(), [Code::RefreshMissing]);
    let mut page = Driver::new();
    page.sign_in_with(|tokens| tokens.claims(json!({ "iat": 1_699_999_000 })));
    assert_eq!(page.diagnoses(), [Code::ClockSkew]);
    assert!(Driver::signed_in().diagnoses().is_empty());
}
