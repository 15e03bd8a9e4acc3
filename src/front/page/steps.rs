//! The front channel's part of what is shown step by step; see [`Step`].

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Page, now};
use crate::front::telling::Told;
use crate::vault::trace::{of_form, without_query};
use crate::vault::{Step, StepKind};

impl Page {
    pub(super) fn step(&self, step: Step) {
        self.view.telling.tell(Told::Step(step));
    }

    /// Lets the vault's steps be told, from the first on.
    pub(super) fn trace(self: &Rc<Self>) {
        let page = Rc::downgrade(self);
        if let Ok(link) = self.link() {
            link.trace(alloc::boxed::Box::new(move |step| {
                if let Some(page) = page.upgrade() {
                    page.step(step);
                }
            }));
        }
    }
}

pub(super) fn authorization_request(url: &str) -> Step {
    leaving(StepKind::AuthorizationRequest, url)
}

pub(super) fn end_session_request(url: &str) -> Step {
    leaving(StepKind::EndSessionRequest, url)
}

pub(super) fn authorization_response(query: &str, url: &str) -> Step {
    front_channel(StepKind::AuthorizationResponse, url, of_form(query))
}

pub(super) fn end_session_response(url: &str) -> Step {
    front_channel(StepKind::EndSessionResponse, url, Vec::new())
}

fn leaving(kind: StepKind, url: &str) -> Step {
    let query = url
        .split_once('?')
        .map(|(_, query)| query)
        .unwrap_or_default();
    front_channel(kind, url, of_form(query))
}

fn front_channel(kind: StepKind, url: &str, parameters: Vec<(String, Option<String>)>) -> Step {
    Step {
        kind,
        at: now(),
        url: without_query(url),
        status: None,
        parameters,
        failed: None,
    }
}
