//! What the scripted provider answers. Its signatures are hashes over key and input, so that the test can judge them:
//! one changed bit, or another key, and the signature is bad.

use keyward::protocol::base64url;
use keyward::protocol::http::Answer;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const CLIENT: &str = "spa";

/// Path endings that name the provider's endpoints.
pub(crate) const DISCOVERY: &str = "/.well-known/openid-configuration";
pub(crate) const JWKS: &str = "/jwks";
pub(crate) const TOKEN: &str = "/token";
pub(crate) const USERINFO: &str = "/userinfo";
pub(crate) const REVOKE: &str = "/revoke";

/// How every access and refresh token of these scenarios begins; nothing else does.
pub(crate) const ACCESS: &str = "AT~";
pub(crate) const REFRESH: &str = "RT~";

pub(crate) fn json_answer(status: u16, body: &Value) -> Answer {
    Answer {
        content_type: Some("application/json".into()),
        ..text_answer(status, &body.to_string())
    }
}

pub(crate) fn text_answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        body: body.into(),
        ..Answer::default()
    }
}

pub(crate) fn html_answer(status: u16) -> Answer {
    Answer {
        content_type: Some("text/html".into()),
        ..text_answer(status, "<!doctype html><title>Gateway</title>")
    }
}

pub(crate) fn oauth_error(status: u16, error: &str) -> Answer {
    json_answer(status, &json!({ "error": error }))
}

/// The same answer with a `Retry-After` header.
pub(crate) fn retry_after(answer: Answer, value: &str) -> Answer {
    Answer {
        retry_after: Some(value.into()),
        ..answer
    }
}

/// The discovery document as a value; `null` in `changes` takes a member out.
pub(crate) fn document(changes: &Value) -> Value {
    let endpoint = |path: &str| format!("{ISSUER}{path}");
    let mut document = json!({
        "issuer": ISSUER,
        "authorization_endpoint": endpoint("/authorize"),
        "token_endpoint": endpoint(TOKEN),
        "jwks_uri": endpoint(JWKS),
        "userinfo_endpoint": endpoint(USERINFO),
        "revocation_endpoint": endpoint(REVOKE),
        "end_session_endpoint": endpoint("/end"),
    });
    change(&mut document, changes);
    document
}

pub(crate) fn metadata() -> Answer {
    metadata_with(&json!({}))
}

pub(crate) fn metadata_with(changes: &Value) -> Answer {
    json_answer(200, &document(changes))
}

/// A key set with these key ids.
pub(crate) fn jwks(kids: &[&str]) -> Answer {
    let keys: Vec<Value> = kids.iter().map(|kid| key(kid)).collect();
    json_answer(200, &json!({ "keys": keys }))
}

pub(crate) fn key(kid: &str) -> Value {
    json!({ "kty": "RSA", "kid": kid, "use": "sig", "e": "AQAB", "n": modulus(kid) })
}

/// A modulus of 2048 bits that belongs to this key id.
fn modulus(kid: &str) -> String {
    let bytes: Vec<u8> = (0..8_u8)
        .flat_map(|part| Sha256::digest([kid.as_bytes(), &[part]].concat()))
        .collect();
    base64url::encode(&[&[0xc3], &bytes[1..]].concat())
}

/// Whether this key made this signature.
pub(crate) fn is_signed(key: &str, input: &str, signature: &[u8]) -> bool {
    let key: Value = serde_json::from_str(key).unwrap();
    sign(key["n"].as_str().unwrap(), input) == signature
}

fn sign(modulus: &str, input: &str) -> Vec<u8> {
    Sha256::digest([modulus, ".", input].concat()).to_vec()
}

/// A token response in the making.
#[derive(Clone)]
pub(crate) struct Tokens {
    header: Value,
    claims: Value,
    body: Value,
    signer: String,
    spoilt: bool,
}

impl Tokens {
    /// Alice's tokens, good for an hour; `name` tells them from others.
    pub(crate) fn new(name: &str, nonce: &str, now: u64) -> Self {
        let now_s = now / 1_000;
        Self {
            header: json!({ "alg": "RS256", "kid": "k1", "typ": "JWT" }),
            claims: json!({
                "iss": ISSUER, "sub": "alice", "aud": CLIENT, "nonce": nonce,
                "iat": now_s, "exp": now_s + 300, "name": "Alice",
            }),
            body: json!({
                "access_token": format!("{ACCESS}{name}"),
                "refresh_token": format!("{REFRESH}{name}"),
                "token_type": "Bearer",
                "expires_in": 3_600,
            }),
            signer: "k1".into(),
            spoilt: false,
        }
    }

    /// Changes members of the response; `null` takes one out.
    pub(crate) fn body(mut self, changes: Value) -> Self {
        change(&mut self.body, &changes);
        self
    }

    /// Changes claims of the ID token; `null` takes one out.
    pub(crate) fn claims(mut self, changes: Value) -> Self {
        change(&mut self.claims, &changes);
        self
    }

    /// Changes the ID token's header; `null` takes a member out.
    pub(crate) fn header(mut self, changes: Value) -> Self {
        change(&mut self.header, &changes);
        self
    }

    /// The ID token names this key and is signed by it.
    pub(crate) fn signed_by(mut self, kid: &str) -> Self {
        self.signer = kid.into();
        self.header(json!({ "kid": kid }))
    }

    /// One bit of the signature is wrong.
    pub(crate) fn spoilt(mut self) -> Self {
        self.spoilt = true;
        self
    }

    /// No ID token at all.
    pub(crate) fn without_id_token(self) -> Answer {
        json_answer(200, &self.body)
    }

    pub(crate) fn answer(mut self) -> Answer {
        self.body["id_token"] = self.id_token().into();
        json_answer(200, &self.body)
    }

    fn id_token(&self) -> String {
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        let input = [part(&self.header), part(&self.claims)].join(".");
        let mut signature = sign(&modulus(&self.signer), &input);
        signature[0] ^= u8::from(self.spoilt);
        [input, base64url::encode(&signature)].join(".")
    }
}

fn change(object: &mut Value, changes: &Value) {
    let none = Map::new();
    for (name, value) in changes.as_object().unwrap_or(&none) {
        match value {
            Value::Null => {
                object.as_object_mut().unwrap().remove(name);
            }
            value => object[name] = value.clone(),
        }
    }
}
