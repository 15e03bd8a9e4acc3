//! Who this client is and what it may do: the configuration of one session.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::resources::Resource;
use crate::protocol::error::{Code, Error};
use crate::protocol::metadata::{Issuer, WellKnown};

/// The configuration of one client at one provider.
///
/// # Defaults
/// - `scope`: `openid profile`, only when none is given; nothing is ever added to a given one
/// - `resources`: `/api/` of the page's own origin
/// - `leeway_s`: 60 seconds, at most 300
/// - `id_token_hint`: sent at sign-out
/// - `rotation_grace_s`: 0, so a refresh whose answer was lost is never sent again
#[derive(Clone, Debug)]
pub struct Config {
    /// The provider, compared as a plain string everywhere.
    pub issuer: Issuer,
    /// The public client's identifier.
    pub client_id: String,
    /// Where the provider sends the browser back, exactly as registered.
    pub redirect_uri: String,
    /// Where the provider sends the browser after a sign-out.
    pub post_logout_redirect_uri: String,
    /// The scope asked for, with `openid` in it.
    pub scope: String,
    /// Where access tokens may go.
    pub resources: Vec<Resource>,
    /// The app's extra authorization parameters; none of them can replace ours.
    pub extra: Vec<(String, String)>,
    /// Provider metadata given by the app: no discovery request is made.
    pub metadata: Option<Map<String, Value>>,
    /// Which well-known document is read.
    pub well_known: WellKnown,
    /// Tolerated difference between the clocks, in seconds.
    pub leeway_s: u64,
    /// Further audiences an ID token may name beside this client.
    pub trusted_audiences: Vec<String>,
    /// Whether the ID token is sent as a hint to the end-session endpoint.
    pub id_token_hint: bool,
    /// How long, in seconds, the provider is known to accept a rotated refresh token once more.
    pub rotation_grace_s: u64,
}

impl Config {
    /// Reads the configuration as the fronts send it.
    ///
    /// `origin` is the origin of the page, the home of relative resources.
    ///
    /// # Errors
    /// A `config_*` code whose detail names the option.
    pub fn from_map(map: &Map<String, Value>, origin: &str) -> Result<Self, Error> {
        let redirect_uri = string(map, "redirectUri")?.unwrap_or_default();
        check_redirect_uri(&redirect_uri)?;
        let post_logout = match string(map, "postLogoutRedirectUri")? {
            Some(uri) => {
                check_redirect_uri(&uri)?;
                uri
            }
            None => redirect_uri.clone(),
        };
        let scope = string(map, "scope")?.unwrap_or_else(|| "openid profile".into());
        if !scope.split(' ').any(|item| item == "openid") {
            return Err(Error::new(Code::ConfigScopeWithoutOpenid));
        }
        let leeway_s = number(map, "leeway", 60, 300)?;
        Ok(Self {
            issuer: Issuer::parse(&required(map, "issuer")?)?,
            client_id: required(map, "clientId")?,
            redirect_uri,
            post_logout_redirect_uri: post_logout,
            scope,
            resources: Resource::list(map.get("resources"), origin)?,
            extra: pairs(map.get("authorizationParams"), "authorizationParams")?,
            metadata: match map.get("metadata") {
                None | Some(Value::Null) => None,
                Some(Value::Object(document)) => Some(document.clone()),
                Some(_) => return Err(invalid("metadata")),
            },
            well_known: match string(map, "discovery")?.as_deref() {
                None | Some("openid-configuration") => WellKnown::OpenIdConfiguration,
                Some("oauth-authorization-server") => WellKnown::OauthAuthorizationServer,
                Some(_) => return Err(invalid("discovery")),
            },
            leeway_s,
            trusted_audiences: strings(map.get("trustedAudiences"), "trustedAudiences")?,
            id_token_hint: !matches!(map.get("idTokenHint"), Some(Value::Bool(false))),
            rotation_grace_s: number(map, "rotationGrace", 0, 3600)?,
        })
    }
}

/// Reads an object of string values, such as extra parameters.
pub(crate) fn pairs(
    value: Option<&Value>,
    name: &'static str,
) -> Result<Vec<(String, String)>, Error> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(key, value)| match value {
                Value::String(text) => Ok((key.clone(), text.clone())),
                _ => Err(invalid(name)),
            })
            .collect(),
        Some(_) => Err(invalid(name)),
    }
}

pub(crate) fn invalid(name: &str) -> Error {
    Error::new(Code::ConfigInvalid).with_detail(name)
}

pub(crate) fn string(map: &Map<String, Value>, name: &str) -> Result<Option<String>, Error> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(invalid(name)),
    }
}

pub(crate) fn strings(value: Option<&Value>, name: &str) -> Result<Vec<String>, Error> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(String::from).ok_or_else(|| invalid(name)))
            .collect(),
        Some(_) => Err(invalid(name)),
    }
}

fn required(map: &Map<String, Value>, name: &str) -> Result<String, Error> {
    match string(map, name)? {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(Error::new(Code::ConfigMissing).with_detail(name)),
    }
}

fn number(map: &Map<String, Value>, name: &str, default: u64, most: u64) -> Result<u64, Error> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => match value.as_u64() {
            Some(seconds) if seconds <= most => Ok(seconds),
            _ => Err(invalid(name)),
        },
    }
}

/// RFC 6749 section 3.1.2: absolute and without a fragment.
fn check_redirect_uri(uri: &str) -> Result<(), Error> {
    let absolute = uri.starts_with("https://") || uri.starts_with("http://");
    if absolute && !uri.contains('#') {
        Ok(())
    } else {
        Err(Error::new(Code::ConfigBadRedirectUri))
    }
}
