//! The issuer and its metadata (OpenID Connect Discovery 1.0, RFC 8414).

use alloc::string::String;
use alloc::vec::Vec;

use super::error::{Code, Error};
use super::http::Answer;
use super::json::{self, Map, Members};
use super::jwk::Alg;
use super::text;
use super::url::{Endpoint, Parts};

/// Largest discovery document that is read, in bytes.
pub const MAX_METADATA: usize = 256 * 1024;

/// An issuer identifier: an https URL (or http on a loopback host) without query and fragment, kept byte by byte.
///
/// Issuers are compared as plain strings, trailing slash included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issuer(String);

/// Which document describes the provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WellKnown {
    /// `openid-configuration`, behind the issuer's path (OpenID Connect Discovery 1.0 section 4.1).
    #[default]
    OpenIdConfiguration,
    /// `oauth-authorization-server`, before the issuer's path (RFC 8414 section 3.1).
    OauthAuthorizationServer,
}

/// What this client uses of a provider's metadata.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// The issuer, equal to the configured one.
    pub issuer: Issuer,
    /// Where the browser is sent for a sign-in.
    pub authorization_endpoint: Option<Endpoint>,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: Option<Endpoint>,
    /// Where the signing keys stand.
    pub jwks_uri: Option<Endpoint>,
    /// Where more claims about the user can be had.
    pub userinfo_endpoint: Option<Endpoint>,
    /// Where tokens are revoked.
    pub revocation_endpoint: Option<Endpoint>,
    /// Where the browser is sent for a sign-out.
    pub end_session_endpoint: Option<Endpoint>,
    /// True if each authorization response names its issuer (RFC 9207 section 3).
    pub iss_parameter_supported: bool,
    /// The ID token algorithms that the provider lists and this client knows; `None` if it lists none.
    pub id_token_algs: Option<Vec<Alg>>,
    /// True if the provider lists its `prompt` values and `none` is not among them.
    pub prompt_none_excluded: bool,
    pkce_excluded: bool,
    code_flow_excluded: bool,
    par_required: bool,
}

impl Issuer {
    /// Reads a configured issuer; anything that is no issuer identifier is [`Code::ConfigBadIssuer`].
    pub fn parse(text: &str) -> Result<Issuer, Error> {
        match Parts::of(text) {
            Some(_) if !text.bytes().any(|byte| byte == b'?') => Ok(Issuer(text.into())),
            _ => Err(Error::about(Code::ConfigBadIssuer, "issuer", "")),
        }
    }

    /// The identifier as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The address of the issuer's metadata.
///
/// One slash at the issuer's end is dropped first, so `https://id.example/t/` gives
/// `https://id.example/t/.well-known/openid-configuration`, or in the form of RFC 8414
/// `https://id.example/.well-known/oauth-authorization-server/t`.
///
/// ```
/// use keyward::protocol::metadata::{Issuer, WellKnown, well_known_url};
///
/// let issuer = Issuer::parse("https://id.example/t/").unwrap();
/// let url = well_known_url(&issuer, WellKnown::OpenIdConfiguration);
/// assert_eq!(url, "https://id.example/t/.well-known/openid-configuration");
/// ```
pub fn well_known_url(issuer: &Issuer, kind: WellKnown) -> String {
    let text = issuer.as_str();
    let text = text.strip_suffix('/').unwrap_or(text);
    match kind {
        WellKnown::OpenIdConfiguration => text::join(&[text, "/.well-known/openid-configuration"]),
        WellKnown::OauthAuthorizationServer => {
            let (base, path) = Parts::of(text).map_or((text, ""), |parts| (parts.base, parts.rest));
            text::join(&[base, "/.well-known/oauth-authorization-server", path])
        }
    }
}

impl Metadata {
    /// The endpoints that are there.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        [
            &self.authorization_endpoint,
            &self.token_endpoint,
            &self.jwks_uri,
            &self.userinfo_endpoint,
            &self.revocation_endpoint,
            &self.end_session_endpoint,
        ]
        .into_iter()
        .flatten()
    }

    /// Reads a discovery answer.
    ///
    /// Errors: [`Code::DiscoveryStatus`] for any status but 200; [`Code::DiscoveryMalformed`] for HTML, bad JSON, a wrong
    /// type or more than [`MAX_METADATA`] bytes; [`Code::DiscoveryIssuerMismatch`]; [`Code::InsecureEndpoint`] naming
    /// the field. Nothing of a refused document may be used or cached (OpenID Connect Discovery 1.0 sections 4.2, 4.3).
    pub fn from_answer(issuer: &Issuer, answer: &Answer) -> Result<Metadata, Error> {
        if answer.status != 200 {
            let mut error = Error::status(Code::DiscoveryStatus, answer.status);
            error.retry_after = answer.retry_after();
            return Err(error);
        }
        let media_type = answer.media_type();
        if !media_type.is_empty() && !media_type.ends_with("json") {
            return Err(Error::about(
                Code::DiscoveryMalformed,
                "content type",
                &media_type,
            ));
        }
        let map = json::parse_object(&answer.body, MAX_METADATA)
            .map_err(|error| Error::about(Code::DiscoveryMalformed, "document", error.as_str()))?;
        if json::present(&map, "issuer").is_none() {
            return Err(missing("issuer", Code::DiscoveryMalformed));
        }
        Metadata::read(issuer, &map, Code::DiscoveryMalformed)
    }

    /// Reads metadata that the app configured, so that no discovery request is needed.
    ///
    /// `issuer` may be absent in it; if it is there it must be the configured one. A wrong type is
    /// [`Code::ConfigInvalid`], the other errors are those of [`Metadata::from_answer`].
    pub fn from_static(issuer: &Issuer, map: &Map) -> Result<Metadata, Error> {
        Metadata::read(issuer, map, Code::ConfigInvalid)
    }

    /// Refuses, before any navigation, a provider whose metadata excludes this client.
    ///
    /// Only what is present counts; the absence of an optional list never blocks, nor does a list of client
    /// authentication methods without `none`, which many providers forget.
    /// Errors: [`Code::NoPkceS256`], [`Code::ProviderRequiresPar`], [`Code::MetadataMissing`] for a provider without
    /// the code flow.
    pub fn check_usable(&self) -> Result<(), Error> {
        if self.pkce_excluded {
            return Err(missing(
                "code_challenge_methods_supported",
                Code::NoPkceS256,
            ));
        }
        if self.code_flow_excluded {
            return Err(missing("response_types_supported", Code::MetadataMissing));
        }
        if self.par_required {
            return Err(Error::new(Code::ProviderRequiresPar));
        }
        Ok(())
    }

    /// The authorization endpoint, or [`Code::MetadataMissing`] naming it.
    pub fn require_authorization(&self) -> Result<&Endpoint, Error> {
        require(&self.authorization_endpoint, "authorization_endpoint")
    }

    /// The token endpoint, or [`Code::MetadataMissing`] naming it.
    pub fn require_token(&self) -> Result<&Endpoint, Error> {
        require(&self.token_endpoint, "token_endpoint")
    }

    /// The address of the keys, or [`Code::MetadataMissing`] naming it.
    pub fn require_jwks(&self) -> Result<&Endpoint, Error> {
        require(&self.jwks_uri, "jwks_uri")
    }

    /// The UserInfo endpoint, or [`Code::MetadataMissing`] naming it.
    pub fn require_userinfo(&self) -> Result<&Endpoint, Error> {
        require(&self.userinfo_endpoint, "userinfo_endpoint")
    }

    /// The revocation endpoint, or [`Code::MetadataMissing`] naming it.
    pub fn require_revocation(&self) -> Result<&Endpoint, Error> {
        require(&self.revocation_endpoint, "revocation_endpoint")
    }

    /// The end-session endpoint, or [`Code::LogoutNoEndpoint`].
    pub fn require_end_session(&self) -> Result<&Endpoint, Error> {
        self.end_session_endpoint
            .as_ref()
            .ok_or_else(|| missing("end_session_endpoint", Code::LogoutNoEndpoint))
    }

    fn read(issuer: &Issuer, map: &Map, wrong: Code) -> Result<Metadata, Error> {
        let mut members = Members::new(map, wrong);
        let found = members.text("issuer");
        if let Some(found) = found.filter(|found| *found != issuer.as_str()) {
            let code = Code::DiscoveryIssuerMismatch;
            let error = Error::mismatch(code, "issuer", issuer.as_str(), Some(found));
            members.refuse(error);
        }
        let algs = members.list("id_token_signing_alg_values_supported");
        let known = |names: Vec<&str>| {
            let mut algs = Vec::new();
            for name in names {
                algs.extend(Alg::parse(name));
            }
            algs
        };
        let members = &mut members;
        let metadata = Metadata {
            issuer: issuer.clone(),
            authorization_endpoint: read_endpoint(members, "authorization_endpoint"),
            token_endpoint: read_endpoint(members, "token_endpoint"),
            jwks_uri: read_endpoint(members, "jwks_uri"),
            userinfo_endpoint: read_endpoint(members, "userinfo_endpoint"),
            revocation_endpoint: read_endpoint(members, "revocation_endpoint"),
            end_session_endpoint: read_endpoint(members, "end_session_endpoint"),
            iss_parameter_supported: members.flag("authorization_response_iss_parameter_supported"),
            id_token_algs: algs.map(known),
            prompt_none_excluded: excludes(members, "prompt_values_supported", "none"),
            pkce_excluded: excludes(members, "code_challenge_methods_supported", "S256"),
            code_flow_excluded: excludes(members, "response_types_supported", "code"),
            par_required: members.flag("require_pushed_authorization_requests"),
        };
        members.done()?;
        Ok(metadata)
    }
}

fn require<'a>(field: &'a Option<Endpoint>, name: &str) -> Result<&'a Endpoint, Error> {
    field
        .as_ref()
        .ok_or_else(|| missing(name, Code::MetadataMissing))
}

fn missing(name: &str, code: Code) -> Error {
    Error::new(code).with_detail(name)
}

/// Whether a list is there and leaves out what this client needs.
#[inline(never)]
fn excludes(members: &mut Members<'_>, name: &str, needed: &str) -> bool {
    let listed = members.list(name);
    listed.is_some_and(|values| !values.contains(&needed))
}

#[inline(never)]
fn read_endpoint(members: &mut Members<'_>, name: &str) -> Option<Endpoint> {
    let url = members.text(name)?;
    let endpoint = Endpoint::parse(url);
    members.keep(endpoint.map_err(|code| Error::about(code, name, super::error::clip(url))))
}
