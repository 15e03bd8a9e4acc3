//! The pending sign-ins of this tab, in sessionStorage: one record per `state`, taken once.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use gloo_storage::{SessionStorage, Storage as _};
use wasm_bindgen::JsCast;
use web_sys::{DomException, Storage};

use crate::protocol::error::Code;
use crate::protocol::json::{self, Map, Value};
use crate::protocol::json_text::{list, quoted};

/// Pending sign-ins older than this are thrown away.
const LIFE: u64 = 600_000;
const KEY: &str = "keyward.txn.";
const USED: &str = "keyward.used";
const MOST_USED: usize = 5;

/// The probe: gloo's own access to a storage that the user or a policy denies would throw.
pub(super) fn session_storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()??;
    Some(SessionStorage::raw())
}

/// Stores a record.
///
/// # Errors
/// What prevents it.
pub(super) fn put(state: &str, record: &str) -> Result<(), Code> {
    let storage = session_storage().ok_or(Code::StorageUnavailable)?;
    storage.set_item(&key(state), record).map_err(|thrown| {
        let _ = storage.remove_item(&key(state));
        let name = thrown
            .dyn_into::<DomException>()
            .map(|thrown| thrown.name());
        match name.as_deref() {
            Ok("QuotaExceededError" | "NS_ERROR_DOM_QUOTA_REACHED") => Code::StorageFull,
            _ => Code::StorageUnavailable,
        }
    })
}

/// Whether a record could be stored now.
pub(super) fn probe() -> Result<(), Code> {
    put("probe", "null")?;
    discard("probe");
    Ok(())
}

pub(super) fn peek(state: &str) -> Option<Rc<Map>> {
    json::parse_object(&read(&key(state))?, usize::MAX).ok()
}

/// Whether there is a record of a `state`, readable or not.
pub(super) fn take(state: &str) -> Option<String> {
    let record = read(&key(state))?;
    discard(state);
    // A second load of the same URL is told apart from a stranger's.
    let mut used = used();
    used.insert(0, state.into());
    used.truncate(MOST_USED);
    if let Some(storage) = session_storage() {
        let _ = storage.set_item(USED, &list(used.iter().map(|state| quoted(state))));
    }
    Some(record)
}

pub(super) fn was_used(state: &str) -> bool {
    used().iter().any(|one| one == state)
}

pub(super) fn discard(state: &str) {
    if let Some(storage) = session_storage() {
        let _ = storage.remove_item(&key(state));
    }
}

/// Whether this tab waits for an answer to this client: to a sign-in, or to a sign-out.
pub(super) fn is_pending(issuer: &str, client_id: &str, sign_out: bool) -> bool {
    states().iter().any(|state| {
        peek(state).is_some_and(|record| {
            is_of(&record, issuer, client_id) && json::flag(&record, "signOut") == sign_out
        })
    })
}

/// Throws away what nobody will come back for.
pub(super) fn prune(now: u64) {
    for state in states() {
        let record = peek(&state);
        let created = record.and_then(|record| record.get("createdAt").and_then(Value::as_u64));
        if created.is_none_or(|created| now > created + LIFE) {
            discard(&state);
        }
    }
}

/// Whether a record is this client's.
pub(super) fn is_of(record: &Map, issuer: &str, client_id: &str) -> bool {
    json::string(record, "issuer") == Some(issuer)
        && json::string(record, "clientId") == Some(client_id)
}

fn states() -> Vec<String> {
    let Some(storage) = session_storage() else {
        return Vec::new();
    };
    let length = storage.length().unwrap_or(0);
    (0..length)
        .filter_map(|place| storage.key(place).ok()?)
        .filter_map(|key| key.strip_prefix(KEY).map(String::from))
        .collect()
}

fn used() -> Vec<String> {
    // The reader takes objects alone.
    let object = ["{\"used\":", &read(USED).unwrap_or_default(), "}"].concat();
    let object = json::parse_object(&object, usize::MAX);
    match object.as_ref().ok().and_then(|map| map.get("used")) {
        Some(Value::Array(states)) => states
            .iter()
            .filter_map(Value::as_str)
            .map(String::from)
            .collect(),
        _ => Vec::new(),
    }
}

fn key(state: &str) -> String {
    [KEY, state].concat()
}

fn read(key: &str) -> Option<String> {
    session_storage()?.get_item(key).ok()?
}
