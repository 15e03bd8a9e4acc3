//! Who this client is and what it may do: the configuration of one session.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "ledger")]
use super::ledger::Name;
use super::resources::Resource;
use crate::protocol::error::{Code, Error};
use crate::protocol::json::{self, Map, Members, Value};
use crate::protocol::metadata::{Issuer, WellKnown};
use crate::protocol::text;

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
    pub metadata: Option<Rc<Map>>,
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
    /// After how many seconds without the user the session ends.
    #[cfg(feature = "limits")]
    pub idle_s: Option<u64>,
    /// How many seconds after the sign-in the session ends.
    #[cfg(feature = "limits")]
    pub max_age_s: Option<u64>,
    /// How many seconds before such an end the app is warned.
    #[cfg(feature = "limits")]
    pub warn_before_s: u64,
    /// Whether the tabs of the origin share one grant by way of the ledger.
    #[cfg(feature = "ledger")]
    pub ledger: bool,
    /// Whether they give each other what it takes; else each has a grant of its own, and the session in common.
    #[cfg(feature = "ledger")]
    pub handover: bool,
    /// Names the tab across its loads, so that one which comes back from a restore without an answer may try again.
    #[cfg(feature = "ledger")]
    pub tab: Option<Name>,
}

impl Config {
    /// Reads the configuration as the fronts send it: a JSON object.
    ///
    /// `origin` is the origin of the page, the home of relative resources.
    ///
    /// # Errors
    /// A `config_*` code whose detail names the option.
    pub fn from_json(options: &str, origin: &str) -> Result<Self, Error> {
        let map = &json::parse_object(options, usize::MAX)
            .map_err(|_| Error::new(Code::ConfigInvalid))?;
        let mut options = Members::of_options(map);
        let redirect_uri = options.text("redirectUri").unwrap_or_default();
        check_redirect_uri(&mut options, redirect_uri);
        let post_logout_redirect_uri = options
            .text("postLogoutRedirectUri")
            .unwrap_or(redirect_uri);
        check_redirect_uri(&mut options, post_logout_redirect_uri);
        let scope = options.text("scope").unwrap_or("openid profile");
        if !text::pieces(scope, b' ').any(|item| item == "openid") {
            options.refuse(Error::new(Code::ConfigScopeWithoutOpenid));
        }
        let leeway_s = options.number("leeway", 300).unwrap_or(60);
        let issuer = required(&mut options, "issuer");
        options.done()?;
        let issuer = Issuer::parse(issuer)?;
        let client_id = required(&mut options, "clientId");
        let resources = Resource::list(options.get("resources"), origin);
        let resources = options.keep(resources).unwrap_or_default();
        let extra = pairs(&mut options, "authorizationParams");
        let metadata = match options.get("metadata") {
            None => None,
            Some(Value::Object(document)) => Some(document.clone()),
            Some(_) => {
                options.mistyped("metadata", "");
                None
            }
        };
        let well_known = match options.text("discovery") {
            Some("oauth-authorization-server") => WellKnown::OauthAuthorizationServer,
            known => {
                if known.is_some_and(|known| known != "openid-configuration") {
                    options.mistyped("discovery", "");
                }
                WellKnown::OpenIdConfiguration
            }
        };
        let trusted_audiences = options.list("trustedAudiences").unwrap_or_default();
        let rotation_grace_s = options.number("rotationGrace", 3600).unwrap_or(0);
        let config = Self {
            issuer,
            client_id: client_id.into(),
            redirect_uri: redirect_uri.into(),
            post_logout_redirect_uri: post_logout_redirect_uri.into(),
            scope: scope.into(),
            resources,
            extra,
            metadata,
            well_known,
            leeway_s,
            trusted_audiences: trusted_audiences.into_iter().map(String::from).collect(),
            id_token_hint: map.get("idTokenHint") != Some(&Value::Bool(false)),
            rotation_grace_s,
            #[cfg(feature = "limits")]
            idle_s: limit(&mut options, "idle"),
            #[cfg(feature = "limits")]
            max_age_s: limit(&mut options, "maxAge"),
            #[cfg(feature = "limits")]
            warn_before_s: options.number("warnBefore", LONGEST_S).unwrap_or(60),
            #[cfg(feature = "ledger")]
            ledger: options.flag("ledger"),
            #[cfg(feature = "ledger")]
            handover: map.get("handover") != Some(&Value::Bool(false)),
            #[cfg(feature = "ledger")]
            tab: options.text("tab").and_then(Name::parse),
        };
        options.done()?;
        Ok(config)
    }
}

/// Ten years, for who means never.
#[cfg(feature = "limits")]
const LONGEST_S: u64 = 315_360_000;

/// The seconds after which a session ends; at least one.
#[cfg(feature = "limits")]
fn limit(options: &mut Members<'_>, name: &str) -> Option<u64> {
    let seconds = options.number(name, LONGEST_S);
    if seconds == Some(0) {
        options.mistyped(name, "not a number, or out of range");
    }
    seconds
}

/// Reads an object of string values, such as extra parameters.
pub(crate) fn pairs(options: &mut Members<'_>, name: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    match options.get(name) {
        None => {}
        Some(Value::Object(map)) => {
            for (key, value) in map.iter() {
                match value {
                    Value::String(text) => pairs.push((key.into(), text.clone())),
                    _ => options.mistyped(name, ""),
                }
            }
        }
        Some(_) => options.mistyped(name, ""),
    }
    pairs
}

pub(crate) fn invalid(name: &str) -> Error {
    Error::new(Code::ConfigInvalid).with_detail(name)
}

fn required<'a>(options: &mut Members<'a>, name: &str) -> &'a str {
    let text = options.text(name).unwrap_or_default();
    if text.is_empty() {
        options.refuse(Error::new(Code::ConfigMissing).with_detail(name));
    }
    text
}

/// RFC 6749 section 3.1.2: absolute and without a fragment.
fn check_redirect_uri(options: &mut Members<'_>, uri: &str) {
    let absolute = uri.starts_with("https://") || uri.starts_with("http://");
    if !absolute || uri.bytes().any(|byte| byte == b'#') {
        options.refuse(Error::new(Code::ConfigBadRedirectUri));
    }
}
