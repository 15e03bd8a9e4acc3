//! What other tabs tell, by the sign-out mark and by a channel, and what this one tells them.

use alloc::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, StorageEvent};

use super::Page;
use super::one_grant::tombstone_of;
use super::page_life::{PageLife, hide_and_reload};
use crate::protocol::json_text::JsonText;
use crate::session::effect::SignedOutReason;

impl Page {
    /// Listens for as long as the page lives: a client is made once and stays.
    pub(super) fn listen(self: &Rc<Self>) {
        let Some(document) = self.window.document() else {
            return;
        };
        let page = self.clone();
        let active_key = self.store.active_key();
        let on_storage = EventListener::new(&self.window, "storage", move |event| {
            let key = event.dyn_ref::<StorageEvent>().and_then(StorageEvent::key);
            if key.as_ref() == Some(&active_key) {
                page.tell_activity();
            }
            // Also where the mark stays what it was: the count of restores tells who waits that a tab came back with its
            // session.
            if key.is_none_or(|key| key.starts_with(page.store.prefix())) {
                page.compare_mark();
            }
        });
        self.listeners.borrow_mut().push(on_storage);
        self.watch_activity();
        let (shown, network) = (self.clone(), self.clone());
        let _ = self.life.set(PageLife::watch(
            &self.window,
            &document,
            move || {
                if shown.was_stopped() && shown.session().is_some() && shown.is_idle_over() {
                    return hide_and_reload();
                }
                shown.note_activity();
                shown.tell_activity();
                shown.compare_mark();
                if shown.was_stopped() {
                    shown.came_back();
                }
                shown.tell("wake", JsonText::new());
            },
            move || {
                network.compare_mark();
                network.tell("wake", JsonText::new());
            },
        ));
        let Some(channel) = &self.channel else {
            return;
        };
        let page = self.clone();
        // Stays open when the page is hidden: a message then keeps the page from coming back out of the cache.
        let on_message = EventListener::new(channel, "message", move |event| {
            let data = event
                .dyn_ref::<MessageEvent>()
                .and_then(|event| event.data().as_string());
            // The message can be here before the storage shows it.
            let own = page.mark.borrow().as_deref().map(tombstone_of);
            if own.is_some() && own == data {
                return page.ended_elsewhere();
            }
            page.compare_mark();
        });
        self.listeners.borrow_mut().push(on_message);
    }

    pub(super) fn post(&self, mark: &str) {
        if let Some(channel) = &self.channel {
            let _ = channel.post_message(&JsValue::from(mark));
        }
    }

    /// Looks whether the mark is still the one of the session that this page shows.
    pub(super) fn compare_mark(self: &Rc<Self>) {
        if !self.store.is_shared() {
            return;
        }
        let stored = self.store.mark();
        let changed = self.seen.replace(stored.clone()) != stored;
        self.look(stored.as_deref(), changed);
    }

    pub(super) fn ended_elsewhere(&self) {
        // Other tabs can be faster than this one's clock, whose session then says by which limit it ended.
        if self.config.has_limits() {
            self.tell("wake", JsonText::new());
        }
        self.drop_session();
        // A running page shows the end in place; one that comes back would first show what is not its user's any more.
        if self.was_stopped() {
            return hide_and_reload();
        }
        self.ended(SignedOutReason::SignedOutElsewhere, None);
    }

    /// Whether the mark names a session that this page does not show.
    pub(super) fn is_foreign(&self) -> bool {
        let stored = self.store.mark();
        let own = self.mark.borrow();
        own.is_some()
            && stored.as_deref().is_some_and(|mark| mark.starts_with('+'))
            && stored != *own
    }

    /// Tells every tab, in this very task, that a session is over.
    pub(super) fn announce_end(&self, mark: Option<&str>) {
        self.store.remove_hint();
        let Some(tombstone) = mark.map(tombstone_of) else {
            return;
        };
        self.store.set_mark(&tombstone);
        *self.seen.borrow_mut() = self.store.mark();
        self.post(&tombstone);
    }

    pub(super) fn was_stopped(&self) -> bool {
        self.life.get().is_some_and(PageLife::was_stopped)
    }
}
