//! Issuers and their metadata.

use keyward::protocol::jwk::Alg;
use keyward::protocol::metadata::{Issuer, MAX_METADATA, Metadata, WellKnown, well_known_url};

use crate::{assert_error, issuer, json_answer, object, typed_answer};

const ISSUER: &str = "https://id.example/t";

fn document(extra: &str) -> String {
    let comma = if extra.is_empty() { "" } else { "," };
    format!(
        r#"{{"issuer":"{ISSUER}","authorization_endpoint":"https://id.example/t/auth?tenant=a","token_endpoint":"https://id.example/t/token","jwks_uri":"https://keys.example/jwks"{comma}{extra}}}"#
    )
}

fn read(extra: &str) -> Result<Metadata, keyward::protocol::error::Error> {
    Metadata::from_answer(&issuer(ISSUER), &json_answer(200, &document(extra)))
}

#[test]
fn issuers_are_https_urls_without_query_and_fragment() {
    for text in [
        "https://id.example",
        "https://id.example/",
        "https://id.example/realms/a",
        "https://id.example/t/",
        "https://id.example:8443",
        "http://localhost:9400",
        "http://127.0.0.1:9400/op",
    ] {
        assert_eq!(Issuer::parse(text).unwrap().as_str(), text);
    }
    for text in [
        "",
        "id.example",
        "http://id.example",
        "https://id.example?x",
        "https://id.example/?",
        "https://id.example/#",
        "https://u@id.example",
        "https://id.example/a b",
        "javascript:alert(1)",
        "//id.example",
    ] {
        assert_error(Issuer::parse(text), "config_bad_issuer", "issuer");
    }
}

#[test]
fn r_030_r_031_well_known_addresses() {
    for (text, openid, oauth) in [
        (
            "https://id.example",
            "https://id.example/.well-known/openid-configuration",
            "https://id.example/.well-known/oauth-authorization-server",
        ),
        (
            "https://id.example/",
            "https://id.example/.well-known/openid-configuration",
            "https://id.example/.well-known/oauth-authorization-server",
        ),
        (
            "https://id.example/t/u",
            "https://id.example/t/u/.well-known/openid-configuration",
            "https://id.example/.well-known/oauth-authorization-server/t/u",
        ),
        (
            "https://id.example:8443/t/",
            "https://id.example:8443/t/.well-known/openid-configuration",
            "https://id.example:8443/.well-known/oauth-authorization-server/t",
        ),
    ] {
        assert_eq!(
            well_known_url(&issuer(text), WellKnown::OpenIdConfiguration),
            openid
        );
        assert_eq!(
            well_known_url(&issuer(text), WellKnown::OauthAuthorizationServer),
            oauth
        );
    }
}

#[test]
fn r_032_issuer_must_be_identical() {
    assert_eq!(read("").unwrap().issuer.as_str(), ISSUER);
    for configured in [
        "https://id.example/t/",
        "https://id.example",
        "https://ID.example/t",
        "https://id.example:443/t",
        "https://id.example/T",
        "https://evil.example/t",
    ] {
        let result = Metadata::from_answer(&issuer(configured), &json_answer(200, &document("")));
        assert_error(
            result,
            "discovery_issuer_mismatch",
            &format!("expected \"{configured}\", found \"{ISSUER}\""),
        );
    }
}

#[test]
fn r_033_anything_but_200_with_a_json_object_is_refused() {
    for status in [
        199, 201, 204, 301, 304, 400, 401, 404, 429, 500, 503, 0, 999,
    ] {
        let result = Metadata::from_answer(&issuer(ISSUER), &json_answer(status, &document("")));
        assert_error(result, "discovery_status", &status.to_string());
    }
    for (content_type, body, detail) in [
        (
            "text/html; charset=utf-8",
            "<html>sign in</html>",
            "text/html",
        ),
        (
            "text/html",
            r#"{"issuer":"https://id.example/t"}"#,
            "text/html",
        ),
        (
            "text/plain",
            r#"{"issuer":"https://id.example/t"}"#,
            "text/plain",
        ),
        ("application/json", "<html>", "not JSON"),
        ("application/json", "", "not JSON"),
        ("application/json", "[]", "not a JSON object"),
        ("application/json", "null", "not a JSON object"),
        ("application/json", "{}", "issuer"),
        ("application/json", r#"{"issuer":null}"#, "issuer"),
        (
            "application/json",
            r#"{"issuer":["https://id.example/t"]}"#,
            "issuer",
        ),
    ] {
        let answer = typed_answer(200, Some(content_type), body);
        assert_error(
            Metadata::from_answer(&issuer(ISSUER), &answer),
            "discovery_malformed",
            detail,
        );
    }
}

#[test]
fn r_033_the_body_never_gets_into_the_error() {
    let answer = typed_answer(200, Some("text/html"), "<html>secret-marker</html>");
    let error = Metadata::from_answer(&issuer(ISSUER), &answer).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("marker"));
}

#[test]
fn r_033_json_types_are_accepted_however_they_are_written() {
    for content_type in [
        None,
        Some("application/json"),
        Some("APPLICATION/JSON; charset=UTF-8"),
        Some(" application/json ;x=y"),
        Some("application/problem+json"),
    ] {
        let answer = typed_answer(200, content_type, &document(""));
        assert!(
            Metadata::from_answer(&issuer(ISSUER), &answer).is_ok(),
            "{content_type:?}"
        );
    }
}

#[test]
fn r_033_size_is_bounded() {
    let empty = document(r#""pad":"""#).len();
    let padded = |length: usize| document(&format!(r#""pad":"{}""#, "a".repeat(length - empty)));
    let read = |length| Metadata::from_answer(&issuer(ISSUER), &json_answer(200, &padded(length)));
    assert!(read(MAX_METADATA).is_ok());
    assert_error(read(MAX_METADATA + 1), "discovery_malformed", "too large");
}

#[test]
fn r_033_a_refusal_tells_when_to_come_back() {
    let mut answer = json_answer(503, "");
    answer.retry_after = Some("30".into());
    let error = Metadata::from_answer(&issuer(ISSUER), &answer).unwrap_err();
    assert_eq!(error.retry_after, Some(30));
    assert!(error.code.retryable());
}

#[test]
fn r_034_each_insecure_endpoint_is_named() {
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
    ] {
        for url in [
            "http://id.example/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "/relative",
            "",
            "https://u:p@id.example/",
        ] {
            let body = format!(r#"{{"issuer":"{ISSUER}","{name}":"{url}"}}"#);
            let result = Metadata::from_answer(&issuer(ISSUER), &json_answer(200, &body));
            assert_error(result, "insecure_endpoint", name);
        }
        for value in ["1", "[]", "{}", "true", r#"["https://id.example/"]"#] {
            let body = format!(r#"{{"issuer":"{ISSUER}","{name}":{value}}}"#);
            let result = Metadata::from_answer(&issuer(ISSUER), &json_answer(200, &body));
            assert_error(result, "discovery_malformed", name);
            let result = Metadata::from_static(&issuer(ISSUER), &object(&body));
            assert_error(result, "config_invalid", name);
        }
    }
}

#[test]
fn r_035_a_missing_endpoint_is_named_when_it_is_needed() {
    for body in [
        format!(r#"{{"issuer":"{ISSUER}"}}"#),
        format!(r#"{{"issuer":"{ISSUER}","token_endpoint":null,"end_session_endpoint":null}}"#),
    ] {
        let metadata = Metadata::from_answer(&issuer(ISSUER), &json_answer(200, &body)).unwrap();
        assert_error(
            metadata.require_authorization(),
            "metadata_missing",
            "authorization_endpoint",
        );
        assert_error(
            metadata.require_token(),
            "metadata_missing",
            "token_endpoint",
        );
        assert_error(metadata.require_jwks(), "metadata_missing", "jwks_uri");
        assert_error(
            metadata.require_userinfo(),
            "metadata_missing",
            "userinfo_endpoint",
        );
        assert_error(
            metadata.require_revocation(),
            "metadata_missing",
            "revocation_endpoint",
        );
        assert_error(
            metadata.require_end_session(),
            "logout_no_endpoint",
            "end_session_endpoint",
        );
    }
    let metadata = read("").unwrap();
    assert_eq!(
        metadata.require_token().unwrap().as_str(),
        "https://id.example/t/token"
    );
    assert_eq!(
        metadata.require_jwks().unwrap().origin(),
        "https://keys.example"
    );
}

#[test]
fn r_037_static_metadata_needs_no_issuer_but_no_other_one() {
    let map = object(r#"{"token_endpoint":"https://id.example/t/token"}"#);
    let metadata = Metadata::from_static(&issuer(ISSUER), &map).unwrap();
    assert_eq!(metadata.issuer.as_str(), ISSUER);
    let map = object(r#"{"issuer":"https://evil.example"}"#);
    assert_error(
        Metadata::from_static(&issuer(ISSUER), &map),
        "discovery_issuer_mismatch",
        "issuer",
    );
    let map = object(r#"{"token_endpoint":"http://id.example/token"}"#);
    assert_error(
        Metadata::from_static(&issuer(ISSUER), &map),
        "insecure_endpoint",
        "token_endpoint",
    );
}

#[test]
fn r_038_absent_optional_lists_never_block() {
    for extra in [
        "",
        r#""token_endpoint_auth_methods_supported":["client_secret_basic"]"#,
        r#""code_challenge_methods_supported":["plain","S256"]"#,
        r#""code_challenge_methods_supported":null"#,
        r#""response_types_supported":["code","id_token"]"#,
        r#""response_modes_supported":["form_post"],"x_unknown":{"deep":[1]}"#,
        r#""require_pushed_authorization_requests":false"#,
        r#""grant_types_supported":["implicit"]"#,
    ] {
        read(extra)
            .unwrap()
            .check_usable()
            .unwrap_or_else(|error| panic!("{extra}: {error}"));
    }
}

#[test]
fn decision_14_lists_that_exclude_us_block_before_navigation() {
    for (extra, code, detail) in [
        (
            r#""code_challenge_methods_supported":["plain"]"#,
            "no_pkce_s256",
            "code_challenge",
        ),
        (
            r#""code_challenge_methods_supported":[]"#,
            "no_pkce_s256",
            "code_challenge",
        ),
        (
            r#""code_challenge_methods_supported":["s256"]"#,
            "no_pkce_s256",
            "code_challenge",
        ),
        (
            r#""require_pushed_authorization_requests":true"#,
            "provider_requires_par",
            "",
        ),
        (
            r#""response_types_supported":["id_token","code id_token"]"#,
            "metadata_missing",
            "response_types",
        ),
    ] {
        assert_error(read(extra).unwrap().check_usable(), code, detail);
    }
}

#[test]
fn wrong_types_that_touch_a_check_are_refused() {
    for name in [
        "authorization_response_iss_parameter_supported",
        "require_pushed_authorization_requests",
        "code_challenge_methods_supported",
        "response_types_supported",
        "id_token_signing_alg_values_supported",
        "prompt_values_supported",
    ] {
        for value in [r#""true""#, "1", "{}", "[1]", r#"["a",null]"#] {
            assert_error(
                read(&format!(r#""{name}":{value}"#)),
                "discovery_malformed",
                name,
            );
        }
    }
}

#[test]
fn r_094_algorithms_are_those_listed_and_known() {
    assert_eq!(read("").unwrap().id_token_algs, None);
    let list = |values: &str| {
        let extra = format!(r#""id_token_signing_alg_values_supported":{values}"#);
        read(&extra).unwrap().id_token_algs.unwrap()
    };
    assert_eq!(
        list(r#"["none","HS256","RS256","ES256K","EdDSA","Ed25519","rs256"]"#),
        [Alg::RS256, Alg::EdDSA, Alg::Ed25519]
    );
    assert_eq!(list(r#"["none","HS256"]"#), []);
}

#[test]
fn flags_are_read() {
    assert!(!read("").unwrap().iss_parameter_supported);
    assert!(
        read(r#""authorization_response_iss_parameter_supported":true"#)
            .unwrap()
            .iss_parameter_supported
    );
    assert!(!read("").unwrap().prompt_none_excluded);
    assert!(
        !read(r#""prompt_values_supported":["none","login"]"#)
            .unwrap()
            .prompt_none_excluded
    );
    assert!(
        read(r#""prompt_values_supported":["login"]"#)
            .unwrap()
            .prompt_none_excluded
    );
}
