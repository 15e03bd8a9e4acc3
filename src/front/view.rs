//! What an app sees of a client, wherever its vault is.

use core::cell::RefCell;

use super::error::AuthError;
use super::latch::Latch;
use super::state::{AuthState, ExpiresAt};
use super::telling::{Telling, Told};
#[cfg(feature = "page-vault")]
use crate::session::effect::SignedOutReason;

/// The state, and the ways to those who want to know of it.
pub(super) struct View {
    pub(super) telling: Telling,
    pub(super) ready: Latch<AuthState>,
    pub(super) state: RefCell<AuthState>,
    pub(super) expires_at: ExpiresAt,
}

impl View {
    /// A client whose load is under way.
    pub(super) fn loading() -> Self {
        Self {
            telling: Telling::default(),
            ready: Latch::new(),
            state: RefCell::new(AuthState::Loading { last_error: None }),
            expires_at: ExpiresAt::default(),
        }
    }

    pub(super) fn show(&self, state: AuthState) {
        *self.state.borrow_mut() = state.clone();
        if !state.is_loading() {
            self.ready.settle(state.clone());
        }
        self.telling.tell(Told::State(state));
    }

    pub(super) fn diagnose(&self, error: AuthError) {
        self.telling.diagnose(error, now());
    }
}

/// What only a front in Rust has to do itself.
#[cfg(feature = "page-vault")]
impl View {
    pub(super) fn show_error(&self, error: AuthError) {
        let state = self.state.borrow().clone();
        self.show(state.with_error(error));
    }

    /// Shows a finding, as state and as diagnosis.
    pub(super) fn report(&self, error: AuthError) {
        self.diagnose(error.clone());
        self.show_error(error);
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
}

/// The wall clock, in milliseconds since 1970.
pub(super) fn now() -> u64 {
    js_sys::Date::now() as u64
}
