//! The examples of the RFCs against the very parameters that the vault hands to SubtleCrypto.
//!
//! Their payloads are no ID tokens, and the vault judges claims first. So a sign-in brings an ID token with the
//! vector's key, and when the vault asks the engine, the vector's input and signature take the place of its own.

use keyward::protocol::base64url;
use serde_json::{Value, json};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use super::support::{Front, Provider, SigningKey, parameter, swap_verified};

/// Whether a sign-in passes with this vector in place of its own signature.
async fn verdict(alg: &str, jwk: Value, input: &str, signature: &[u8]) -> Value {
    let mut key = SigningKey::es256().await;
    key.jwk = jwk;
    let provider = Provider::new(key);
    let front = Front::new(json!({}));
    let trip = front.leave().await;
    let nonce = parameter(trip["url"].as_str().unwrap(), "nonce");
    let now_s = (js_sys::Date::now() / 1_000.0) as u64;
    let claims = json!({
        "iss": "https://id.example", "sub": "alice", "aud": "spa", "nonce": nonce, "iat": now_s, "exp": now_s + 300,
    });
    let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
    let id_token = [part(&json!({ "alg": alg })), part(&claims), "AAAA".into()].join(".");
    provider.issues_with("1", &id_token, &json!({}));
    let _swap = swap_verified(input, signature);
    front.come_back(&trip).await
}

async fn holds(alg: &str, jwk: Value, input: &str, signature: &str) {
    let mut signature = base64url::decode(signature).unwrap();
    let reply = verdict(alg, jwk.clone(), input, &signature).await;
    assert!(reply["ok"].is_object(), "{alg}: {reply}");
    for at in [0, signature.len() / 2, signature.len() - 1] {
        signature[at] ^= 0x10;
        let reply = verdict(alg, jwk.clone(), input, &signature).await;
        assert_eq!(
            reply["error"]["code"], "id_token_signature",
            "{alg}, byte {at}"
        );
        signature[at] ^= 0x10;
    }
    let longer = [input, "A"].concat();
    let reply = verdict(alg, jwk, &longer, &signature).await;
    assert_eq!(
        reply["error"]["code"], "id_token_signature",
        "{alg}, another input"
    );
}

const JOE: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

#[wasm_bindgen_test]
async fn rfc_7515_a_2_rs256() {
    let jwk = json!({
        "kty": "RSA", "e": "AQAB",
        "n": concat!(
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SF",
            "d2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo",
            "7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkM",
            "Ls91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        ),
    });
    let signature = concat!(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb",
        "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383",
        "LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWy",
        "wlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    );
    holds(
        "RS256",
        jwk,
        &["eyJhbGciOiJSUzI1NiJ9.", JOE].concat(),
        signature,
    )
    .await;
}

#[wasm_bindgen_test]
async fn rfc_7515_a_3_es256() {
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    holds(
        "ES256",
        jwk,
        &["eyJhbGciOiJFUzI1NiJ9.", JOE].concat(),
        signature,
    )
    .await;
}

#[wasm_bindgen_test]
async fn rfc_7515_a_4_es512() {
    let jwk = json!({
        "kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    });
    let signature = concat!(
        "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgo",
        "XD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    );
    holds("ES512", jwk, "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA", signature).await;
}

#[wasm_bindgen_test]
async fn rfc_7520_4_2_ps384() {
    let jwk = json!({
        "kty": "RSA", "e": "AQAB",
        "n": concat!(
            "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKr",
            "Kb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5l",
            "FHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__",
            "kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw",
        ),
    });
    let input = concat!(
        "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.",
        "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9h",
        "ZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3",
        "ZXB0IG9mZiB0by4",
    );
    let signature = concat!(
        "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6",
        "_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3",
        "lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6G",
        "YmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw",
    );
    holds("PS384", jwk, input, signature).await;
}

#[wasm_bindgen_test]
async fn rfc_8037_a_4_ed25519() {
    if SigningKey::generate("EdDSA", r#"{"name":"Ed25519"}"#)
        .await
        .is_none()
    {
        return console_log!("this engine has no Ed25519");
    }
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    holds("EdDSA", jwk, input, signature).await;
}
