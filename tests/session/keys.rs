//! The provider's keys during a sign-in: rotation, unknown key ids, and how often they are asked for.

use keyward::protocol::error::Code;
use keyward::session::{NetworkFailure, SignIn};
use serde_json::json;

use crate::driver::{Driver, MINUTE};
use crate::provider::{JWKS, TOKEN, html_answer, json_answer, jwks, key, text_answer};

/// A page with an ID token at hand whose key it does not know; the keys `k1` are known.
fn with_unknown_key(kid: &str) -> (Driver, u32) {
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    page.answer(JWKS, jwks(&["k1"]));
    page.answer(TOKEN, page.tokens("1").signed_by(kid).answer());
    (page, ticket)
}

#[test]
fn r_111_o_43_an_unknown_key_costs_one_more_request_and_then_the_sign_in() {
    let (mut page, ticket) = with_unknown_key("k2");
    assert_eq!(page.count(JWKS), 2);
    page.answer(JWKS, jwks(&["k1"]));
    assert_eq!(page.code(ticket), Code::IdTokenKey);
    assert_eq!(page.count(JWKS), 2, "exactly one re-fetch");
    assert!(page.signatures.is_empty(), "no other key was tried");
}

#[test]
fn r_111_o_44_a_key_rotated_just_before_signing_is_found() {
    let (mut page, ticket) = with_unknown_key("k2");
    page.answer(JWKS, jwks(&["k1", "k2"]));
    page.judge_signatures();
    assert!(page.reply(ticket).is_ok());
    assert_eq!(page.count(JWKS), 2);
}

#[test]
fn r_112_a_hundred_random_key_ids_cost_a_handful_of_requests() {
    let mut page = Driver::new();
    for number in 0..100 {
        let trip = page.leave(SignIn::default());
        let ticket = page.come_back(&trip);
        page.answer_keys();
        page.answer(
            TOKEN,
            page.tokens("1")
                .signed_by(&format!("random{number}"))
                .answer(),
        );
        page.answer_keys();
        let code = page.code(ticket);
        assert!(
            matches!(code, Code::IdTokenKey | Code::JwksUnavailable),
            "{code:?}"
        );
        page.pass(1_000);
    }
    assert!(page.count(JWKS) <= 6, "{} requests", page.count(JWKS));
    // Not for ever: a rotation later in the day is found.
    page.pass(10 * MINUTE);
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    page.answer(TOKEN, page.tokens("1").signed_by("k2").answer());
    page.answer(JWKS, jwks(&["k2"]));
    page.judge_signatures();
    assert!(page.reply(ticket).is_ok());
}

#[test]
fn r_115_o_45_without_a_key_id_each_fitting_key_is_tried() {
    for signer in ["k1", "k2", "k3"] {
        let mut page = Driver::new();
        let trip = page.leave(SignIn::default());
        let ticket = page.come_back(&trip);
        page.answer(JWKS, jwks(&["k1", "k2", "k3"]));
        let nameless = page
            .tokens("1")
            .signed_by(signer)
            .header(json!({ "kid": null }));
        page.answer(TOKEN, nameless.answer());
        page.judge_signatures();
        assert!(page.reply(ticket).is_ok(), "signed by {signer}");
        assert_eq!(page.count(JWKS), 1);
    }
}

#[test]
fn r_115_without_a_key_id_and_no_key_that_made_it_the_sign_in_is_refused() {
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    page.answer(JWKS, jwks(&["k1", "k2"]));
    let nameless = page
        .tokens("1")
        .signed_by("evil")
        .header(json!({ "kid": null }));
    page.answer(TOKEN, nameless.answer());
    page.judge_signatures();
    assert_eq!(page.code(ticket), Code::IdTokenSignature);
}

#[test]
fn r_113_o_47_a_key_that_is_not_for_this_is_refused_without_a_re_fetch() {
    let with = |name: &str, value: serde_json::Value| {
        let mut key = key("k1");
        key[name] = value;
        json!({ "keys": [key] })
    };
    for keys in [
        with("use", json!("enc")),
        with("key_ops", json!(["encrypt"])),
        with("alg", json!("RS512")),
        with("kty", json!("oct")),
        with("n", json!("AQAB")),
    ] {
        let mut page = Driver::new();
        let trip = page.leave(SignIn::default());
        let ticket = page.come_back(&trip);
        page.answer(JWKS, json_answer(200, &keys));
        page.answer(TOKEN, page.tokens("1").answer());
        assert_eq!(page.code(ticket), Code::IdTokenKey, "{keys}");
        assert!(page.signatures.is_empty());
        assert_eq!(page.count(JWKS), 1);
    }
}

#[test]
fn r_114_entries_that_are_not_understood_are_skipped() {
    let keys = json!({ "keys": [7, null, {}, { "kty": "future" }, key("k1")] });
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    page.answer(JWKS, json_answer(200, &keys));
    page.answer(TOKEN, page.tokens("1").answer());
    page.judge_signatures();
    assert!(page.reply(ticket).is_ok());
}

#[test]
fn o_46_keys_that_cannot_be_had_fail_this_sign_in_and_not_the_next() {
    for (answer, code) in [
        (Some(text_answer(503, "")), Code::JwksUnavailable),
        (Some(html_answer(200)), Code::JwksMalformed),
        (
            Some(json_answer(200, &json!({ "keys": 7 }))),
            Code::JwksMalformed,
        ),
        (None, Code::JwksUnavailable),
    ] {
        let mut page = Driver::new();
        let trip = page.leave(SignIn::default());
        let ticket = page.come_back(&trip);
        page.answer(TOKEN, page.tokens("1").answer());
        match answer {
            Some(answer) => page.answer(JWKS, answer),
            None => page.fail(JWKS, NetworkFailure::Timeout),
        }
        assert_eq!(page.code(ticket), code);
        assert!(!page.is_signed_in());
        let trip = page.leave(SignIn::default());
        page.sign_in_after(&trip);
    }
}

#[test]
fn o_46_keys_that_failed_beside_the_token_request_are_asked_for_once_more() {
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    let ticket = page.come_back(&trip);
    page.answer(JWKS, text_answer(503, ""));
    assert!(page.is_open(ticket), "the exchange goes on");
    page.answer(TOKEN, page.tokens("1").answer());
    page.answer(JWKS, jwks(&["k1"]));
    page.judge_signatures();
    assert!(page.reply(ticket).is_ok());
}

#[test]
fn r_104_keys_in_the_header_are_never_used() {
    for (name, value) in [
        ("jwk", key("evil")),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/x5u")),
        ("x5c", json!(["MIIB"])),
    ] {
        let mut page = Driver::new();
        let trip = page.leave(SignIn::default());
        let ticket = page.come_back(&trip);
        page.answer(JWKS, jwks(&["k1"]));
        let tokens = page
            .tokens("1")
            .signed_by("evil")
            .header(json!({ "kid": "k1", name: value }));
        page.answer(TOKEN, tokens.answer());
        page.judge_signatures();
        assert_eq!(page.code(ticket), Code::IdTokenSignature, "{name}");
        assert!(
            page.sent
                .iter()
                .all(|sent| sent.request.url.starts_with(crate::provider::ISSUER))
        );
    }
}
