//! The claims of an ID token that came by a refresh.

use serde_json::{Value, json};

use keyward::protocol::error::Error;
use keyward::protocol::id_token::{Claims, Nonce};

use crate::assert_error;
use crate::id_token::{NOW, Setting, claims, with};

fn refreshed(before: &Value, now: &Value) -> Result<Claims, Error> {
    let trusted = vec!["api".into(), "b".into()];
    let first = Setting {
        trusted: trusted.clone(),
        ..Setting::default()
    };
    let previous = Some(first.check(before).unwrap());
    Setting {
        trusted,
        previous,
        nonce: Nonce::IfPresent(Some("n-1")),
        ..Setting::default()
    }
    .check(now)
}

#[test]
fn r_143_a_refreshed_token_is_of_the_same_user() {
    refreshed(&claims(), &claims()).unwrap();
    assert_error(
        refreshed(&claims(), &with("sub", json!("bob"))),
        "id_token_sub",
        "sub",
    );
    assert_error(
        refreshed(&claims(), &with("sub", json!("Alice"))),
        "id_token_sub",
        "sub",
    );
    assert_error(
        refreshed(&claims(), &with("iss", json!("https://id.example"))),
        "id_token_iss",
        "iss",
    );
}

#[test]
fn r_143_a_refreshed_token_has_the_same_audience() {
    let one = claims();
    let two = with("aud", json!(["spa", "api"]));
    refreshed(&one, &with("aud", json!(["spa"]))).unwrap();
    refreshed(&two, &with("aud", json!(["api", "spa"]))).unwrap();
    assert_error(refreshed(&one, &two), "id_token_aud", "aud");
    assert_error(refreshed(&two, &one), "id_token_aud", "aud");
    assert_error(
        refreshed(&two, &with("aud", json!(["spa", "b"]))),
        "id_token_aud",
        "aud",
    );
}

#[test]
fn r_143_a_refreshed_token_has_the_original_auth_time() {
    let signed_in = with("auth_time", json!(NOW - 100));
    refreshed(&signed_in, &signed_in).unwrap();
    refreshed(&signed_in, &with("auth_time", json!(NOW as f64 - 100.0))).unwrap();
    refreshed(&signed_in, &claims()).unwrap();
    refreshed(&claims(), &signed_in).unwrap();
    assert_error(
        refreshed(&signed_in, &with("auth_time", json!(NOW - 99))),
        "id_token_auth_time",
        "auth_time",
    );
}

#[test]
fn r_143_a_refreshed_nonce_is_absent_or_the_original() {
    let known = Setting {
        nonce: Nonce::IfPresent(Some("n-1")),
        ..Setting::default()
    };
    known.check(&claims()).unwrap();
    known.check(&with("nonce", Value::Null)).unwrap();
    assert_error(
        known.check(&with("nonce", json!("n-2"))),
        "id_token_nonce",
        "another",
    );
    assert_error(
        known.check(&with("nonce", json!(1))),
        "id_token_nonce",
        "another",
    );
    let unknown = Setting {
        nonce: Nonce::IfPresent(None),
        ..Setting::default()
    };
    unknown.check(&claims()).unwrap();
    assert_error(
        unknown.check(&with("nonce", json!([]))),
        "id_token_nonce",
        "nonce",
    );
}
