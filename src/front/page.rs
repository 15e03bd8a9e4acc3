//! One client in one page: what it knows, and how it shows its state.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::cell::{OnceCell, RefCell};

use gloo_events::EventListener;
use web_sys::{BroadcastChannel, Window};

use super::activity::Activity;
use super::config::AuthConfig;
use super::error::{AuthError, Names};
use super::latch::Latch;
use super::link::Link;
use super::page_life::PageLife;
use super::state::{AuthEvent, AuthState, ExpiresAt};
use super::store::Store;
use super::telling::{Telling, Told};
use crate::protocol::error::{Code, Error};
use crate::session::effect::SignedOutReason;

/// What a client needs of the browser.
pub(super) struct Browser {
    pub(super) window: Window,
    pub(super) store: Store,
    pub(super) channel: Option<BroadcastChannel>,
}

/// One client. Its behaviour stands in the modules beside this one; they all work on these fields.
pub(super) struct Page {
    pub(super) config: AuthConfig,
    pub(super) redirect_uri: String,
    pub(super) names: Rc<Names>,
    /// `None` on a server.
    pub(super) browser: Option<Browser>,
    /// The vault, or what is wrong with the configuration.
    pub(super) link: OnceCell<Result<Rc<Link>, AuthError>>,
    pub(super) telling: Telling,
    pub(super) ready: Latch<AuthState>,
    pub(super) state: RefCell<AuthState>,
    pub(super) expires_at: ExpiresAt,
    /// The session that this page shows, and its mark.
    pub(super) session: RefCell<Option<String>>,
    pub(super) mark: RefCell<Option<String>>,
    /// The mark that was last seen, so that each change is told once.
    pub(super) seen: RefCell<Option<String>>,
    /// While the vault says whether another session is the same user's, nothing is asked of it.
    pub(super) adopting: RefCell<Latch<()>>,
    /// Ends a navigation that the user came back from.
    pub(super) cancel_navigation: RefCell<Option<Box<dyn FnOnce()>>>,
    pub(super) activity: Activity,
    pub(super) life: OnceCell<PageLife>,
    pub(super) listeners: RefCell<alloc::vec::Vec<EventListener>>,
}

impl Page {
    pub(super) fn fail(&self, code: Code) -> AuthError {
        self.named(Error::new(code))
    }

    pub(super) fn named(&self, error: Error) -> AuthError {
        AuthError::new(error, &self.names)
    }

    pub(super) fn link(&self) -> Result<Rc<Link>, AuthError> {
        match self.link.get() {
            Some(link) => link.clone(),
            None => Err(self.fail(Code::InsecureContext)),
        }
    }

    pub(super) fn store(&self) -> Option<&Store> {
        self.browser.as_ref().map(|browser| &browser.store)
    }

    pub(super) fn stored_mark(&self) -> Option<String> {
        self.store()?.mark()
    }

    /// Whether storage shows a sign-out now.
    pub(super) fn is_ended(&self) -> bool {
        self.store().is_some_and(Store::is_ended)
    }

    pub(super) fn show(&self, state: AuthState) {
        *self.state.borrow_mut() = state.clone();
        if !state.is_loading() {
            self.ready.settle(state.clone());
        }
        self.telling.tell(Told::State(state));
    }

    pub(super) fn show_error(&self, error: AuthError) {
        let state = self.state.borrow().clone();
        self.show(state.with_error(error));
    }

    /// Shows a finding, as state and as diagnosis.
    pub(super) fn report(&self, error: AuthError) {
        self.diagnose(error.clone());
        self.show_error(error);
    }

    pub(super) fn diagnose(&self, error: AuthError) {
        self.telling.diagnose(error, now());
    }

    pub(super) fn settle_signed_out(&self, reason: SignedOutReason, last_error: Option<AuthError>) {
        self.expires_at.set(None);
        self.show(AuthState::SignedOut {
            reason,
            last_error: last_error.clone(),
        });
        if let Some(error) = last_error {
            self.diagnose(error);
        }
    }

    /// The vault's session is over. Whether other tabs go on is for the mark to say.
    pub(super) fn ended(&self, reason: SignedOutReason, error: Option<AuthError>) {
        if self.state.borrow().is_signed_out() {
            return;
        }
        self.forget_session();
        self.settle_signed_out(reason, error);
        self.telling.emit(AuthEvent::SignedOut { reason });
    }

    pub(super) fn forget_session(&self) {
        *self.session.borrow_mut() = None;
        *self.mark.borrow_mut() = None;
    }

    pub(super) fn session(&self) -> Option<String> {
        self.session.borrow().clone()
    }
}

/// The wall clock, in milliseconds since 1970.
pub(super) fn now() -> u64 {
    js_sys::Date::now() as u64
}
