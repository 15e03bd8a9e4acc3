//! What the vault tells without being asked.

use alloc::rc::Rc;
use alloc::string::String;

use super::{Page, now};
use crate::front::error::AuthError;
use crate::front::state::{AuthEvent, AuthState};
use crate::front::wire::{code_of, error_in, expiry_of, reason_of, user_of};
use crate::protocol::error::Code;
use crate::protocol::json::{self, Map};
use crate::protocol::json_text::JsonText;

impl Page {
    pub(super) fn hear(self: &Rc<Self>, notice: &Map) {
        let error = error_in(notice).map(|error| self.named(error));
        match json::string(notice, "notice").unwrap_or_default() {
            "signedIn" => self.signed_in(notice),
            "state" => match json::string(notice, "status") {
                Some("signedIn") => self.show_user(notice, error, true),
                _ => self.ended(reason_of(notice), error),
            },
            "refreshed" => {
                let expires_at = expiry_of(notice);
                self.view.expires_at.set(expires_at);
                self.view.telling.emit(AuthEvent::Refreshed { expires_at });
            }
            "refreshFailed" => {
                if let Some(error) = error {
                    self.view.telling.emit(AuthEvent::RefreshFailed { error });
                }
            }
            "diagnosis" => {
                if let Some(mut found) = code_of(notice, "code") {
                    found.detail = json::string(notice, "detail").map(String::from);
                    self.view.diagnose(self.named(found));
                }
            }
            "expiring" => self.hear_of_end(notice),
            "extended" => self.view.telling.emit(AuthEvent::Extended),
            "endEverywhere" => {
                let mark = self.mark.borrow().clone();
                self.announce_end(mark.as_deref());
            }
            _ => {}
        }
    }

    /// The mark is written before the state is shown; a restored session never overwrites a sign-out.
    fn signed_in(self: &Rc<Self>, notice: &Map) {
        let text = |name: &str| json::string(notice, name).unwrap_or_default();
        let (session, origin) = (text("session"), text("origin"));
        let (interactive, joined) = (origin == "interactive", origin == "joined");
        let stored = self.store.mark();
        let mark = ["+", session, ".", text("userHash")].concat();
        let ended = self.store.is_ended();
        if !interactive && (ended || (joined && stored.as_ref() != Some(&mark))) {
            return self.drop_session(session, ended);
        }
        let kept = joined || self.store.set_mark(&mark);
        if !kept && self.store.is_shared() {
            self.view.diagnose(self.fail(Code::StorageFull));
        }
        // Where nothing can be shared, this tab goes on alone, and a missing mark means nothing to it.
        *self.mark.borrow_mut() = kept.then(|| mark.clone());
        *self.seen.borrow_mut() = self.store.mark();
        *self.session.borrow_mut() = Some(session.into());
        self.store.set_hint(now());
        self.begin_activity();
        self.show_user(notice, None, !interactive);
        if !joined {
            self.post(&mark);
        }
    }

    fn show_user(&self, snapshot: &Map, last_error: Option<AuthError>, restored: bool) {
        let before = self.view.state.borrow().user().cloned();
        let user = user_of(snapshot, "user");
        self.view.expires_at.set(expiry_of(snapshot));
        self.view.show(AuthState::SignedIn {
            user: user.clone(),
            scope: json::string(snapshot, "scope").unwrap_or_default().into(),
            expires_at: self.view.expires_at.clone(),
            last_error,
        });
        match before {
            None => self
                .view
                .telling
                .emit(AuthEvent::SignedIn { user, restored }),
            Some(before) if !before.same_claims(&user) => {
                self.view.telling.emit(AuthEvent::UserChanged { user });
            }
            Some(_) => {}
        }
    }

    /// Lets go of a session that ended elsewhere.
    pub(super) fn drop_session(&self, session: &str, revoke: bool) {
        let mut fields = JsonText::new();
        fields
            .text("session", session)
            .raw("revoke", if revoke { "true" } else { "false" });
        self.tell("drop", fields);
    }

    /// Tells the vault something that needs no answer.
    pub(super) fn tell(&self, command: &str, fields: JsonText) {
        if let Ok(link) = self.link() {
            link.tell(command, fields);
        }
    }
}
