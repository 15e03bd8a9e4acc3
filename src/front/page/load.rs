//! The load of the page: a callback is redeemed, a session restored, or nobody is signed in.

use alloc::rc::Rc;
use alloc::string::String;

use wasm_bindgen::JsValue;
use web_sys::Window;

use super::callback::{Arrival, take_load};
use super::link::{Refusal, Reply};
use super::page_life::{is_top_level, shown};
use super::target::same_origin_path;
use super::transactions;
use super::{Page, now};
use crate::front::Restore;
use crate::front::error::AuthError;
use crate::protocol::error::{Code, Error};
use crate::protocol::json_text::JsonText;
use crate::session::effect::SignedOutReason;

impl Page {
    pub(super) async fn start(self: Rc<Self>, arrival: Option<Arrival>) {
        let outcome = match arrival {
            _ if self.link().is_err() => {
                return self.settle_load(SignedOutReason::NeverSignedIn, self.link().err());
            }
            Some(Arrival::Callback {
                query,
                record,
                replayed,
                restore,
            }) => {
                if replayed {
                    let failure = self.fail(Code::CallbackReplayed);
                    self.restore(Some(failure)).await
                } else {
                    self.finish(query, record, restore).await
                }
            }
            Some(Arrival::SignedOut) => {
                // The provider's session is over too: from here on a restore is worth trying again.
                if self.is_ended() {
                    self.store.remove_mark();
                    // Who asks the provider without a session of before needs the word of the ledger too.
                    if self.config.restore == Restore::Always {
                        let _ = self.ask("lift", JsonText::new()).await;
                    }
                }
                self.settle_load(SignedOutReason::SignedOut, None);
                Ok(())
            }
            _ => self.restore(None).await,
        };
        if let Err(error) = outcome {
            self.settle_load(SignedOutReason::Expired, Some(error));
        }
    }

    async fn finish(
        self: &Rc<Self>,
        query: String,
        record: Option<String>,
        is_restore: bool,
    ) -> Result<(), AuthError> {
        self.require_secure_context()?;
        let mut fields = JsonText::new();
        fields
            .text("query", &query)
            .maybe("record", record.as_deref())
            .maybe("mark", self.store.mark().as_deref());
        match self.ask("callback", fields).await {
            Ok(answer) => {
                if is_restore {
                    self.store.restore_answered(now(), false);
                }
                if let Some(carried) = answer.text("carry").and_then(Code::parse) {
                    self.view.show_error(self.fail(carried));
                }
                // A sign-out elsewhere can have come in between.
                self.settle_load(SignedOutReason::SignedOutElsewhere, None);
                Ok(())
            }
            Err(failure) if is_restore => {
                // The answers to `prompt=none` that say: nobody is signed in there, or the user has to do something.
                let needs_user = matches!(
                    failure.code(),
                    Code::LoginRequired
                        | Code::InteractionRequired
                        | Code::ConsentRequired
                        | Code::AccountSelectionRequired
                );
                // What a new try may mend does not close the door.
                let is_final = !needs_user && !failure.retryable();
                self.store.restore_answered(now(), is_final);
                if needs_user {
                    self.store.remove_hint();
                }
                let reason = if self.is_ended() {
                    SignedOutReason::SignedOut
                } else {
                    SignedOutReason::SessionEnded
                };
                self.settle_load(reason, Some(failure));
                Ok(())
            }
            Err(failure) => self.restore(Some(failure)).await,
        }
    }

    /// Gets the session back with the provider's help, or settles. `failure` is what the user still has to see.
    async fn restore(self: &Rc<Self>, failure: Option<AuthError>) -> Result<(), AuthError> {
        let store = &self.store;
        let hinted = store.hint();
        let settle = |reason, error| {
            self.settle_load(reason, error);
            Ok(())
        };
        if store.is_ended() {
            return settle(SignedOutReason::SignedOut, failure);
        }
        if self.expire_load() {
            return Ok(());
        }
        let is_open = store.may_restore(now());
        let may_leave = self.config.restore != Restore::Never && is_top_level() && is_open;
        // What the other tabs have can be had without a way to the provider.
        if hinted && !may_leave {
            self.join().await;
            if self.session().is_some() {
                return self.arrived(failure);
            }
        }
        let wanted = match self.config.restore {
            Restore::Never => false,
            Restore::WasSignedIn => hinted,
            Restore::Always => true,
        };
        if !wanted {
            let reason = if hinted {
                SignedOutReason::Expired
            } else {
                SignedOutReason::NeverSignedIn
            };
            return settle(reason, failure);
        }
        if !is_top_level() {
            return settle(SignedOutReason::Expired, failure);
        }
        let closed = || self.fail(Code::RestoreClosed);
        if !is_open {
            let failure = failure.unwrap_or_else(closed);
            return settle(SignedOutReason::Expired, Some(failure));
        }
        // An answer for this client, too, may be in this load; then the failure is what there is to say.
        if take_load() && failure.is_none() {
            return settle(SignedOutReason::Expired, None);
        }
        self.require_secure_context()?;
        shown().await;
        let return_to = self.return_path(None)?;
        let carry = failure.as_ref().map(|failure| failure.code().as_str());
        let fields = || {
            let mut fields = JsonText::new();
            fields
                .text("returnTo", &return_to)
                .maybe("mark", store.mark().as_deref())
                .maybe("carry", carry);
            fields
        };
        let Some(answer) = self.seek(fields).await? else {
            // No tab may try for now, or the ledger knows of a sign-out that the mark does not show yet.
            let closed = || (!store.is_ended()).then(closed);
            return settle(SignedOutReason::Expired, failure.or_else(closed));
        };
        shown().await;
        // The user may have signed out, here or elsewhere, while the metadata was on its way.
        if !self.view.state.borrow().is_loading() {
            return self.arrived(failure);
        }
        if store.is_ended() {
            return settle(SignedOutReason::SignedOutElsewhere, failure);
        }
        // Another tab went to the provider, and came back with nothing.
        let Some(url) = answer.text("url") else {
            return settle(SignedOutReason::Expired, failure);
        };
        let [state, record] = ["state", "record"].map(|name| answer.text(name).unwrap_or_default());
        transactions::put(state, record).map_err(|code| self.fail(code))?;
        store.count_restore(now());
        let page = Rc::downgrade(self);
        self.on_cancelled_navigation(move || {
            if let Some(page) = page.upgrade() {
                page.settle_load(SignedOutReason::Expired, None);
            }
        });
        #[cfg(feature = "trace")]
        self.step(super::steps::authorization_request(url));
        let _ = self.window.location().replace(url);
        Ok(())
    }

    /// The load ended without a way to the provider. Beside a session of the other tabs, what went wrong in this one is still
    /// to be seen.
    fn arrived(&self, failure: Option<AuthError>) -> Result<(), AuthError> {
        if let (Some(failure), Some(_)) = (failure, self.session()) {
            self.view.show_error(failure);
        }
        Ok(())
    }

    /// The load ends signed out, unless something else has ended it.
    pub(super) fn settle_load(&self, reason: SignedOutReason, last_error: Option<AuthError>) {
        if self.view.state.borrow().is_loading() {
            self.view.settle_signed_out(reason, last_error);
        }
    }

    /// Asks the vault what nothing but Keyward itself can refuse.
    pub(super) async fn ask(
        &self,
        command: &str,
        fields: JsonText,
    ) -> Result<super::link::Answer, AuthError> {
        let reply: Reply = self.link()?.ask(command, fields, JsValue::UNDEFINED).await;
        reply.map_err(|refusal| match refusal {
            Refusal::Error(error) => self.named(error),
            Refusal::Thrown(_) => self.fail(Code::InternalError),
        })
    }

    pub(super) fn require_secure_context(&self) -> Result<(), AuthError> {
        if has_web_crypto(&self.window) {
            return Ok(());
        }
        Err(self.fail(Code::InsecureContext))
    }

    /// A return target as a path of this origin.
    pub(super) fn return_path(&self, target: Option<&str>) -> Result<String, AuthError> {
        let path = || {
            let location = self.window.location();
            match target {
                Some(target) => same_origin_path(target, &location),
                None => same_origin_path(&location.href().ok()?, &location),
            }
        };
        path().ok_or_else(|| self.named(Error::new(Code::ConfigReturnTarget)))
    }
}

/// Browsers offer WebCrypto in secure contexts alone, and nothing can be done without it.
fn has_web_crypto(window: &Window) -> bool {
    let member = |object: &JsValue, name: &str| js_sys::Reflect::get(object, &JsValue::from(name));
    member(window, "crypto")
        .and_then(|crypto| member(&crypto, "subtle"))
        .is_ok_and(|subtle| subtle.is_truthy())
}
