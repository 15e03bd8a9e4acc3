//! The authorization request and response.

use std::collections::BTreeSet;

use keyward::protocol::authorization::{
    AuthorizationRequest, AuthorizationResponse, Outcome, provider_code,
};
use keyward::protocol::error::{Code, ProviderError};
use keyward::protocol::form::parse_query;
use keyward::protocol::secret::IdToken;

use crate::{assert_error, endpoint, issuer};

fn request<'a>() -> AuthorizationRequest<'a> {
    AuthorizationRequest {
        client_id: "spa",
        redirect_uri: "https://app.example/",
        scope: "openid profile",
        state: "the-state",
        nonce: "the-nonce",
        code_challenge: "the-challenge",
        ..AuthorizationRequest::default()
    }
}

fn extras(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

fn query_of(url: &str) -> Vec<(String, String)> {
    parse_query(url.split_once('?').unwrap().1).unwrap()
}

#[test]
fn r_001_r_002_every_request_is_code_with_s256() {
    let url = request().url(&endpoint("https://id.example/auth")).unwrap();
    assert_eq!(
        url,
        "https://id.example/auth?response_type=code&client_id=spa&redirect_uri=https%3A%2F%2Fapp.example%2F\
         &scope=openid+profile&state=the-state&nonce=the-nonce&code_challenge=the-challenge&code_challenge_method=S256"
    );
}

#[test]
fn r_012_own_query_is_kept_and_nothing_is_doubled() {
    let url = request()
        .url(&endpoint("https://id.example/auth?tenant=a"))
        .unwrap();
    assert!(url.starts_with("https://id.example/auth?tenant=a&response_type=code&"));
    let pairs = query_of(&url);
    let names: BTreeSet<_> = pairs.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), pairs.len());
    for own in [
        "scope=x",
        "response_type=token",
        "Client_Id=evil",
        "redirect%5Furi=https://evil.example",
    ] {
        let result = request().url(&endpoint(&format!("https://id.example/auth?{own}")));
        assert_error(result, "discovery_malformed", "");
    }
    let extra = extras(&[("tenant", "b")]);
    let result = AuthorizationRequest {
        extra: &extra,
        ..request()
    }
    .url(&endpoint("https://id.example/auth?tenant=a"));
    assert_error(result, "config_reserved_parameter", "tenant");
}

#[test]
fn r_013_extras_cannot_replace_ours() {
    for name in [
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "state",
        "nonce",
        "scope",
        "code_challenge",
        "code_challenge_method",
        "code_challenge_x",
        "request",
        "request_uri",
        "client_secret",
        "STATE",
        "Redirect_Uri",
        "",
    ] {
        let extra = extras(&[("ok", "1"), (name, "x")]);
        let result = AuthorizationRequest {
            extra: &extra,
            ..request()
        }
        .url(&endpoint("https://id.example/auth"));
        assert_error(result, "config_reserved_parameter", name);
    }
    for pairs in [
        [("audience", "a"), ("audience", "b")],
        [("x", "a"), ("X", "b")],
    ] {
        let extra = extras(&pairs);
        let result = AuthorizationRequest {
            extra: &extra,
            ..request()
        }
        .url(&endpoint("https://id.example/auth"));
        assert_error(result, "config_reserved_parameter", pairs[1].0);
    }
    let extra = extras(&[("login_hint", "bob")]);
    let both = AuthorizationRequest {
        extra: &extra,
        login_hint: Some("alice"),
        ..request()
    };
    assert_error(
        both.url(&endpoint("https://id.example/auth")),
        "config_reserved_parameter",
        "login_hint",
    );
}

#[test]
fn r_017_resource_may_repeat() {
    let extra = extras(&[
        ("resource", "urn:a"),
        ("audience", "x y&z"),
        ("resource", "urn:b"),
    ]);
    let url = AuthorizationRequest {
        extra: &extra,
        ..request()
    }
    .url(&endpoint("https://id.example/auth"))
    .unwrap();
    assert!(url.ends_with("&resource=urn%3Aa&audience=x+y%26z&resource=urn%3Ab"));
}

#[test]
fn r_014_prompt_none_stands_alone() {
    for prompt in ["none login", "login none", " none  consent", "none none"] {
        let typed = AuthorizationRequest {
            prompt: Some(prompt),
            ..request()
        };
        assert_error(
            typed.url(&endpoint("https://id.example/auth")),
            "config_prompt_none_combined",
            "prompt",
        );
        let extra = extras(&[("prompt", prompt)]);
        let untyped = AuthorizationRequest {
            extra: &extra,
            ..request()
        };
        assert_error(
            untyped.url(&endpoint("https://id.example/auth")),
            "config_prompt_none_combined",
            "prompt",
        );
    }
    for prompt in ["none", "login consent", "create", "nonesuch login"] {
        let typed = AuthorizationRequest {
            prompt: Some(prompt),
            ..request()
        };
        assert!(typed.url(&endpoint("https://id.example/auth")).is_ok());
    }
}

#[test]
fn r_019_typed_parameters_pass_through_encoded() {
    let hint = IdToken::new("a.b.c".into());
    let request = AuthorizationRequest {
        prompt: Some("login consent"),
        login_hint: Some("alice+1@example.org"),
        max_age: Some(0),
        acr_values: Some("urn:a urn:b"),
        ui_locales: Some("de-CH fr"),
        id_token_hint: Some(&hint),
        claims: Some(r#"{"id_token":{"acr":null}}"#),
        ..request()
    };
    let pairs = query_of(&request.url(&endpoint("https://id.example/auth")).unwrap());
    for (name, value) in [
        ("prompt", "login consent"),
        ("login_hint", "alice+1@example.org"),
        ("max_age", "0"),
        ("acr_values", "urn:a urn:b"),
        ("ui_locales", "de-CH fr"),
        ("id_token_hint", "a.b.c"),
        ("claims", r#"{"id_token":{"acr":null}}"#),
    ] {
        let found: Vec<_> = pairs.iter().filter(|(own, _)| own == name).collect();
        assert_eq!(found, [&(name.to_string(), value.to_string())]);
    }
}

#[test]
fn empty_optional_texts_are_left_out() {
    let request = AuthorizationRequest {
        prompt: Some(""),
        acr_values: Some(""),
        login_hint: Some(""),
        ..request()
    };
    let url = request.url(&endpoint("https://id.example/auth")).unwrap();
    assert!(!url.contains("prompt") && !url.contains("acr_values") && !url.contains("login_hint"));
}

#[test]
fn a_code_response_is_read() {
    for query in [
        "code=c%2B1&state=s&iss=https%3A%2F%2Fid.example",
        "?code=c%2B1&state=s&iss=https%3A%2F%2Fid.example",
        "state=s&session_state=x&iss=https://id.example&code=c%2b1",
        "%63ode=c%2B1&st%61te=s&iss=https://id.example",
    ] {
        let response = AuthorizationResponse::parse(query).unwrap();
        assert_eq!(response.state, "s");
        assert_eq!(response.iss.as_deref(), Some("https://id.example"));
        assert!(matches!(response.outcome, Outcome::Code(code) if code.expose() == "c+1"));
    }
}

#[test]
fn r_057_other_parameters_are_ignored_however_they_look() {
    for other in [
        "foo=bar",
        "q=100%",
        "a=1&a=2",
        "%ff=1",
        "scope=openid&scope=x",
        "CODE=x",
        "code%5B%5D=x",
        "=&&&",
        "response=a.b.c",
    ] {
        let response =
            AuthorizationResponse::parse(&format!("{other}&code=c&state=s&{other}")).unwrap();
        assert!(
            matches!(response.outcome, Outcome::Code(code) if code.expose() == "c"),
            "{other}"
        );
    }
}

#[test]
fn r_058_no_parameter_of_the_protocol_stands_twice() {
    for (query, name) in [
        ("code=a&code=b&state=s", "code"),
        ("code=a&code=a&state=s", "code"),
        ("code=a&%63ode=b&state=s", "code"),
        ("code=a&state=s&state=t", "state"),
        ("code=a&state=s&state=s", "state"),
        ("code=a&state=s&state", "state"),
        ("code=a&state=s&iss=a&iss=a", "iss"),
        ("error=a&error=b&state=s", "error"),
        (
            "error=a&error_description=b&error_description=c&state=s",
            "error_description",
        ),
        ("error=a&error_uri=b&error_uri=c&state=s", "error_uri"),
    ] {
        assert_error(
            AuthorizationResponse::parse(query),
            "callback_malformed",
            name,
        );
    }
}

#[test]
fn broken_responses_are_refused() {
    for (query, code, name) in [
        ("code=%&state=s", "callback_malformed", "code"),
        ("code=%E0%A4%A&state=s", "callback_malformed", "code"),
        ("code=%ff&state=s", "callback_malformed", "code"),
        ("code=a&state=%zz", "callback_malformed", "state"),
        ("code=a&state=s&iss=%", "callback_malformed", "iss"),
        ("error=%zz&state=s", "callback_malformed", "error"),
        ("code=&state=s", "callback_malformed", "code"),
        ("code&state=s", "callback_malformed", "code"),
        ("error=&state=s", "callback_malformed", "error"),
        ("state=s", "callback_malformed", "code"),
        (
            "code=a&error=access_denied&state=s",
            "callback_malformed",
            "code",
        ),
        ("code=a&error=&state=s", "callback_malformed", "code"),
        ("code=a", "callback_state_unknown", "state"),
        ("code=a&state=", "callback_state_unknown", "state"),
        ("error=access_denied", "callback_state_unknown", "state"),
        ("", "callback_state_unknown", "state"),
        ("?", "callback_state_unknown", "state"),
        ("#code=a&state=s", "callback_malformed", "code"),
    ] {
        assert_error(AuthorizationResponse::parse(query), code, name);
    }
    let long = format!("code=a&state=s&x={}", "y".repeat(64 * 1024));
    assert_error(
        AuthorizationResponse::parse(&long),
        "callback_malformed",
        "too large",
    );
}

#[test]
fn r_059_tokens_in_the_response_are_never_looked_at() {
    let query = "access_token=t&id_token=a.b.c&token_type=Bearer&state=s";
    assert_error(
        AuthorizationResponse::parse(query),
        "callback_malformed",
        "code",
    );
}

#[test]
fn a_broken_response_still_tells_its_state() {
    for (query, state) in [
        ("code=%&state=s", Some("s")),
        ("?code=a&code=b&state=s%20t", Some("s t")),
        ("code=a&state=s&state=t", None),
        ("code=a&state=%", None),
        ("code=a&state=", None),
        ("code=a", None),
    ] {
        assert_eq!(
            AuthorizationResponse::state_of(query).as_deref(),
            state,
            "{query}"
        );
    }
}

#[test]
fn r_056_an_error_response_is_data() {
    let query = "error=access_denied&error_description=%3Cimg+onerror%3D%22x%22%3E&error_uri=https%3A%2F%2Fid.example%2Fe&state=s";
    let response = AuthorizationResponse::parse(query).unwrap();
    let Outcome::Error(error) = response.outcome else {
        panic!("a code?")
    };
    assert_eq!(error.error, "access_denied");
    assert_eq!(error.description.as_deref(), Some("<img onerror=\"x\">"));
    assert_eq!(error.uri.as_deref(), Some("https://id.example/e"));
    assert_eq!(error.status, None);
}

#[test]
fn r_056_words_that_cannot_be_read_do_not_hide_the_error() {
    for (tail, description, uri) in [
        ("&error_description=Acc%E8s", None, None),
        ("&error_description=%&error_uri=%", None, None),
        ("&error_uri=javascript:alert(1)", None, None),
        ("&error_uri=/help", None, None),
        (
            "&error_uri=http://a.example/%2520",
            None,
            Some("http://a.example/%20"),
        ),
        ("&error_description=", Some(""), None),
    ] {
        let response = AuthorizationResponse::parse(&format!("error=e&state=s{tail}")).unwrap();
        let Outcome::Error(error) = response.outcome else {
            panic!("a code?")
        };
        assert_eq!(
            (
                error.error.as_str(),
                error.description.as_deref(),
                error.uri.as_deref()
            ),
            ("e", description, uri)
        );
    }
    let long = format!(
        "error={}&error_description={}&state=s",
        "e".repeat(900),
        "ü".repeat(900)
    );
    let Outcome::Error(error) = AuthorizationResponse::parse(&long).unwrap().outcome else {
        panic!("a code?")
    };
    assert!(error.error.len() == 512 && error.description.unwrap().len() == 512);
}

fn check(query: &str, supported: bool) -> Result<(), keyward::protocol::error::Error> {
    AuthorizationResponse::parse(query)
        .unwrap()
        .check_issuer(&issuer("https://id.example/t"), supported)
}

#[test]
fn r_052_iss_of_another_server_is_refused() {
    for iss in [
        "https://evil.example",
        "https://id.example/t/",
        "https://id.example",
        "https://ID.example/t",
        "",
        "https://id.example/t%23",
    ] {
        for supported in [true, false] {
            let result = check(&format!("code=c&state=s&iss={iss}"), supported);
            assert_error(
                result,
                "callback_iss_mismatch",
                "expected \"https://id.example/t\"",
            );
        }
    }
}

#[test]
fn r_052_decision_15_equal_iss_is_accepted_whether_announced_or_not() {
    for iss in ["https://id.example/t", "https%3A%2F%2Fid.example%2Ft"] {
        check(&format!("code=c&state=s&iss={iss}"), true).unwrap();
        check(&format!("code=c&state=s&iss={iss}"), false).unwrap();
        check(&format!("error=e&state=s&iss={iss}"), true).unwrap();
    }
}

#[test]
fn r_053_missing_iss_is_refused_when_announced() {
    assert_error(check("code=c&state=s", true), "callback_iss_missing", "iss");
    check("code=c&state=s", false).unwrap();
}

#[test]
fn r_054_error_with_wrong_iss_is_not_attributed() {
    assert_error(
        check("error=access_denied&state=s&iss=https://evil.example", true),
        "callback_iss_mismatch",
        "iss",
    );
    assert_error(
        check(
            "error=access_denied&state=s&iss=https://evil.example",
            false,
        ),
        "callback_iss_mismatch",
        "iss",
    );
    // Real servers leave it out of errors although they announce it.
    check("error=access_denied&state=s", true).unwrap();
}

#[test]
fn r_183_errors_of_a_silent_try_are_told_apart() {
    for (name, code) in [
        ("login_required", Code::LoginRequired),
        ("interaction_required", Code::InteractionRequired),
        ("consent_required", Code::ConsentRequired),
        ("account_selection_required", Code::AccountSelectionRequired),
        ("access_denied", Code::IdpError),
        ("LOGIN_REQUIRED", Code::IdpError),
        ("<script>", Code::IdpError),
    ] {
        let error = ProviderError {
            error: name.into(),
            ..ProviderError::default()
        };
        assert_eq!(provider_code(&error), code);
    }
}
