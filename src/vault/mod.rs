//! The vault: the only holder of tokens. It carries out the session's back-channel effects with what every global
//! scope has (fetch, SubtleCrypto, timers), so the same code runs in a page and in any worker.

mod api;
mod clock;
mod crypto;
mod fetch;
mod object;

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::link::{self, Outgoing};
use crate::protocol::error::{Code, Error};
use crate::session::event::Ticket;
use crate::session::{Command, Config, Effect, Event, Reply, Session};

/// A vault. Clones are handles to the same one.
#[derive(Clone)]
pub struct Vault(Rc<Inner>);

struct Inner {
    session: RefCell<Session>,
    emit: Box<dyn Fn(Outgoing)>,
    effects: RefCell<Vec<Effect>>,
    busy: Cell<bool>,
    timer: RefCell<Option<clock::Timeout>>,
    api: api::Calls,
    fetcher: fetch::Fetcher,
}

impl Vault {
    /// Opens a vault for one client. `emit` is called with everything that goes to the front.
    #[must_use]
    pub fn new(config: Config, emit: Box<dyn Fn(Outgoing)>) -> Self {
        Self(Rc::new(Inner {
            session: RefCell::new(Session::new(config, Box::new(random))),
            emit,
            effects: RefCell::default(),
            busy: Cell::new(false),
            timer: RefCell::default(),
            api: api::Calls::default(),
            fetcher: fetch::Fetcher::new(),
        }))
    }

    /// Takes one message of the front. `handle` is the `Request` of a `call`, and nothing otherwise.
    pub fn post(&self, message: &str, handle: JsValue) {
        let (ticket, session, ask) = match link::read(message) {
            Ok(incoming) => incoming,
            Err((ticket, error)) => return self.answer(ticket, Err(error)),
        };
        let command = match ask {
            link::Ask::Command(command) => command,
            link::Ask::Call { replayable } => match self.0.api.open(ticket, handle, replayable) {
                Ok(request) => Command::Call(request),
                Err(error) => return self.answer(ticket, Err(error)),
            },
            link::Ask::Cancel => return self.cancel(ticket),
        };
        self.dispatch(Event::Command {
            ticket,
            session,
            command,
        });
    }

    /// Runs one event through the session and carries out what follows, in order. A front that answers an effect at
    /// once comes back in here: its effects wait for their turn.
    fn dispatch(&self, event: Event) {
        let effects = self.0.session.borrow_mut().handle(event, clock::now());
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
    }

    fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::Send { .. } | Effect::Verify { .. } | Effect::CallApi { .. } => {
                spawn_local(self.clone().go(effect));
            }
            Effect::Deliver { ticket } => {
                if let Some(response) = self.0.api.deliver(ticket) {
                    self.emit(Outgoing::response(ticket, response));
                }
            }
            Effect::Reply { ticket, reply } => self.answer(ticket, reply),
            Effect::Tell(notice) => self.emit(Outgoing::notice(&notice)),
            Effect::WakeAt(at) => self.set_timer(at),
        }
    }

    /// What takes time. One task for all three kinds: each kind of task costs its own machinery.
    async fn go(self, effect: Effect) {
        let event = match effect {
            Effect::Send {
                call,
                request,
                deadline_ms,
                kind,
            } => {
                let answer = self.0.fetcher.send(&request, deadline_ms, kind).await;
                Event::Answered { call, answer }
            }
            Effect::Verify {
                call,
                alg,
                key,
                input,
                signature,
            } => {
                let valid = crypto::verify(alg, &key, &input, &signature).await;
                Event::Verified { call, valid }
            }
            Effect::CallApi {
                ticket,
                token,
                follow_redirects,
            } => match self.0.api.send(ticket, &token, follow_redirects).await {
                api::Sent::Answered { status, challenge } => Event::ApiAnswered {
                    ticket,
                    status,
                    challenge,
                },
                api::Sent::Failed(exception) => {
                    self.emit(Outgoing::thrown(ticket, exception));
                    Event::ApiFailed { ticket }
                }
                api::Sent::Redirected => {
                    self.answer(ticket, Err(Error::new(Code::ApiRedirected)));
                    Event::ApiFailed { ticket }
                }
                api::Sent::Gone => return,
            },
            _ => return,
        };
        self.dispatch(event);
    }

    fn answer(&self, ticket: Ticket, reply: Result<Reply, Error>) {
        self.0.api.close(ticket);
        self.emit(Outgoing::reply(ticket, &reply));
    }

    fn cancel(&self, ticket: Ticket) {
        self.0.api.close(ticket);
        self.dispatch(Event::ApiFailed { ticket });
    }

    fn emit(&self, message: Outgoing) {
        (self.0.emit)(message);
    }

    fn set_timer(&self, at: u64) {
        let vault = self.clone();
        let timer = clock::Timeout::at(at, move || vault.dispatch(Event::Tick));
        self.0.timer.replace(Some(timer));
    }
}

/// Fills a buffer from the platform's secure source. Without one nothing secret may be made, so it stops here; the
/// fronts refuse an insecure context long before.
fn random(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        wasm_bindgen::throw_str("no secure random source");
    }
}
