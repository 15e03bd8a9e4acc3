//! Where access tokens may go: the allow-list of APIs.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::config::{invalid, string, strings};
use super::event::ApiRequest;
use crate::protocol::error::{Code, Error};
use crate::protocol::url::Endpoint;

/// An API that may receive the access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Scheme, host and port, compared exactly.
    pub origin: String,
    /// Paths, matched by whole segments; one that ends in `/` matches only what lies below it.
    pub paths: Vec<String>,
    /// Methods in capitals; empty means all.
    pub methods: Vec<String>,
    /// Whether a redirect of an authorized call is followed. The browser then decides where the request goes.
    pub follow_redirects: bool,
}

impl Resource {
    /// The value of `redirects` that gives up the refusal.
    const FOLLOW: &'static str = "follow-even-to-other-origins";

    /// Reads the `resources` option; absent, it is `/api/` of the page's own origin.
    ///
    /// # Errors
    /// `config_bad_resource` with the entry in the detail.
    pub fn list(value: Option<&Value>, origin: &str) -> Result<Vec<Self>, Error> {
        match value {
            None | Some(Value::Null) => Ok(vec![Self::from_text("/api/", origin)?]),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Value::String(text) => Self::from_text(text, origin),
                    Value::Object(map) => Self::from_map(map, origin),
                    _ => Err(bad("")),
                })
                .collect(),
            Some(_) => Err(invalid("resources")),
        }
    }

    /// Whether a call may carry the token of this resource.
    #[must_use]
    pub fn allows(&self, request: &ApiRequest) -> bool {
        self.origin == request.origin
            && !request.has_credentials
            && !hides_a_separator(&request.path)
            && (self.methods.is_empty() || self.methods.contains(&request.method))
            && self
                .paths
                .iter()
                .any(|path| lies_under(&request.path, path))
    }

    fn from_text(text: &str, origin: &str) -> Result<Self, Error> {
        if text.starts_with('/') {
            return Self::new(origin, vec![text.into()], Vec::new(), false);
        }
        let endpoint = Endpoint::parse(text).map_err(|_| bad(text))?;
        let home = endpoint.origin();
        let path = text
            .get(home.len()..)
            .filter(|path| !path.is_empty())
            .unwrap_or("/");
        Self::new(home, vec![path.into()], Vec::new(), false)
    }

    fn from_map(map: &Map<String, Value>, own: &str) -> Result<Self, Error> {
        let origin: String = match string(map, "origin")? {
            None => own.into(),
            Some(text) => {
                let endpoint = Endpoint::parse(&text).map_err(|_| bad(&text))?;
                if endpoint.origin() != text.trim_end_matches('/') {
                    return Err(bad(&text));
                }
                endpoint.origin().into()
            }
        };
        let follow = match string(map, "redirects")?.as_deref() {
            None | Some("refuse") => false,
            Some(Self::FOLLOW) => true,
            Some(other) => return Err(bad(other)),
        };
        let methods = strings(map.get("methods"), "resources")?;
        let methods = methods
            .iter()
            .map(|method| method.to_ascii_uppercase())
            .collect();
        Self::new(
            &origin,
            strings(map.get("paths"), "resources")?,
            methods,
            follow,
        )
    }

    fn new(
        origin: &str,
        paths: Vec<String>,
        methods: Vec<String>,
        follow_redirects: bool,
    ) -> Result<Self, Error> {
        let fits = |path: &String| {
            path.starts_with('/') && !path.contains(['?', '#', '*', '\\']) && !path.contains("/../")
        };
        match paths.iter().find(|path| !fits(path)) {
            Some(path) => Err(bad(path)),
            None if paths.is_empty() => Err(bad(origin)),
            None => Ok(Self {
                origin: origin.into(),
                paths,
                methods,
                follow_redirects,
            }),
        }
    }
}

/// The error for a call outside the list, with the line to add.
pub(crate) fn not_allowed(request: &ApiRequest) -> Error {
    let mut line = String::from("resources: [{ origin: \"");
    line.push_str(&request.origin);
    line.push_str("\", paths: [\"");
    line.push_str(folder(&request.path));
    line.push_str("\"] }]");
    Error::new(Code::ApiNotAllowed).with_detail(line)
}

/// The folder a path lies in, as a suggestion narrow enough to be safe.
fn folder(path: &str) -> &str {
    path.rfind('/')
        .and_then(|end| path.get(..=end))
        .unwrap_or("/")
}

/// Some servers decode these before they route, so a path with them may end up somewhere else.
fn hides_a_separator(path: &str) -> bool {
    path.contains('\\')
        || path.as_bytes().windows(3).any(|three| {
            matches!(
                three.to_ascii_lowercase().as_slice(),
                b"%2f" | b"%5c" | b"%2e"
            )
        })
}

fn lies_under(path: &str, allowed: &str) -> bool {
    match path.strip_prefix(allowed) {
        Some(rest) => rest.is_empty() || rest.starts_with('/') || allowed.ends_with('/'),
        None => false,
    }
}

fn bad(what: &str) -> Error {
    Error::new(Code::ConfigBadResource).with_detail(what)
}
