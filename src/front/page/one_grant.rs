//! One grant for all tabs: where the mark alone cannot tell what became of the session, the vault asks the ledger, and
//! the other tabs for what they have.

use alloc::rc::Rc;
use alloc::string::String;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;

use super::link::Answer;
use super::page_life::{hide, is_visible, reload};
use super::transactions::session_storage;
use super::{Page, now};
use crate::front::error::AuthError;
use crate::front::latch::Latch;
use crate::front::state::{AuthEvent, AuthState};
use crate::front::wire::user_of;
use crate::protocol::error::Code;
use crate::protocol::json::{self, Map};
use crate::protocol::json_text::JsonText;
use crate::session::effect::SignedOutReason;
use crate::session::ledger::Name;
use crate::session::tabs::Mark;

/// So long the tabs wait for the one of them that went to the provider for a session, in milliseconds.
const CLAIM_MS: u32 = 15_000;
/// So long a sibling may take to give what it has, in milliseconds.
const SIBLING_MS: u32 = 1_000;
const TAB: &str = "keyward.tab";

/// Names this tab across its loads; a duplicated one has the name of the first.
pub(super) fn tab_name() -> Option<String> {
    let storage = session_storage()?;
    let name = storage.get_item(TAB).ok()?.unwrap_or_else(|| {
        let mut bytes = [0; 16];
        crate::vault::random(&mut bytes);
        Name::from_random(&bytes).as_str().into()
    });
    storage.set_item(TAB, &name).ok()?;
    Some(name)
}

impl Page {
    /// Takes the session that another tab has, if it gives it.
    pub(super) async fn join(&self) {
        // Without a ledger there is nobody to take it from.
        let _ = self.compare().await;
        if self.config.handover {
            self.wait_for_session(SIBLING_MS).await;
        }
    }

    /// Asks for the session as it comes back at load. Without a URL in the answer that is done: a sibling gave it, or nobody
    /// did; `None` if no tab may try.
    pub(super) async fn seek(
        &self,
        fields: impl Fn() -> JsonText,
    ) -> Result<Option<Answer>, AuthError> {
        loop {
            // Before it asks: the news may come with the answer.
            let news = self.wait_for_session(CLAIM_MS);
            let answer = match self.ask("restore", fields()).await {
                Err(error) if error.code() == Code::LoginRequired => return Ok(None),
                answer => answer?,
            };
            // A sibling gave it, or another tab is on its way for it.
            if answer.text("url").is_none() {
                news.await;
                // Without hand-over the next one goes when the last is back, or does not come back.
                if !self.config.handover && self.session().is_none() {
                    continue;
                }
            }
            return Ok(Some(answer));
        }
    }

    /// The ledger was written; now the mark, and then the session reads the ledger again.
    pub(super) fn signed_in(&self, notice: &Map) {
        let origin = json::string(notice, "origin").unwrap_or_default();
        let (interactive, joined) = (origin == "interactive", origin == "joined");
        let mark = mark_of(notice);
        let is_buried = self.store.mark() == Some(tombstone_of(&mark));
        let kept = joined || is_buried || self.store.set_mark(&mark);
        if !kept && self.store.is_shared() {
            self.view.diagnose(self.fail(Code::StorageFull));
        }
        // A mark that cannot be written means nothing to this tab.
        self.show_session(notice, kept.then(|| mark.clone()));
        self.store.set_hint(now());
        // A session that another tab gave to a hidden page is no sign of the user.
        if !joined || is_visible() {
            self.begin_activity();
        }
        self.tell_activity();
        self.show_user(notice, None, !interactive);
        if joined || is_buried {
            self.judge();
        }
        if !is_buried {
            let mut fields = JsonText::new();
            fields.maybe("session", self.session().as_deref());
            self.tell("markWritten", fields);
        }
        // A message throws a page out of the browser's cache: nobody is told what is no news.
        if !joined {
            self.post(&mark);
        }
        self.stop_waiting();
    }

    /// The session's id can change under the same user, who signed in again in another tab. Tells whether that is all
    /// there is to the news: an app sees nothing of it.
    pub(super) fn followed(&self, snapshot: &Map) -> bool {
        if self.session().as_deref() == json::string(snapshot, "session") {
            return false;
        }
        self.show_session(snapshot, Some(mark_of(snapshot)));
        let state = self.view.state.borrow();
        let same_user = |user: &crate::front::User| user.same_claims(&user_of(snapshot, "user"));
        state.last_error().is_none()
            && state.scope() == json::string(snapshot, "scope")
            && state.user().is_some_and(same_user)
    }

    /// Looks what the mark says, which changed or may have.
    pub(super) fn look(self: &Rc<Self>, stored: Option<&str>, changed: bool) {
        let is_session = stored.is_some_and(|mark| mark.starts_with('+'));
        if self.session().is_none() {
            let reason = match &*self.view.state.borrow() {
                AuthState::SignedOut { reason, .. } => Some(*reason),
                _ => None,
            };
            if is_session && reason.is_some() {
                // Who waited in vain goes on listening: the tab that is back has the mark that was there.
                if changed || reason == Some(SignedOutReason::Expired) {
                    spawn_local(self.clone().follow(changed));
                }
            } else if is_session && self.store.hint() && self.config.handover {
                self.judge();
            } else {
                // Nobody is signed in, or who went to the provider for all came back with nothing.
                self.stop_waiting();
            }
            return;
        }
        let Some(own) = self.mark.borrow().clone() else {
            return;
        };
        if stored == Some(&own) {
            return;
        }
        if stored == Some(&tombstone_of(&own)) {
            return self.ended_elsewhere();
        }
        // Another session: nothing of this one is shown until it is clear whose it is.
        let reveal = (is_session || self.was_stopped()).then(hide);
        let done = Latch::new();
        self.adopting.replace(done.clone());
        let page = self.clone();
        spawn_local(async move {
            if page.compare().await.is_err() || page.is_superseded() {
                reload();
            } else if let Some(reveal) = reveal {
                reveal();
            }
            // A page that reloads may be held up by a question of its own; nothing waits for ever.
            done.settle(());
        });
    }

    /// Writes the mark that the ledger shows, unless somebody wrote another one meanwhile. What is no mark counts as none.
    pub(super) fn repair_mark(&self, notice: &Map) {
        let text = |name: &str| json::string(notice, name).unwrap_or_default();
        let mark = text("mark");
        let stored = self.store.mark().filter(|it| Mark::parse(it).is_some());
        let stored = stored.unwrap_or_default();
        let is_same = stored.get(1..) == mark.get(1..);
        let is_session = mark.starts_with('+');
        if stored != text("insteadOf") && (is_session || !is_same) {
            return self.judge();
        }
        // A sign-out is never taken back.
        if is_same && is_session {
            return;
        }
        self.store.set_mark(mark);
        if is_session && self.session().is_some() {
            *self.mark.borrow_mut() = Some(mark.into());
            *self.seen.borrow_mut() = self.store.mark();
        }
        self.post(mark);
    }

    /// Lets go of a session that ended elsewhere.
    pub(super) fn drop_session(&self) {
        let mark = self.mark.borrow().as_deref().map(tombstone_of);
        self.tell("compare", self.compared_with(mark));
    }

    async fn follow(self: Rc<Self>, news: bool) {
        self.join().await;
        if news && self.session().is_none() {
            self.view.telling.emit(AuthEvent::SignedInElsewhere);
        }
    }

    /// The page shows this session now, under this mark.
    fn show_session(&self, snapshot: &Map, mark: Option<String>) {
        *self.session.borrow_mut() = json::string(snapshot, "session").map(String::from);
        *self.mark.borrow_mut() = mark;
        *self.seen.borrow_mut() = self.store.mark();
    }

    /// Whether the mark names a session, and not the one that this page shows by now.
    fn is_superseded(&self) -> bool {
        let stored = self.store.mark();
        let named = stored.as_deref().and_then(|mark| mark.strip_prefix('+'));
        let named = named.and_then(|mark| mark.split('.').next());
        named.is_some() && named != self.session().as_deref()
    }

    /// Lets the session ask the ledger what the mark means; resolves when that is clear.
    async fn compare(&self) -> Result<(), AuthError> {
        let fields = self.compared_with(self.store.mark());
        self.ask("compare", fields).await.map(|_| ())
    }

    fn judge(&self) {
        self.tell("compare", self.compared_with(self.store.mark()));
    }

    fn compared_with(&self, mark: Option<String>) -> JsonText {
        let mut fields = JsonText::new();
        fields
            .maybe("session", self.session().as_deref())
            .maybe("mark", mark.as_deref());
        fields
    }

    /// Resolves when there is news of a session, also before anybody waits for it; or when that takes too long.
    fn wait_for_session(&self, within: u32) -> impl Future<Output = ()> + use<> {
        let waiting = Latch::new();
        if self.session().is_some() {
            waiting.settle(());
        }
        self.waiting.replace(waiting.clone());
        let late = waiting.clone();
        let timeout = Timeout::new(within, move || late.settle(()));
        async move {
            waiting.wait().await;
            drop(timeout);
        }
    }

    fn stop_waiting(&self) {
        self.waiting.borrow().settle(());
    }
}

/// The mark of the session in a notice.
fn mark_of(snapshot: &Map) -> String {
    let text = |name: &str| json::string(snapshot, name).unwrap_or_default();
    ["+", text("session"), ".", text("userHash")].concat()
}

/// What a mark becomes when its session is over.
pub(super) fn tombstone_of(mark: &str) -> String {
    ["-", mark.get(1..).unwrap_or_default()].concat()
}
