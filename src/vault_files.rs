//! The files of a vault in a worker, for apps that are built without npm: what `npx keyward vault` writes.
//!
//! In a build script, with `keyward = { version = "0.1", default-features = false, features = ["vault-files"] }` among the
//! build dependencies:
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! keyward::vault_files::write("static/keyward", None)?;
//! # Ok(())
//! # }
//! ```
//!
//! Or by hand: `cargo install keyward --no-default-features --features vault-files`, then `keyward vault static/keyward`.

use std::borrow::Cow;
use std::io::{Error, ErrorKind};
use std::path::Path;

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::protocol::json;

/// Name and content of each: the worker, what keeps the session through a reload, the redirect page with its script, the
/// texts of errors.
pub const FILES: [(&str, &[u8]); 5] = [
    ("vault.js", include_bytes!("../dist/files/vault.js")),
    ("park.js", include_bytes!("../dist/files/park.js")),
    (
        "callback.html",
        include_bytes!("../dist/files/callback.html"),
    ),
    ("callback.js", include_bytes!("../dist/files/callback.js")),
    ("texts.js", include_bytes!("../dist/files/texts.js")),
];

/// Those of a vault on an origin of its own beside: the page that the app frames, with its script.
pub const FRAME: [(&str, &[u8]); 2] = [
    ("frame.html", include_bytes!("../dist/files/frame.html")),
    ("frame.js", include_bytes!("../dist/files/frame.js")),
];

/// Writes the files into a folder, which is made if there is none. Returns each one's name and its SHA-256 in hexadecimal.
///
/// `config` is the JSON of an object: options as the npm package calls them, `issuer` and `clientId` and whatever of
/// `scope`, `resources`, `metadata`, `discovery`, `trustedAudiences`, `rotationGrace` and `redirectUri` the app gives. With
/// it they are baked into the worker, so that no page can bring others. With the app's origin as `app` the frame page is
/// written too: the vault then lies on an origin of its own, and serves that app alone.
///
/// # Errors
/// What the file system says; `InvalidInput` for a `config` that is no such object.
pub fn write(
    folder: impl AsRef<Path>,
    config: Option<&str>,
) -> Result<Vec<(&'static str, String)>, Error> {
    let baked = config.map(Baked::read).transpose()?.unwrap_or_default();
    std::fs::create_dir_all(&folder)?;
    let write = |(name, content): (&'static str, &'static [u8])| {
        let content = match baked.is_for(name) {
            true => Cow::Owned([baked.line.as_bytes(), content].concat()),
            false => Cow::Borrowed(content),
        };
        std::fs::write(folder.as_ref().join(name), &content)?;
        let hash = Sha256::digest(&content);
        Ok((
            name,
            hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    };
    let frame = FRAME.into_iter().filter(|_| baked.has_app);
    FILES.into_iter().chain(frame).map(write).collect()
}

/// A configuration as the first line of a script.
#[derive(Default)]
struct Baked {
    line: String,
    has_app: bool,
}

impl Baked {
    fn read(config: &str) -> Result<Self, Error> {
        let invalid = |what: String| Error::new(ErrorKind::InvalidInput, what);
        let options = json::parse_object(config, usize::MAX)
            .map_err(|_| invalid("the configuration is no JSON object".into()))?;
        for name in ["issuer", "clientId"] {
            if json::string(&options, name).is_none() {
                return Err(invalid(format!("the configuration lacks \"{name}\"")));
            }
        }
        let app = options.get("app");
        if app.is_some() && !json::string(&options, "app").is_some_and(is_origin) {
            return Err(invalid(
                "\"app\" must be an origin, such as \"https://app.example\"".into(),
            ));
        }
        // On one line, whatever the file looks like: line breaks stand in no text of JSON.
        let line: String = config.chars().filter(|one| !one.is_control()).collect();
        Ok(Self {
            line: format!("self.KEYWARD_CONFIG={line};\n"),
            has_app: app.is_some(),
        })
    }

    /// Whether it is written into a script; on an origin of its own into every one that a page can reach.
    fn is_for(&self, name: &str) -> bool {
        match name {
            "vault.js" => !self.line.is_empty(),
            "callback.js" | "frame.js" => self.has_app,
            _ => false,
        }
    }
}

/// Scheme, host and port, and nothing after them.
fn is_origin(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|host| {
        !host.is_empty()
            && host.bytes().all(|one| {
                one.is_ascii_lowercase() || one.is_ascii_digit() || b".-:[]".contains(&one)
            })
    })
}
