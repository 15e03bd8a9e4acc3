//! `{:?}` of every public type that holds a secret shows none of it.

use std::fmt::Debug;

use serde_json::json;

use keyward::protocol::authorization::{AuthorizationRequest, AuthorizationResponse};
use keyward::protocol::http::Answer;
use keyward::protocol::id_token::{Expected, IdTokenParts, Nonce};
use keyward::protocol::logout::EndSessionRequest;
use keyward::protocol::secret::{
    AccessToken, AuthorizationCode, CodeVerifier, IdToken, RefreshToken,
};
use keyward::protocol::token::{TokenResponse, code_request, refresh_request};
use keyward::protocol::{revocation, userinfo};

use crate::id_token::jws;
use crate::{endpoint, json_answer};

const SECRET: &str = "s3cr3t-marker";

#[track_caller]
fn assert_hidden(value: &impl Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!text.contains("s3cr3t"), "{text}");
        assert!(!text.is_empty());
    }
}

fn secret() -> String {
    SECRET.into()
}

#[test]
fn newtypes_are_redacted() {
    assert_hidden(&AccessToken::new(secret()));
    assert_hidden(&RefreshToken::new(secret()));
    assert_hidden(&AuthorizationCode::new(secret()));
    assert_hidden(&CodeVerifier::new(secret()));
    assert_hidden(&IdToken::new(secret()));
    assert_eq!(
        format!("{:?}", AccessToken::new(secret())),
        "AccessToken([redacted])"
    );
    assert_eq!(AccessToken::new(secret()).expose(), SECRET);
}

#[test]
fn requests_are_redacted() {
    let to = endpoint("https://id.example/x");
    let requests = [
        code_request(
            &to,
            "spa",
            "https://app.example/",
            &AuthorizationCode::new(secret()),
            &CodeVerifier::new(secret()),
        ),
        refresh_request(&to, "spa", &RefreshToken::new(secret()), None),
        userinfo::request(&to, &AccessToken::new(secret())),
        revocation::request(&to, "spa", SECRET, "refresh_token"),
    ];
    for request in &requests {
        // The probe works: the secret is in there.
        let body = request.body.clone().unwrap_or_default();
        let headers: String = request
            .headers
            .iter()
            .map(|(_, value)| value.as_str())
            .collect();
        assert!(body.contains(SECRET) || headers.contains(SECRET));
        assert_hidden(request);
        assert!(format!("{request:?}").contains("https://id.example/x"));
    }
    let hint = IdToken::new(secret());
    assert_hidden(&AuthorizationRequest {
        state: SECRET,
        nonce: SECRET,
        code_challenge: SECRET,
        login_hint: Some(SECRET),
        id_token_hint: Some(&hint),
        ..AuthorizationRequest::default()
    });
    assert_hidden(&EndSessionRequest {
        id_token_hint: Some(&hint),
        state: Some(SECRET),
        ..EndSessionRequest::default()
    });
}

#[test]
fn answers_are_redacted() {
    let body = format!(
        r#"{{"access_token":"{SECRET}","token_type":"Bearer","refresh_token":"{SECRET}","id_token":"{SECRET}"}}"#
    );
    let answer = Answer {
        www_authenticate: Some(secret()),
        ..json_answer(200, &body)
    };
    assert_hidden(&answer);
    assert_hidden(&TokenResponse::parse(&answer).unwrap());
    assert_hidden(&TokenResponse::parse(&json_answer(500, &body)));
    assert_hidden(&TokenResponse::parse(&json_answer(200, SECRET)));
    assert_hidden(&AuthorizationResponse::parse(&format!("code={SECRET}&state=s")).unwrap());
    assert_hidden(&AuthorizationResponse::parse(&format!(
        "code={SECRET}&code=x&state=s"
    )));
}

#[test]
fn id_tokens_are_redacted() {
    let claims =
        json!({"iss": "i", "sub": SECRET, "aud": "spa", "exp": 2, "iat": 1, "nonce": SECRET});
    let token = IdToken::new(jws(r#"{"alg":"RS256"}"#, &claims.to_string()));
    let parts = IdTokenParts::parse(&token).unwrap();
    assert_hidden(&parts);
    let signed = parts.signing_input.clone();
    assert!(!format!("{parts:?}").contains(&signed));
    let access_token = AccessToken::new(secret());
    let expected = Expected {
        issuer: "i",
        client_id: "spa",
        nonce: Nonce::Required(SECRET),
        trusted_audiences: &[],
        max_age: None,
        acr_values: None,
        acr_essential: false,
        now_s: 1,
        leeway_s: 0,
        access_token: &access_token,
        algs: None,
        previous: None,
    };
    assert_hidden(&expected);
    assert_hidden(&Nonce::IfPresent(Some(SECRET)));
    assert_hidden(&parts.check(&expected).unwrap());
    assert_hidden(&parts.check(&Expected {
        nonce: Nonce::Required("x"),
        ..expected.clone()
    }));
    assert_hidden(&parts.check(&Expected {
        client_id: "other",
        ..expected
    }));
}
