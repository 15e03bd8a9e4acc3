//! UserInfo, revocation and sign-out.

use keyward::protocol::form::parse_query;
use keyward::protocol::http::Method;
use keyward::protocol::logout::{EndSessionRequest, check_return};
use keyward::protocol::secret::{AccessToken, IdToken};
use keyward::protocol::{json, revocation, userinfo};

use crate::{assert_error, endpoint, json_answer, typed_answer};

#[test]
fn r_121_the_token_is_in_the_header_and_nowhere_else() {
    let request = userinfo::request(
        &endpoint("https://id.example/me?x=1"),
        &AccessToken::new("at-1".into()),
    );
    assert_eq!(request.method, Method::Get);
    assert_eq!(request.url, "https://id.example/me?x=1");
    assert_eq!(request.body, None);
    assert_eq!(
        request.headers,
        [
            ("accept", "application/json".into()),
            ("authorization", "Bearer at-1".into())
        ]
    );
}

#[test]
fn r_120_userinfo_is_about_the_same_user() {
    let claims = userinfo::parse(
        &json_answer(200, r#"{"sub":"alice","email":"a@example.org"}"#),
        "alice",
    )
    .unwrap();
    assert_eq!(json::string(&claims, "email"), Some("a@example.org"));
    for body in [
        r#"{"sub":"bob"}"#,
        r#"{"sub":"Alice"}"#,
        r#"{"sub":"alice "}"#,
        r#"{"sub":""}"#,
        r#"{"sub":null}"#,
        r#"{"sub":1}"#,
        r#"{"sub":["alice"]}"#,
        "{}",
        r#"{"email":"a@example.org"}"#,
    ] {
        assert_error(
            userinfo::parse(&json_answer(200, body), "alice"),
            "userinfo_sub",
            "sub",
        );
    }
}

#[test]
fn r_120_a_wrong_user_is_not_named() {
    let error = userinfo::parse(&json_answer(200, r#"{"sub":"bob-marker"}"#), "alice").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("marker"));
}

#[test]
fn r_122_other_userinfo_answers_are_refused() {
    for content_type in ["application/jwt", "Application/JWT; charset=utf-8"] {
        let answer = typed_answer(200, Some(content_type), "eyJhbGciOiJub25lIn0.e30.");
        assert_error(
            userinfo::parse(&answer, "alice"),
            "userinfo_signed_unsupported",
            "",
        );
    }
    for body in [
        "",
        "[]",
        "null",
        "eyJhbGciOiJub25lIn0.e30.",
        "<html>",
        r#"{"sub":"bob","sub":"alice"}"#,
    ] {
        assert_error(
            userinfo::parse(&json_answer(200, body), "alice"),
            "userinfo_malformed",
            "body",
        );
    }
    for status in [0, 201, 204, 302, 400, 401, 403, 500, 503] {
        assert_error(
            userinfo::parse(&json_answer(status, r#"{"sub":"alice"}"#), "alice"),
            "userinfo_failed",
            &status.to_string(),
        );
    }
}

#[test]
fn r_164_revocation_is_a_form() {
    let request = revocation::request(
        &endpoint("https://id.example/revoke"),
        "spa",
        "rt +1",
        "refresh_token",
    );
    assert_eq!(request.method, Method::Post);
    assert_eq!(request.url, "https://id.example/revoke");
    let form = parse_query(request.body.as_deref().unwrap()).unwrap();
    let expected = [
        ("token", "rt +1"),
        ("token_type_hint", "refresh_token"),
        ("client_id", "spa"),
    ];
    assert_eq!(
        form,
        expected.map(|(name, value)| (name.to_string(), value.to_string()))
    );
    assert!(
        request
            .headers
            .iter()
            .all(|(name, _)| *name != "authorization")
    );
}

#[test]
fn r_164_any_200_is_success_and_503_tells_when_to_come_back() {
    for body in ["", "ok", "<html>", r#"{"error":"invalid_token"}"#] {
        revocation::check(&json_answer(200, body)).unwrap();
    }
    for status in [0, 204, 302, 400, 401, 404, 500] {
        assert_error(
            revocation::check(&json_answer(status, "marker")),
            "revocation_failed",
            &status.to_string(),
        );
    }
    let mut answer = json_answer(503, r#"{"error":"temporarily_unavailable"}"#);
    answer.retry_after = Some("10".into());
    let error = revocation::check(&answer).unwrap_err();
    assert_eq!(error.retry_after, Some(10));
    let provider = error.provider.as_ref().unwrap();
    assert_eq!(
        (provider.error.as_str(), provider.status),
        ("temporarily_unavailable", Some(503))
    );
}

#[test]
fn r_170_the_end_session_request_holds_hint_client_return_and_state() {
    let hint = IdToken::new("a.b.c".into());
    let request = EndSessionRequest {
        id_token_hint: Some(&hint),
        client_id: "spa",
        post_logout_redirect_uri: Some("https://app.example/?bye=1"),
        state: Some("s-1"),
        ui_locales: Some("de fr"),
    };
    assert_eq!(
        request.url(&endpoint("https://id.example/end?t=a")),
        "https://id.example/end?t=a&id_token_hint=a.b.c&client_id=spa\
         &post_logout_redirect_uri=https%3A%2F%2Fapp.example%2F%3Fbye%3D1&state=s-1&ui_locales=de+fr"
    );
}

#[test]
fn r_170_without_a_return_uri_there_is_no_state() {
    let request = EndSessionRequest {
        client_id: "spa",
        state: Some("s-1"),
        ..EndSessionRequest::default()
    };
    assert_eq!(
        request.url(&endpoint("https://id.example/end")),
        "https://id.example/end?client_id=spa"
    );
}

#[test]
fn r_173_the_return_carries_the_state_that_was_sent() {
    check_return("?state=s%2D1&x=%", "s-1").unwrap();
    for query in [
        "",
        "?",
        "state=",
        "state=s-2",
        "state=S-1",
        "state=s-1&state=s-1",
        "state=%",
        "code=c",
    ] {
        assert_error(check_return(query, "s-1"), "logout_state_mismatch", "state");
    }
    assert_error(check_return("state=", ""), "logout_state_mismatch", "state");
}
