//! Keys that the engine makes and signs with.

use js_sys::{Array, JSON, Object, Reflect, Uint8Array};
use keyward::protocol::base64url;
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, CryptoKey, SubtleCrypto};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = crypto)]
    static ENGINE: Crypto;
}

/// The names of RFC 7518 and its followers, and what SubtleCrypto calls them.
pub(crate) const ALGORITHMS: [(&str, &str); 11] = [
    ("RS256", r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-256"}"#),
    ("RS384", r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-384"}"#),
    ("RS512", r#"{"name":"RSASSA-PKCS1-v1_5","hash":"SHA-512"}"#),
    (
        "PS256",
        r#"{"name":"RSA-PSS","hash":"SHA-256","saltLength":32}"#,
    ),
    (
        "PS384",
        r#"{"name":"RSA-PSS","hash":"SHA-384","saltLength":48}"#,
    ),
    (
        "PS512",
        r#"{"name":"RSA-PSS","hash":"SHA-512","saltLength":64}"#,
    ),
    (
        "ES256",
        r#"{"name":"ECDSA","namedCurve":"P-256","hash":"SHA-256"}"#,
    ),
    (
        "ES384",
        r#"{"name":"ECDSA","namedCurve":"P-384","hash":"SHA-384"}"#,
    ),
    (
        "ES512",
        r#"{"name":"ECDSA","namedCurve":"P-521","hash":"SHA-512"}"#,
    ),
    ("EdDSA", r#"{"name":"Ed25519"}"#),
    ("Ed25519", r#"{"name":"Ed25519"}"#),
];

/// A private key, and the public one as the provider publishes it.
pub(crate) struct SigningKey {
    pub(crate) alg: String,
    pub(crate) jwk: Value,
    private: CryptoKey,
    parameters: Object,
}

impl SigningKey {
    /// A quick one, where the algorithm does not matter.
    pub(crate) async fn es256() -> Self {
        Self::generate("ES256", ALGORITHMS[6].1)
            .await
            .expect("every engine has ES256")
    }

    /// `None` where the engine does not know the algorithm.
    pub(crate) async fn generate(alg: &str, parameters: &str) -> Option<Self> {
        let parameters = object(parameters);
        if Reflect::get(&parameters, &"name".into())
            .ok()?
            .as_string()?
            .starts_with("RSA")
        {
            let exponent = Uint8Array::from(&[1, 0, 1][..]);
            Reflect::set(&parameters, &"modulusLength".into(), &2_048.into()).ok()?;
            Reflect::set(&parameters, &"publicExponent".into(), &exponent).ok()?;
        }
        let usages = Array::of2(&"sign".into(), &"verify".into());
        let pair = subtle()
            .generate_key_with_object(&parameters, true, &usages)
            .ok()?;
        let pair = JsFuture::from(pair).await.ok()?;
        let half = |name: &str| {
            Reflect::get(&pair, &name.into()).map(JsValue::unchecked_into::<CryptoKey>)
        };
        let exported = subtle().export_key("jwk", &half("publicKey").ok()?).ok()?;
        let exported = JSON::stringify(&JsFuture::from(exported).await.ok()?).ok()?;
        let mut jwk: Value = serde_json::from_str(&String::from(exported)).ok()?;
        jwk["kid"] = "k1".into();
        // As a provider would write it, not as this engine does.
        jwk["alg"] = alg.into();
        Some(Self {
            alg: alg.into(),
            jwk,
            private: half("privateKey").ok()?,
            parameters,
        })
    }

    /// Signs with other parameters than the ones it was made for.
    pub(crate) fn misused(self, parameters: &str) -> Self {
        Self {
            parameters: object(parameters),
            ..self
        }
    }

    /// The compact JWS of these claims, as this algorithm.
    pub(crate) async fn sign(&self, claims: &Value) -> String {
        let header = serde_json::json!({ "alg": self.alg, "kid": "k1" });
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        let input = [part(&header), part(claims)].join(".");
        let signature = subtle()
            .sign_with_object_and_u8_array(&self.parameters, &self.private, input.as_bytes())
            .map(JsFuture::from)
            .unwrap()
            .await
            .unwrap();
        let signature = Uint8Array::new(&signature).to_vec();
        [input, base64url::encode(&signature)].join(".")
    }
}

fn subtle() -> SubtleCrypto {
    ENGINE.with(Crypto::subtle)
}

fn object(json: &str) -> Object {
    JSON::parse(json).unwrap().unchecked_into()
}
