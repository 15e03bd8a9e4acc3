//! Signatures, checked by the platform's SubtleCrypto.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, CryptoKey};

use super::object::object;
use crate::protocol::jwk::Alg;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = crypto)]
    static CRYPTO: Crypto;
}

/// Whether the signature over `input` is good; `None` if the platform cannot tell (key or algorithm not supported).
pub(super) async fn verify(alg: Alg, key: &str, input: &str, signature: &[u8]) -> Option<bool> {
    let subtle = CRYPTO.with(Crypto::subtle);
    let algorithm: js_sys::Object = object(parameters(alg));
    let usages = Array::of1(&"verify".into());
    let imported = subtle
        .import_key_with_object("jwk", &object(key), &algorithm, false, &usages)
        .map(JsFuture::from)
        .ok()?
        .await
        .ok()?;
    let key: CryptoKey = imported.unchecked_into();
    let (signature, input) = (
        Uint8Array::from(signature),
        Uint8Array::from(input.as_bytes()),
    );
    let valid = subtle
        .verify_with_object_and_js_u8_array_and_js_u8_array(&algorithm, &key, &signature, &input)
        .map(JsFuture::from)
        .ok()?
        .await
        .ok()?;
    Some(valid.is_truthy())
}

/// The same object serves import and verification; each takes what it knows.
fn parameters(alg: Alg) -> &'static str {
    match alg {
        Alg::RS256 => r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256"}"#,
        Alg::RS384 => r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-384"}"#,
        Alg::RS512 => r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-512"}"#,
        Alg::PS256 => r#"{"name":"RSA-PSS","hash":"SHA-256","saltLength":32}"#,
        Alg::PS384 => r#"{"name":"RSA-PSS","hash":"SHA-384","saltLength":48}"#,
        Alg::PS512 => r#"{"name":"RSA-PSS","hash":"SHA-512","saltLength":64}"#,
        Alg::ES256 => r#"{"name":"ECDSA","namedCurve":"P-256","hash":"SHA-256"}"#,
        Alg::ES384 => r#"{"name":"ECDSA","namedCurve":"P-384","hash":"SHA-384"}"#,
        Alg::ES512 => r#"{"name":"ECDSA","namedCurve":"P-521","hash":"SHA-512"}"#,
        Alg::EdDSA | Alg::Ed25519 => r#"{"name":"Ed25519"}"#,
    }
}
