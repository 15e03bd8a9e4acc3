//! What lies in localStorage: the sign-out mark, the hint, the count of restores and the time of the last activity. None of it is a token. Every access
//! can fail, and none may break the app.

use alloc::string::String;
use alloc::vec::Vec;

use gloo_storage::{LocalStorage, Storage as _};
use web_sys::Storage;

use crate::protocol::json::{self, Value};
use crate::protocol::json_text::{JsonText, list};
use crate::protocol::text::decimal;

/// A restore is tried at most this often without an answer, and this often a minute.
const MOST_UNANSWERED: u64 = 3;
const MOST_A_MINUTE: usize = 5;
const MINUTE: u64 = 60_000;
/// How long a restore stays closed after an answer that no new try would change.
const CLOSED: u64 = 10 * MINUTE;

pub(super) struct Store {
    key: String,
    local: Option<Storage>,
}

#[derive(Default)]
struct Attempts {
    unanswered: u64,
    times: Vec<u64>,
    closed_until: u64,
}

impl Store {
    /// Reads localStorage once: WebKit tells only those documents of changes that did.
    pub(super) fn new(issuer: &str, client_id: &str) -> Self {
        let key = format!("keyward.{issuer}|{client_id}.");
        let local = local().filter(|local| local.get_item(&[&key, "mark"].concat()).is_ok());
        Self { key, local }
    }

    /// Whether other tabs can be told anything through storage.
    pub(super) fn is_shared(&self) -> bool {
        self.local.is_some()
    }

    /// What the keys of this client begin with, as they stand in a storage event.
    pub(super) fn prefix(&self) -> &str {
        &self.key
    }

    /// The key of the user's last activity.
    pub(super) fn active_key(&self) -> String {
        self.key_of("active")
    }

    /// When the user was last active in any tab, as far as storage tells.
    pub(super) fn active_at(&self) -> Option<u64> {
        self.read("active")?.parse().ok()
    }

    pub(super) fn set_active_at(&self, now: u64) {
        self.write("active", &decimal(now));
    }

    /// The mark: `+` or `-`, then the session's id, `.`, and the user's hash.
    pub(super) fn mark(&self) -> Option<String> {
        self.read("mark")
    }

    /// Whether the tabs were told of a sign-out.
    pub(super) fn is_ended(&self) -> bool {
        self.mark().is_some_and(|mark| mark.starts_with('-'))
    }

    /// Whether it could be written. A tombstone is as long as what it replaces, so that a full storage takes it.
    pub(super) fn set_mark(&self, mark: &str) -> bool {
        if self.write("mark", mark) {
            return true;
        }
        if mark.starts_with('-') {
            self.remove_mark();
        }
        false
    }

    pub(super) fn remove_mark(&self) {
        self.remove("mark");
    }

    pub(super) fn hint(&self) -> bool {
        self.read("hint").is_some()
    }

    pub(super) fn set_hint(&self, now: u64) {
        self.write("hint", "1");
        self.restore_answered(now, false);
    }

    pub(super) fn remove_hint(&self) {
        self.remove("hint");
    }

    /// Whether a restore may leave now.
    pub(super) fn may_restore(&self, now: u64) -> bool {
        let attempts = self.attempts(now);
        attempts.unanswered < MOST_UNANSWERED
            && recent(&attempts.times, now).count() < MOST_A_MINUTE
            && now >= attempts.closed_until
    }

    /// Counts a restore before the page leaves for it.
    pub(super) fn count_restore(&self, now: u64) {
        let attempts = self.attempts(now);
        let unanswered = attempts.unanswered + 1;
        // The last one allowed closes the door behind it, so that a provider which never answers locks nobody out.
        let closed = unanswered >= MOST_UNANSWERED;
        let counted = Attempts {
            unanswered,
            times: recent(&attempts.times, now).chain([now]).collect(),
            closed_until: if closed { now + CLOSED } else { 0 },
        };
        self.write_attempts(now, &counted);
    }

    /// An answer came. `is_final` is one that no new try would change.
    pub(super) fn restore_answered(&self, now: u64, is_final: bool) {
        let answered = Attempts {
            unanswered: 0,
            times: self.attempts(now).times,
            closed_until: if is_final { now + CLOSED } else { 0 },
        };
        self.write_attempts(now, &answered);
    }

    /// What cannot be read counts as none.
    fn attempts(&self, now: u64) -> Attempts {
        let read = self.read("attempts").unwrap_or_default();
        let Ok(read) = json::parse_object(&read, usize::MAX) else {
            return Attempts::default();
        };
        let Some(Value::Array(times)) = read.get("times") else {
            return Attempts::default();
        };
        let number = |name: &str| read.get(name).and_then(Value::as_u64).unwrap_or(0);
        let closed = number("closedUntil");
        // The door is open again after its time, and after a clock that was far ahead.
        let open = closed > 0 && (now >= closed || closed - now > CLOSED);
        Attempts {
            unanswered: if open { 0 } else { number("unanswered") },
            times: times.iter().filter_map(Value::as_u64).collect(),
            closed_until: if open { 0 } else { closed },
        }
    }

    fn write_attempts(&self, now: u64, attempts: &Attempts) {
        let mut out = JsonText::new();
        out.number("unanswered", Some(attempts.unanswered))
            .raw(
                "times",
                &list(attempts.times.iter().map(|time| decimal(*time))),
            )
            .number("closedUntil", Some(attempts.closed_until))
            // Never the same text twice: the tabs that wait hear of no value that stays what it was.
            .number("at", Some(now));
        self.write("attempts", &out.finish());
    }

    fn key_of(&self, name: &str) -> String {
        [&self.key, name].concat()
    }

    fn read(&self, name: &str) -> Option<String> {
        self.local.as_ref()?.get_item(&self.key_of(name)).ok()?
    }

    fn write(&self, name: &str, value: &str) -> bool {
        self.local
            .as_ref()
            .is_some_and(|local| local.set_item(&self.key_of(name), value).is_ok())
    }

    fn remove(&self, name: &str) {
        if let Some(local) = &self.local {
            let _ = local.remove_item(&self.key_of(name));
        }
    }
}

/// The probe: gloo's own access to a storage that the user or a policy denies would throw.
fn local() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()??;
    Some(LocalStorage::raw())
}

fn recent(times: &[u64], now: u64) -> impl Iterator<Item = u64> {
    let in_last_minute = move |time: &u64| *time <= now && now - time < MINUTE;
    times.iter().copied().filter(in_last_minute)
}
