//! One pending sign-in: what has to be remembered while the browser is at the provider.

use alloc::string::String;

use crate::protocol::error::{Code, Error};
use crate::protocol::json;
use crate::protocol::json_text::JsonText;
use crate::protocol::secret::CodeVerifier;

/// A transaction that is older than this is not redeemed any more.
const LIFE_MS: u64 = 600_000;
/// Tolerated when the clock went back while the browser was away.
const CLOCK_BACK_MS: u64 = 300_000;
/// The version of the stored form.
const VERSION: u64 = 1;

/// A pending sign-in. It lies in the tab's sessionStorage under its `state`, is taken out once, and expires.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The one-time `state`.
    pub state: String,
    /// The one-time `nonce`.
    pub nonce: String,
    /// The PKCE verifier.
    pub verifier: CodeVerifier,
    /// Whom we asked: an answer of another issuer is refused.
    pub issuer: String,
    /// For which client.
    pub client_id: String,
    /// The very redirect URI that was sent.
    pub redirect_uri: String,
    /// The scope that was asked for.
    pub scope: String,
    /// The greatest age of the authentication that was asked for, in seconds.
    pub max_age: Option<u64>,
    /// Where the user was going.
    pub return_to: String,
    /// When the request was built (wall clock, milliseconds).
    pub created_at: u64,
    /// For a restore: the mark as it stood then.
    pub restore: Option<Restore>,
}

/// What a restore remembers beside an ordinary sign-in.
#[derive(Clone, Debug, Default)]
pub struct Restore {
    /// The session that the mark named when the request was built.
    pub session: Option<String>,
    /// The code of an error that is still to be shown.
    pub carry: Option<String>,
    /// Who claimed the restore in the ledger; `session` is then what the record showed.
    #[cfg(feature = "ledger")]
    pub claim: Option<String>,
}

impl Transaction {
    /// The stored form.
    #[must_use]
    pub fn to_record(&self) -> String {
        let texts = [
            ("state", &*self.state),
            ("nonce", &self.nonce),
            ("verifier", self.verifier.expose()),
            ("issuer", &self.issuer),
            ("clientId", &self.client_id),
            ("redirectUri", &self.redirect_uri),
            ("scope", &self.scope),
            ("returnTo", &self.return_to),
        ];
        write_record(&texts, self.created_at, self.max_age, self.restore.as_ref())
    }

    /// Reads a stored record. Storage belongs to the page, so everything in it is checked.
    ///
    /// # Errors
    /// `transaction_corrupt` for a damaged, foreign or older form, `transaction_expired` for one over ten minutes old.
    pub fn from_record(record: &str, state: &str, now: u64) -> Result<Self, Error> {
        let corrupt = || Error::new(Code::TransactionCorrupt);
        let map = json::parse_object(record, usize::MAX).map_err(|_| corrupt())?;
        let text = |name: &str| json::string(&map, name).map(String::from);
        let number = |name: &str| map.get(name)?.as_u64();
        if number("v") != Some(VERSION) || json::string(&map, "state") != Some(state) {
            return Err(corrupt());
        }
        let created_at = number("createdAt").ok_or_else(corrupt)?;
        if now.saturating_sub(created_at) > LIFE_MS
            || created_at.saturating_sub(now) > CLOCK_BACK_MS
        {
            return Err(Error::new(Code::TransactionExpired));
        }
        let mut whole = true;
        let mut need = |name: &str| {
            let found = text(name);
            whole &= found.is_some();
            found.unwrap_or_default()
        };
        let transaction = Self {
            state: state.into(),
            nonce: need("nonce"),
            verifier: CodeVerifier::new(need("verifier")),
            issuer: need("issuer"),
            client_id: need("clientId"),
            redirect_uri: need("redirectUri"),
            scope: need("scope"),
            return_to: need("returnTo"),
            max_age: number("maxAge"),
            created_at,
            restore: json::flag(&map, "restore").then(|| Restore {
                session: text("session"),
                carry: text("carry"),
                #[cfg(feature = "ledger")]
                claim: text("claim"),
            }),
        };
        whole.then_some(transaction).ok_or_else(corrupt)
    }
}

/// Writes a record whose texts are at hand elsewhere.
pub(super) fn write_record(
    texts: &[(&str, &str)],
    created_at: u64,
    max_age: Option<u64>,
    restore: Option<&Restore>,
) -> String {
    let mut out = JsonText::new();
    out.number("v", Some(VERSION));
    for (name, text) in texts {
        out.text(name, text);
    }
    out.number("createdAt", Some(created_at))
        .number("maxAge", max_age);
    if let Some(restore) = restore {
        out.raw("restore", "true")
            .maybe("session", restore.session.as_deref())
            .maybe("carry", restore.carry.as_deref());
        #[cfg(feature = "ledger")]
        out.maybe("claim", restore.claim.as_deref());
    }
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000_000;

    fn transaction() -> Transaction {
        Transaction {
            state: "s".into(),
            nonce: "n".into(),
            verifier: CodeVerifier::new("v".into()),
            issuer: "https://id.example".into(),
            client_id: "spa".into(),
            redirect_uri: "https://app.example/".into(),
            scope: "openid".into(),
            max_age: Some(0),
            return_to: "/orders".into(),
            created_at: NOW,
            restore: None,
        }
    }

    #[test]
    fn r_135_a_record_survives_storage() {
        let restored = Transaction {
            restore: Some(Restore {
                session: Some("x".into()),
                carry: None,
                #[cfg(feature = "ledger")]
                claim: Some("y".into()),
            }),
            ..transaction()
        };
        let read = Transaction::from_record(&restored.to_record(), "s", NOW + 1).unwrap();
        assert_eq!(read.return_to, "/orders");
        assert_eq!(read.max_age, Some(0));
        assert_eq!(read.restore.unwrap().session.as_deref(), Some("x"));
        assert!(
            Transaction::from_record(&transaction().to_record(), "s", NOW)
                .unwrap()
                .restore
                .is_none()
        );
    }

    #[test]
    fn o_74_a_record_cut_anywhere_is_a_typed_error() {
        let record = transaction().to_record();
        for end in 0..record.len() {
            let error = Transaction::from_record(&record[..end], "s", NOW).unwrap_err();
            assert_eq!(error.code, Code::TransactionCorrupt);
        }
    }

    #[test]
    fn o_77_a_record_of_another_version_or_state_is_refused() {
        let record = transaction().to_record();
        for (record, state) in [(record.replace("\"v\":1", "\"v\":0"), "s"), (record, "t")] {
            let error = Transaction::from_record(&record, state, NOW).unwrap_err();
            assert_eq!(error.code, Code::TransactionCorrupt);
        }
    }

    #[test]
    fn r_135_a_record_lives_for_ten_minutes_on_either_clock() {
        let record = transaction().to_record();
        for (now, good) in [
            (NOW + LIFE_MS, true),
            (NOW + LIFE_MS + 1, false),
            (NOW - CLOCK_BACK_MS, true),
            (NOW - CLOCK_BACK_MS - 1, false),
        ] {
            assert_eq!(Transaction::from_record(&record, "s", now).is_ok(), good);
        }
    }
}
