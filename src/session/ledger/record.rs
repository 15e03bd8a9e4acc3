//! What lies in the database: who is signed in, which grant is good, and who is about to refresh it. No token.

use alloc::string::String;

use super::claim::Restore;
use super::steps::{Sent, Who};
use crate::protocol::json::{self, Map};
use crate::protocol::json_text::JsonText;
use crate::session::tabs::{SessionId, is_user_hash};

/// The version of the stored form.
const VERSION: u64 = 1;

/// 128 random bits that name a grant, a vault or a tab, as 22 base64url characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(SessionId);

impl Name {
    /// Makes a name of random bytes.
    #[must_use]
    pub fn from_random(bytes: &[u8; 16]) -> Self {
        Self(SessionId::from_random(bytes))
    }

    /// Reads a name; `None` if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        SessionId::parse(text).map(Self)
    }

    /// The name's characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The ledger's one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Who is signed in or was last. Nobody, if a restore was claimed before anybody ever was.
    pub standing: Option<Standing>,
    /// Attempts to get a session back.
    pub restore: Restore,
}

/// A session and the state of its grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The session.
    pub session: SessionId,
    /// Its user, as a hash.
    pub user: String,
    /// The grant whose refresh token is good.
    pub grant: Name,
    /// Counts the refreshes of this grant.
    pub generation: u64,
    /// Somebody sends this generation's refresh token, or has sent it.
    pub intent: Option<Intent>,
    /// Nothing is sent before this time (wall clock, milliseconds).
    pub not_before: u64,
    /// A tombstone: the session is over.
    pub ended: bool,
    /// The provider said so too: its tombstone bars no restore any more.
    pub lifted: bool,
}

/// The right to send one generation's refresh token, held by one vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The vault.
    pub owner: Name,
    /// The generation whose token is sent.
    pub generation: u64,
    /// When the intent was won (wall clock, milliseconds).
    pub since: u64,
    /// When the others stop waiting for its result.
    pub deadline: u64,
}

impl Record {
    /// Reads a stored record. Storage belongs to the page: what is not byte for byte what [`Record::to_json`] writes is
    /// a missing record.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let map = json::parse_object(text, 4_096).ok()?;
        let standing = match map.get("session") {
            Some(_) => Some(Standing::read(&map)?),
            None => None,
        };
        let restore = Restore::read(&map)?;
        let record = Self { standing, restore };
        (record.to_json() == text).then_some(record)
    }

    /// The stored form.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = JsonText::new();
        out.number("v", Some(VERSION));
        if let Some(standing) = &self.standing {
            standing.write(&mut out);
        }
        self.restore.write(&mut out);
        out.finish()
    }

    /// The session that lives, if one does.
    #[must_use]
    pub fn living(&self) -> Option<&Standing> {
        self.standing.as_ref().filter(|standing| !standing.ended)
    }
}

impl Standing {
    /// A session that begins, with a grant that was never refreshed.
    pub(super) fn new(session: &SessionId, who: &Who, grant: &Name) -> Self {
        Self {
            session: session.clone(),
            user: who.hash_in(session),
            grant: grant.clone(),
            generation: 0,
            intent: None,
            not_before: 0,
            ended: false,
            lifted: false,
        }
    }

    fn read(map: &Map) -> Option<Self> {
        let user = json::string(map, "user").filter(|text| is_user_hash(text))?;
        Some(Self {
            session: SessionId::parse(json::string(map, "session")?)?,
            user: user.into(),
            grant: name(map, "grant")?,
            generation: number(map, "gen")?,
            intent: match map.get("intent") {
                Some(intent) => Some(Intent::read(intent.as_object()?)?),
                None => None,
            },
            not_before: number(map, "not_before")?,
            ended: json::flag(map, "ended"),
            lifted: json::flag(map, "lifted"),
        })
    }

    fn write(&self, out: &mut JsonText) {
        out.text("session", self.session.as_str())
            .text("user", &self.user)
            .text("grant", self.grant.as_str())
            .number("gen", Some(self.generation));
        if let Some(intent) = &self.intent {
            out.raw("intent", &intent.to_json());
        }
        out.number("not_before", Some(self.not_before))
            .raw("ended", if self.ended { "true" } else { "false" });
        if self.lifted {
            out.raw("lifted", "true");
        }
    }

    /// Whether nobody may be brought back by a restore.
    #[must_use]
    pub fn bars_restore(&self) -> bool {
        self.ended && !self.lifted
    }

    /// Whether this is the very token that was sent: session, grant and generation.
    #[must_use]
    pub fn shows(&self, sent: &Sent) -> bool {
        self.session == sent.session
            && self.grant == sent.grant
            && self.generation == sent.generation
    }

    /// Whether its user is this one.
    #[must_use]
    pub fn is_of(&self, who: &Who) -> bool {
        who.hash_in(&self.session) == self.user
    }
}

impl Intent {
    fn read(map: &Map) -> Option<Self> {
        Some(Self {
            owner: name(map, "owner")?,
            generation: number(map, "gen")?,
            since: number(map, "since")?,
            deadline: number(map, "deadline")?,
        })
    }

    fn to_json(&self) -> String {
        let mut out = JsonText::new();
        out.text("owner", self.owner.as_str())
            .number("gen", Some(self.generation))
            .number("since", Some(self.since))
            .number("deadline", Some(self.deadline));
        out.finish()
    }
}

pub(super) fn name(map: &Map, member: &str) -> Option<Name> {
    Name::parse(json::string(map, member)?)
}

pub(super) fn number(map: &Map, member: &str) -> Option<u64> {
    map.get(member)?.as_u64()
}
