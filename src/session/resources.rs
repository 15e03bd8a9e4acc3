//! Where access tokens may go: the allow-list of APIs.

use alloc::string::String;
use alloc::vec::Vec;

use super::config::invalid;
use super::event::ApiRequest;
use crate::protocol::error::{Code, Error};
use crate::protocol::json::{Map, Members, Value};
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
            Some(Value::Array(items)) => {
                let mut resources = Vec::new();
                for item in items {
                    resources.push(match item {
                        Value::String(text) => Self::from_text(text, origin),
                        Value::Object(map) => Self::from_map(map, origin),
                        _ => Err(bad("")),
                    }?);
                }
                Ok(resources)
            }
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
            return Self::new(origin, &[text]);
        }
        let endpoint = Endpoint::parse(text).map_err(|_| bad(text))?;
        let home = endpoint.origin();
        let path = text
            .get(home.len()..)
            .filter(|path| !path.is_empty())
            .unwrap_or("/");
        Self::new(home, &[path])
    }

    fn from_map(map: &Map, own: &str) -> Result<Self, Error> {
        let mut entry = Members::of_options(map);
        let origin = entry.text("origin");
        let redirects = entry.text("redirects");
        let methods = entry.list("methods").unwrap_or_default();
        let paths = entry.list("paths").unwrap_or_default();
        entry.done()?;
        let home = match origin {
            None => None,
            Some(text) => match Endpoint::parse(text) {
                Ok(home) if is_origin(text, home.origin()) => Some(home),
                _ => return Err(bad(text)),
            },
        };
        let follow_redirects = match redirects {
            None | Some("refuse") => false,
            Some(Self::FOLLOW) => true,
            Some(other) => return Err(bad(other)),
        };
        let mut resource = Self::new(home.as_ref().map_or(own, Endpoint::origin), &paths)?;
        resource.follow_redirects = follow_redirects;
        for method in methods {
            resource.methods.push(method.to_ascii_uppercase());
        }
        Ok(resource)
    }

    fn new(origin: &str, paths: &[&str]) -> Result<Self, Error> {
        let mut resource = Self {
            origin: origin.into(),
            paths: Vec::new(),
            methods: Vec::new(),
            follow_redirects: false,
        };
        for path in paths {
            if !path.starts_with('/')
                || path
                    .bytes()
                    .any(|byte| matches!(byte, b'?' | b'#' | b'*' | b'\\'))
                || path.as_bytes().windows(4).any(|four| four == b"/../")
            {
                return Err(bad(path));
            }
            resource.paths.push((*path).into());
        }
        match paths.is_empty() {
            true => Err(bad(origin)),
            false => Ok(resource),
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
    let end = path.bytes().rposition(|byte| byte == b'/');
    end.and_then(|end| path.get(..=end)).unwrap_or("/")
}

/// Some servers decode these before they route, so a path with them may end up somewhere else.
fn hides_a_separator(path: &str) -> bool {
    path.bytes().any(|byte| byte == b'\\')
        || path.as_bytes().windows(3).any(|three| {
            matches!(
                three.to_ascii_lowercase().as_slice(),
                b"%2f" | b"%5c" | b"%2e"
            )
        })
}

/// Whether a text is this origin, with or without slashes behind it.
fn is_origin(text: &str, origin: &str) -> bool {
    text.strip_prefix(origin)
        .is_some_and(|rest| rest.bytes().all(|byte| byte == b'/'))
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
