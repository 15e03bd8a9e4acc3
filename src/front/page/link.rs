//! The way to the vault: the same messages as the TypeScript front's. In the page it is a direct call, so that an answer
//! can be there before `ask` returns.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, OnceCell, RefCell};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use wasm_bindgen::JsValue;

use crate::front::latch::Latch;
use crate::front::wire::error_in;
use crate::link::{Outgoing, VERSION};
use crate::protocol::error::Error;
use crate::protocol::json::{self, Map, Value};
use crate::protocol::json_text::JsonText;
use crate::session::Config;
use crate::vault::Vault;

/// What a command got: its answer, or why there is none.
pub(super) type Reply = Result<Answer, Refusal>;

/// The answer to a command; each command knows what it gets.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) fields: Rc<Map>,
    /// The `Response` of an API call.
    pub(super) handle: JsValue,
}

impl Answer {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        json::string(&self.fields, name)
    }
}

/// Why a command has no answer.
#[derive(Clone)]
pub(super) enum Refusal {
    Error(Error),
    /// What `fetch` threw.
    Thrown(JsValue),
}

pub(super) struct Link {
    vault: OnceCell<Vault>,
    waiting: RefCell<Vec<(u32, Latch<Reply>)>>,
    tickets: Cell<u32>,
}

impl Link {
    /// Opens a vault in this page. `hear` gets what it tells without being asked.
    pub(super) fn to_page(config: Config, hear: impl Fn(&Map) + 'static) -> Rc<Self> {
        let link = Rc::new(Self {
            vault: OnceCell::new(),
            waiting: RefCell::default(),
            tickets: Cell::new(0),
        });
        let way_back = Rc::downgrade(&link);
        let emit = move |message: Outgoing| {
            if let Some(link) = way_back.upgrade() {
                link.receive(&message.json, message.handle, &hear);
            }
        };
        let _ = link.vault.set(Vault::new(config, Box::new(emit)));
        link
    }

    #[cfg(feature = "trace")]
    pub(super) fn trace(&self, see: Box<dyn Fn(crate::vault::Step)>) {
        if let Some(vault) = self.vault.get() {
            vault.trace(see);
        }
    }

    /// Sends a command. Dropping what it returns cancels it.
    pub(super) fn ask(self: &Rc<Self>, command: &str, fields: JsonText, handle: JsValue) -> Asked {
        let ticket = self.tickets.get() + 1;
        self.tickets.set(ticket);
        let latch = Latch::new();
        self.waiting.borrow_mut().push((ticket, latch.clone()));
        self.send(command, ticket, fields, handle);
        Asked {
            link: self.clone(),
            ticket,
            reply: Box::pin(latch.wait()),
        }
    }

    /// Tells the vault something that needs no answer.
    pub(super) fn tell(&self, command: &str, fields: JsonText) {
        self.send(command, 0, fields, JsValue::UNDEFINED);
    }

    fn send(&self, command: &str, ticket: u32, mut fields: JsonText, handle: JsValue) {
        fields
            .number("v", Some(VERSION))
            .text("do", command)
            .number("ticket", Some(ticket.into()));
        if let Some(vault) = self.vault.get() {
            vault.post(&fields.finish(), handle);
        }
    }

    fn receive(&self, message: &str, handle: JsValue, hear: &impl Fn(&Map)) {
        let Ok(message) = json::parse_object(message, usize::MAX) else {
            return;
        };
        if message.contains_key("notice") {
            return hear(&message);
        }
        let ticket = message.get("ticket").and_then(Value::as_u64).unwrap_or(0);
        let Some(latch) = self.forget(ticket as u32) else {
            return;
        };
        latch.settle(if let Some(Value::Object(fields)) = message.get("ok") {
            let fields = fields.clone();
            Ok(Answer { fields, handle })
        } else if let Some(error) = error_in(&message) {
            Err(Refusal::Error(error))
        } else {
            Err(Refusal::Thrown(handle))
        });
    }

    fn forget(&self, ticket: u32) -> Option<Latch<Reply>> {
        let mut waiting = self.waiting.borrow_mut();
        let place = waiting.iter().position(|(one, _)| *one == ticket)?;
        Some(waiting.swap_remove(place).1)
    }
}

/// A command on its way.
pub(super) struct Asked {
    link: Rc<Link>,
    ticket: u32,
    reply: Pin<Box<dyn Future<Output = Reply>>>,
}

impl Future for Asked {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        self.reply.as_mut().poll(context)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if self.link.forget(self.ticket).is_some() {
            self.link
                .send("cancel", self.ticket, JsonText::new(), JsValue::UNDEFINED);
        }
    }
}
