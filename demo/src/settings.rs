//! What a deployment sets, out of `<meta name="keyward-demo">`: a change needs no build.

use keyward::{AuthConfig, Resource, Restore};
use serde::Deserialize;

/// The content of the tag. What is left out has the value of the test provider on this machine.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Settings {
    pub(crate) issuer: String,
    pub(crate) api: String,
    client_id: String,
    scope: String,
    /// `resource` of the authorization request (RFC 8707); empty for none.
    resource: String,
    /// Whether even a first visit asks the provider for a session.
    restore_always: bool,
    /// Where the script of a vault in a worker is; empty for a vault in the page.
    vault: String,
    /// Where the pages about error codes are, with a slash at the end; empty for the crate's own address.
    errors: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer: "http://localhost:9400".into(),
            api: "http://localhost:9500".into(),
            client_id: "demo".into(),
            scope: "openid profile email api:read api:write".into(),
            resource: "urn:demo:api".into(),
            restore_always: false,
            vault: String::new(),
            errors: String::new(),
        }
    }
}

impl Settings {
    /// Reads the tag. One that cannot be read counts as absent: the page then says by its errors what is wrong.
    pub(crate) fn read() -> Self {
        let content = || {
            let document = web_sys::window()?.document()?;
            let tag = document
                .query_selector("meta[name=keyward-demo]")
                .ok()
                .flatten()?;
            tag.get_attribute("content")
        };
        content()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// The whole of the set-up: everything else on the page uses the client that comes of it.
    pub(crate) fn auth_config(&self) -> AuthConfig {
        let mut config = AuthConfig::new(&self.issuer, &self.client_id)
            .scope(&self.scope)
            .resource(Resource::at(&self.api, ["/api/"]))
            .restore(if self.restore_always {
                Restore::Always
            } else {
                Restore::WasSignedIn
            });
        if !self.resource.is_empty() {
            config = config.authorization_param("resource", &self.resource);
        }
        if self.has_vault() {
            config = config.vault(&self.vault);
        }
        config
    }

    /// Whether the vault is a worker, whose back channel this page cannot see.
    pub(crate) fn has_vault(&self) -> bool {
        !self.vault.is_empty()
    }

    /// An address at the API.
    pub(crate) fn api_url(&self, path: &str) -> String {
        [self.api.trim_end_matches('/'), path].concat()
    }

    /// The page about an error code.
    pub(crate) fn docs(&self, error: &keyward::AuthError) -> String {
        if self.errors.is_empty() {
            error.docs()
        } else {
            [&self.errors, error.code().as_str()].concat()
        }
    }
}
