//! A client whose vault is in the page: the front that carries out what the vault says.
//!
//! From the page's load on, data passes through the modules in this order: `opening` says who we are, `callback` takes the
//! provider's answer out of the URL, `load` redeems it or restores the session, `link` carries commands to the vault,
//! `notices` shows what the vault tells, `other_tabs` what other tabs do, `one_grant` what all of them have, `calls` and `leaving` what the app asks for.
//! `store`, `transactions` and `page_life` are the browser's parts of that.

mod activity;
mod callback;
mod calls;
mod leaving;
mod link;
mod load;
mod notices;
mod one_grant;
mod opening;
mod other_tabs;
mod page_life;
mod store;
mod target;
mod transactions;

#[cfg(feature = "trace")]
mod steps;

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use core::cell::{OnceCell, RefCell};

use gloo_events::EventListener;
use web_sys::{BroadcastChannel, Window};

use self::activity::Activity;
use self::link::Link;
use self::page_life::PageLife;
use self::store::Store;
use super::config::AuthConfig;
use super::error::{AuthError, Names};
use super::latch::Latch;
use super::state::AuthEvent;
use super::view::{View, now};
use crate::protocol::error::{Code, Error};
use crate::session::effect::SignedOutReason;

/// One client in one page. Its behaviour stands in the modules below this one; they all work on these fields.
pub(super) struct Page {
    config: AuthConfig,
    redirect_uri: String,
    names: Rc<Names>,
    window: Window,
    store: Store,
    channel: Option<BroadcastChannel>,
    /// The vault, or what is wrong with the configuration.
    link: OnceCell<Result<Rc<Link>, AuthError>>,
    view: Rc<View>,
    /// The session that this page shows, and its mark.
    session: RefCell<Option<String>>,
    mark: RefCell<Option<String>>,
    /// The mark that was last seen, so that each change is told once.
    seen: RefCell<Option<String>>,
    /// While the ledger says whether another session is the same user's, nothing is asked of it.
    adopting: RefCell<Latch<()>>,
    /// Ends the wait for a session that another tab has, or brings.
    waiting: RefCell<Latch<()>>,
    /// Ends a navigation that the user came back from.
    cancel_navigation: RefCell<Option<Box<dyn FnOnce()>>>,
    activity: Activity,
    life: OnceCell<PageLife>,
    listeners: RefCell<alloc::vec::Vec<EventListener>>,
}

impl Page {
    pub(super) fn fail(&self, code: Code) -> AuthError {
        self.named(Error::new(code))
    }

    fn named(&self, error: Error) -> AuthError {
        AuthError::named(error, &self.names)
    }

    fn link(&self) -> Result<Rc<Link>, AuthError> {
        match self.link.get() {
            Some(link) => link.clone(),
            None => Err(self.fail(Code::InsecureContext)),
        }
    }

    /// Whether storage shows a sign-out now.
    fn is_ended(&self) -> bool {
        self.store.is_ended()
    }

    /// The vault's session is over. Whether other tabs go on is for the mark to say.
    fn ended(&self, reason: SignedOutReason, error: Option<AuthError>) {
        if self.view.state.borrow().is_signed_out() {
            return;
        }
        self.forget_session();
        self.view.settle_signed_out(reason, error);
        self.view.telling.emit(AuthEvent::SignedOut { reason });
    }

    fn forget_session(&self) {
        *self.session.borrow_mut() = None;
        *self.mark.borrow_mut() = None;
    }

    fn session(&self) -> Option<String> {
        self.session.borrow().clone()
    }
}
