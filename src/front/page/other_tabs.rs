//! What other tabs tell, by the sign-out mark and by a channel, and what this one tells them.

use alloc::rc::Rc;
use alloc::string::String;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, StorageEvent};

use super::Page;
use super::page_life::{PageLife, hide, hide_and_reload, reload};
use crate::front::latch::Latch;
use crate::front::state::AuthEvent;
use crate::protocol::json::Value;
use crate::protocol::json_text::JsonText;
use crate::session::effect::SignedOutReason;

impl Page {
    /// Listens for as long as the page lives: a client is made once and stays.
    pub(super) fn listen(self: &Rc<Self>) {
        let Some(document) = self.window.document() else {
            return;
        };
        let page = self.clone();
        let mark_key = self.store.mark_key();
        let active_key = self.store.active_key();
        let on_storage = EventListener::new(&self.window, "storage", move |event| {
            let key = event.dyn_ref::<StorageEvent>().and_then(StorageEvent::key);
            if key.as_ref() == Some(&active_key) {
                return page.tell_activity();
            }
            if key.is_none_or(|key| key == mark_key) {
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
            if let Some(ended) = data.as_deref().and_then(|data| data.strip_prefix('-')) {
                let mark = page.mark.borrow().clone();
                if mark.and_then(|mark| Some(mark.strip_prefix('+')? == ended)) == Some(true) {
                    return page.ended_elsewhere();
                }
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
        let is_session = stored.as_deref().is_some_and(|mark| mark.starts_with('+'));
        if self.session.borrow().is_none() {
            if changed && is_session && self.view.state.borrow().is_signed_out() {
                self.view.telling.emit(AuthEvent::SignedInElsewhere);
            }
            return;
        }
        let own = self.mark.borrow().clone();
        if own.is_none() || stored == own {
            return;
        }
        match stored {
            Some(mark) if is_session => self.adopt(&mark),
            _ => self.ended_elsewhere(),
        }
    }

    /// The grant of this tab is revoked only if storage shows the sign-out now: a new sign-in may have followed it.
    fn ended_elsewhere(&self) {
        if let Some(session) = self.session() {
            self.drop_session(&session, self.is_ended());
        }
        // A running page shows the end in place; one that comes back would first show what is not its user's any more.
        if self.was_stopped() {
            return hide_and_reload();
        }
        self.ended(SignedOutReason::SignedOutElsewhere, None);
    }

    /// Another session: the same user's is taken over, another user's must not meet what this page shows.
    fn adopt(self: &Rc<Self>, mark: &str) {
        let reveal = hide();
        let done = Latch::new();
        self.adopting.replace(done.clone());
        let (page, mark) = (self.clone(), String::from(mark));
        spawn_local(async move {
            let mut fields = JsonText::new();
            fields
                .maybe("session", page.session().as_deref())
                .text("mark", &mark);
            let adopted = page.ask("adopt", fields).await.is_ok_and(|answer| {
                answer.fields.get("adopted").and_then(Value::as_bool) == Some(true)
            });
            if !adopted {
                reload();
                // The page may be held up by a question of its own; nothing waits for ever.
                return done.settle(());
            }
            let session = mark.trim_start_matches('+').split('.').next();
            *page.session.borrow_mut() = session.map(String::from);
            *page.mark.borrow_mut() = Some(mark.clone());
            reveal();
            done.settle(());
        });
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
        let Some(rest) = mark.and_then(|mark| mark.get(1..)) else {
            return;
        };
        let tombstone = ["-", rest].concat();
        self.store.set_mark(&tombstone);
        *self.seen.borrow_mut() = self.store.mark();
        self.post(&tombstone);
    }

    fn was_stopped(&self) -> bool {
        self.life.get().is_some_and(PageLife::was_stopped)
    }
}
