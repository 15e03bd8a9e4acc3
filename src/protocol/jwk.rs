//! Signature algorithms and the provider's keys (RFC 7517, RFC 7518, RFC 8037, RFC 9864).

use alloc::string::String;
use alloc::vec::Vec;

use super::base64url;
use super::error::{Code, Error};
use super::http::Answer;
use super::json::{self, Map, Value};
use super::json_text::JsonText;

/// Largest key set that is read, in bytes.
pub const MAX_JWKS: usize = 256 * 1024;

/// A signature algorithm that an ID token may have: asymmetric ones only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // The names are the documentation.
pub enum Alg {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512,
    EdDSA,
    Ed25519,
}

const ALGS: &[(Alg, &str)] = &[
    (Alg::RS256, "RS256"),
    (Alg::RS384, "RS384"),
    (Alg::RS512, "RS512"),
    (Alg::PS256, "PS256"),
    (Alg::PS384, "PS384"),
    (Alg::PS512, "PS512"),
    (Alg::ES256, "ES256"),
    (Alg::ES384, "ES384"),
    (Alg::ES512, "ES512"),
    (Alg::EdDSA, "EdDSA"),
    (Alg::Ed25519, "Ed25519"),
];

/// A key of the set that may sign ID tokens.
#[derive(Clone, Debug)]
pub struct Jwk {
    kid: Option<String>,
    alg: Option<String>,
    /// False if `use` or `key_ops` reserve the key for something else than signatures.
    verifies: bool,
    /// `None` for a key of a kind, curve or size that is not used here.
    material: Option<Material>,
}

/// The public members, checked and as they came.
#[derive(Clone, Debug)]
struct Material {
    kind: Kind,
    /// `n` of an RSA key, else `x`.
    first: String,
    /// `e` of an RSA key, `y` of an elliptic curve's; empty for Ed25519.
    second: String,
}

/// The kinds of key that are used here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

/// Kind, `kty`, `crv`, and the length of a coordinate in bytes.
const KINDS: &[(Kind, &str, &str, usize)] = &[
    (Kind::Rsa, "RSA", "", 0),
    (Kind::P256, "EC", "P-256", 32),
    (Kind::P384, "EC", "P-384", 48),
    (Kind::P521, "EC", "P-521", 66),
    (Kind::Ed25519, "OKP", "Ed25519", 32),
];

/// The keys at the issuer's `jwks_uri`.
#[derive(Clone, Debug)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

/// Why no key fits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyMiss {
    /// No key has this `kid`, or without a `kid` none fits: keys that were rotated; fetching the set again may help.
    UnknownKid,
    /// A key has this `kid`, but its type, curve, algorithm, use or size does not fit: [`Code::IdTokenKey`] at once.
    Unfit,
}

impl Alg {
    /// Reads an `alg` value; `None` for every algorithm that is not accepted, `none` and `HS256` among them.
    pub fn parse(name: &str) -> Option<Alg> {
        ALGS.iter()
            .find(|(_, known)| *known == name)
            .map(|(alg, _)| *alg)
    }

    /// The registered name.
    pub fn as_str(self) -> &'static str {
        ALGS.iter()
            .find(|(alg, _)| *alg == self)
            .map_or("", |(_, name)| name)
    }

    /// The hash that belongs to it, as WebCrypto names it; for Ed25519 the one inside the signature, SHA-512.
    pub fn hash_name(self) -> &'static str {
        match self.hash_len() {
            32 => "SHA-256",
            48 => "SHA-384",
            _ => "SHA-512",
        }
    }

    /// WebCrypto's name of the family.
    pub fn webcrypto_name(self) -> &'static str {
        match self {
            Alg::RS256 | Alg::RS384 | Alg::RS512 => "RSASSA-PKCS1-v1_5",
            Alg::PS256 | Alg::PS384 | Alg::PS512 => "RSA-PSS",
            Alg::ES256 | Alg::ES384 | Alg::ES512 => "ECDSA",
            Alg::EdDSA | Alg::Ed25519 => "Ed25519",
        }
    }

    /// The curve of an ECDSA algorithm.
    pub fn curve(self) -> Option<&'static str> {
        match self {
            Alg::ES256 => Some("P-256"),
            Alg::ES384 => Some("P-384"),
            Alg::ES512 => Some("P-521"),
            _ => None,
        }
    }

    /// The kind of key that makes its signatures (RFC 8725 section 3.1).
    fn kind(self) -> Kind {
        match self {
            Alg::ES256 => Kind::P256,
            Alg::ES384 => Kind::P384,
            Alg::ES512 => Kind::P521,
            Alg::EdDSA | Alg::Ed25519 => Kind::Ed25519,
            _ => Kind::Rsa,
        }
    }

    /// The length of the hash in bytes, which is also the salt length of the PS family (RFC 7518 section 3.5).
    pub fn hash_len(self) -> usize {
        match self {
            Alg::RS256 | Alg::PS256 | Alg::ES256 => 32,
            Alg::RS384 | Alg::PS384 | Alg::ES384 => 48,
            _ => 64,
        }
    }

    /// Whether two names mean one algorithm: `EdDSA` with the only curve used here is `Ed25519` (RFC 9864 section 2.2).
    pub fn same_as(self, other: Alg) -> bool {
        self == other || self.kind() == Kind::Ed25519 && other.kind() == Kind::Ed25519
    }
}

impl JwkSet {
    /// Reads the answer of `jwks_uri` (RFC 7517 section 5). Entries that are not understood are skipped.
    ///
    /// Errors: [`Code::JwksUnavailable`] for any status but 200 (try later), [`Code::JwksMalformed`].
    pub fn parse(answer: &Answer) -> Result<JwkSet, Error> {
        if answer.status != 200 {
            let mut error = Error::status(Code::JwksUnavailable, answer.status);
            error.retry_after = answer.retry_after();
            return Err(error);
        }
        let map = json::parse_object(&answer.body, MAX_JWKS)
            .map_err(|error| Error::about(Code::JwksMalformed, "body", error.as_str()))?;
        let Some(Value::Array(entries)) = map.get("keys") else {
            return Err(Error::about(Code::JwksMalformed, "keys", "not a list"));
        };
        let mut keys = Vec::new();
        for entry in entries {
            keys.extend(entry.as_object().and_then(Jwk::read));
        }
        Ok(JwkSet { keys })
    }

    /// The keys with which a signature may be tried: those with the token's `kid`, or all that fit if it names none.
    pub fn candidates(&self, alg: Alg, kid: Option<&str>) -> Result<Vec<&Jwk>, KeyMiss> {
        let mut fitting = Vec::new();
        let mut miss = KeyMiss::UnknownKid;
        for key in &self.keys {
            if kid.is_none() || key.kid.as_deref() == kid {
                if key.fits(alg) {
                    fitting.push(key);
                } else if kid.is_some() {
                    miss = KeyMiss::Unfit;
                }
            }
        }
        match fitting.is_empty() {
            true => Err(miss),
            false => Ok(fitting),
        }
    }
}

impl Jwk {
    /// The key's id.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The public members that WebCrypto's `importKey("jwk", …)` needs, and no other.
    pub fn to_public_json(&self) -> String {
        let mut out = JsonText::new();
        if let Some(Material {
            kind,
            first,
            second,
        }) = &self.material
        {
            let known = KINDS.iter().find(|(known, ..)| known == kind);
            let (_, kty, crv, _) = known.unwrap_or(&(Kind::Rsa, "", "", 0));
            let (first_name, second_name) = kind.names();
            for (name, value) in [
                ("kty", *kty),
                ("crv", *crv),
                (first_name, first),
                (second_name, second),
            ] {
                if !value.is_empty() {
                    out.text(name, value);
                }
            }
        }
        out.finish()
    }

    fn read(map: &Map) -> Option<Jwk> {
        let optional = |name| match json::present(map, name) {
            None => Some(None),
            Some(Value::String(text)) => Some(Some(text.as_str())),
            Some(_) => None,
        };
        let for_signatures = optional("use")?.is_none_or(|name| name == "sig");
        let may_verify = match json::present(map, "key_ops") {
            None => true,
            Some(Value::Array(ops)) => ops.iter().any(|op| op.as_str() == Some("verify")),
            Some(_) => return None,
        };
        Some(Jwk {
            kid: optional("kid")?.map(String::from),
            alg: optional("alg")?.map(String::from),
            verifies: for_signatures && may_verify,
            material: Material::read(map),
        })
    }

    /// Whether the key can have made a signature of this algorithm (RFC 8725 section 3.1).
    fn fits(&self, alg: Alg) -> bool {
        let kind_fits = self
            .material
            .as_ref()
            .is_some_and(|material| material.kind == alg.kind());
        let alg_fits = match &self.alg {
            Some(name) => Alg::parse(name).is_some_and(|own| own.same_as(alg)),
            None => true,
        };
        self.verifies && kind_fits && alg_fits
    }
}

impl Kind {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Kind::Rsa => ("n", "e"),
            _ => ("x", "y"),
        }
    }
}

impl Material {
    fn read(map: &Map) -> Option<Material> {
        let kty = json::string(map, "kty")?;
        let crv = json::string(map, "crv");
        let fits = |(kind, own_kty, own_crv, _): &&(Kind, &str, &str, usize)| {
            *own_kty == kty && (*kind == Kind::Rsa || crv == Some(own_crv))
        };
        let &(kind, _, _, length) = KINDS.iter().find(fits)?;
        let (first_name, second_name) = kind.names();
        let first = json::string(map, first_name)?;
        let second = match kind {
            Kind::Ed25519 => "",
            _ => json::string(map, second_name)?,
        };
        let (a, b) = (base64url::decode(first)?, base64url::decode(second)?);
        let sane = match kind {
            Kind::Rsa => {
                let odd = b.last().is_some_and(|last| last % 2 == 1);
                (2048..=16_384).contains(&bits(&a)) && odd && second != "AQ"
            }
            _ => a.len() == length && (b.len() == length || kind == Kind::Ed25519),
        };
        sane.then(|| Material {
            kind,
            first: first.into(),
            second: second.into(),
        })
    }
}

/// The length of a big-endian number in bits.
fn bits(bytes: &[u8]) -> usize {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let first = bytes
        .get(zeros)
        .map_or(8, |byte| byte.leading_zeros() as usize);
    ((bytes.len() - zeros) * 8).saturating_sub(first)
}
