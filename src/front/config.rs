//! The configuration of a client, as an app writes it. The session judges it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::protocol::json;
use crate::protocol::json_text::{JsonText, list, quoted};

/// The configuration of one client at one provider.
///
/// # Defaults
/// - `redirect_uri`: the document's `<base href>` if there is one, else the page's origin with `/`; with a vault the
///   redirect page beside it
/// - `scope`: `openid profile`, only when none is given; nothing is ever added to a given one
/// - `resources`: [`Resource::path`]`("/api/")`
/// - `restore`: [`Restore::WasSignedIn`]
/// - `leeway`: 60 seconds, at most 300
/// - `id_token_hint`: sent at sign-out
/// - `handover`: yes; the tabs share one grant
/// - `vault`: none; the tokens are in the memory of each page, and script of the page is not kept from them
///
/// A bad value does not panic: the client starts signed out and its state's last error has a `config_*` code with the
/// name of the option and the value to write.
///
/// ```
/// use keyward::{AuthConfig, Resource};
///
/// let config = AuthConfig::new("https://id.example", "spa")
///     .scope("openid profile email orders:read")
///     .resource(Resource::path("/api/"))
///     .resource(Resource::at("https://api.example", ["/v1/"]).methods(["GET"]));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct AuthConfig {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: Option<String>,
    pub(super) restore: Restore,
    post_logout_redirect_uri: Option<String>,
    scope: Option<String>,
    resources: Vec<Resource>,
    parameters: Vec<(String, String)>,
    metadata: Option<String>,
    discovery: Discovery,
    leeway: Option<u64>,
    trusted_audiences: Vec<String>,
    id_token_hint: bool,
    rotation_grace: Option<u64>,
    #[cfg(feature = "page-vault")]
    pub(super) handover: bool,
    #[cfg(feature = "worker-vault")]
    pub(super) vault: Option<String>,
    #[cfg(feature = "worker-vault")]
    parking: bool,
    #[cfg(feature = "worker-vault")]
    extended_lifetime: bool,
    #[cfg(feature = "worker-vault")]
    trusted_types_policy: Option<String>,
    pub(super) idle: Option<u64>,
    max_age: Option<u64>,
    warn_before: Option<u64>,
}

/// When a load of the page restores the session with the provider's help.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restore {
    /// Where somebody was signed in before. A first visit costs no request.
    #[default]
    WasSignedIn,
    /// Always: a first visit joins the provider's single sign-on too.
    Always,
    /// Never.
    Never,
}

/// Which well-known document is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Discovery {
    /// `openid-configuration` (OpenID Connect Discovery 1.0 section 4).
    #[default]
    OpenIdConfiguration,
    /// `oauth-authorization-server` (RFC 8414 section 3).
    OauthAuthorizationServer,
}

/// An API that may receive the access token. Everything else is refused with `api_not_allowed`.
///
/// Paths are matched by whole segments: `/api` allows `/api` and `/api/orders`, `/api/` only what lies below it. Choose
/// paths of APIs only: an address that shows the headers it got gives the token to whoever reads the page.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Resource {
    name: Option<String>,
    origin: Option<String>,
    paths: Vec<String>,
    methods: Vec<String>,
    follow_redirects: bool,
}

impl AuthConfig {
    /// Begins with what nothing can be done without.
    ///
    /// `issuer` is the provider's issuer, character for character as it names itself (OpenID Connect Discovery 1.0
    /// section 3), `client_id` the public client's identifier (RFC 6749 section 2.2).
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            client_id: client_id.into(),
            redirect_uri: None,
            restore: Restore::default(),
            post_logout_redirect_uri: None,
            scope: None,
            resources: Vec::new(),
            parameters: Vec::new(),
            metadata: None,
            discovery: Discovery::default(),
            leeway: None,
            trusted_audiences: Vec::new(),
            id_token_hint: true,
            rotation_grace: None,
            #[cfg(feature = "page-vault")]
            handover: true,
            #[cfg(feature = "worker-vault")]
            vault: None,
            #[cfg(feature = "worker-vault")]
            parking: true,
            #[cfg(feature = "worker-vault")]
            extended_lifetime: true,
            #[cfg(feature = "worker-vault")]
            trusted_types_policy: None,
            idle: None,
            max_age: None,
            warn_before: None,
        }
    }

    /// Where the provider sends the browser back, exactly as registered there (RFC 6749 section 3.1.2).
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// Where the provider sends the browser after a sign-out. Default: the redirect URI.
    pub fn post_logout_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.post_logout_redirect_uri = Some(uri.into());
        self
    }

    /// The scope, with `openid` in it. Used as it is: no `offline_access` is added by itself.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Adds an API that may receive the access token. The first one replaces the default.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }

    /// Adds a parameter to every authorization request, such as `resource` (RFC 8707) or `audience`. None can replace
    /// the protocol's own (`config_reserved_parameter`); of one name the last counts.
    pub fn authorization_param(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// The provider's metadata as the JSON of an object (RFC 8414 section 2): no discovery request is made.
    pub fn metadata(mut self, json: impl Into<String>) -> Self {
        self.metadata = Some(json.into());
        self
    }

    /// Which well-known document is read.
    pub fn discovery(mut self, discovery: Discovery) -> Self {
        self.discovery = discovery;
        self
    }

    /// When a load of the page restores the session.
    pub fn restore(mut self, restore: Restore) -> Self {
        self.restore = restore;
        self
    }

    /// Tolerated difference between the clocks, in seconds: at most 300.
    pub fn leeway(mut self, seconds: u64) -> Self {
        self.leeway = Some(seconds);
        self
    }

    /// Adds an audience that an ID token may name beside this client (OpenID Connect Core 1.0 section 3.1.3.7).
    pub fn trusted_audience(mut self, audience: impl Into<String>) -> Self {
        self.trusted_audiences.push(audience.into());
        self
    }

    /// Whether the ID token goes along as a hint to the end-session endpoint. Without it some providers ask the user
    /// once more.
    pub fn id_token_hint(mut self, send: bool) -> Self {
        self.id_token_hint = send;
        self
    }

    /// Seconds for which the provider is known to accept a rotated refresh token once more. Default: 0.
    pub fn rotation_grace(mut self, seconds: u64) -> Self {
        self.rotation_grace = Some(seconds);
        self
    }

    /// Whether the tabs share one grant: a tab gives another what it has, sealed for that one, and one refresh serves all.
    /// Say `false` where script that runs in the page for a moment must not get the tokens by asking another tab for them.
    /// Then each tab has a grant of its own: each load goes to the provider once, and each tab refreshes by itself. Neither
    /// keeps the tokens from script that stays; a vault in a worker does, and has no use for this.
    #[cfg(feature = "page-vault")]
    pub fn handover(mut self, share: bool) -> Self {
        self.handover = share;
        self
    }

    /// Where the vault's script lies, on this origin, `"/keyward/vault.js"` for example, or its folder on another origin of
    /// the same site, `"https://vault.app.example/keyward/"`. The tokens are then in a worker for
    /// all tabs, and no script of the page can read one; [`Auth::access_token`](super::Auth::access_token) fails with
    /// `token_stays_in_vault`. Where no worker starts nobody is signed in and the last error is `vault_unavailable`; tokens
    /// never move to the page.
    ///
    /// Register the redirect page, `callback.html` beside the script, with the provider: it is the redirect URI, and no
    /// other can be. An app that always has a vault in a worker does without the feature `page-vault`, which is on by
    /// default.
    #[cfg(feature = "worker-vault")]
    pub fn vault(mut self, url: impl Into<String>) -> Self {
        self.vault = Some(url.into());
        self
    }

    /// With a [`vault`](Self::vault): whether a service worker, whose scope is the vault's folder alone, keeps the session
    /// in its memory while a reload of the only tab replaces the worker. Without it such a load goes to the provider and
    /// back.
    #[cfg(feature = "worker-vault")]
    pub fn parking(mut self, park: bool) -> Self {
        self.parking = park;
        self
    }

    /// With a [`vault`](Self::vault): whether it outlives the last tab for some minutes, where the browser can do that
    /// (Chromium). Say `false` where the next user of the same browser must not find the session, as at a kiosk.
    #[cfg(feature = "worker-vault")]
    pub fn extended_lifetime(mut self, outlive: bool) -> Self {
        self.extended_lifetime = outlive;
        self
    }

    /// With a [`vault`](Self::vault): the name of the policy that vouches for the worker's address where the page requires
    /// Trusted Types. Default: `keyward`.
    #[cfg(feature = "worker-vault")]
    pub fn trusted_types_policy(mut self, name: impl Into<String>) -> Self {
        self.trusted_types_policy = Some(name.into());
        self
    }

    /// Seconds without the user after which the session ends, in every tab: pointer, keys, touch, or a page that is shown.
    /// Renewals and calls are no activity; see [`Auth::touch`](super::Auth::touch). Default: no limit.
    pub fn idle(mut self, seconds: u64) -> Self {
        self.idle = Some(seconds);
        self
    }

    /// Seconds after the sign-in at which the session ends, however active the user is. A restore asks the provider for no
    /// older sign-in (`max_age`) and counts from its `auth_time`. Default: no limit.
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Seconds before such an end at which [`AuthEvent::Expiring`](super::AuthEvent::Expiring) comes. Default: 60; never
    /// before half of the limit.
    pub fn warn_before(mut self, seconds: u64) -> Self {
        self.warn_before = Some(seconds);
        self
    }

    #[cfg(feature = "page-vault")]
    pub(super) fn has_limits(&self) -> bool {
        self.idle.is_some() || self.max_age.is_some()
    }

    /// The options as those of the npm package.
    #[cfg(feature = "worker-vault")]
    pub(super) fn to_json(&self) -> String {
        self.options(self.redirect_uri.as_deref()).finish()
    }

    /// The options of a vault in the page, of the tab of this name.
    #[cfg(feature = "page-vault")]
    pub(super) fn to_page_json(&self, redirect_uri: &str, tab: Option<&str>) -> String {
        let mut out = self.options(Some(redirect_uri));
        out.raw("ledger", "true").maybe("tab", tab);
        if !self.handover {
            out.raw("handover", "false");
        }
        out.finish()
    }

    fn options(&self, redirect_uri: Option<&str>) -> JsonText {
        let mut out = JsonText::new();
        out.text("issuer", &self.issuer)
            .text("clientId", &self.client_id)
            .maybe("redirectUri", redirect_uri)
            .maybe(
                "postLogoutRedirectUri",
                self.post_logout_redirect_uri.as_deref(),
            )
            .maybe("scope", self.scope.as_deref())
            .number("leeway", self.leeway)
            .number("rotationGrace", self.rotation_grace)
            .number("idle", self.idle)
            .number("maxAge", self.max_age)
            .number("warnBefore", self.warn_before);
        // A vault with options written into it takes a page that names others for another app's.
        if !self.parameters.is_empty() {
            out.raw("authorizationParams", &pairs(&self.parameters));
        }
        if !self.trusted_audiences.is_empty() {
            out.raw("trustedAudiences", &texts(&self.trusted_audiences));
        }
        if !self.resources.is_empty() {
            out.raw(
                "resources",
                &list(self.resources.iter().map(Resource::to_json)),
            );
        }
        if let Some(metadata) = &self.metadata {
            // What is no object must not make the other options unreadable.
            let is_object = json::parse_object(metadata, usize::MAX).is_ok();
            out.raw("metadata", if is_object { metadata } else { "false" });
        }
        if self.discovery == Discovery::OauthAuthorizationServer {
            out.text("discovery", "oauth-authorization-server");
        }
        if !self.id_token_hint {
            out.raw("idTokenHint", "false");
        }
        #[cfg(feature = "worker-vault")]
        if let Some(vault) = &self.vault {
            self.write_vault(vault, &mut out);
        }
        out
    }
}

#[cfg(feature = "worker-vault")]
impl AuthConfig {
    /// What the page's vault does not know: where the other one is, and what the front of the page does about it.
    fn write_vault(&self, vault: &str, out: &mut JsonText) {
        out.text("vault", vault)
            .maybe("trustedTypesPolicy", self.trusted_types_policy.as_deref());
        for (name, on) in [
            ("parking", self.parking),
            ("extendedLifetime", self.extended_lifetime),
        ] {
            if !on {
                out.raw(name, "false");
            }
        }
        match self.restore {
            Restore::WasSignedIn => {}
            Restore::Always => {
                out.text("restore", "always");
            }
            Restore::Never => {
                out.raw("restore", "false");
            }
        }
    }
}

impl Resource {
    /// A path prefix of the page's own origin.
    pub fn path(path: impl Into<String>) -> Self {
        Self::new(None, [path])
    }

    /// Path prefixes of another origin: scheme, host and port.
    pub fn at(
        origin: impl Into<String>,
        paths: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::new(Some(origin.into()), paths)
    }

    /// A name for your own use, in logs and lists.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// HTTP methods in capitals. Default: all.
    pub fn methods(mut self, methods: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.methods = methods.into_iter().map(Into::into).collect();
        self
    }

    /// Gives the browser the say where a redirected request, its body and its headers go. Without it a redirect of an
    /// authorized call fails with `api_redirected`.
    pub fn follow_redirects_even_to_other_origins(mut self) -> Self {
        self.follow_redirects = true;
        self
    }

    fn new(origin: Option<String>, paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            name: None,
            origin,
            paths: paths.into_iter().map(Into::into).collect(),
            methods: Vec::new(),
            follow_redirects: false,
        }
    }

    fn to_json(&self) -> String {
        let mut out = JsonText::new();
        out.maybe("name", self.name.as_deref())
            .maybe("origin", self.origin.as_deref())
            .raw("paths", &texts(&self.paths));
        if !self.methods.is_empty() {
            out.raw("methods", &texts(&self.methods));
        }
        if self.follow_redirects {
            out.text("redirects", "follow-even-to-other-origins");
        }
        out.finish()
    }
}

/// An object of texts.
pub(super) fn pairs(pairs: &[(String, String)]) -> String {
    let mut out = JsonText::new();
    for (name, value) in pairs {
        out.any(name, &quoted(value));
    }
    out.finish()
}

fn texts(texts: &[String]) -> String {
    list(texts.iter().map(|text| quoted(text)))
}

#[cfg(all(test, feature = "worker-vault"))]
mod tests {
    use super::AuthConfig;

    #[test]
    fn what_an_app_does_not_say_is_not_there_for_a_vault_to_compare() {
        let said = AuthConfig::new("https://id.example", "spa").vault("/keyward/vault.js");
        assert_eq!(
            said.to_json(),
            r#"{"issuer":"https://id.example","clientId":"spa","vault":"/keyward/vault.js"}"#
        );
        let more = said
            .authorization_param("audience", "api")
            .trusted_audience("other");
        assert!(
            more.to_json().contains(
                r#""authorizationParams":{"audience":"api"},"trustedAudiences":["other"]"#
            )
        );
    }
}
