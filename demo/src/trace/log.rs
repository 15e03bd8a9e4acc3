//! The steps of this tab, the newest of them. They lie in sessionStorage, so that those of before a redirect are
//! still there after it. No step holds a secret: the client builds them without.

use std::cell::RefCell;
use std::rc::Rc;

use keyward::{Auth, AuthEvent, SignedOutReason, Step, Subscription};
use serde::{Deserialize, Serialize};
use web_sys::Storage;
use yew::prelude::*;

use super::kind::Kind;

const KEY: &str = "keyward-demo.steps";
const MOST: usize = 80;

/// One step, or several equal ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) at: u64,
    pub(crate) count: usize,
    /// An address, or what was pressed.
    pub(crate) text: String,
    pub(crate) status: Option<u16>,
    pub(crate) failed: Option<String>,
    pub(crate) parameters: Vec<(String, Option<String>)>,
}

impl Entry {
    fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            at: js_sys::Date::now() as u64,
            count: 1,
            text: text.into(),
            status: None,
            failed: None,
            parameters: Vec::new(),
        }
    }

    fn of(step: &Step) -> Option<Self> {
        Some(Self {
            kind: Kind::of(step.kind)?,
            at: step.at,
            count: 1,
            text: step.url.clone(),
            status: step.status,
            failed: step.failed.map(String::from),
            parameters: step.parameters.clone(),
        })
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(one, _)| one == name);
        found.and_then(|(_, value)| value.as_deref())
    }

    fn same_as(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.text == other.text
            && self.status == other.status
            && self.failed == other.failed
    }

    /// Whether equal steps before this one are another matter.
    fn divides(&self) -> bool {
        !matches!(
            self.kind,
            Kind::ApiCall | Kind::ApiAnswer | Kind::RefreshRequest
        )
    }
}

/// Equal when they are the same log.
#[derive(Clone)]
pub(crate) struct Log(Rc<Inner>);

struct Inner {
    entries: RefCell<Vec<Entry>>,
    changed: RefCell<Option<Callback<()>>>,
    /// What feeds the log lives as long as the page.
    sources: RefCell<Vec<Subscription>>,
}

impl PartialEq for Log {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Log {
    /// Begins with what is left of before the navigation, and listens to the client from its first step on.
    pub(crate) fn start(auth: &Auth) -> Self {
        let log = Self(Rc::new(Inner {
            entries: RefCell::new(kept()),
            changed: RefCell::default(),
            sources: RefCell::default(),
        }));
        let steps = {
            let log = log.clone();
            auth.on_step(move |step| log.take_step(step))
        };
        let events = {
            let log = log.clone();
            auth.on(move |event| log.take_event(event))
        };
        log.0.sources.borrow_mut().extend([steps, events]);
        log
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.entries.borrow().clone()
    }

    /// Notes what the user pressed.
    pub(crate) fn pressed(&self, what: &str) {
        self.push(Entry::new(Kind::UserAction, what));
    }

    pub(crate) fn clear(&self) {
        self.0.entries.borrow_mut().clear();
        self.changed();
    }

    fn take_step(&self, step: &Step) {
        let Some(entry) = Entry::of(step) else { return };
        if entry.kind == Kind::AuthorizationResponse && self.asked_the_user(&entry) {
            let mut signs_in = Entry::new(Kind::UserSignsIn, "");
            signs_in.at = entry.at;
            self.push(signs_in);
        }
        self.push(entry);
    }

    /// Whether the provider showed itself: no request of a restore, and an answer with a code.
    fn asked_the_user(&self, answer: &Entry) -> bool {
        let entries = self.0.entries.borrow();
        let last = entries.last();
        let request = last.filter(|entry| entry.kind == Kind::AuthorizationRequest);
        let has_code = answer.parameters.iter().any(|(name, _)| name == "code");
        has_code && request.is_some_and(|request| request.value("prompt") != Some("none"))
    }

    fn take_event(&self, event: &AuthEvent) {
        let entry = match event {
            AuthEvent::SignedIn { user, .. } => {
                let mut entry = Entry::new(Kind::SignedIn, "");
                // Of a claim that is no text only the name is shown.
                let claims = user.claims().map(|(name, _)| {
                    let value = user.text(name).unwrap_or("…");
                    (name.to_string(), Some(value.to_string()))
                });
                entry.parameters = claims.collect();
                entry
            }
            AuthEvent::SignedOut { reason } => match reason {
                SignedOutReason::SignedOutElsewhere => Entry::new(Kind::SignedOutElsewhere, ""),
                SignedOutReason::SessionEnded | SignedOutReason::Expired => {
                    Entry::new(Kind::SessionEnded, "")
                }
                _ => return,
            },
            _ => return,
        };
        self.push(entry);
    }

    fn push(&self, entry: Entry) {
        {
            let mut entries = self.0.entries.borrow_mut();
            let equal = entries
                .iter_mut()
                .rev()
                .take_while(|earlier| !earlier.divides())
                .find(|earlier| earlier.same_as(&entry));
            match equal {
                Some(earlier) if !entry.divides() => earlier.count += 1,
                _ => entries.push(entry),
            }
            let over = entries.len().saturating_sub(MOST);
            entries.drain(..over);
        }
        self.changed();
    }

    fn changed(&self) {
        if let (Some(storage), Ok(text)) =
            (storage(), serde_json::to_string(&*self.0.entries.borrow()))
        {
            // A full storage costs the steps of before the next navigation, nothing else.
            let _ = storage.set_item(KEY, &text);
        }
        let told = self.0.changed.borrow().clone();
        if let Some(told) = told {
            told.emit(());
        }
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

fn kept() -> Vec<Entry> {
    let text = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    text.and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

/// The log of this tab. The component is not rendered anew by it.
#[hook]
pub(crate) fn use_log() -> Option<Log> {
    use_context::<Log>()
}

/// The entries, with a new render for each change.
#[hook]
pub(super) fn use_entries() -> Vec<Entry> {
    let log = use_log();
    let update = use_force_update();
    use_effect_with(log.clone(), move |log| {
        let log = log.clone();
        if let Some(log) = &log {
            let told = Callback::from(move |()| update.force_update());
            log.0.changed.replace(Some(told));
        }
        move || {
            if let Some(log) = log {
                log.0.changed.replace(None);
            }
        }
    });
    log.map(|log| log.entries()).unwrap_or_default()
}
