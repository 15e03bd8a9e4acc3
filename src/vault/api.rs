//! API calls: the app's own `Request`, with the access token added at the last moment.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestInit, Response, Url};

use super::object::object;
use crate::protocol::error::{Code, Error};
use crate::protocol::secret::AccessToken;
use crate::session::ApiRequest;
use crate::session::event::Ticket;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn fetch_request(request: &Request) -> Promise;

    type RedirectMode;
    #[wasm_bindgen(method, getter)]
    fn redirect(this: &RedirectMode) -> String;
}

/// The calls that are on their way.
#[derive(Default)]
pub(super) struct Calls(RefCell<Vec<Call>>);

struct Call {
    ticket: Ticket,
    /// The request as the app made it. Each sending uses a copy, so that it can be sent again.
    request: Request,
    replayable: bool,
    response: Option<Response>,
}

/// What became of a sending.
pub(super) enum Sent {
    Answered {
        status: u16,
        challenge: Option<String>,
    },
    Redirected,
    /// `fetch` threw this.
    Failed(JsValue),
    /// Nobody waits any more.
    Gone,
}

impl Calls {
    /// Takes a call in and tells the session what it is about.
    pub(super) fn open(
        &self,
        ticket: Ticket,
        handle: JsValue,
        replayable: bool,
    ) -> Result<ApiRequest, Error> {
        let request: Request = handle
            .dyn_into()
            .map_err(|_| Error::new(Code::InternalError))?;
        let url = Url::new(&request.url()).map_err(|_| Error::new(Code::ApiNotAllowed))?;
        let headers = request.headers();
        let has = |name| headers.has(name).unwrap_or(true);
        let about = ApiRequest {
            origin: url.origin(),
            path: url.pathname(),
            has_credentials: !url.username().is_empty() || !url.password().is_empty(),
            method: request.method(),
            own_authorization: has("authorization") || has("dpop"),
            replayable,
        };
        self.0.borrow_mut().push(Call {
            ticket,
            request,
            replayable,
            response: None,
        });
        Ok(about)
    }

    pub(super) async fn send(
        &self,
        ticket: Ticket,
        token: &AccessToken,
        follow_redirects: bool,
    ) -> Sent {
        let prepared = match self.prepare(ticket, token, follow_redirects) {
            Some(prepared) => prepared,
            None => return Sent::Gone,
        };
        let (request, refuse_redirects) = match prepared {
            Ok(prepared) => prepared,
            Err(exception) => return self.failed(ticket, exception),
        };
        let response: Response = match JsFuture::from(fetch_request(&request)).await {
            Ok(response) => response.unchecked_into(),
            Err(exception) => return self.failed(ticket, exception),
        };
        // What "manual" shows of a redirect has no status.
        if refuse_redirects && response.status() == 0 {
            self.close(ticket);
            return Sent::Redirected;
        }
        let status = response.status();
        let challenge = response.headers().get("www-authenticate").ok().flatten();
        match self
            .0
            .borrow_mut()
            .iter_mut()
            .find(|call| call.ticket == ticket)
        {
            Some(call) => call.response = Some(response),
            None => return Sent::Gone,
        }
        Sent::Answered { status, challenge }
    }

    /// The app's request with the token in its header. A redirect the app did not ask to see itself is refused: it
    /// would take the request, and what is in it, to a place that nobody allowed.
    fn prepare(
        &self,
        ticket: Ticket,
        token: &AccessToken,
        follow_redirects: bool,
    ) -> Option<Result<(Request, bool), JsValue>> {
        let calls = self.0.borrow();
        let call = calls.iter().find(|call| call.ticket == ticket)?;
        let refuse = !follow_redirects && redirect_mode(&call.request) == "follow";
        let init: RequestInit = object(if refuse {
            r#"{"redirect":"manual"}"#
        } else {
            "{}"
        });
        let source = match call.replayable {
            true => call.request.clone(),
            false => Ok(call.request.unchecked_ref::<Request>().to_owned()),
        };
        let mut value = String::from("Bearer ");
        value.push_str(token.expose());
        Some(
            source
                .and_then(|source| Request::new_with_request_and_init(&source, &init))
                .and_then(|request| {
                    request.headers().set("authorization", &value)?;
                    Ok((request, refuse))
                }),
        )
    }

    /// The last answer of a call, which ends it.
    pub(super) fn deliver(&self, ticket: Ticket) -> Option<Response> {
        self.take(ticket)?.response
    }

    pub(super) fn close(&self, ticket: Ticket) {
        self.take(ticket);
    }

    fn failed(&self, ticket: Ticket, exception: JsValue) -> Sent {
        match self.take(ticket) {
            Some(_) => Sent::Failed(exception),
            None => Sent::Gone,
        }
    }

    fn take(&self, ticket: Ticket) -> Option<Call> {
        let mut calls = self.0.borrow_mut();
        let at = calls.iter().position(|call| call.ticket == ticket)?;
        Some(calls.swap_remove(at))
    }
}

fn redirect_mode(request: &Request) -> String {
    request.unchecked_ref::<RedirectMode>().redirect()
}
