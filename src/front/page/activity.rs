//! When the user was last active, in any tab of the client: each tab has a vault of its own, and all of them end the session by
//! the same clock. Storage keeps the time for the other tabs and for the next load. It is no secret, and a script of the page
//! can forge it, as it can forge activity.

use alloc::rc::Rc;
use core::cell::Cell;

use gloo_events::{EventListener, EventListenerOptions};

use super::page_life::is_visible;
use super::{Page, now};
use crate::front::state::{AuthEvent, Limit};
use crate::protocol::error::Code;
use crate::protocol::json::{self, Map, Value};
use crate::protocol::json_text::JsonText;
use crate::session::effect::SignedOutReason;

/// What a user does.
const INPUT: [&str; 5] = [
    "pointerdown",
    "pointermove",
    "keydown",
    "wheel",
    "touchstart",
];
/// Activity is told this often at most, in milliseconds; of a short limit ten times in it.
const STEP_MS: u64 = 5_000;

#[derive(Default)]
pub(super) struct Activity {
    /// When this page told of some last.
    told: Cell<u64>,
    /// Whether the app knows that the session is about to end.
    warned: Cell<bool>,
}

impl Page {
    pub(super) fn watch_activity(self: &Rc<Self>) {
        if self.config.idle.is_none() {
            return;
        }
        for name in INPUT {
            let page = self.clone();
            let options = EventListenerOptions::run_in_capture_phase();
            let note = move |_: &web_sys::Event| page.note_activity();
            let listener = EventListener::new_with_options(&self.window, name, options, note);
            self.listeners.borrow_mut().push(listener);
        }
    }

    /// The user did something, unless nobody can see the page.
    pub(super) fn note_activity(&self) {
        let step = STEP_MS.min(self.config.idle.unwrap_or(0) * 100);
        let recent = now().checked_sub(self.activity.told.get());
        if recent.is_none_or(|since| since >= step) && is_visible() {
            self.touch();
        }
    }

    /// What counts as activity because the app says so.
    pub(in crate::front) fn touch(&self) {
        if self.session.borrow().is_some() && !self.is_idle_over() {
            self.begin_activity();
            self.tell_activity();
        }
    }

    /// A session begins: what was before counts no more.
    pub(super) fn begin_activity(&self) {
        self.activity.told.set(now());
        if self.config.idle.is_some() {
            self.store.set_active_at(now());
        }
    }

    /// Tells the vault of the latest activity, here or in another tab.
    pub(super) fn tell_activity(&self) {
        if let (Some(session), Some(_)) = (self.session(), self.config.idle) {
            let mut fields = JsonText::new();
            fields
                .text("session", &session)
                .number("at", Some(self.active_at()));
            self.tell("touch", fields);
        }
    }

    /// Whether so much time has passed that nobody's session may go on.
    pub(super) fn is_idle_over(&self) -> bool {
        let at = self.active_at();
        let limit = self
            .config
            .idle
            .map(|seconds| seconds.saturating_mul(1_000));
        at > 0 && limit.is_some_and(|limit| now().saturating_sub(at) >= limit)
    }

    /// A load finds a session whose time is over: no tab brings it back.
    pub(super) fn expire_load(&self) -> bool {
        let mark = self.store.mark().filter(|mark| mark.starts_with('+'));
        if mark.is_none() || !self.is_idle_over() {
            return false;
        }
        self.announce_end(mark.as_deref());
        let error = self.fail(Code::SessionIdle);
        self.settle_load(SignedOutReason::Expired, Some(error));
        true
    }

    pub(super) fn hear_of_end(&self, notice: &Map) {
        let ends_at = notice.get("endsAt").and_then(Value::as_u64).unwrap_or(0);
        let is_idle = json::string(notice, "limit") == Some("idle");
        // Another tab may know better; this one's vault hears of it here, at the latest.
        self.tell_activity();
        let put_off = self.active_at() + self.config.idle.unwrap_or(0) * 1_000;
        if ends_at > now() && !(is_idle && put_off > ends_at) {
            let limit = match is_idle {
                true => Limit::Idle,
                false => Limit::MaxAge,
            };
            self.activity.warned.set(true);
            self.view
                .telling
                .emit(AuthEvent::Expiring { ends_at, limit });
        }
    }

    pub(super) fn hear_of_extension(&self) {
        if self.activity.warned.take() {
            self.view.telling.emit(AuthEvent::Extended);
        }
    }

    fn active_at(&self) -> u64 {
        let stored = self.store.active_at();
        stored.unwrap_or(0).min(now()).max(self.activity.told.get())
    }
}
