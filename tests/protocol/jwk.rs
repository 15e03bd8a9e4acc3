//! Keys and how one is chosen.

use keyward::protocol::jwk::{Alg, JwkSet, KeyMiss, MAX_JWKS};

use crate::{assert_error, json_answer, typed_answer};

/// RFC 7638 section 3.1, 2048 bits.
const RSA_N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
/// RFC 7515 appendix A.3.
const EC_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const EC_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
/// RFC 8037 appendix A.2.
const ED_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

const ALL: [Alg; 11] = [
    Alg::RS256,
    Alg::RS384,
    Alg::RS512,
    Alg::PS256,
    Alg::PS384,
    Alg::PS512,
    Alg::ES256,
    Alg::ES384,
    Alg::ES512,
    Alg::EdDSA,
    Alg::Ed25519,
];

fn rsa(extra: &str) -> String {
    format!(r#"{{"kty":"RSA","n":"{RSA_N}","e":"AQAB"{extra}}}"#)
}

fn ec(extra: &str) -> String {
    format!(r#"{{"kty":"EC","crv":"P-256","x":"{EC_X}","y":"{EC_Y}"{extra}}}"#)
}

fn ed(extra: &str) -> String {
    format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{ED_X}"{extra}}}"#)
}

fn set(keys: &[String]) -> JwkSet {
    JwkSet::parse(&json_answer(
        200,
        &format!(r#"{{"keys":[{}]}}"#, keys.join(",")),
    ))
    .unwrap()
}

fn miss(key: &str, alg: Alg) -> KeyMiss {
    set(&[key.to_string()])
        .candidates(alg, Some("k"))
        .unwrap_err()
}

#[test]
fn r_094_algorithm_names_are_exact_and_asymmetric() {
    for alg in ALL {
        assert_eq!(Alg::parse(alg.as_str()), Some(alg));
    }
    for name in [
        "none", "None", "NONE", "", "HS256", "HS384", "HS512", "rs256", "RS256 ", "RS1", "ES256K",
        "Ed448", "RSA-OAEP", "dir", "A128KW",
    ] {
        assert_eq!(Alg::parse(name), None, "{name}");
    }
}

#[test]
fn algorithms_map_to_webcrypto() {
    for (alg, family, hash, length, curve) in [
        (Alg::RS256, "RSASSA-PKCS1-v1_5", "SHA-256", 32, None),
        (Alg::RS512, "RSASSA-PKCS1-v1_5", "SHA-512", 64, None),
        (Alg::PS384, "RSA-PSS", "SHA-384", 48, None),
        (Alg::ES256, "ECDSA", "SHA-256", 32, Some("P-256")),
        (Alg::ES384, "ECDSA", "SHA-384", 48, Some("P-384")),
        (Alg::ES512, "ECDSA", "SHA-512", 64, Some("P-521")),
        (Alg::EdDSA, "Ed25519", "SHA-512", 64, None),
        (Alg::Ed25519, "Ed25519", "SHA-512", 64, None),
    ] {
        let found = (
            alg.webcrypto_name(),
            alg.hash_name(),
            alg.hash_len(),
            alg.curve(),
        );
        assert_eq!(found, (family, hash, length, curve), "{alg:?}");
    }
}

#[test]
fn r_113_each_kind_of_key_fits_its_own_algorithms_only() {
    for (key, fitting) in [
        (rsa(r#","kid":"k""#), &ALL[0..6]),
        (ec(r#","kid":"k""#), &ALL[6..7]),
        (ed(r#","kid":"k""#), &ALL[9..11]),
    ] {
        for alg in ALL {
            let set = set(std::slice::from_ref(&key));
            let found = set.candidates(alg, Some("k"));
            assert_eq!(found.is_ok(), fitting.contains(&alg), "{alg:?} {key}");
            if let Err(miss) = found {
                assert_eq!(miss, KeyMiss::Unfit);
            }
        }
    }
}

#[test]
fn r_113_alg_use_and_key_ops_must_fit() {
    let fits = |extra: &str, alg| {
        set(&[rsa(&format!(r#","kid":"k"{extra}"#))])
            .candidates(alg, Some("k"))
            .is_ok()
    };
    assert!(fits("", Alg::RS256));
    assert!(fits(
        r#","alg":"RS256","use":"sig","key_ops":["verify"]"#,
        Alg::RS256
    ));
    assert!(fits(r#","alg":null,"use":null,"key_ops":null"#, Alg::RS256));
    assert!(!fits(r#","alg":"RS512""#, Alg::RS256));
    assert!(!fits(r#","alg":"PS256""#, Alg::RS256));
    assert!(!fits(r#","alg":"RSA-OAEP""#, Alg::RS256));
    assert!(!fits(r#","use":"enc""#, Alg::RS256));
    assert!(!fits(r#","key_ops":["sign"]"#, Alg::RS256));
    assert!(!fits(r#","key_ops":[]"#, Alg::RS256));
    let key = ed(r#","kid":"k","alg":"EdDSA""#);
    assert!(set(&[key]).candidates(Alg::Ed25519, Some("k")).is_ok());
}

#[test]
fn r_113_short_and_odd_rsa_keys_are_refused() {
    // 2047 bits: the highest bit of the example taken off.
    let short = RSA_N.replacen("0vx7", "Uvx7", 1);
    let long = "_".repeat(2732); // 16,392 bits
    for (n, e) in [
        (short.as_str(), "AQAB"),
        ("AQAB", "AQAB"),
        ("", "AQAB"),
        (&RSA_N[..172], "AQAB"),
        (&long, "AQAB"),
        (RSA_N, "AQ"),
        (RSA_N, ""),
        (RSA_N, "Ag"),
        (RSA_N, "AQAB=="),
        ("\\u0022", "AQAB"),
    ] {
        let key = format!(r#"{{"kty":"RSA","kid":"k","n":"{n}","e":"{e}"}}"#);
        assert_eq!(miss(&key, Alg::RS256), KeyMiss::Unfit, "{n} {e}");
    }
    let padded_with_zero = format!("AA{}", &"A".repeat(2));
    assert_eq!(padded_with_zero.len(), 4);
    let key = format!(r#"{{"kty":"RSA","kid":"k","n":"{padded_with_zero}{RSA_N}","e":"AQAB"}}"#);
    assert!(
        set(&[key]).candidates(Alg::RS256, Some("k")).is_ok(),
        "leading zeros count for nothing"
    );
}

#[test]
fn r_113_curves_and_coordinates_must_have_their_size() {
    for key in [
        format!(r#"{{"kty":"EC","kid":"k","crv":"P-256","x":"{EC_X}"}}"#),
        format!(r#"{{"kty":"EC","kid":"k","crv":"P-384","x":"{EC_X}","y":"{EC_Y}"}}"#),
        format!(r#"{{"kty":"EC","kid":"k","crv":"secp256k1","x":"{EC_X}","y":"{EC_Y}"}}"#),
        format!(r#"{{"kty":"EC","kid":"k","crv":"P-256","x":"AA{EC_X}","y":"{EC_Y}"}}"#),
        format!(r#"{{"kty":"OKP","kid":"k","crv":"Ed448","x":"{ED_X}"}}"#),
        format!(r#"{{"kty":"OKP","kid":"k","crv":"X25519","x":"{ED_X}"}}"#),
        format!(r#"{{"kty":"oct","kid":"k","k":"{RSA_N}"}}"#),
        r#"{"kty":"AKP","kid":"k","pub":"AA"}"#.into(),
        r#"{"kid":"k"}"#.into(),
    ] {
        for alg in ALL {
            assert_eq!(miss(&key, alg), KeyMiss::Unfit, "{key}");
        }
    }
}

#[test]
fn r_111_an_unknown_kid_asks_for_another_look() {
    let set = set(&[rsa(r#","kid":"a""#), ec(""), rsa(r#","kid":"A""#)]);
    assert_eq!(
        set.candidates(Alg::RS256, Some("b")).unwrap_err(),
        KeyMiss::UnknownKid
    );
    assert_eq!(
        set.candidates(Alg::ES256, Some("")).unwrap_err(),
        KeyMiss::UnknownKid
    );
    assert_eq!(
        set.candidates(Alg::RS256, Some("a")).unwrap()[0].kid(),
        Some("a")
    );
}

#[test]
fn r_115_decision_7_without_kid_every_fitting_key_is_tried() {
    let set = set(&[
        rsa(r#","kid":"a""#),
        ec(""),
        rsa(r#","kid":"b","use":"enc""#),
        rsa(""),
        rsa(r#","alg":"PS256""#),
    ]);
    assert_eq!(set.candidates(Alg::RS256, None).unwrap().len(), 2);
    assert_eq!(set.candidates(Alg::PS256, None).unwrap().len(), 3);
    assert_eq!(set.candidates(Alg::ES256, None).unwrap().len(), 1);
    assert_eq!(
        set.candidates(Alg::EdDSA, None).unwrap_err(),
        KeyMiss::UnknownKid
    );
}

#[test]
fn two_keys_with_one_kid_are_told_apart_by_their_kind() {
    let set = set(&[ec(r#","kid":"k""#), rsa(r#","kid":"k""#)]);
    assert_eq!(set.candidates(Alg::RS256, Some("k")).unwrap().len(), 1);
    assert_eq!(set.candidates(Alg::ES256, Some("k")).unwrap().len(), 1);
}

#[test]
fn r_114_entries_not_understood_are_skipped() {
    let odd = [
        "1",
        "null",
        "[]",
        "\"x\"",
        "{}",
        r#"{"kty":1}"#,
        r#"{"kty":"RSA"}"#,
        r#"{"kty":"RSA","kid":1}"#,
        r#"{"kty":"RSA","kid":"k","use":1}"#,
        r#"{"kty":"RSA","kid":"k","key_ops":"verify"}"#,
        r#"{"kty":"RSA","kid":"k","alg":[]}"#,
    ];
    let mut keys: Vec<String> = odd.iter().map(|text| text.to_string()).collect();
    keys.push(rsa(r#","kid":"k","x5c":["MIIB"],"unknown":{"a":[1]}"#));
    assert_eq!(
        set(&keys).candidates(Alg::RS256, Some("k")).unwrap().len(),
        1
    );
}

#[test]
fn only_public_members_are_handed_on() {
    for (key, alg, expected) in [
        (
            rsa(r#","kid":"k","d":"AQAB","p":"AQAB","ext":true"#),
            Alg::RS256,
            rsa(""),
        ),
        (ec(r#","kid":"k","d":"AQAB""#), Alg::ES256, ec("")),
        (ed(r#","kid":"k","d":"AQAB""#), Alg::EdDSA, ed("")),
    ] {
        let set = set(&[key]);
        let json = set.candidates(alg, Some("k")).unwrap()[0].to_public_json();
        assert_eq!(crate::object(&json), crate::object(&expected));
        assert!(!json.contains("\"d\""));
    }
}

#[test]
fn r_110_the_answer_must_be_a_key_set() {
    for (body, detail) in [
        ("", "body"),
        ("[]", "body"),
        ("<html>", "body"),
        ("{}", "keys"),
        (r#"{"keys":{}}"#, "keys"),
        (r#"{"keys":null}"#, "keys"),
        (r#"{"keys":[],"keys":[]}"#, "twice"),
    ] {
        assert_error(
            JwkSet::parse(&json_answer(200, body)),
            "jwks_malformed",
            detail,
        );
    }
    for status in [0, 204, 304, 401, 404, 500, 503] {
        assert_error(
            JwkSet::parse(&json_answer(status, r#"{"keys":[]}"#)),
            "jwks_unavailable",
            &status.to_string(),
        );
    }
    let large = format!(r#"{{"keys":[],"pad":"{}"}}"#, "a".repeat(MAX_JWKS));
    assert_error(
        JwkSet::parse(&json_answer(200, &large)),
        "jwks_malformed",
        "too large",
    );
    assert!(
        JwkSet::parse(&typed_answer(
            200,
            Some("application/octet-stream"),
            r#"{"keys":[]}"#
        ))
        .is_ok()
    );
}
