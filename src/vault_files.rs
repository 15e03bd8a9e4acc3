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

/// Writes the files into a folder, which is made if there is none. Returns each one's name and its SHA-256 in hexadecimal.
///
/// `config` is the JSON of an object: options as the npm package calls them, `issuer` and `clientId` and whatever of
/// `scope`, `resources`, `metadata`, `discovery`, `trustedAudiences`, `rotationGrace` and `redirectUri` the app gives. With
/// it they are baked into the worker, so that no page can bring others.
///
/// # Errors
/// What the file system says; `InvalidInput` for a `config` that is no such object.
pub fn write(
    folder: impl AsRef<Path>,
    config: Option<&str>,
) -> Result<Vec<(&'static str, String)>, Error> {
    let baked = config.map(bake).transpose()?.unwrap_or_default();
    std::fs::create_dir_all(&folder)?;
    let write = |(name, content): (&'static str, &'static [u8])| {
        let content = match name {
            "vault.js" if !baked.is_empty() => Cow::Owned([baked.as_bytes(), content].concat()),
            _ => Cow::Borrowed(content),
        };
        std::fs::write(folder.as_ref().join(name), &content)?;
        let hash = Sha256::digest(&content);
        Ok((
            name,
            hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    };
    FILES.into_iter().map(write).collect()
}

/// The worker's first line.
fn bake(config: &str) -> Result<String, Error> {
    let invalid = |what: String| Error::new(ErrorKind::InvalidInput, what);
    let options = json::parse_object(config, usize::MAX)
        .map_err(|_| invalid("the configuration is no JSON object".into()))?;
    for name in ["issuer", "clientId"] {
        if json::string(&options, name).is_none() {
            return Err(invalid(format!("the configuration lacks \"{name}\"")));
        }
    }
    // On one line, whatever the file looks like: line breaks stand in no text of JSON.
    let line: String = config
        .chars()
        .filter(|letter| !letter.is_control())
        .collect();
    Ok(format!("self.KEYWARD_CONFIG={line};\n"))
}
