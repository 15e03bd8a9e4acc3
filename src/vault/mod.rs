//! The vault: the only holder of tokens. It carries out the session's back-channel effects with what every global
//! scope has (fetch, SubtleCrypto, timers), so the same code runs in a page and in any worker.

#[cfg(feature = "worker")]
mod keeping;
mod platform;
#[cfg(feature = "ledger")]
mod tabs;
#[cfg(feature = "trace")]
pub(crate) mod trace;

use alloc::boxed::Box;
use alloc::rc::{Rc, Weak};
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use self::platform::{Heard, Platform};
use crate::link::{self, Outgoing};
use crate::protocol::error::{Code, Error};
use crate::protocol::http::Request;
use crate::session::effect::SendKind;
use crate::session::event::{CallId, Ticket};
use crate::session::{Command, Config, Effect, Event, Reply, Session};

#[cfg(feature = "worker")]
pub use self::keeping::Keep;
#[cfg(feature = "trace")]
pub use self::trace::{Step, StepKind};

/// A vault. Clones are handles to the same one.
#[derive(Clone)]
pub struct Vault(Rc<Inner>);

struct Inner {
    session: RefCell<Session>,
    emit: Box<dyn Fn(Outgoing)>,
    effects: RefCell<Vec<Effect>>,
    busy: Cell<bool>,
    platform: Platform,
    #[cfg(feature = "ledger")]
    tabs: tabs::Tabs,
    #[cfg(feature = "worker")]
    keeping: keeping::Keeping,
    #[cfg(feature = "trace")]
    trace: trace::Trace,
    _hear: Closure<dyn Fn(String, JsValue)>,
}

impl Vault {
    /// Opens a vault for one client. `emit` is called with everything that goes to the front.
    #[must_use]
    pub fn new(config: Config, emit: Box<dyn Fn(Outgoing)>) -> Self {
        Self(Rc::new_cyclic(|vault: &Weak<Inner>| {
            let hearing = vault.clone();
            let hear = Closure::new(move |json: String, handle| {
                if let Some(vault) = hearing.upgrade() {
                    Self(vault).hear(&json, handle);
                }
            });
            Inner {
                #[cfg(feature = "ledger")]
                tabs: tabs::Tabs::new(&config, vault.clone(), &hear),
                session: RefCell::new(Session::new(config, Box::new(random))),
                emit,
                effects: RefCell::default(),
                busy: Cell::new(false),
                platform: Platform::new(&hear),
                #[cfg(feature = "worker")]
                keeping: keeping::Keeping::default(),
                #[cfg(feature = "trace")]
                trace: trace::Trace::default(),
                _hear: hear,
            }
        }))
    }

    /// Lets somebody see each step from now on.
    #[cfg(feature = "trace")]
    pub fn trace(&self, see: Box<dyn Fn(Step)>) {
        self.0.trace.watch(see);
    }

    /// Takes one message of the front. `handle` is the `Request` of a `call`, and nothing otherwise.
    pub fn post(&self, message: &str, handle: JsValue) {
        let (ticket, session, ask) = match link::read(message) {
            Ok(incoming) => incoming,
            Err((ticket, error)) => return self.answer(ticket, Err(error)),
        };
        let command = match ask {
            link::Ask::Command(command) => command,
            link::Ask::Call { replayable } => {
                match self.0.platform.about(ticket, &handle, replayable) {
                    Some(request) => {
                        #[cfg(feature = "trace")]
                        self.0.trace.api(ticket, &request);
                        Command::Call(request)
                    }
                    None => return self.answer(ticket, Err(Error::new(Code::InternalError))),
                }
            }
            link::Ask::Cancel => {
                self.0.platform.take(ticket);
                return self.dispatch(Event::ApiFailed { ticket });
            }
        };
        self.dispatch(Event::Command {
            ticket,
            session,
            command,
        });
    }

    fn hear(&self, json: &str, handle: JsValue) {
        let event = match Heard::read(json) {
            Some(Heard::Event(event)) => event,
            Some(Heard::Redirected(ticket)) => {
                self.answer(ticket, Err(Error::new(Code::ApiRedirected)));
                Event::ApiFailed { ticket }
            }
            Some(Heard::Thrown(ticket)) => {
                self.0.platform.take(ticket);
                self.emit(Outgoing::thrown(ticket, handle));
                Event::ApiFailed { ticket }
            }
            #[cfg(feature = "ledger")]
            Some(Heard::Completed(call, opened_at)) => return self.completed(call, opened_at),
            #[cfg(feature = "ledger")]
            Some(Heard::Given(call, text)) => return self.given(call, text.as_deref()),
            None => return,
        };
        self.dispatch(event);
    }

    /// Runs one event through the session and carries out what follows, in order. A front that answers an effect at
    /// once comes back in here: its effects wait for their turn.
    fn dispatch(&self, event: Event) {
        #[cfg(feature = "trace")]
        self.0.trace.happened(&event);
        let now = platform::now() as u64;
        let effects = self.0.session.borrow_mut().handle(event, now);
        self.carry_out_all(effects);
    }

    #[inline]
    fn carry_out_all(&self, effects: Vec<Effect>) {
        self.0.effects.borrow_mut().extend(effects);
        if self.0.busy.replace(true) {
            return;
        }
        loop {
            let mut effects = self.0.effects.borrow_mut();
            if effects.is_empty() {
                break;
            }
            let effect = effects.remove(0);
            drop(effects);
            self.carry_out(effect);
        }
        self.0.busy.set(false);
        #[cfg(feature = "worker")]
        self.keep();
    }

    fn carry_out(&self, effect: Effect) {
        #[cfg(feature = "trace")]
        self.0.trace.will_do(&effect);
        #[cfg(feature = "ledger")]
        let Some(effect) = self.carry_out_with_tabs(effect) else {
            return;
        };
        let platform = &self.0.platform;
        match effect {
            Effect::Send {
                call,
                request,
                deadline_ms,
                kind,
            } => {
                #[cfg(feature = "worker")]
                if kind == SendKind::Refresh {
                    return self.keep_then_send(call, request, deadline_ms);
                }
                self.send(call, &request, deadline_ms, kind);
            }
            Effect::Verify {
                call,
                alg,
                key,
                input,
                signature,
            } => platform.verify(call, alg.as_str(), &key, &input, &signature),
            Effect::CallApi {
                ticket,
                token,
                follow_redirects,
            } => platform.call(ticket, token.expose(), follow_redirects),
            Effect::Deliver { ticket } => {
                let response = platform.take(ticket);
                if !response.is_undefined() {
                    self.emit(Outgoing::response(ticket, response));
                }
            }
            Effect::Reply { ticket, reply } => self.answer(ticket, reply),
            Effect::Tell(notice) => self.emit(Outgoing::notice(&notice)),
            Effect::WakeAt(at) => platform.wake(at as f64),
            #[cfg(feature = "ledger")]
            _ => {}
        }
    }

    #[inline]
    fn send(&self, call: CallId, request: &Request, deadline_ms: u32, kind: SendKind) {
        let init = platform::init(request, kind);
        let probe = kind == SendKind::Probe;
        let platform = &self.0.platform;
        platform.send(call, &request.url, &init, deadline_ms, probe);
    }

    fn answer(&self, ticket: Ticket, reply: Result<Reply, Error>) {
        self.0.platform.take(ticket);
        self.emit(Outgoing::reply(ticket, &reply));
    }

    fn emit(&self, message: Outgoing) {
        (self.0.emit)(message);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.platform.close();
    }
}

/// Fills a buffer from the platform's secure source. Without one nothing secret may be made, so it stops here; the
/// fronts refuse an insecure context long before.
#[cfg(target_arch = "wasm32")]
pub(crate) fn random(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        wasm_bindgen::throw_str("no secure random source");
    }
}

/// On the host there is no page whose vault could be opened.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn random(_: &mut [u8]) {
    wasm_bindgen::throw_str("no secure random source");
}
