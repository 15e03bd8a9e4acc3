//! Who wants to hear of a client, and what the developer was told.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use super::error::AuthError;
use super::state::{AuthEvent, AuthState, Diagnosis};
#[cfg(feature = "trace")]
use crate::vault::Step;

const MOST_DIAGNOSTICS: usize = 50;

/// The vault and the front may both see the same trouble: within this many milliseconds it is told once.
const SAME: u64 = 1_000;

/// What listeners hear.
#[derive(Clone)]
pub(super) enum Told {
    State(AuthState),
    Event(AuthEvent),
    #[cfg(feature = "trace")]
    Step(Step),
}

/// All that is told goes through one queue, so that a listener that causes something new is not called again before it is
/// done, and everybody hears everything in one order.
#[derive(Clone, Default)]
pub(super) struct Telling(Rc<Inner>);

#[derive(Default)]
struct Inner {
    listeners: RefCell<Vec<Listener>>,
    ids: Cell<u64>,
    queue: RefCell<VecDeque<Told>>,
    busy: Cell<bool>,
    diagnostics: RefCell<Vec<Diagnosis>>,
}

type Hear = Rc<RefCell<dyn FnMut(&Told)>>;

struct Listener {
    id: u64,
    hear: Hear,
}

/// A listener that listens until this is dropped.
#[must_use = "dropping a subscription ends it"]
pub struct Subscription {
    telling: Weak<Inner>,
    id: u64,
}

impl Subscription {
    /// Lets the listener listen for as long as the client lives.
    pub fn forget(mut self) {
        self.telling = Weak::new();
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(telling) = self.telling.upgrade() {
            // A listener may own a client's last handle, or another subscription: it is dropped after the borrow.
            let gone = {
                let mut listeners = telling.listeners.borrow_mut();
                let place = listeners.iter().position(|one| one.id == self.id);
                place.map(|place| listeners.remove(place))
            };
            drop(gone);
        }
    }
}

impl core::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Subscription").field(&self.id).finish()
    }
}

impl Telling {
    pub(super) fn listen(&self, hear: impl FnMut(&Told) + 'static) -> Subscription {
        let id = self.0.ids.get();
        self.0.ids.set(id + 1);
        let hear: Hear = Rc::new(RefCell::new(hear));
        self.0.listeners.borrow_mut().push(Listener { id, hear });
        Subscription {
            telling: Rc::downgrade(&self.0),
            id,
        }
    }

    pub(super) fn tell(&self, told: Told) {
        let inner = &self.0;
        inner.queue.borrow_mut().push_back(told);
        if inner.busy.replace(true) {
            return;
        }
        loop {
            let next = inner.queue.borrow_mut().pop_front();
            let Some(told) = next else { break };
            let ids: Vec<u64> = inner.listeners.borrow().iter().map(|one| one.id).collect();
            for id in ids {
                // One that ended meanwhile hears no more.
                let found = inner
                    .listeners
                    .borrow()
                    .iter()
                    .find(|one| one.id == id)
                    .map(|one| one.hear.clone());
                if let Some(hear) = found {
                    (hear.borrow_mut())(&told);
                }
            }
        }
        inner.busy.set(false);
    }

    pub(super) fn emit(&self, event: AuthEvent) {
        self.tell(Told::Event(event));
    }

    pub(super) fn diagnostics(&self) -> Vec<Diagnosis> {
        self.0.diagnostics.borrow().clone()
    }

    pub(super) fn diagnose(&self, error: AuthError, now: u64) {
        let diagnosis = Diagnosis { error, at: now };
        {
            let mut known = self.0.diagnostics.borrow_mut();
            if known
                .last()
                .is_some_and(|last| last.error == diagnosis.error && now < last.at + SAME)
            {
                return;
            }
            if known.len() == MOST_DIAGNOSTICS {
                known.remove(0);
            }
            known.push(diagnosis.clone());
        }
        self.emit(AuthEvent::Diagnosis(diagnosis));
    }
}

/// A listener for states alone, and so on: each kind picks what it wants.
pub(super) fn states(mut hear: impl FnMut(&AuthState) + 'static) -> Box<dyn FnMut(&Told)> {
    Box::new(move |told| {
        if let Told::State(state) = told {
            hear(state);
        }
    })
}

pub(super) fn events(mut hear: impl FnMut(&AuthEvent) + 'static) -> Box<dyn FnMut(&Told)> {
    Box::new(move |told| {
        if let Told::Event(event) = told {
            hear(event);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(telling: &Telling) -> Rc<RefCell<Vec<bool>>> {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let log = heard.clone();
        telling
            .listen(states(move |state| {
                log.borrow_mut().push(state.is_loading())
            }))
            .forget();
        heard
    }

    fn loading() -> Told {
        Told::State(AuthState::Loading { last_error: None })
    }

    fn signed_out() -> Told {
        Told::State(AuthState::SignedOut {
            reason: crate::session::effect::SignedOutReason::SignedOut,
            last_error: None,
        })
    }

    #[test]
    fn a_listener_that_causes_more_is_called_again_afterwards_and_all_hear_one_order() {
        let telling = Telling::default();
        let again = telling.clone();
        telling
            .listen(states(move |state| {
                if state.is_loading() {
                    again.tell(signed_out());
                }
            }))
            .forget();
        let heard = told(&telling);
        telling.tell(loading());
        assert_eq!(*heard.borrow(), [true, false]);
    }

    #[test]
    fn a_dropped_subscription_hears_no_more_even_while_something_is_told() {
        let telling = Telling::default();
        let heard = Rc::new(Cell::new(0));
        let held: Rc<RefCell<Option<Subscription>>> = Rc::default();
        let dropper = held.clone();
        telling
            .listen(states(move |_| drop(dropper.borrow_mut().take())))
            .forget();
        let count = heard.clone();
        let second = telling.listen(states(move |_| count.set(count.get() + 1)));
        *held.borrow_mut() = Some(second);
        telling.tell(loading());
        assert_eq!(heard.get(), 0);
        let count = heard.clone();
        let third = telling.listen(states(move |_| count.set(count.get() + 1)));
        telling.tell(loading());
        drop(third);
        telling.tell(loading());
        assert_eq!(heard.get(), 1);
    }
}
