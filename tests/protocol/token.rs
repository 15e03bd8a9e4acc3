//! Token requests and responses.

use keyward::protocol::error::Error;
use keyward::protocol::form::parse_query;
use keyward::protocol::http::{Answer, Method, Request};
use keyward::protocol::secret::{AuthorizationCode, CodeVerifier, RefreshToken};
use keyward::protocol::token::{
    MAX_EXPIRES_IN, MAX_RESPONSE, TokenFailure, TokenResponse, code_request, refresh_request,
};

use crate::{assert_error, endpoint, json_answer, typed_answer};

fn form_of(request: &Request) -> Vec<(String, String)> {
    parse_query(request.body.as_deref().unwrap()).unwrap()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

fn good(extra: &str) -> Result<TokenResponse, TokenFailure> {
    let comma = if extra.is_empty() { "" } else { "," };
    TokenResponse::parse(&json_answer(
        200,
        &format!(r#"{{"access_token":"at","token_type":"Bearer"{comma}{extra}}}"#),
    ))
}

#[track_caller]
fn assert_unreadable(result: Result<TokenResponse, TokenFailure>, code: &str, detail: &str) {
    match result {
        Err(TokenFailure::Unreadable(error)) => assert_error(Err::<(), Error>(error), code, detail),
        other => panic!("{other:?}"),
    }
}

#[test]
fn r_070_r_071_the_code_request_holds_the_five_parameters_and_no_secret() {
    let request = code_request(
        &endpoint("https://id.example/token?tenant=a"),
        "spa",
        "https://app.example/?x=1",
        &AuthorizationCode::new("c+/=&".into()),
        &CodeVerifier::new("v~1".into()),
    );
    assert_eq!(request.method, Method::Post);
    assert_eq!(request.url, "https://id.example/token?tenant=a");
    assert_eq!(
        form_of(&request),
        pairs(&[
            ("grant_type", "authorization_code"),
            ("code", "c+/=&"),
            ("redirect_uri", "https://app.example/?x=1"),
            ("client_id", "spa"),
            ("code_verifier", "v~1"),
        ])
    );
    let names: Vec<_> = request.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["accept", "content-type"]);
    assert_eq!(request.headers[1].1, "application/x-www-form-urlencoded");
}

#[test]
fn r_142_the_refresh_request_asks_for_no_more_than_told() {
    let token = RefreshToken::new("rt 1".into());
    let request = refresh_request(&endpoint("https://id.example/token"), "spa", &token, None);
    assert_eq!(
        form_of(&request),
        pairs(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", "rt 1"),
            ("client_id", "spa")
        ])
    );
    let request = refresh_request(
        &endpoint("https://id.example/token"),
        "spa",
        &token,
        Some("openid"),
    );
    assert_eq!(
        form_of(&request).last(),
        Some(&("scope".into(), "openid".into()))
    );
}

#[test]
fn a_full_response_is_read() {
    let response = good(
        r#""refresh_token":"rt","id_token":"a.b.c","expires_in":299,"scope":"openid api","session_state":"x","refresh_expires_in":0,"not-before-policy":0"#,
    )
    .unwrap();
    assert_eq!(response.access_token.expose(), "at");
    assert_eq!(response.refresh_token.unwrap().expose(), "rt");
    assert_eq!(response.id_token.unwrap().expose(), "a.b.c");
    assert_eq!(response.expires_in, Some(299));
    assert_eq!(response.scope.as_deref(), Some("openid api"));
}

#[test]
fn r_075_r_076_absent_members_are_absent() {
    for extra in [
        "",
        r#""refresh_token":null,"id_token":null,"expires_in":null,"scope":null,"error":null"#,
        r#""refresh_token":"","id_token":"","error":"""#,
    ] {
        let response = good(extra).unwrap();
        assert!(response.refresh_token.is_none() && response.id_token.is_none());
        assert_eq!((response.expires_in, response.scope), (None, None));
    }
    assert_eq!(good(r#""scope":"""#).unwrap().scope.as_deref(), Some(""));
}

#[test]
fn r_073_access_token_and_token_type_are_required_strings() {
    for (body, detail) in [
        (r#"{"token_type":"Bearer"}"#, "access_token"),
        (
            r#"{"access_token":null,"token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":"","token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":1,"token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":["at"],"token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":{"a":1},"token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":"a\r\nx-evil: 1","token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":"a b","token_type":"Bearer"}"#,
            "access_token",
        ),
        (
            r#"{"access_token":"é","token_type":"Bearer"}"#,
            "access_token",
        ),
        (r#"{"access_token":"at"}"#, "token_type"),
        (r#"{"access_token":"at","token_type":null}"#, "token_type"),
        (r#"{"access_token":"at","token_type":1}"#, "token_type"),
        (
            r#"{"access_token":"at","token_type":["Bearer"]}"#,
            "token_type",
        ),
        (
            r#"{"access_token":"at","access_token":"bt","token_type":"Bearer"}"#,
            "twice",
        ),
        ("", "body"),
        ("{}", "access_token"),
        ("[]", "body"),
        ("null", "body"),
        ("access_token=at&token_type=Bearer", "body"),
        ("<html></html>", "body"),
    ] {
        assert_unreadable(
            TokenResponse::parse(&json_answer(200, body)),
            "token_malformed",
            detail,
        );
    }
    for name in ["refresh_token", "id_token", "scope"] {
        for value in ["1", "true", "[]", r#"["a"]"#, "{}"] {
            assert_unreadable(
                good(&format!(r#""{name}":{value}"#)),
                "token_malformed",
                name,
            );
        }
    }
}

#[test]
fn r_074_token_type_is_compared_without_case() {
    for (kind, good) in [
        ("Bearer", true),
        ("bearer", true),
        ("bEaReR", true),
        ("mac", false),
        ("DPoP", false),
        ("", false),
        ("Bearer ", false),
        ("N_A", false),
    ] {
        let answer = json_answer(
            200,
            &format!(r#"{{"access_token":"at","token_type":"{kind}"}}"#),
        );
        match good {
            true => assert!(TokenResponse::parse(&answer).is_ok(), "{kind}"),
            false => assert_unreadable(
                TokenResponse::parse(&answer),
                "token_type_unsupported",
                kind,
            ),
        }
    }
}

#[test]
fn r_076_decision_8_expires_in() {
    for (value, expected) in [
        ("0", 0),
        ("1", 1),
        ("3600", 3600),
        ("3600.0", 3600),
        ("299.9", 299),
        ("0.4", 0),
        ("-0", 0),
        ("-0.0", 0),
        ("1e2", 100),
        ("3.6e3", 3600),
        ("36000e-1", 3600),
        ("100000000", 100_000_000),
        ("18446744073709551615", MAX_EXPIRES_IN),
        ("1e300", MAX_EXPIRES_IN),
        (r#""3600""#, 3600),
        (r#""007""#, 7),
        (r#""99999999999999999999999""#, MAX_EXPIRES_IN),
    ] {
        assert_eq!(
            good(&format!(r#""expires_in":{value}"#))
                .unwrap()
                .expires_in,
            Some(expected),
            "{value}"
        );
    }
    for value in [
        "-1", "-0.1", "-1e300", "true", "[]", "{}", r#""""#, r#"" 60""#, r#""60s""#, r#""-1""#,
        r#""1.5""#, r#""1e2""#, r#""٣""#, "1e999", "-1e999",
    ] {
        assert_unreadable(
            good(&format!(r#""expires_in":{value}"#)),
            "token_malformed",
            "expires_in",
        );
    }
    // A double cannot hold it; the rest of the body is none the worse for it.
    assert!(good(r#""x_other":1e999"#).is_ok());
}

#[test]
fn r_079_the_access_token_is_opaque() {
    for token in [
        "a",
        "eyJhbGciOiJub25lIn0.e30.",
        "a.b",
        "eyJ.%%%.x",
        &"x".repeat(100_000),
    ] {
        let answer = json_answer(
            200,
            &format!(r#"{{"access_token":"{token}","token_type":"Bearer"}}"#),
        );
        assert_eq!(
            TokenResponse::parse(&answer).unwrap().access_token.expose(),
            token
        );
    }
}

#[test]
fn r_077_an_oauth_error_is_typed() {
    let mut answer = json_answer(
        400,
        r#"{"error":"invalid_grant","error_description":"used up","error_uri":"https://id.example/e","access_token":"at","token_type":"Bearer"}"#,
    );
    answer.retry_after = Some("5".into());
    let failure = TokenResponse::parse(&answer).unwrap_err();
    assert!(matches!(failure, TokenFailure::OAuth(_)));
    assert_eq!(
        (failure.oauth_error(), failure.status()),
        (Some("invalid_grant"), Some(400))
    );
    let error = failure.into_error();
    let provider = error.provider.as_ref().unwrap();
    assert_eq!(error.code.as_str(), "token_error");
    assert_eq!(error.retry_after, Some(5));
    assert_eq!(
        (provider.description.as_deref(), provider.uri.as_deref()),
        (Some("used up"), Some("https://id.example/e"))
    );
}

#[test]
fn r_077_clients_with_a_secret_are_named() {
    for (name, code) in [
        ("invalid_client", "token_client_is_confidential"),
        ("unauthorized_client", "token_client_is_confidential"),
        ("invalid_grant", "token_error"),
        ("invalid_request", "token_error"),
        ("server_error", "token_error"),
        ("x_own_code", "token_error"),
    ] {
        for status in [200, 400, 401, 500, 503] {
            let answer = json_answer(status, &format!(r#"{{"error":"{name}"}}"#));
            let failure = TokenResponse::parse(&answer).unwrap_err();
            assert_eq!(
                (failure.oauth_error(), failure.status()),
                (Some(name), Some(status))
            );
            assert_error(Err::<(), Error>(failure.into_error()), code, name);
        }
    }
}

#[test]
fn an_error_beside_tokens_wins() {
    let failure = good(r#""error":"invalid_grant""#).unwrap_err();
    assert_eq!(failure.oauth_error(), Some("invalid_grant"));
}

#[test]
fn decision_18_other_error_bodies_are_normal() {
    for body in [
        "",
        "<html>marker</html>",
        "marker",
        "[]",
        "null",
        "{}",
        r#"{"error":1}"#,
        r#"{"error":""}"#,
        r#"{"error":{"code":"marker"}}"#,
        r#"{"code":"marker","message":"marker"}"#,
        r#"{"error":"a","error":"b"}"#,
    ] {
        for status in [301, 400, 401, 403, 404, 429, 500, 502, 503, 0] {
            for content_type in [None, Some("text/html"), Some("application/json")] {
                let failure =
                    TokenResponse::parse(&typed_answer(status, content_type, body)).unwrap_err();
                assert!(
                    matches!(failure, TokenFailure::Unreadable(_)),
                    "{status} {body}"
                );
                assert_eq!(
                    (failure.status(), failure.oauth_error()),
                    (Some(status), None)
                );
                let error = failure.into_error();
                assert_eq!(error.code.as_str(), "token_error");
                assert!(!format!("{error} {error:?}").contains("marker"));
            }
        }
    }
}

#[test]
fn retry_after_of_an_unreadable_answer_is_kept() {
    for (retry_after, date, expected) in [
        (Some("120"), None, Some(120)),
        (
            Some("Sun, 06 Nov 1994 08:50:07 GMT"),
            Some("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(30),
        ),
        (Some("Sun, 06 Nov 1994 08:50:07 GMT"), None, None),
        (Some("later"), None, None),
        (None, None, None),
    ] {
        let answer = Answer {
            status: 503,
            retry_after: retry_after.map(String::from),
            date: date.map(String::from),
            ..Answer::default()
        };
        let error = TokenResponse::parse(&answer).unwrap_err().into_error();
        assert_eq!(error.retry_after, expected);
    }
}

#[test]
fn the_size_of_a_response_is_bounded() {
    let body = |length: usize| {
        let start = r#"{"access_token":"at","token_type":"Bearer","pad":""#;
        format!("{start}{}\"}}", "a".repeat(length - start.len() - 2))
    };
    assert!(TokenResponse::parse(&json_answer(200, &body(MAX_RESPONSE))).is_ok());
    assert_unreadable(
        TokenResponse::parse(&json_answer(200, &body(MAX_RESPONSE + 1))),
        "token_malformed",
        "too large",
    );
}

#[test]
fn a_created_status_and_another_content_type_do_no_harm() {
    let body = r#"{"access_token":"at","token_type":"bearer"}"#;
    assert!(TokenResponse::parse(&typed_answer(201, Some("text/plain"), body)).is_ok());
    assert!(TokenResponse::parse(&typed_answer(200, None, body)).is_ok());
}
