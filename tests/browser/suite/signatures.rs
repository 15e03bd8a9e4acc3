//! Signatures of every algorithm, made and judged by this engine.

use keyward::protocol::base64url;
use serde_json::{Value, json};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use super::support::{ALGORITHMS, Front, Provider, SigningKey, parameter};

/// Signs in with an ID token that `change` had in its hands.
async fn sign_in(key: SigningKey, change: impl FnOnce(String) -> String) -> Value {
    let provider = Provider::new(key);
    let front = Front::new(json!({}));
    let trip = front.leave().await;
    let nonce = parameter(trip["url"].as_str().unwrap(), "nonce");
    let now_s = (js_sys::Date::now() / 1_000.0) as u64;
    let claims = json!({
        "iss": "https://id.example", "sub": "alice", "aud": "spa", "nonce": nonce, "iat": now_s, "exp": now_s + 300,
    });
    let id_token = change(provider.key.sign(&claims).await);
    provider.issues_with("1", &id_token, &json!({}));
    front.come_back(&trip).await
}

/// Flips one bit of the signature.
fn flip(id_token: String) -> String {
    let (input, signature) = id_token.rsplit_once('.').unwrap();
    let mut signature = base64url::decode(signature).unwrap();
    let middle = signature.len() / 2;
    signature[middle] ^= 1;
    [input, &base64url::encode(&signature)].join(".")
}

async fn family(prefix: &str) {
    let mut seen = 0;
    for (alg, parameters) in ALGORITHMS.iter().filter(|(alg, _)| alg.starts_with(prefix)) {
        let Some(key) = SigningKey::generate(alg, parameters).await else {
            console_log!("this engine has no {alg}");
            continue;
        };
        let reply = sign_in(key, |id_token| id_token).await;
        assert!(reply["ok"].is_object(), "{alg}: {reply}");
        let key = SigningKey::generate(alg, parameters).await.unwrap();
        let reply = sign_in(key, flip).await;
        assert_eq!(reply["error"]["code"], "id_token_signature", "{alg}");
        seen += 1;
    }
    assert!(
        seen > 0 || prefix.starts_with("Ed"),
        "no engine lacks all of {prefix}"
    );
}

#[wasm_bindgen_test]
async fn r_093_rs256_rs384_rs512_good_and_with_one_wrong_bit() {
    family("RS").await;
}

#[wasm_bindgen_test]
async fn r_093_ps256_ps384_ps512_good_and_with_one_wrong_bit() {
    family("PS").await;
}

#[wasm_bindgen_test]
async fn r_093_es256_es384_es512_good_and_with_one_wrong_bit() {
    family("ES").await;
}

#[wasm_bindgen_test]
async fn r_093_ed25519_under_both_names_good_and_with_one_wrong_bit() {
    family("Ed").await;
}

#[wasm_bindgen_test]
async fn r_093_a_changed_claim_refuses_the_token() {
    let reply = sign_in(SigningKey::es256().await, |id_token| {
        let (head, rest) = id_token.split_once('.').unwrap();
        let (payload, signature) = rest.split_once('.').unwrap();
        let claims = String::from_utf8(base64url::decode(payload).unwrap()).unwrap();
        let claims = claims.replace("\"alice\"", "\"admin\"");
        [head, &base64url::encode(claims.as_bytes()), signature].join(".")
    });
    assert_eq!(reply.await["error"]["code"], "id_token_signature");
}

#[wasm_bindgen_test]
async fn r_093_another_key_of_the_same_kind_refuses_the_token() {
    let mut key = SigningKey::es256().await;
    key.jwk = SigningKey::es256().await.jwk;
    assert_eq!(
        sign_in(key, |it| it).await["error"]["code"],
        "id_token_signature"
    );
}

#[wasm_bindgen_test]
async fn r_094_a_salt_of_another_length_is_not_ps256() {
    let key = SigningKey::generate("PS256", ALGORITHMS[3].1)
        .await
        .unwrap();
    let key = key.misused(r#"{"name":"RSA-PSS","saltLength":20}"#);
    assert_eq!(
        sign_in(key, |it| it).await["error"]["code"],
        "id_token_signature"
    );
}

#[wasm_bindgen_test]
async fn r_094_a_key_that_signs_with_another_hash_than_it_says_is_refused() {
    let mut key = SigningKey::generate("RS512", ALGORITHMS[2].1)
        .await
        .unwrap();
    key.alg = "RS256".into();
    key.jwk["alg"] = "RS256".into();
    assert_eq!(
        sign_in(key, |it| it).await["error"]["code"],
        "id_token_signature"
    );
}

#[wasm_bindgen_test]
async fn r_113_a_point_that_is_not_on_the_curve_is_no_key() {
    let mut key = SigningKey::es256().await;
    key.jwk["y"] = base64url::encode(&[1; 32]).into();
    let reply = sign_in(key, |it| it).await;
    assert_eq!(reply["error"]["code"], "id_token_signature", "{reply}");
}
