//! Token responses and ID tokens that a sign-in refuses, and odd ones that it takes.

use keyward::protocol::error::Code;
use keyward::protocol::http::Answer;
use keyward::session::{Command, SignIn};
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::provider::{
    CLIENT, JWKS, TOKEN, Tokens, html_answer, json_answer, jwks, metadata_with, oauth_error,
    text_answer,
};

use crate::exchange::back;

/// Redeems with this answer, which must fail with this code and leave nothing behind.
fn refuses(what: &str, code: Code, answer: impl FnOnce(Tokens) -> Answer) {
    let (mut page, _, ticket) = back();
    page.answer(JWKS, jwks(&["k1"]));
    page.answer(TOKEN, answer(page.tokens("1")));
    page.judge_signatures();
    assert_eq!(page.code(ticket), code, "{what}");
    assert!(!page.is_signed_in(), "{what}");
    let token = page.ask(Command::AccessToken);
    assert_eq!(page.code(token), Code::LoginRequired, "{what}");
    assert_eq!(page.count(TOKEN), 1, "{what}: the code was sent again");
    assert_eq!(page.wake_at, None, "{what}");
}

#[test]
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
    let error = page.error(ticket);
    let said = error.provider.as_deref().unwrap();
    assert_eq!(
        (said.error.as_str(), said.status),
        ("invalid_grant", Some(400))
    );
    assert_eq!(said.description.as_deref(), Some("code expired"));
    page.answer(JWKS, jwks(&["k1"]));
}

#[test]
fn r_090_to_r_103_o_32_to_o_41_a_faulty_id_token_refuses_the_sign_in() {
    let claims = |changes: Value| move |tokens: Tokens| tokens.claims(changes).answer();
    for (what, changes, code) in [
        (
            "aud of another",
            json!({ "aud": "other" }),
            Code::IdTokenAud,
        ),
        (
            "aud with a stranger",
            json!({ "aud": [CLIENT, "stranger"] }),
            Code::IdTokenAud,
        ),
        ("no aud", json!({ "aud": null }), Code::IdTokenAud),
        (
            "iss + 1",
            json!({ "iss": "https://id.example1" }),
            Code::IdTokenIss,
        ),
        ("azp", json!({ "azp": "other" }), Code::IdTokenAzp),
        ("another nonce", json!({ "nonce": "x" }), Code::IdTokenNonce),
        ("no nonce", json!({ "nonce": null }), Code::IdTokenNonce),
        (
            "over for an hour",
            json!({ "exp": 1_699_996_400 }),
            Code::IdTokenExp,
        ),
        ("no exp", json!({ "exp": null }), Code::IdTokenExp),
        ("no iat", json!({ "iat": null }), Code::IdTokenIat),
        (
            "iat to come",
            json!({ "iat": 1_700_000_100 }),
            Code::IdTokenIat,
        ),
        ("no sub", json!({ "sub": null }), Code::IdTokenSub),
        ("empty sub", json!({ "sub": "" }), Code::IdTokenSub),
        ("at_hash", json!({ "at_hash": "AAAA" }), Code::IdTokenAtHash),
        ("events", json!({ "events": {} }), Code::IdTokenTyp),
    ] {
        refuses(what, code, claims(changes));
    }
    let header = |changes: Value| move |tokens: Tokens| tokens.header(changes).answer();
    for (what, changes, code) in [
        ("none", json!({ "alg": "none" }), Code::IdTokenAlg),
        ("HS256", json!({ "alg": "HS256" }), Code::IdTokenAlg),
        ("access token", json!({ "typ": "at+jwt" }), Code::IdTokenTyp),
        ("crit", json!({ "crit": ["x"] }), Code::IdTokenCrit),
    ] {
        refuses(what, code, header(changes));
    }
    refuses("five parts", Code::IdTokenEncrypted, |tokens| {
        tokens
            .body(json!({ "id_token": "a.b.c.d.e" }))
            .without_id_token()
    });
    refuses("two parts", Code::IdTokenMalformed, |tokens| {
        tokens.body(json!({ "id_token": "a.b" })).without_id_token()
    });
}

#[test]
fn r_091_o_39_a_further_audience_may_be_trusted_by_configuration() {
    let mut page = Driver::with(json!({ "trustedAudiences": ["urn:api"] }));
    page.sign_in_with(|tokens| tokens.claims(json!({ "aud": [CLIENT, "urn:api"], "azp": CLIENT })));
    assert!(page.is_signed_in());
}

#[test]
fn r_094_an_algorithm_that_the_metadata_does_not_list_is_refused() {
    let mut page = Driver::new();
    let ticket = page.ask(Command::SignIn(SignIn::default()));
    let algs = json!({ "id_token_signing_alg_values_supported": ["ES256"] });
    page.answer(crate::provider::DISCOVERY, metadata_with(&algs));
    let trip = page.arrive_at_provider(ticket);
    let ticket = page.redeem(&trip, page.tokens("1").answer());
    assert_eq!(page.code(ticket), Code::IdTokenAlg);
}

#[test]
fn r_093_o_42_one_wrong_bit_of_the_signature_refuses_the_sign_in() {
    refuses("spoilt", Code::IdTokenSignature, |tokens| {
        tokens.spoilt().answer()
    });
}

#[test]
fn r_093_a_signature_the_platform_cannot_check_is_no_good_one() {
    let (mut page, _, ticket) = back();
    page.answer(JWKS, jwks(&["k1"]));
    page.answer(TOKEN, page.tokens("1").answer());
    let call = page.signatures.pop().unwrap().call;
    page.happen(keyward::session::Event::Verified { call, valid: None });
    assert_eq!(page.code(ticket), Code::IdTokenSignature);
    assert!(!page.is_signed_in());
}
