//! Sign-in and sign-out: the ways out of the page.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::convert::Infallible;

use gloo_timers::callback::Timeout;

use super::transactions;
use super::{Page, now};
use crate::front::error::AuthError;
use crate::front::latch::Latch;
use crate::front::options::{SignInOptions, SignOutOptions};
use crate::front::state::AuthEvent;
use crate::protocol::error::Code;
use crate::protocol::json_text::JsonText;
use crate::session::effect::SignedOutReason;

/// A navigation that shows no effect for this many milliseconds did not happen.
const NAVIGATION_DEADLINE: u32 = 60_000;

impl Page {
    pub(in crate::front) async fn sign_in(
        self: &Rc<Self>,
        options: &SignInOptions,
    ) -> Result<Infallible, AuthError> {
        self.link()?;
        let return_to = self.return_path(options.return_to.as_deref())?;
        self.require_secure_context()?;
        transactions::probe().map_err(|code| self.fail(code))?;
        let answer = self.ask("signIn", options.fields(Some(&return_to))).await?;
        let [url, state, record] =
            ["url", "state", "record"].map(|name| answer.text(name).unwrap_or_default());
        transactions::put(state, record).map_err(|code| self.fail(code))?;
        #[cfg(feature = "trace")]
        self.step(super::steps::authorization_request(url));
        self.leave(url, state).await
    }

    /// Goes to the provider. Comes to an end only if the user comes back without an answer, or nothing happens.
    async fn leave(self: &Rc<Self>, url: &str, state: &str) -> Result<Infallible, AuthError> {
        let _pending = Pending(state.into());
        let cancelled = Latch::new();
        let (late, back) = (cancelled.clone(), cancelled.clone());
        let _timeout = Timeout::new(NAVIGATION_DEADLINE, move || late.settle(()));
        self.on_cancelled_navigation(move || back.settle(()));
        self.assign(url);
        cancelled.wait().await;
        Err(self.fail(Code::NavigationCancelled))
    }

    pub(super) fn on_cancelled_navigation(&self, cancel: impl FnOnce() + 'static) {
        self.cancel_navigation.replace(Some(Box::new(cancel)));
    }

    /// The user came back without an answer, and the browser brought the page back as it was.
    pub(super) fn came_back(&self) {
        if let Some(cancel) = self.cancel_navigation.take() {
            cancel();
        }
    }

    pub(in crate::front) async fn sign_out(
        self: &Rc<Self>,
        options: &SignOutOptions,
    ) -> Result<(), AuthError> {
        let target = options.return_to.as_deref();
        let return_to = target
            .map(|target| self.return_path(Some(target)))
            .transpose()?;
        self.link()?;
        self.compare_mark();
        if self.is_foreign() {
            // Another session took this one's place. If it is another user's, the page reloads and signs nobody out.
            let adopting = self.adopting.borrow().wait();
            adopting.await;
            if self.is_foreign() {
                return Ok(());
            }
        }
        let mark = self.mark.borrow().clone().or_else(|| self.store.mark());
        self.announce_end(mark.as_deref());
        let mut fields = JsonText::new();
        fields.maybe("session", self.session().as_deref());
        self.forget_signed_in();
        let answer = self.ask("signOut", fields).await?;
        let Some(url) = answer.text("url") else {
            return Ok(());
        };
        if options.only_here || !self.window.navigator().on_line() {
            return Ok(());
        }
        let mut record = JsonText::new();
        record
            .raw("signOut", "true")
            .text("issuer", &self.config.issuer)
            .text("clientId", &self.config.client_id)
            .maybe("returnTo", return_to.as_deref())
            .number("createdAt", Some(now()));
        // Without a place for it the user lands at the redirect URI.
        let _ = transactions::put(answer.text("state").unwrap_or_default(), &record.finish());
        #[cfg(feature = "trace")]
        self.step(super::steps::end_session_request(url));
        self.assign(url);
        Ok(())
    }

    fn forget_signed_in(&self) {
        let reason = SignedOutReason::SignedOut;
        let was_signed_in = self.view.state.borrow().is_signed_in();
        self.forget_session();
        self.view.settle_signed_out(reason, None);
        if was_signed_in {
            self.view.telling.emit(AuthEvent::SignedOut { reason });
        }
    }

    fn assign(&self, url: &str) {
        let _ = self.window.location().assign(url);
    }
}

/// A sign-in that was given up leaves no record behind. A page that is left takes no leave: its record waits for the answer.
struct Pending(String);

impl Drop for Pending {
    fn drop(&mut self) {
        transactions::discard(&self.0);
    }
}
