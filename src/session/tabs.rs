//! What tabs of one origin share: the session's id and the sign-out mark.

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::protocol::base64url;
use crate::protocol::text::split_once;

/// 128 random bits per interactive sign-in, as 22 base64url characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionId(String);

impl SessionId {
    const LENGTH: usize = 22;

    /// Makes an id of random bytes.
    #[must_use]
    pub fn from_random(bytes: &[u8; 16]) -> Self {
        Self(base64url::encode(bytes))
    }

    /// Reads an id; `None` if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == Self::LENGTH && is_base64url(text)).then(|| Self(text.into()))
    }

    /// The id's characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 over session id, issuer and subject: lets tabs compare users without naming one in storage.
#[must_use]
pub fn user_hash(session: &SessionId, issuer: &str, subject: &str) -> String {
    let mut bytes = Vec::new();
    for part in [session.as_str(), issuer, subject] {
        // The length keeps two parts from running into each other.
        bytes.extend((part.len() as u32).to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    base64url::encode(&Sha256::digest(&bytes))
}

/// The sign-out mark: `+` or `-` (a tombstone), session id, `.`, user hash. Both forms have the same length, so that
/// a full storage cannot refuse the tombstone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whether the session named was ended.
    pub tombstone: bool,
    /// The session.
    pub session: SessionId,
    /// Its user.
    pub user_hash: String,
}

impl Mark {
    /// Reads a mark; anything that no front writes is no mark.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (session, user_hash) = split_once(text.get(1..)?, b'.')?;
        let tombstone = match text.get(..1)? {
            "+" => false,
            "-" => true,
            _ => return None,
        };
        is_user_hash(user_hash).then_some(())?;
        Some(Self {
            tombstone,
            session: SessionId::parse(session)?,
            user_hash: user_hash.into(),
        })
    }

    /// The mark as fronts write it.
    #[cfg(feature = "ledger")]
    #[must_use]
    pub fn to_text(&self) -> String {
        let kind = if self.tombstone { "-" } else { "+" };
        [kind, self.session.as_str(), ".", &self.user_hash].concat()
    }

    /// Whether this user of this issuer is the one the mark names.
    #[must_use]
    pub fn names(&self, issuer: &str, subject: &str) -> bool {
        user_hash(&self.session, issuer, subject) == self.user_hash
    }
}

/// Whether a text can be a hash that [`user_hash`] makes.
pub(super) fn is_user_hash(text: &str) -> bool {
    const LENGTH: usize = 43;
    text.len() == LENGTH && is_base64url(text)
}

fn is_base64url(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_only_in_the_form_the_fronts_write() {
        let session = SessionId::from_random(&[7; 16]);
        let hash = user_hash(&session, "https://id.example", "alice");
        let text = ["+", session.as_str(), ".", &hash].concat();
        let mark = Mark::parse(&text).unwrap();
        assert!(!mark.tombstone && mark.names("https://id.example", "alice"));
        assert!(
            !mark.names("https://id.example", "bob") && !mark.names("https://id.exampl", "ealice")
        );
        assert!(Mark::parse(&text.replace('+', "-")).unwrap().tombstone);
        for bad in [
            "",
            "+",
            "é",
            "+x.y",
            &text[1..],
            &text[..60],
            &(text.clone() + "x"),
            &text.replace('.', "!"),
        ] {
            assert!(Mark::parse(bad).is_none(), "{bad}");
        }
    }
}
