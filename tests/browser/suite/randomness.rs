//! One-time values come from the platform's secure source, and from nowhere else.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Front, Provider, SigningKey, fix_random, parameter};

#[wasm_bindgen_test]
async fn rfc_7636_appendix_b_verifier_and_challenge() {
    let provider = Provider::new(SigningKey::es256().await);
    let front = Front::new(json!({}));
    let octets = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37,
        77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    let trip = {
        let _random = fix_random(&octets);
        front.leave().await
    };
    let challenge = parameter(trip["url"].as_str().unwrap(), "code_challenge");
    assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let record: Value = serde_json::from_str(trip["record"].as_str().unwrap()).unwrap();
    assert_eq!(
        record["verifier"],
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    assert_eq!(provider.count("/token"), 0);
}

#[wasm_bindgen_test]
async fn r_005_r_006_o_08_two_hundred_requests_share_no_value() {
    let _provider = Provider::new(SigningKey::es256().await);
    let front = Front::new(json!({}));
    let mut seen = BTreeSet::new();
    for _ in 0..200 {
        let trip = front.leave().await;
        let url = trip["url"].as_str().unwrap();
        for name in ["state", "nonce", "code_challenge"] {
            seen.insert(parameter(url, name));
        }
        let record: Value = serde_json::from_str(trip["record"].as_str().unwrap()).unwrap();
        seen.insert(record["verifier"].as_str().unwrap().into());
    }
    assert_eq!(seen.len(), 800);
}

#[wasm_bindgen_test]
async fn two_vaults_of_one_page_share_no_value() {
    let _provider = Provider::new(SigningKey::es256().await);
    let (one, other) = (Front::new(json!({})), Front::new(json!({})));
    let (one, other) = (one.leave().await, other.leave().await);
    assert_ne!(one["state"], other["state"]);
}
