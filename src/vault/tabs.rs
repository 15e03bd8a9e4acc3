//! What the tabs of an origin have in common, `tabs.js`: the ledger, the lock, the siblings.

use alloc::boxed::Box;
use alloc::rc::Weak;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use wasm_bindgen::prelude::*;

use super::platform;
use super::{Inner, Vault};
use crate::link::Outgoing;
use crate::session::effect::SendKind;
use crate::session::event::CallId;
use crate::session::ledger::{Outcome, Step, apply};
use crate::session::{Config, Departure, Effect, Event};

#[wasm_bindgen(module = "/src/vault/tabs.js")]
extern "C" {
    #[wasm_bindgen(js_name = Tabs)]
    type Platform;

    #[wasm_bindgen(constructor, js_class = "Tabs")]
    fn new(
        name: &str,
        config: &str,
        hear: &Closure<dyn Fn(String, JsValue)>,
        decide: &Decide,
    ) -> Platform;
    #[wasm_bindgen(method, js_class = "Tabs")]
    fn transact(this: &Platform, call: u32);
    #[wasm_bindgen(method, js_class = "Tabs")]
    fn lock(this: &Platform, call: u32, within: u32);
    #[wasm_bindgen(method, js_class = "Tabs")]
    fn unlock(this: &Platform);
    #[wasm_bindgen(method, js_class = "Tabs")]
    fn ask(this: &Platform, call: u32, grant: &str);
    #[wasm_bindgen(method, js_class = "Tabs")]
    fn publish(this: &Platform, text: &str);
    #[wasm_bindgen(method, js_class = "Tabs")]
    fn close(this: &Platform);
}

type Decide = Closure<dyn Fn(u32, Option<String>) -> Option<String>>;

pub(super) struct Tabs {
    platform: Platform,
    steps: RefCell<Vec<Running>>,
    _decide: Decide,
}

/// A step in its transaction.
struct Running {
    call: CallId,
    step: Step,
    departure: Option<Departure>,
    /// What came of it, once the record was read.
    outcome: Outcome,
}

impl Tabs {
    pub(super) fn new(
        config: &Config,
        vault: Weak<Inner>,
        hear: &Closure<dyn Fn(String, JsValue)>,
    ) -> Self {
        let decide = Closure::new(move |call, text: Option<String>| {
            let vault = Vault(vault.upgrade()?);
            match call {
                0 => vault.give(&text?),
                _ => vault.apply(call, text.as_deref()),
            }
        });
        let (issuer, client) = (config.issuer.as_str(), config.client_id.as_str());
        let name = [issuer, "|", client].concat();
        let agreed = [name.as_str(), "|", &config.redirect_uri, "|", &config.scope].concat();
        Self {
            platform: Platform::new(&name, &agreed, hear, &decide),
            steps: RefCell::default(),
            _decide: decide,
        }
    }
}

impl Drop for Tabs {
    fn drop(&mut self) {
        self.platform.close();
    }
}

impl Vault {
    /// Carries out what concerns the other tabs; gives back what does not.
    pub(super) fn carry_out_with_tabs(&self, effect: Effect) -> Option<Effect> {
        let tabs = &self.0.tabs;
        match effect {
            Effect::Ledger {
                call,
                step,
                departure,
            } => {
                tabs.steps.borrow_mut().push(Running {
                    call,
                    step,
                    departure,
                    outcome: Outcome::unavailable(),
                });
                tabs.platform.transact(call);
            }
            Effect::Lock { call, deadline_ms } => tabs.platform.lock(call, deadline_ms),
            Effect::Unlock => tabs.platform.unlock(),
            Effect::AskShared { call, grant } => tabs.platform.ask(call, grant.as_str()),
            Effect::Publish(handover) => tabs.platform.publish(&handover.to_json()),
            Effect::RepairMark { own, instead_of } => {
                self.emit(Outgoing::repair_mark(&own, instead_of.as_ref()));
            }
            other => return Some(other),
        }
        None
    }

    /// The record was read: what is to be written in the same transaction.
    fn apply(&self, call: CallId, record: Option<&str>) -> Option<String> {
        let mut steps = self.0.tabs.steps.borrow_mut();
        let running = steps.iter_mut().find(|running| running.call == call)?;
        let (outcome, written) = apply(record, &running.step, platform::now() as u64);
        running.outcome = outcome;
        written
    }

    /// A transaction is over. If it was completed, what departs leaves in this very task.
    pub(super) fn completed(&self, call: CallId, opened_at: Option<u64>) {
        let mut steps = self.0.tabs.steps.borrow_mut();
        let Some(at) = steps.iter().position(|running| running.call == call) else {
            return;
        };
        let running = steps.swap_remove(at);
        drop(steps);
        let outcome = match opened_at {
            Some(opened_at) => running.outcome.completed(opened_at, platform::now() as u64),
            None => Outcome::unavailable(),
        };
        if outcome.verdict == crate::session::ledger::Verdict::Done
            && let Some(departure) = running.departure
        {
            let Departure {
                call,
                request,
                deadline_ms,
            } = departure;
            #[cfg(feature = "trace")]
            self.0.trace.sent(call, &request, SendKind::Read);
            self.send(call, &request, deadline_ms, SendKind::Read);
        }
        self.dispatch(Event::Ledger { call, outcome });
    }

    /// What a sibling that asks for this grant gets.
    fn give(&self, grant: &str) -> Option<String> {
        let handover = self.0.session.borrow().handover()?;
        (handover.of().grant.as_str() == grant).then(|| handover.to_json())
    }

    /// A sibling gave something, or nobody did.
    pub(super) fn given(&self, call: Option<CallId>, text: Option<&str>) {
        let now = platform::now() as u64;
        let session = self.0.session.borrow();
        let handover = text.and_then(|text| session.read_handover(text, now));
        drop(session);
        let handover = handover.map(Box::new);
        match (call, handover) {
            (Some(call), handover) => self.dispatch(Event::Shared { call, handover }),
            (None, Some(handover)) => self.dispatch(Event::Published(handover)),
            (None, None) => {}
        }
    }
}
