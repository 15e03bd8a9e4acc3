//! Every parser is total: any input gives a value or a coded error, never a panic.

use proptest::prelude::*;

use keyward::protocol::authorization::{AuthorizationRequest, AuthorizationResponse, Outcome};
use keyward::protocol::error::ProviderError;
use keyward::protocol::form::{Form, parse_query};
use keyward::protocol::http::{Answer, http_date_seconds, retry_after_seconds};
use keyward::protocol::id_token::{Expected, IdTokenParts, Nonce};
use keyward::protocol::jwk::{Alg, JwkSet};
use keyward::protocol::metadata::{Issuer, Metadata, WellKnown, well_known_url};
use keyward::protocol::secret::{AccessToken, IdToken};
use keyward::protocol::token::TokenResponse;
use keyward::protocol::url::Endpoint;
use keyward::protocol::{base64url, challenge, json, revocation, userinfo};

use crate::id_token::jws;
use crate::{endpoint, issuer, object};

/// Text that looks a little like what the parsers expect.
fn near() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "https://",
        "http://",
        "localhost",
        "id.example",
        "[::1]",
        ":",
        "/",
        "?",
        "&",
        "=",
        "%",
        "%4",
        "%ff",
        "+",
        "#",
        "@",
        "\\",
        "code",
        "state",
        "iss",
        "error",
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        "\\\"",
        "null",
        "true",
        "1e9",
        "-1",
        "\"iss\":",
        "\"sub\":",
        "\"exp\":",
        "\"aud\":",
        "\"keys\":",
        "\"kid\":",
        "\"kty\":\"RSA\"",
        "\"n\":\"AQAB\"",
        "Bearer",
        "realm",
        " ",
        "\t",
        ".",
        "..",
        "eyJhbGciOiJSUzI1NiJ9",
        "e30",
        "AA",
        "é",
        "€",
        "\0",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "127.0.0.1",
        "0",
    ]);
    prop_oneof![
        3 => prop::collection::vec(words, 0..24).prop_map(|words| words.concat()),
        1 => any::<String>(),
    ]
}

/// JSON of any shape, with members that the parsers look at.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        near().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let names = prop::sample::select(vec![
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "nbf",
            "nonce",
            "at_hash",
            "azp",
            "acr",
            "auth_time",
            "events",
            "alg",
            "kid",
            "typ",
            "crit",
            "keys",
            "kty",
            "crv",
            "n",
            "e",
            "x",
            "y",
            "use",
            "key_ops",
            "issuer",
            "token_endpoint",
            "jwks_uri",
            "access_token",
            "token_type",
            "expires_in",
            "id_token",
            "scope",
            "error",
            "error_description",
            "error_uri",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((names, inner), 0..8).prop_map(|pairs| {
                serde_json::Value::Object(
                    pairs
                        .into_iter()
                        .map(|(name, value)| (name.into(), value))
                        .collect(),
                )
            }),
        ]
    })
}

fn answers(status: u16, header: Option<String>, body: &str) -> Answer {
    Answer {
        status,
        content_type: header.clone(),
        retry_after: header.clone(),
        www_authenticate: header.clone(),
        date: header,
        body: body.into(),
    }
}

fn judge(answer: &Answer) {
    let _ = TokenResponse::parse(answer);
    let _ = userinfo::parse(answer, "alice");
    let _ = revocation::check(answer);
    if let Ok(metadata) = Metadata::from_answer(&issuer("https://id.example"), answer) {
        let _ = metadata.check_usable();
    }
    if let Ok(keys) = JwkSet::parse(answer) {
        for alg in [Alg::RS256, Alg::ES512, Alg::EdDSA] {
            for key in keys
                .candidates(alg, Some("k"))
                .into_iter()
                .chain(keys.candidates(alg, None))
                .flatten()
            {
                assert!(json::parse_object(&key.to_public_json(), 10_000).is_ok());
            }
        }
    }
}

fn check_id_token(text: &str) {
    let Ok(parts) = IdTokenParts::parse(&IdToken::new(text.into())) else {
        return;
    };
    let access_token = AccessToken::new("at".into());
    let expected = Expected {
        issuer: "https://id.example",
        client_id: "spa",
        nonce: Nonce::IfPresent(None),
        trusted_audiences: &[],
        max_age: Some(1),
        acr_values: Some("1"),
        acr_essential: true,
        now_s: 1,
        leeway_s: 60,
        access_token: &access_token,
        algs: None,
        previous: None,
    };
    let _ = parts.check(&expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn text_parsers_are_total(text in near(), number: u64) {
        let _ = base64url::decode(&text);
        let _ = parse_query(&text);
        let _ = json::parse_object(&text, 1000);
        let _ = retry_after_seconds(&text, number);
        let _ = http_date_seconds(&text);
        let _ = Alg::parse(&text);
        for found in challenge::parse(&text) {
            prop_assert!(!found.scheme.is_empty());
        }
        check_id_token(&text);
    }

    #[test]
    fn urls_are_total_and_kept(text in near()) {
        if let Ok(issuer) = Issuer::parse(&text) {
            prop_assert_eq!(issuer.as_str(), &text);
            for kind in [WellKnown::OpenIdConfiguration, WellKnown::OauthAuthorizationServer] {
                let url = well_known_url(&issuer, kind);
                prop_assert!(Endpoint::parse(&url).is_ok());
            }
        }
        if let Ok(endpoint) = Endpoint::parse(&text) {
            prop_assert_eq!(endpoint.as_str(), &text);
            let url = endpoint.with_query("a=1");
            prop_assert!(url.starts_with(&text));
            prop_assert!(url.ends_with("a=1"));
            let origin = Endpoint::parse(endpoint.origin()).unwrap();
            prop_assert_eq!(origin.origin(), endpoint.origin());
        }
    }

    #[test]
    fn answers_are_judged_totally(status in prop_oneof![Just(200_u16), Just(400), any::<u16>()], header in prop::option::of(near()), body in near()) {
        judge(&answers(status, header, &body));
    }

    #[test]
    fn json_answers_are_judged_totally(status in prop_oneof![Just(200_u16), Just(400)], value in value()) {
        judge(&answers(status, Some("application/json".into()), &value.to_string()));
        let _ = value.as_object().map(|_| Metadata::from_static(&issuer("https://id.example"), &object(&value.to_string())));
    }

    #[test]
    fn id_tokens_are_judged_totally(header in value(), claims in value()) {
        check_id_token(&jws(&header.to_string(), &claims.to_string()));
        check_id_token(&jws(r#"{"alg":"RS256"}"#, &claims.to_string()));
    }

    #[test]
    fn callbacks_are_read_totally(query in near()) {
        let state = AuthorizationResponse::state_of(&query);
        if let Ok(response) = AuthorizationResponse::parse(&query) {
            prop_assert_eq!(Some(&response.state), state.as_ref());
            let _ = response.check_issuer(&issuer("https://id.example"), true);
        }
    }

    #[test]
    fn a_code_response_reads_back_as_sent(code in ".{1,40}", state in ".{1,40}", iss in prop::option::of(".{0,40}")) {
        let mut form = Form::new();
        form.push("state", &state);
        form.push_some("iss", iss.as_deref());
        form.push("code", &code);
        let response = AuthorizationResponse::parse(&form.finish()).unwrap();
        prop_assert_eq!(response.state, state);
        prop_assert_eq!(response.iss, iss);
        prop_assert!(matches!(response.outcome, Outcome::Code(found) if found.expose() == code));
    }

    #[test]
    fn an_error_response_reads_back_as_sent(error in ".{1,40}", description in prop::option::of(".{0,100}")) {
        let mut form = Form::new();
        form.push("error", &error);
        form.push_some("error_description", description.as_deref());
        form.push("state", "s");
        let response = AuthorizationResponse::parse(&form.finish()).unwrap();
        let expected = ProviderError { error, description, ..ProviderError::default() };
        prop_assert!(matches!(response.outcome, Outcome::Error(found) if found == expected));
    }

    #[test]
    fn requests_carry_what_they_were_given(texts in prop::array::uniform6(".{1,20}"), value in ".{0,20}") {
        let [client_id, redirect_uri, scope, state, nonce, code_challenge] = &texts;
        let extra = [(String::from("x"), value.clone())];
        let request = AuthorizationRequest { client_id, redirect_uri, scope, state, nonce, code_challenge, extra: &extra, ..Default::default() };
        let url = request.url(&endpoint("https://id.example/a?tenant=%2B")).unwrap();
        prop_assert!(Endpoint::parse(&url).is_ok());
        let pairs = parse_query(url.split_once('?').unwrap().1).unwrap();
        let get = |name: &str| pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
        prop_assert_eq!(get("tenant"), Some("+"));
        prop_assert_eq!(get("client_id"), Some(client_id.as_str()));
        prop_assert_eq!(get("redirect_uri"), Some(redirect_uri.as_str()));
        prop_assert_eq!(get("scope"), Some(scope.as_str()));
        prop_assert_eq!(get("state"), Some(state.as_str()));
        prop_assert_eq!(get("nonce"), Some(nonce.as_str()));
        prop_assert_eq!(get("code_challenge"), Some(code_challenge.as_str()));
        prop_assert_eq!(get("x"), Some(value.as_str()));
    }
}
