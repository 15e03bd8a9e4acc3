//! What the vault tells without being asked.

use alloc::rc::Rc;
use alloc::string::String;

use super::error::AuthError;
use super::link::{code_of, error_of};
use super::page::{Page, now};
use super::state::{AuthEvent, AuthState, User};
use crate::protocol::error::Code;
use crate::protocol::json::{self, Map, Value};
use crate::protocol::json_text::JsonText;
use crate::session::effect::SignedOutReason;

impl Page {
    pub(super) fn hear(self: &Rc<Self>, notice: &Map) {
        let error = error_of(notice).map(|error| self.named(error));
        match json::string(notice, "notice").unwrap_or_default() {
            "signedIn" => self.signed_in(notice),
            "state" => match json::string(notice, "status") {
                Some("signedIn") => self.show_user(notice, error, true),
                _ => self.ended(reason_of(notice), error),
            },
            "refreshed" => {
                let expires_at = expiry_of(notice);
                self.expires_at.set(expires_at);
                self.telling.emit(AuthEvent::Refreshed { expires_at });
            }
            "refreshFailed" => {
                if let Some(error) = error {
                    self.telling.emit(AuthEvent::RefreshFailed { error });
                }
            }
            "diagnosis" => {
                if let Some(mut found) = code_of(notice, "code") {
                    found.detail = json::string(notice, "detail").map(String::from);
                    self.diagnose(self.named(found));
                }
            }
            "expiring" => self.hear_of_end(notice),
            "extended" => self.telling.emit(AuthEvent::Extended),
            "endEverywhere" => {
                let mark = self.mark.borrow().clone();
                self.announce_end(mark.as_deref());
            }
            _ => {}
        }
    }

    /// The mark is written before the state is shown; a restored session never overwrites a sign-out.
    fn signed_in(self: &Rc<Self>, notice: &Map) {
        let Some(browser) = &self.browser else { return };
        let text = |name: &str| json::string(notice, name).unwrap_or_default();
        let (session, origin) = (text("session"), text("origin"));
        let (interactive, joined) = (origin == "interactive", origin == "joined");
        let stored = browser.store.mark();
        let mark = ["+", session, ".", text("userHash")].concat();
        let ended = browser.store.is_ended();
        if !interactive && (ended || (joined && stored.as_ref() != Some(&mark))) {
            return self.drop_session(session, ended);
        }
        let kept = joined || browser.store.set_mark(&mark);
        if !kept && browser.store.is_shared() {
            self.diagnose(self.fail(Code::StorageFull));
        }
        // Where nothing can be shared, this tab goes on alone, and a missing mark means nothing to it.
        *self.mark.borrow_mut() = kept.then(|| mark.clone());
        *self.seen.borrow_mut() = browser.store.mark();
        *self.session.borrow_mut() = Some(session.into());
        browser.store.set_hint(now());
        self.begin_activity();
        self.show_user(notice, None, !interactive);
        if !joined {
            self.post(&mark);
        }
    }

    fn show_user(&self, snapshot: &Map, last_error: Option<AuthError>, restored: bool) {
        let before = self.state.borrow().user().cloned();
        let claims = match snapshot.get("user") {
            Some(Value::Object(claims)) => claims.clone(),
            _ => Rc::default(),
        };
        let user = User::new(claims);
        self.expires_at.set(expiry_of(snapshot));
        self.show(AuthState::SignedIn {
            user: user.clone(),
            scope: json::string(snapshot, "scope").unwrap_or_default().into(),
            expires_at: self.expires_at.clone(),
            last_error,
        });
        match before {
            None => self.telling.emit(AuthEvent::SignedIn { user, restored }),
            Some(before) if !before.same_claims(&user) => {
                self.telling.emit(AuthEvent::UserChanged { user });
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

fn expiry_of(notice: &Map) -> Option<u64> {
    notice.get("expiresAt").and_then(Value::as_u64)
}

fn reason_of(notice: &Map) -> SignedOutReason {
    match json::string(notice, "reason") {
        Some("neverSignedIn") => SignedOutReason::NeverSignedIn,
        Some("expired") => SignedOutReason::Expired,
        Some("signedOut") => SignedOutReason::SignedOut,
        Some("signedOutElsewhere") => SignedOutReason::SignedOutElsewhere,
        _ => SignedOutReason::SessionEnded,
    }
}
