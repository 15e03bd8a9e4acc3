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
<<<<<<< HEAD
fn r_073_r_074_o_23_o_25_a_response_that_lacks_something_is_refused() {
    let change = |changes: Value| move |tokens: Tokens| tokens.body(changes).answer();
    for (what, changes, code) in [
        (
            "no access token",
            json!({ "access_token": null }),
            Code::TokenMalformed,
        ),
        (
            "empty access token",
            json!({ "access_token": "" }),
            Code::TokenMalformed,
        ),
        (
            "access token with a line break",
            json!({ "access_token": "AT~1\r\nx: y" }),
            Code::TokenMalformed,
        ),
        (
            "numeric access token",
            json!({ "access_token": 1 }),
            Code::TokenMalformed,
        ),
        (
            "no type",
            json!({ "token_type": null }),
            Code::TokenMalformed,
        ),
        (
            "numeric type",
            json!({ "token_type": 1 }),
            Code::TokenMalformed,
        ),
        (
            "mac",
            json!({ "token_type": "mac" }),
            Code::TokenTypeUnsupported,
        ),
        (
            "DPoP",
            json!({ "token_type": "DPoP" }),
            Code::TokenTypeUnsupported,
        ),
        (
            "negative life",
            json!({ "expires_in": -1 }),
            Code::TokenMalformed,
        ),
        (
            "life in words",
            json!({ "expires_in": "soon" }),
            Code::TokenMalformed,
        ),
        (
            "numeric refresh token",
            json!({ "refresh_token": 7 }),
            Code::TokenMalformed,
        ),
        ("numeric scope", json!({ "scope": 7 }), Code::TokenMalformed),
    ] {
        refuses(what, code, change(changes));
    }
}

#[test]
fn r_074_o_24_the_token_type_is_read_without_case() {
    let mut page = Driver::new();
    page.sign_in_with(|tokens| tokens.body(json!({ "token_type": "bEaReR" })));
    assert_eq!(page.access_token(), "AT~1");
}

#[test]
fn r_077_r_078_o_27_o_28_what_is_no_token_response_is_typed() {
    refuses("no ID token", Code::TokenNoIdToken, |tokens| {
        tokens.without_id_token()
    });
    refuses("empty ID token", Code::TokenNoIdToken, |tokens| {
        tokens.body(json!({ "id_token": "" })).without_id_token()
    });
    refuses("invalid_grant", Code::TokenError, |_| {
        oauth_error(400, "invalid_grant")
    });
    refuses("invalid_client", Code::TokenClientIsConfidential, |_| {
        oauth_error(401, "invalid_client")
    });
    refuses("an error with 200", Code::TokenError, |_| {
        oauth_error(200, "invalid_request")
    });
    refuses("an error beside tokens", Code::TokenError, |tokens| {
        tokens.body(json!({ "error": "server_error" })).answer()
    });
    refuses("a page with 200", Code::TokenMalformed, |_| {
        html_answer(200)
    });
    refuses("a page with 502", Code::TokenError, |_| html_answer(502));
    refuses("nothing", Code::TokenError, |_| text_answer(500, ""));
    refuses("a list", Code::TokenMalformed, |_| {
        json_answer(200, &json!([]))
    });
    refuses("half", Code::TokenMalformed, |tokens| {
        let whole = tokens.answer();
        let body = whole.body[..whole.body.len() / 2].to_owned();
        Answer { body, ..whole }
    });
    refuses("twice", Code::TokenMalformed, |tokens| {
        let body = tokens
            .answer()
            .body
            .replacen('{', "{\"access_token\":\"AT~x\",", 1);
        text_answer(200, &body)
    });
}

#[test]
fn r_077_the_error_carries_what_the_provider_said() {
    let (mut page, _, ticket) = back();
    let said = json!({ "error": "invalid_grant", "error_description": "code expired" });
    page.answer(TOKEN, json_answer(400, &said));
    let said = page.error(ticket).provider.clone().unwrap();
    assert_eq!(
        (said.error.as_str(), said.status),
        ("invalid_grant", Some(400))
    );
    assert_eq!(said.description.as_deref(), Some("code expired"));
    page.answer(JWKS, jwks(&["k1"]));
}

#[test]
=======
>>>>>>> 52171baf3afbb730452eba12619c423b19fd2f97
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
