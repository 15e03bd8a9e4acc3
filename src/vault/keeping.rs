//! A copy of the session beside the vault, so that a reload of the only tab, which takes the vault with it, costs nothing.
//!
//! The copy says of a refresh token that it is on its way before it is. Whoever goes on with the copy then knows that it
//! must not be sent again.

use alloc::boxed::Box;
use alloc::string::String;
use core::cell::RefCell;

use super::{Vault, platform};
use crate::protocol::http::Request;
use crate::session::effect::SendKind;
use crate::session::event::CallId;
use crate::session::{Event, NetworkFailure};

/// Keeps the text, or forgets it; calls back with whether that is done, or there is nobody who could keep anything.
pub type Keep = Box<dyn Fn(Option<&str>, Box<dyn FnOnce(bool)>)>;

#[derive(Default)]
pub(super) struct Keeping {
    keep: RefCell<Option<Keep>>,
    /// What was given away last.
    kept: RefCell<Option<String>>,
}

impl Vault {
    /// Goes on with what an earlier vault kept, if there is anything, and from now on gives each change to `keep`.
    pub fn resume(&self, parked: Option<&str>, keep: Keep) {
        *self.0.keeping.keep.borrow_mut() = Some(keep);
        if let Some(parked) = parked {
            let now = platform::now() as u64;
            let effects = self.0.session.borrow_mut().unpark(parked, now);
            *self.0.keeping.kept.borrow_mut() = Some(parked.into());
            self.carry_out_all(effects);
        }
    }

    /// Gives away what changed.
    pub(super) fn keep(&self) {
        let text = self.0.session.borrow().park();
        if *self.0.keeping.kept.borrow() != text {
            self.give(text, Box::new(|_| {}));
        }
    }

    /// Sends a refresh once the copy says so. If it does not come to that, the copy may still offer the token to another
    /// vault: then nothing is sent, and the token counts as lost.
    pub(super) fn keep_then_send(&self, call: CallId, request: Request, deadline_ms: u32) {
        let text = self.0.session.borrow().park();
        let vault = self.clone();
        let go_on = move |kept| match kept {
            true => vault.send(call, &request, deadline_ms, SendKind::Read),
            false => vault.dispatch(Event::Answered {
                call,
                answer: Err(NetworkFailure::Timeout),
            }),
        };
        self.give(text, Box::new(go_on));
    }

    fn give(&self, text: Option<String>, done: Box<dyn FnOnce(bool)>) {
        match &*self.0.keeping.keep.borrow() {
            Some(keep) => keep(text.as_deref(), done),
            None => done(true),
        }
        *self.0.keeping.kept.borrow_mut() = text;
    }
}
