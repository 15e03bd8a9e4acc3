//! The ID token: a compact JWS, its header and its claims (OpenID Connect Core 1.0 sections 2, 3.1.3.7 and 12.2).
//!
//! The signature is checked by whoever has the cryptography: [`IdTokenParts`] holds what to check and with which
//! algorithm, [`IdTokenParts::check`] judges the claims. Both must pass before anything of the token is used.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::{fmt, slice};

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::base64url;
use super::error::{Code, Error};
use super::json::{self, Map, Value};
use super::jwk::Alg;
use super::secret::{AccessToken, IdToken};
use super::text::{decimal, pieces, split_once};

/// Largest ID token that is read, in bytes.
pub const MAX_ID_TOKEN: usize = 256 * 1024;

/// Claims that belong to the protocol and not to the user.
const PROTOCOL_CLAIMS: &[&str] = &[
    "aud", "exp", "iat", "nbf", "nonce", "at_hash", "c_hash", "s_hash", "azp", "jti",
];

/// An ID token taken apart; its signature and claims are not checked yet.
#[derive(Clone)]
pub struct IdTokenParts {
    /// The signature algorithm, one of those accepted.
    pub alg: Alg,
    /// Which key signed it.
    pub kid: Option<String>,
    /// What was signed: the first two parts with their dot.
    pub signing_input: String,
    /// The signature.
    pub signature: Vec<u8>,
    /// The claims.
    pub claims: Rc<Map>,
    payload: Rc<str>,
}

/// What the claims must say.
#[derive(Clone)]
pub struct Expected<'a> {
    /// The issuer, byte by byte.
    pub issuer: &'a str,
    /// The client, which must be in `aud`.
    pub client_id: &'a str,
    /// The nonce.
    pub nonce: Nonce<'a>,
    /// Further audiences that the app trusts; any other one refuses the token.
    pub trusted_audiences: &'a [String],
    /// The `max_age` that was sent, in seconds: `auth_time` is required then.
    pub max_age: Option<u64>,
    /// The `acr_values` that were sent, separated by spaces.
    pub acr_values: Option<&'a str>,
    /// Whether one of them is required. Without this the provider may fall short of them, as the specification allows.
    pub acr_essential: bool,
    /// The present, in seconds since 1970.
    pub now_s: u64,
    /// How far clocks may differ, in seconds.
    pub leeway_s: u64,
    /// The access token of the same response, for `at_hash`.
    pub access_token: &'a AccessToken,
    /// The algorithms that the provider's metadata lists; `None` if it lists none.
    pub algs: Option<&'a [Alg]>,
    /// The claims of the sign-in, when this token came by a refresh.
    pub previous: Option<&'a Claims>,
}

/// What is known about the nonce.
#[derive(Clone, Copy)]
pub enum Nonce<'a> {
    /// At sign-in: the nonce that was sent must be there.
    Required(&'a str),
    /// At refresh: it may be missing, but if it is there it must be the original one, where that is known.
    IfPresent(Option<&'a str>),
}

/// The claims of an ID token that passed every check.
#[derive(Clone)]
pub struct Claims {
    map: Rc<Map>,
    payload: Rc<str>,
}

impl IdTokenParts {
    /// Takes an ID token apart.
    ///
    /// Errors: [`Code::IdTokenEncrypted`] for a JWE; [`Code::IdTokenMalformed`] for anything else that is no compact
    /// JWS; [`Code::IdTokenAlg`] for `none`, HS256 and other algorithms; [`Code::IdTokenCrit`]; [`Code::IdTokenTyp`] for
    /// another kind of JWT. Keys in the header (`jwk`, `jku`, `x5c`, `x5u`) are never looked at (RFC 8725 section 3.10).
    pub fn parse(token: &IdToken) -> Result<IdTokenParts, Error> {
        let text = token.expose();
        if text.len() > MAX_ID_TOKEN {
            return Err(malformed("token", "too large"));
        }
        let dots = text.bytes().filter(|byte| *byte == b'.').count();
        if dots == 4 {
            return Err(Error::new(Code::IdTokenEncrypted));
        }
        let (header, rest) = split_once(text, b'.').unwrap_or_default();
        let (payload, signature) = match split_once(rest, b'.') {
            Some(parts) if dots == 2 => parts,
            _ => return Err(malformed("token", "not a compact JWS")),
        };
        let signing_input = text
            .get(..header.len() + 1 + payload.len())
            .unwrap_or_default();
        let header = object(&text_of(header, "header")?, "header")?;
        let alg = algorithm(&header)?;
        check_kind(&header)?;
        let kid = match header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err(malformed("kid", "not a string")),
        };
        let payload = text_of(payload, "claims")?;
        let claims = object(&payload, "claims")?;
        if claims.contains_key("events") {
            return Err(Error::about(
                Code::IdTokenTyp,
                "events",
                "a claim of other tokens",
            ));
        }
        let signature =
            base64url::decode(signature).ok_or_else(|| malformed("signature", "not base64url"))?;
        Ok(IdTokenParts {
            alg,
            kid,
            signing_input: signing_input.into(),
            signature,
            claims,
            payload: payload.into(),
        })
    }

    /// Judges the claims (OpenID Connect Core 1.0 section 3.1.3.7, after a refresh also section 12.2).
    ///
    /// The error's code names the claim, its detail what was expected and found; a nonce is never shown. Claims that are
    /// not known are ignored. Times may have fractions; an `iat` in the past is never too old.
    pub fn check(&self, expected: &Expected<'_>) -> Result<Claims, Error> {
        let claims = &*self.claims;
        if expected
            .algs
            .is_some_and(|algs| !algs.iter().any(|alg| alg.same_as(self.alg)))
        {
            let what = "not among the algorithms of the provider's metadata";
            return Err(Error::about(Code::IdTokenAlg, self.alg.as_str(), what));
        }
        equal(claims, "iss", expected.issuer, Code::IdTokenIss)?;
        check_audience(claims, expected)?;
        if claims.contains_key("azp") {
            equal(claims, "azp", expected.client_id, Code::IdTokenAzp)?;
        }
        check_subject(claims)?;
        check_times(claims, expected)?;
        check_nonce(claims, expected.nonce)?;
        check_at_hash(claims, self.alg, expected.access_token)?;
        check_authentication(claims, expected)?;
        if let Some(previous) = expected.previous {
            check_continuity(claims, &previous.map)?;
        }
        Ok(Claims {
            map: Rc::clone(&self.claims),
            payload: Rc::clone(&self.payload),
        })
    }
}

impl Claims {
    /// Claims that passed every check before they were parked, or in the tab that hands them over.
    #[cfg(any(feature = "worker", feature = "ledger"))]
    pub(crate) fn of_parked(json: &str) -> Option<Self> {
        let map = json::parse_object(json, usize::MAX).ok()?;
        let payload = json.into();
        Some(Self { map, payload })
    }

    /// The user's identifier at this issuer.
    pub fn sub(&self) -> &str {
        self.text("sub").unwrap_or_default()
    }

    /// The issuer.
    pub fn iss(&self) -> &str {
        self.text("iss").unwrap_or_default()
    }

    /// The provider's session, if it names it.
    pub fn sid(&self) -> Option<&str> {
        self.text("sid")
    }

    /// The nonce of the sign-in.
    pub fn nonce(&self) -> Option<&str> {
        self.text("nonce")
    }

    /// When the user proved who they are, in seconds since 1970.
    #[cfg(feature = "limits")]
    pub fn auth_time(&self) -> Option<u64> {
        let time = self.map.get("auth_time").and_then(Value::as_f64);
        time.map(|seconds| seconds as u64)
    }

    /// When the token was issued, in seconds since 1970.
    pub fn issued_at_s(&self) -> Option<u64> {
        self.map
            .get("iat")
            .and_then(Value::as_f64)
            .map(|seconds| seconds as u64)
    }

    /// Any claim.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name)
    }

    /// What an app may see of the user: all claims but those of the protocol itself.
    pub fn user_claims(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.map
            .iter()
            .filter(|(name, _)| !PROTOCOL_CLAIMS.contains(name))
    }

    /// All claims as the provider wrote them: a JSON object, those of the protocol among its members.
    pub fn as_json(&self) -> &str {
        &self.payload
    }

    /// Whether an app sees the same of the user in both.
    pub fn same_user(&self, other: &Claims) -> bool {
        self.user_claims()
            .all(|(name, value)| other.get(name) == Some(value))
            && self.user_claims().count() == other.user_claims().count()
    }

    fn text(&self, name: &str) -> Option<&str> {
        json::string(&self.map, name)
    }
}

impl fmt::Debug for IdTokenParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdTokenParts")
            .field("alg", &self.alg)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expected")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Nonce<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Nonce::Required(_) => "Required([redacted])",
            Nonce::IfPresent(_) => "IfPresent([redacted])",
        })
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claims([redacted])")
    }
}

fn text_of(part: &str, name: &str) -> Result<String, Error> {
    let bytes = base64url::decode(part).ok_or_else(|| malformed(name, "not base64url"))?;
    String::from_utf8(bytes).map_err(|_| malformed(name, "not UTF-8"))
}

fn object(text: &str, name: &str) -> Result<Rc<Map>, Error> {
    json::parse_object(text, MAX_ID_TOKEN).map_err(|error| malformed(name, error.as_str()))
}

fn algorithm(header: &Map) -> Result<Alg, Error> {
    let name = json::string(header, "alg");
    name.and_then(Alg::parse)
        .ok_or_else(|| Error::mismatch(Code::IdTokenAlg, "alg", "an asymmetric signature", name))
}

/// Refuses extensions that must be understood, and other kinds of JWT.
fn check_kind(header: &Map) -> Result<(), Error> {
    // An unencoded payload (RFC 7797) needs `crit`; without it a `false` here is a trap.
    for name in ["crit", "b64"] {
        if header
            .get(name)
            .is_some_and(|value| *value != Value::Bool(true) || name == "crit")
        {
            return Err(Error::new(Code::IdTokenCrit).with_detail(name));
        }
    }
    match header.get("typ") {
        None => Ok(()),
        Some(Value::String(typ)) if is_jwt(typ) => Ok(()),
        Some(found) => Err(Error::mismatch(
            Code::IdTokenTyp,
            "typ",
            "JWT",
            found.as_str(),
        )),
    }
}

fn is_jwt(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("application/jwt")
}

fn equal(claims: &Map, name: &str, expected: &str, code: Code) -> Result<(), Error> {
    match json::string(claims, name) {
        Some(found) if found == expected => Ok(()),
        found => Err(Error::mismatch(code, name, expected, found)),
    }
}

/// The audience as a list; `None` if the claim is missing or not made of strings.
fn audience(claims: &Map) -> Option<Vec<&str>> {
    let found = claims.get("aud")?;
    let list = match found {
        Value::Array(items) => items,
        _ => slice::from_ref(found),
    };
    json::strings(list)
}

fn check_audience(claims: &Map, expected: &Expected<'_>) -> Result<(), Error> {
    let client_id = expected.client_id;
    let found = audience(claims).unwrap_or_default();
    if !found.contains(&client_id) {
        let mut joined = String::new();
        for aud in &found {
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(aud);
        }
        let joined = (!found.is_empty()).then_some(joined);
        return Err(Error::mismatch(
            Code::IdTokenAud,
            "aud",
            client_id,
            joined.as_deref(),
        ));
    }
    let trusted =
        |aud: &str| aud == client_id || expected.trusted_audiences.iter().any(|own| own == aud);
    match found.into_iter().find(|aud| !trusted(aud)) {
        None => Ok(()),
        Some(stranger) => {
            let expected = "only trusted audiences";
            Err(Error::mismatch(
                Code::IdTokenAud,
                "aud",
                expected,
                Some(stranger),
            ))
        }
    }
}

fn check_subject(claims: &Map) -> Result<(), Error> {
    let sub = json::string(claims, "sub").unwrap_or_default();
    if sub.is_empty() || sub.len() > 255 || !sub.is_ascii() {
        return Err(Error::about(
            Code::IdTokenSub,
            "sub",
            "not a string of 1 to 255 ASCII characters",
        ));
    }
    Ok(())
}

fn check_times(claims: &Map, expected: &Expected<'_>) -> Result<(), Error> {
    let now = expected.now_s as f64;
    let leeway = expected.leeway_s as f64;
    let missing = |name, code| Error::about(code, name, "missing or not a number");
    let exp = json::number(claims, "exp").ok_or_else(|| missing("exp", Code::IdTokenExp))?;
    if now >= exp + leeway {
        return Err(apart(Code::IdTokenExp, "exp", now - exp, "in the past"));
    }
    let iat = json::number(claims, "iat").ok_or_else(|| missing("iat", Code::IdTokenIat))?;
    if iat > now + leeway {
        return Err(apart(Code::IdTokenIat, "iat", iat - now, "in the future"));
    }
    if claims.contains_key("nbf") {
        let nbf = json::number(claims, "nbf").ok_or_else(|| missing("nbf", Code::IdTokenNbf))?;
        if nbf > now + leeway {
            return Err(apart(Code::IdTokenNbf, "nbf", nbf - now, "in the future"));
        }
    }
    Ok(())
}

/// "`exp`: 3600 seconds in the past".
fn apart(code: Code, name: &str, seconds: f64, direction: &str) -> Error {
    let mut what = decimal(seconds as u64);
    what.push_str(" seconds ");
    what.push_str(direction);
    Error::about(code, name, &what)
}

fn check_nonce(claims: &Map, nonce: Nonce<'_>) -> Result<(), Error> {
    let found = json::string(claims, "nonce");
    let good = match nonce {
        Nonce::Required(sent) => !sent.is_empty() && found == Some(sent),
        Nonce::IfPresent(original) => {
            !claims.contains_key("nonce")
                || found.is_some() && original.is_none_or(|nonce| found == Some(nonce))
        }
    };
    match good {
        true => Ok(()),
        false if claims.contains_key("nonce") => {
            Err(Error::about(Code::IdTokenNonce, "nonce", "another one"))
        }
        false => Err(Error::about(Code::IdTokenNonce, "nonce", "missing")),
    }
}

/// The left half of the access token's hash (OpenID Connect Core 1.0 section 3.1.3.6).
fn check_at_hash(claims: &Map, alg: Alg, access_token: &AccessToken) -> Result<(), Error> {
    let Some(found) = claims.get("at_hash") else {
        return Ok(());
    };
    let token = access_token.expose().as_bytes();
    let half = |hash: &[u8]| base64url::encode(hash.split_at(hash.len() / 2).0);
    let half = match alg.hash_len() {
        32 => half(&Sha256::digest(token)),
        48 => half(&Sha384::digest(token)),
        _ => half(&Sha512::digest(token)),
    };
    if found.as_str() != Some(half.as_str()) {
        return Err(Error::about(
            Code::IdTokenAtHash,
            "at_hash",
            "not of this access token",
        ));
    }
    Ok(())
}

fn check_authentication(claims: &Map, expected: &Expected<'_>) -> Result<(), Error> {
    if let Some(wanted) = expected.acr_values.filter(|_| expected.acr_essential) {
        let found = json::string(claims, "acr");
        if !found.is_some_and(|acr| pieces(wanted, b' ').any(|value| value == acr)) {
            return Err(Error::mismatch(Code::IdTokenAcr, "acr", wanted, found));
        }
    }
    let Some(max_age) = expected.max_age else {
        return Ok(());
    };
    let Some(auth_time) = json::number(claims, "auth_time") else {
        return Err(Error::about(
            Code::IdTokenAuthTime,
            "auth_time",
            "missing or not a number",
        ));
    };
    let age = expected.now_s as f64 - auth_time;
    if age > max_age as f64 + expected.leeway_s as f64 {
        return Err(apart(
            Code::IdTokenAuthTime,
            "auth_time",
            age,
            "in the past",
        ));
    }
    Ok(())
}

/// After a refresh: still the same user, issuer, audience and sign-in (OpenID Connect Core 1.0 section 12.2).
fn check_continuity(claims: &Map, previous: &Map) -> Result<(), Error> {
    for (name, code) in [("iss", Code::IdTokenIss), ("sub", Code::IdTokenSub)] {
        if claims.get(name) != previous.get(name) {
            return Err(Error::about(code, name, "not the one of the sign-in"));
        }
    }
    let (now, before) = (
        audience(claims).unwrap_or_default(),
        audience(previous).unwrap_or_default(),
    );
    let same =
        now.iter().all(|aud| before.contains(aud)) && before.iter().all(|aud| now.contains(aud));
    if !same {
        return Err(Error::about(
            Code::IdTokenAud,
            "aud",
            "not the one of the sign-in",
        ));
    }
    let times = (
        json::number(claims, "auth_time"),
        json::number(previous, "auth_time"),
    );
    if let (Some(now), Some(before)) = times
        && now != before
    {
        return Err(Error::about(
            Code::IdTokenAuthTime,
            "auth_time",
            "not the one of the sign-in",
        ));
    }
    Ok(())
}

fn malformed(name: &str, what: &str) -> Error {
    Error::about(Code::IdTokenMalformed, name, what)
}
