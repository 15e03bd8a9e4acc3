//! What the vault tells without being asked.

use alloc::string::String;

use super::Page;
use crate::front::error::AuthError;
use crate::front::state::{AuthEvent, AuthState};
use crate::front::wire::{code_of, error_in, expiry_of, reason_of, user_of};
use crate::protocol::json::{self, Map};
use crate::protocol::json_text::JsonText;

impl Page {
    pub(super) fn hear(&self, notice: &Map) {
        let error = error_in(notice).map(|error| self.named(error));
        match json::string(notice, "notice").unwrap_or_default() {
            "signedIn" => self.signed_in(notice),
            "state" => match json::string(notice, "status") {
                // News of a session that this page does not show, or not any more.
                Some("signedIn") if self.session().is_none() => {}
                Some("signedIn") if error.is_none() && self.followed(notice) => {}
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
            "extended" => self.hear_of_extension(),
            "endEverywhere" => {
                let mark = self.mark.borrow().clone();
                self.announce_end(mark.as_deref());
            }
            "repairMark" => self.repair_mark(notice),
            _ => {}
        }
    }

    pub(super) fn show_user(&self, snapshot: &Map, last_error: Option<AuthError>, restored: bool) {
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

    /// Tells the vault something that needs no answer.
    pub(super) fn tell(&self, command: &str, fields: JsonText) {
        if let Ok(link) = self.link() {
            link.tell(command, fields);
        }
    }
}
