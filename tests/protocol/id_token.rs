//! The claims of an ID token at sign-in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use keyward::protocol::error::Error;
use keyward::protocol::id_token::{Claims, Expected, IdTokenParts, Nonce};
use keyward::protocol::jwk::Alg;
use keyward::protocol::secret::{AccessToken, IdToken};

use crate::assert_error;
use crate::tree::{tree, trees};

pub(crate) const NOW: u64 = 1_800_000_000;

/// A compact JWS with a signature of zeros.
pub(crate) fn jws(header: &str, claims: &str) -> String {
    [header, claims, "\0\0\0"]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".")
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": "https://id.example/t", "sub": "alice", "aud": "spa", "exp": NOW + 300, "iat": NOW, "nonce": "n-1",
        "name": "Alice", "unknown": { "deep": [1, 2] },
    })
}

/// The claims with one of them set, or removed if the value is `Value::Null`.
pub(crate) fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let map = claims.as_object_mut().unwrap();
    match value {
        Value::Null => map.remove(name),
        value => map.insert(name.into(), value),
    };
    claims
}

pub(crate) struct Setting {
    pub(crate) alg: &'static str,
    pub(crate) nonce: Nonce<'static>,
    pub(crate) trusted: Vec<String>,
    pub(crate) max_age: Option<u64>,
    pub(crate) acr_values: Option<&'static str>,
    pub(crate) acr_essential: bool,
    pub(crate) access_token: AccessToken,
    pub(crate) algs: Option<Vec<Alg>>,
    pub(crate) previous: Option<Claims>,
}

impl Default for Setting {
    fn default() -> Self {
        Setting {
            alg: "RS256",
            nonce: Nonce::Required("n-1"),
            trusted: Vec::new(),
            max_age: None,
            acr_values: None,
            acr_essential: false,
            access_token: AccessToken::new("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y".into()),
            algs: None,
            previous: None,
        }
    }
}

impl Setting {
    pub(crate) fn check(&self, claims: &Value) -> Result<Claims, Error> {
        let header = format!(r#"{{"alg":"{}"}}"#, self.alg);
        let parts = IdTokenParts::parse(&IdToken::new(jws(&header, &claims.to_string())))?;
        parts.check(&Expected {
            issuer: "https://id.example/t",
            client_id: "spa",
            nonce: self.nonce,
            trusted_audiences: &self.trusted,
            max_age: self.max_age,
            acr_values: self.acr_values,
            acr_essential: self.acr_essential,
            now_s: NOW,
            leeway_s: 60,
            access_token: &self.access_token,
            algs: self.algs.as_deref(),
            previous: self.previous.as_ref(),
        })
    }
}

fn check(claims: &Value) -> Result<Claims, Error> {
    Setting::default().check(claims)
}

/// Values of every JSON type but the wanted one.
fn wrong_types(wanted: &str) -> Vec<Value> {
    let all = [
        ("bool", json!(true)),
        ("number", json!(1)),
        ("string", json!("x")),
        ("list", json!([])),
        ("object", json!({})),
    ];
    all.into_iter()
        .filter(|(kind, _)| *kind != wanted)
        .map(|(_, value)| value)
        .collect()
}

#[test]
fn r_106_a_good_token_with_unknown_claims_is_accepted() {
    let good = check(&claims()).unwrap();
    assert_eq!(
        (good.sub(), good.iss(), good.nonce(), good.sid()),
        ("alice", "https://id.example/t", Some("n-1"), None)
    );
    assert_eq!(tree(good.get("unknown").unwrap())["deep"][1], 2);
}

#[test]
fn r_090_iss_is_exactly_the_issuer() {
    for iss in [
        "https://id.example/t/",
        "https://id.example/t1",
        "https://id.example",
        "HTTPS://id.example/t",
        "",
    ] {
        assert_error(
            check(&with("iss", json!(iss))),
            "id_token_iss",
            &format!("expected \"https://id.example/t\", found \"{iss}\""),
        );
    }
    assert_error(
        check(&with("iss", Value::Null)),
        "id_token_iss",
        "found none",
    );
    for value in wrong_types("string") {
        assert_error(check(&with("iss", value)), "id_token_iss", "iss");
    }
}

#[test]
fn r_091_aud_contains_us_and_no_stranger() {
    for aud in [json!("spa"), json!(["spa"]), json!(["spa", "spa"])] {
        check(&with("aud", aud)).unwrap();
    }
    for aud in [
        json!("other"),
        json!("SPA"),
        json!("spa other"),
        json!(""),
        json!([]),
        json!(["other"]),
        json!([["spa"]]),
        json!(["spa", 1]),
        json!(["spa", null]),
        json!({"0": "spa"}),
        json!(1),
        json!(true),
    ] {
        assert_error(check(&with("aud", aud)), "id_token_aud", "expected \"spa\"");
    }
    assert_error(
        check(&with("aud", Value::Null)),
        "id_token_aud",
        "found none",
    );
    assert_error(
        check(&with("aud", json!(["spa", "stranger"]))),
        "id_token_aud",
        "found \"stranger\"",
    );
}

#[test]
fn decision_11_extra_audiences_are_accepted_only_when_listed() {
    let setting = Setting {
        trusted: vec!["api".into(), "other".into()],
        ..Setting::default()
    };
    setting.check(&with("aud", json!(["api", "spa"]))).unwrap();
    assert_error(
        setting.check(&with("aud", json!(["api", "spa", "x"]))),
        "id_token_aud",
        "\"x\"",
    );
    assert_error(
        setting.check(&with("aud", json!(["api"]))),
        "id_token_aud",
        "spa",
    );
}

#[test]
fn r_092_azp_is_us_if_present() {
    check(&with("azp", json!("spa"))).unwrap();
    assert_error(
        check(&with("azp", json!("other"))),
        "id_token_azp",
        "found \"other\"",
    );
    for value in wrong_types("") {
        assert_error(check(&with("azp", value)), "id_token_azp", "azp");
    }
}

#[test]
fn r_097_sub_has_1_to_255_ascii_characters() {
    for sub in ["a", "0", &"x".repeat(255), "auth0|5f7c8ec7", "a b"] {
        assert_eq!(check(&with("sub", json!(sub))).unwrap().sub(), sub);
    }
    for sub in ["", &"x".repeat(256), "ünï"] {
        assert_error(check(&with("sub", json!(sub))), "id_token_sub", "sub");
    }
    assert_error(check(&with("sub", Value::Null)), "id_token_sub", "sub");
    for value in wrong_types("string") {
        assert_error(check(&with("sub", value)), "id_token_sub", "sub");
    }
}

#[test]
fn r_096_exp_may_lie_in_the_past_by_less_than_the_leeway() {
    for exp in [
        json!(NOW + 1),
        json!(NOW),
        json!(NOW - 59),
        json!(NOW as f64 - 59.5),
        json!(1e15),
        json!(NOW as f64 + 0.25),
    ] {
        check(&with("exp", exp)).unwrap();
    }
    for exp in [
        json!(NOW - 60),
        json!(NOW as f64 - 60.5),
        json!(NOW - 3600),
        json!(0),
        json!(-1),
        json!(-1e300),
    ] {
        assert_error(check(&with("exp", exp)), "id_token_exp", "in the past");
    }
    assert_error(
        check(&with("exp", json!(NOW - 3600))),
        "id_token_exp",
        "exp: 3600 seconds in the past",
    );
}

#[test]
fn decision_12_iat_may_lie_in_the_future_by_at_most_the_leeway() {
    for iat in [
        json!(NOW),
        json!(NOW + 60),
        json!(NOW as f64 + 59.9),
        json!(NOW - 100_000),
        json!(0),
        json!(-5),
    ] {
        check(&with("iat", iat)).unwrap();
    }
    for iat in [json!(NOW + 61), json!(NOW as f64 + 60.5), json!(1e18)] {
        assert_error(check(&with("iat", iat)), "id_token_iat", "in the future");
    }
}

#[test]
fn nbf_may_lie_in_the_future_by_at_most_the_leeway() {
    for nbf in [
        json!(NOW),
        json!(NOW + 60),
        json!(0),
        json!(NOW as f64 + 0.5),
    ] {
        check(&with("nbf", nbf)).unwrap();
    }
    assert_error(
        check(&with("nbf", json!(NOW + 61))),
        "id_token_nbf",
        "61 seconds in the future",
    );
}

#[test]
fn r_097_times_are_numbers() {
    for (name, code) in [("exp", "id_token_exp"), ("iat", "id_token_iat")] {
        assert_error(check(&with(name, Value::Null)), code, name);
    }
    for (name, code) in [
        ("exp", "id_token_exp"),
        ("iat", "id_token_iat"),
        ("nbf", "id_token_nbf"),
    ] {
        for value in wrong_types("number") {
            assert_error(check(&with(name, value)), code, name);
        }
        assert_error(
            check(&with(name, json!((NOW + 10).to_string()))),
            code,
            name,
        );
    }
}

#[test]
fn r_099_the_nonce_that_was_sent_comes_back() {
    for nonce in [
        json!("n-2"),
        json!("N-1"),
        json!("n-1 "),
        json!(""),
        json!(["n-1"]),
        json!(1),
        json!({}),
    ] {
        assert_error(check(&with("nonce", nonce)), "id_token_nonce", "nonce");
    }
    assert_error(
        check(&with("nonce", Value::Null)),
        "id_token_nonce",
        "missing",
    );
    let unset = Setting {
        nonce: Nonce::Required(""),
        ..Setting::default()
    };
    assert_error(
        unset.check(&with("nonce", json!(""))),
        "id_token_nonce",
        "nonce",
    );
}

#[test]
fn r_099_no_nonce_gets_into_an_error() {
    let error = check(&with("nonce", json!("found-nonce"))).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("found-nonce") && !text.contains("n-1"));
}

#[test]
fn r_101_at_hash_is_that_of_openid_connect_core() {
    // The example of OpenID Connect Core 1.0 appendix A.4; the longer ones were made with openssl.
    for (alg, at_hash) in [
        ("RS256", "77QmUPtjPfzWtF2AnpK9RQ"),
        ("PS256", "77QmUPtjPfzWtF2AnpK9RQ"),
        ("ES256", "77QmUPtjPfzWtF2AnpK9RQ"),
        ("RS384", "jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs"),
        ("ES384", "jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs"),
        ("ES512", "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM"),
        ("PS512", "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM"),
        ("EdDSA", "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM"),
        ("Ed25519", "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM"),
    ] {
        let setting = Setting {
            alg,
            ..Setting::default()
        };
        setting.check(&with("at_hash", json!(at_hash))).unwrap();
        let other = Setting {
            alg,
            access_token: AccessToken::new("other".into()),
            ..Setting::default()
        };
        assert_error(
            other.check(&with("at_hash", json!(at_hash))),
            "id_token_at_hash",
            "at_hash",
        );
    }
}

#[test]
fn r_101_a_wrong_at_hash_is_refused() {
    for at_hash in [
        json!(""),
        json!("77QmUPtjPfzWtF2AnpK9RR"),
        json!("77QmUPtjPfzWtF2AnpK9RQ=="),
        json!("77QmUPtjPfzWtF2AnpK9R"),
        json!("q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM"),
        json!(1),
        json!([]),
        json!(true),
    ] {
        assert_error(
            check(&with("at_hash", at_hash)),
            "id_token_at_hash",
            "at_hash",
        );
    }
}

#[test]
fn r_094_the_metadata_limits_the_algorithms() {
    let limited = |alg, algs: &[Alg]| {
        Setting {
            alg,
            algs: Some(algs.to_vec()),
            ..Setting::default()
        }
        .check(&claims())
    };
    limited("RS256", &[Alg::ES256, Alg::RS256]).unwrap();
    limited("EdDSA", &[Alg::Ed25519]).unwrap();
    limited("Ed25519", &[Alg::EdDSA]).unwrap();
    assert_error(limited("RS256", &[Alg::ES256]), "id_token_alg", "RS256");
    assert_error(limited("RS256", &[Alg::PS256]), "id_token_alg", "RS256");
    assert_error(limited("RS256", &[]), "id_token_alg", "RS256");
}

#[test]
fn r_100_max_age_requires_a_recent_auth_time() {
    let aged = |auth_time: Value| {
        let setting = Setting {
            max_age: Some(600),
            ..Setting::default()
        };
        setting.check(&with("auth_time", auth_time))
    };
    for auth_time in [
        json!(NOW),
        json!(NOW - 600),
        json!(NOW - 660),
        json!(NOW as f64 - 659.5),
        json!(NOW + 30),
    ] {
        aged(auth_time).unwrap();
    }
    for auth_time in [
        json!(NOW - 661),
        json!(NOW as f64 - 660.5),
        json!(0),
        json!(-1),
    ] {
        assert_error(aged(auth_time), "id_token_auth_time", "in the past");
    }
    assert_error(aged(Value::Null), "id_token_auth_time", "missing");
    for value in wrong_types("number") {
        assert_error(aged(value), "id_token_auth_time", "auth_time");
    }
    let now = Setting {
        max_age: Some(0),
        ..Setting::default()
    };
    now.check(&with("auth_time", json!(NOW - 60))).unwrap();
    assert_error(
        now.check(&with("auth_time", json!(NOW - 61))),
        "id_token_auth_time",
        "61",
    );
    let huge = Setting {
        max_age: Some(u64::MAX),
        ..Setting::default()
    };
    huge.check(&with("auth_time", json!(0))).unwrap();
}

#[test]
fn auth_time_is_free_when_nobody_asked() {
    for auth_time in [
        json!(0),
        json!(NOW as f64 - 0.5),
        json!("yesterday"),
        json!(-1),
    ] {
        check(&with("auth_time", auth_time)).unwrap();
    }
}

#[test]
fn r_100_acr_is_required_only_when_essential() {
    let asked = |essential, acr: Value| {
        let setting = Setting {
            acr_values: Some("urn:mfa urn:key"),
            acr_essential: essential,
            ..Setting::default()
        };
        setting.check(&with("acr", acr))
    };
    for acr in ["urn:mfa", "urn:key"] {
        asked(true, json!(acr)).unwrap();
    }
    for acr in [
        json!("urn:pwd"),
        json!("urn:mfa urn:key"),
        json!(""),
        json!(2),
        json!(["urn:mfa"]),
    ] {
        assert_error(
            asked(true, acr.clone()),
            "id_token_acr",
            "expected \"urn:mfa urn:key\"",
        );
        asked(false, acr).unwrap();
    }
    assert_error(asked(true, Value::Null), "id_token_acr", "found none");
    asked(false, Value::Null).unwrap();
}

#[test]
fn the_app_sees_the_user_and_not_the_protocol() {
    let mut all = claims();
    let more = json!({"azp": "spa", "nbf": NOW, "jti": "1", "c_hash": "x", "s_hash": "y", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "sid": "s-1", "acr": "0", "amr": ["pwd"], "auth_time": 0.5});
    all.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let good = check(&all).unwrap();
    assert_eq!(good.sid(), Some("s-1"));
    assert_eq!(
        trees(good.user_claims()),
        json!({
            "iss": "https://id.example/t", "sub": "alice", "name": "Alice", "unknown": { "deep": [1, 2] },
            "sid": "s-1", "acr": "0", "amr": ["pwd"], "auth_time": 0.5,
        })
    );
}
