//! Signature algorithms and the provider's keys (RFC 7517, RFC 7518, RFC 8037, RFC 9864).

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::base64url;
use super::error::{Code, Error};
use super::http::Answer;
use super::json::{self, Map};

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
enum Material {
    Rsa {
        n: String,
        e: String,
    },
    Ec {
        crv: &'static str,
        x: String,
        y: String,
    },
    Ed25519 {
        x: String,
    },
}

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
        match self {
            Alg::RS256 | Alg::PS256 | Alg::ES256 => "SHA-256",
            Alg::RS384 | Alg::PS384 | Alg::ES384 => "SHA-384",
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

    /// The length of the hash in bytes, which is also the salt length of the PS family (RFC 7518 section 3.5).
    pub fn hash_len(self) -> usize {
        match self.hash_name() {
            "SHA-256" => 32,
            "SHA-384" => 48,
            _ => 64,
        }
    }

    /// Whether two names mean one algorithm: `EdDSA` with the only curve used here is `Ed25519` (RFC 9864 section 2.2).
    pub fn same_as(self, other: Alg) -> bool {
        self == other || self.webcrypto_name() == "Ed25519" && other.webcrypto_name() == "Ed25519"
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
        let keys = entries
            .iter()
            .filter_map(Value::as_object)
            .filter_map(Jwk::read)
            .collect();
        Ok(JwkSet { keys })
    }

    /// The keys with which a signature may be tried: those with the token's `kid`, or all that fit if it names none.
    pub fn candidates(&self, alg: Alg, kid: Option<&str>) -> Result<Vec<&Jwk>, KeyMiss> {
        let named = |key: &&Jwk| kid.is_none() || key.kid.as_deref() == kid;
        let fitting: Vec<&Jwk> = self
            .keys
            .iter()
            .filter(named)
            .filter(|key| key.fits(alg))
            .collect();
        if !fitting.is_empty() {
            return Ok(fitting);
        }
        match kid.is_some() && self.keys.iter().any(|key| named(&key)) {
            true => Err(KeyMiss::Unfit),
            false => Err(KeyMiss::UnknownKid),
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
        let members: &[(&str, &str)] = match &self.material {
            Some(Material::Rsa { n, e }) => &[("kty", "RSA"), ("n", n), ("e", e)],
            Some(Material::Ec { crv, x, y }) => &[("kty", "EC"), ("crv", crv), ("x", x), ("y", y)],
            Some(Material::Ed25519 { x }) => &[("kty", "OKP"), ("crv", "Ed25519"), ("x", x)],
            None => &[],
        };
        // All values are names or base64url, so nothing needs escaping.
        let mut json = String::from("{");
        for (name, value) in members {
            let comma = if json.len() > 1 { ",\"" } else { "\"" };
            for piece in [comma, name, "\":\"", value, "\""] {
                json.push_str(piece);
            }
        }
        json.push('}');
        json
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
            Some(ops) => ops.as_array()?.iter().any(|op| op == "verify"),
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
        let kind_fits = match &self.material {
            Some(Material::Rsa { .. }) => alg.webcrypto_name().starts_with("RSA"),
            Some(Material::Ec { crv, .. }) => alg.curve() == Some(crv),
            Some(Material::Ed25519 { .. }) => alg.same_as(Alg::Ed25519),
            None => false,
        };
        let alg_fits = match &self.alg {
            Some(name) => Alg::parse(name).is_some_and(|own| own.same_as(alg)),
            None => true,
        };
        self.verifies && kind_fits && alg_fits
    }
}

impl Material {
    fn read(map: &Map) -> Option<Material> {
        let sized = |name, length| -> Option<String> {
            let text = json::string(map, name)?;
            (base64url::decode(text)?.len() == length).then(|| text.into())
        };
        match json::string(map, "kty")? {
            "RSA" => {
                let (n, e) = (json::string(map, "n")?, json::string(map, "e")?);
                let odd = base64url::decode(e)?
                    .last()
                    .is_some_and(|last| last % 2 == 1);
                let sane =
                    (2048..=16_384).contains(&bits(&base64url::decode(n)?)) && odd && e != "AQ";
                sane.then(|| Material::Rsa {
                    n: n.into(),
                    e: e.into(),
                })
            }
            "EC" => {
                let (crv, length) = match json::string(map, "crv")? {
                    "P-256" => ("P-256", 32),
                    "P-384" => ("P-384", 48),
                    "P-521" => ("P-521", 66),
                    _ => return None,
                };
                let (x, y) = (sized("x", length)?, sized("y", length)?);
                Some(Material::Ec { crv, x, y })
            }
            "OKP" if json::string(map, "crv")? == "Ed25519" => {
                Some(Material::Ed25519 { x: sized("x", 32)? })
            }
            _ => None,
        }
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
