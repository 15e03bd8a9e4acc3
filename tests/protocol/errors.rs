//! The table of codes, and what an error shows.

use std::collections::BTreeSet;

use keyward::protocol::error::{Code, Error, ProviderError};
use keyward::protocol::token::TokenResponse;

use crate::json_answer;

const GROUPS: &[&str] = &[
    "config",
    "insecure",
    "wasm",
    "discovery",
    "issuer_mismatch",
    "metadata_missing",
    "transient",
    "timeout",
    "login_required",
    "state",
    "response_malformed",
    "iss",
    "txn",
    "authorization_error",
    "token_network",
    "token_error",
    "token_invalid",
    "token_type",
    "id_token",
    "userinfo",
    "api",
    "session",
    "storage",
    "vault",
    "logout",
    "internal",
];

#[test]
fn every_code_has_a_name_of_its_own_and_a_known_group() {
    let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    let groups: BTreeSet<_> = Code::ALL.iter().map(|code| code.group()).collect();
    assert_eq!(groups, GROUPS.iter().copied().collect());
    for (place, code) in Code::ALL.iter().enumerate() {
        assert_eq!(*code as usize, place);
        let name = code.as_str();
        assert!(
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
            "{name}"
        );
        let variant = format!("{code:?}").to_lowercase();
        assert_eq!(
            variant,
            name.replace('_', ""),
            "variant and name say the same"
        );
    }
}

#[test]
fn every_code_is_explained() {
    let mut messages = BTreeSet::new();
    for code in Code::ALL {
        let name = code.as_str();
        for text in [code.message(), code.cause(), code.fix()] {
            assert!(
                text.len() >= 20 && text.ends_with(['.', ')', '}']),
                "{name}: {text:?}"
            );
            assert!(
                !text.contains("  ") && !text.contains('\n') && !text.contains("TODO"),
                "{name}: {text:?}"
            );
        }
        assert!(code.message().len() <= 100, "{name}: one short sentence");
        assert!(!code.reference().is_empty(), "{name}");
        assert!(
            messages.insert(code.message()),
            "{name}: a message of its own"
        );
        let placeholders = [code.message(), code.cause(), code.fix()].join(" ");
        for piece in placeholders.split('<').skip(1) {
            let placeholder = piece.split('>').next().unwrap();
            let known = [
                "issuer",
                "issuerOrigin",
                "clientId",
                "redirectUri",
                "origin",
                "realm",
                "base href",
            ];
            assert!(known.contains(&placeholder), "{name}: <{placeholder}>");
        }
    }
}

#[test]
fn retryable_codes_are_those_that_pass_by_themselves() {
    let retryable: BTreeSet<_> = Code::ALL
        .iter()
        .filter(|code| code.retryable())
        .map(|code| code.as_str())
        .collect();
    let expected = [
        "core_load_failed",
        "discovery_down",
        "discovery_status",
        "jwks_unavailable",
        "offline",
        "refresh_failed",
        "revocation_failed",
        "timeout",
        "token_network",
        "userinfo_failed",
        "vault_unavailable",
    ];
    assert_eq!(retryable, expected.into_iter().collect());
}

#[test]
fn an_error_shows_its_code_and_detail() {
    let error = Error::new(Code::IdTokenAud);
    assert_eq!(error.to_string(), "id_token_aud");
    assert_eq!(
        error.with_detail("aud: x").to_string(),
        "id_token_aud (aud: x)"
    );
}

#[test]
fn texts_of_a_peer_are_cut_between_characters() {
    let body = format!(
        r#"{{"error":"{}","error_description":"a{}"}}"#,
        "e".repeat(2000),
        "€".repeat(2000)
    );
    let error = TokenResponse::parse(&json_answer(400, &body))
        .unwrap_err()
        .into_error();
    assert_eq!(error.detail.as_ref().unwrap().len(), 512);
    let provider = error.provider.as_ref().unwrap();
    assert_eq!(provider.error.len(), 512);
    assert_eq!(provider.description.as_ref().unwrap().len(), 511);
}

#[test]
fn an_echoed_secret_is_taken_back() {
    let secret = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let body = format!(
        r#"{{"error":"x-{secret}","error_description":"bad {secret}!","error_uri":"https://id.example/{secret}"}}"#
    );
    let error = TokenResponse::parse(&json_answer(400, &body))
        .unwrap_err()
        .into_error()
        .without(secret);
    assert!(!format!("{error} {error:?}").contains(secret));
    assert_eq!(error.code, Code::TokenError);
    let provider = error.provider.as_ref().unwrap();
    assert_eq!(
        **provider,
        ProviderError {
            status: Some(400),
            ..ProviderError::default()
        }
    );
}

#[test]
fn other_texts_stay_when_a_secret_is_taken_back() {
    let body = r#"{"error":"invalid_grant","error_description":"used up"}"#;
    let error = TokenResponse::parse(&json_answer(400, body))
        .unwrap_err()
        .into_error();
    for secret in ["some-long-secret", "", "used", "invalid"] {
        assert_eq!(error.clone().without(secret), error);
    }
}
