//! The ID token of a refresh: still the same user, or the session is over in every tab.

use keyward::protocol::error::Code;
use keyward::session::effect::SignedOutReason;
use keyward::session::{Command, SignIn};
use serde_json::{Value, json};

use crate::driver::{Driver, HOUR, MINUTE};
use crate::provider::{CLIENT, TOKEN, Tokens};

/// A refresh with these tokens, beside an API call and a question for the token.
fn ends_everywhere(what: &str, code: Code, tokens: impl FnOnce(Tokens) -> Tokens) {
    let mut page = Driver::new();
    page.sign_in_with(|tokens| tokens.claims(json!({ "auth_time": 1_699_999_000 })));
    let refresh = page.start_refresh();
    page.answer(
        TOKEN,
        tokens(
            page.tokens("2")
                .claims(json!({ "auth_time": 1_699_999_000 })),
        )
        .answer(),
    );
    page.answer_keys();
    page.judge_signatures();
    assert_eq!(page.code(refresh), Code::LoginRequired, "{what}");
    assert_eq!(page.reason(), SignedOutReason::SessionEnded, "{what}");
    assert_eq!(page.last_error(), Some(code), "{what}");
    assert!(page.ends_everywhere(), "{what}");
    let token = page.ask(Command::AccessToken);
    assert_eq!(page.code(token), Code::LoginRequired, "{what}");
    page.pass(2 * HOUR);
    assert_eq!(
        page.count(TOKEN),
        2,
        "{what}: nothing is sent for it any more"
    );
}

#[test]
fn r_143_another_subject_issuer_audience_nonce_or_sign_in_ends_the_session_everywhere() {
    let claims = |changes: Value| move |tokens: Tokens| tokens.claims(changes);
    for (what, changes, code) in [
        ("sub", json!({ "sub": "bob" }), Code::IdTokenSub),
        ("no sub", json!({ "sub": null }), Code::IdTokenSub),
        (
            "iss",
            json!({ "iss": "https://id.example/" }),
            Code::IdTokenIss,
        ),
        ("aud", json!({ "aud": "other" }), Code::IdTokenAud),
        (
            "more aud",
            json!({ "aud": [CLIENT, "other"] }),
            Code::IdTokenAud,
        ),
        ("nonce", json!({ "nonce": "another" }), Code::IdTokenNonce),
        (
            "auth_time",
            json!({ "auth_time": 1_699_999_999 }),
            Code::IdTokenAuthTime,
        ),
        ("exp", json!({ "exp": 1_699_990_000 }), Code::IdTokenExp),
        (
            "iat to come",
            json!({ "iat": 1_700_001_000 }),
            Code::IdTokenIat,
        ),
        ("at_hash", json!({ "at_hash": "AAAA" }), Code::IdTokenAtHash),
    ] {
        ends_everywhere(what, code, claims(changes));
    }
}

#[test]
fn r_093_r_094_a_refreshed_token_is_verified_like_the_first() {
    ends_everywhere("spoilt", Code::IdTokenSignature, Tokens::spoilt);
    ends_everywhere(
        "another key under our name",
        Code::IdTokenSignature,
        |tokens| tokens.signed_by("evil").header(json!({ "kid": "k1" })),
    );
    ends_everywhere("none", Code::IdTokenAlg, |tokens| {
        tokens.header(json!({ "alg": "none" }))
    });
    ends_everywhere("HS256", Code::IdTokenAlg, |tokens| {
        tokens.header(json!({ "alg": "HS256" }))
    });
    ends_everywhere("unknown key", Code::IdTokenKey, |tokens| {
        tokens.signed_by("k2")
    });
}

#[test]
fn r_143_no_token_of_the_answer_is_used_before_the_signature_is_checked() {
    let mut page = Driver::signed_in();
    let refresh = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").answer());
    assert_eq!(page.access_token(), "AT~1");
    assert!(page.is_open(refresh));
    page.judge_signatures();
    assert!(page.reply(refresh).is_ok());
    assert_eq!(page.access_token(), "AT~2");
}

#[test]
fn r_143_nonce_and_auth_time_may_be_missing() {
    let mut page = Driver::new();
    page.sign_in_with(|tokens| tokens.claims(json!({ "auth_time": 1_699_999_000 })));
    let refresh = page.start_refresh();
    page.answer(
        TOKEN,
        page.tokens("2").claims(json!({ "nonce": null })).answer(),
    );
    page.judge_signatures();
    assert!(page.reply(refresh).is_ok());
    // What was left out once still binds the next one.
    let refresh = page.start_refresh();
    page.answer(
        TOKEN,
        page.tokens("3")
            .claims(json!({ "nonce": "another" }))
            .answer(),
    );
    page.judge_signatures();
    assert_eq!(page.code(refresh), Code::LoginRequired);
}

#[test]
fn r_143_the_subject_of_the_sign_in_binds_every_refresh() {
    let mut page = Driver::signed_in();
    for round in 2..5 {
        let refresh = page.start_refresh();
        page.answer(TOKEN, page.tokens(&round.to_string()).answer());
        page.judge_signatures();
        assert!(page.reply(refresh).is_ok());
    }
    let refresh = page.start_refresh();
    page.answer(
        TOKEN,
        page.tokens("x").claims(json!({ "sub": "Alice" })).answer(),
    );
    page.judge_signatures();
    assert_eq!(page.code(refresh), Code::LoginRequired);
    assert!(page.ends_everywhere());
}

#[test]
fn a_silent_refresh_changes_nothing_that_can_be_seen() {
    let mut page = Driver::signed_in();
    let told = page.states();
    let (session, user) = (page.session_id(), page.user());
    for round in 2..12 {
        page.pass(10 * MINUTE);
        let refresh = page.ask(Command::Refresh);
        page.pass_probe();
        page.answer(TOKEN, page.tokens(&round.to_string()).answer());
        page.judge_signatures();
        assert!(page.reply(refresh).is_ok());
        assert_eq!(page.expires_at(), Some(page.now + HOUR));
    }
    assert_eq!(
        (page.states(), page.session_id(), page.user()),
        (told, session, user)
    );
}

#[test]
fn changed_claims_are_told_once() {
    let mut page = Driver::signed_in();
    let told = page.states();
    for round in ["2", "3"] {
        let refresh = page.start_refresh();
        page.answer(
            TOKEN,
            page.tokens(round)
                .claims(json!({ "name": "Alice Z." }))
                .answer(),
        );
        page.judge_signatures();
        assert!(page.reply(refresh).is_ok());
    }
    assert_eq!(page.states(), told + 1);
    assert_eq!(page.user().unwrap()["name"], "Alice Z.");
}

#[test]
fn a_restore_on_its_way_dies_with_the_session_and_a_sign_in_of_the_user_may_finish() {
    for restore in [true, false] {
        let mut page = Driver::signed_in();
        let nonce = page.tokens("2");
        let trip = if restore {
            page.leave_to_restore()
        } else {
            page.leave(SignIn::default())
        };
        let ticket = page.come_back(&trip);
        let exchange = page.open_call(TOKEN);
        let good = page.tokens("new").answer();
        let refresh = page.ask(Command::Refresh);
        page.pass_probe();
        let refreshing = page.sent.last().unwrap().call;
        page.answer_call(
            refreshing,
            Ok(nonce.claims(json!({ "sub": "bob" })).answer()),
        );
        page.judge_signatures();
        assert_eq!(page.code(refresh), Code::LoginRequired);
        page.answer_call(exchange, Ok(good));
        page.judge_signatures();
        assert_eq!(page.is_signed_in(), !restore);
        assert_eq!(page.reply(ticket).is_ok(), !restore);
    }
}
