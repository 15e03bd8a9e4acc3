//! What an app asks of its session.

use alloc::rc::Rc;
use alloc::string::String;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Request, Response};

use super::Page;
use super::link::{Answer, Refusal};
use crate::front::error::{AuthError, FetchError};
use crate::front::latch::{Latch, first};
use crate::front::state::{AuthEvent, User};
use crate::front::wire::user_of;
use crate::protocol::error::Code;
use crate::protocol::json_text::JsonText;

const UNAUTHORIZED: u16 = 401;

impl Page {
    /// Resolves when it is clear whose session this page shows.
    async fn settled(self: &Rc<Self>) {
        if self.view.state.borrow().is_loading() {
            self.view.ready.wait().await;
        }
        self.compare_mark();
        self.tell_activity();
        let adopting = self.adopting.borrow().wait();
        adopting.await;
    }

    pub(in crate::front) async fn fetch(
        self: &Rc<Self>,
        request: Request,
    ) -> Result<Response, FetchError> {
        let aborted = Abort::of(request.signal());
        match first(self.send(request), aborted.wait()).await {
            Ok(outcome) => outcome,
            Err(reason) => Err(FetchError::Thrown(reason)),
        }
    }

    async fn send(self: &Rc<Self>, request: Request) -> Result<Response, FetchError> {
        self.settled().await;
        let Some(session) = self.session() else {
            let response = self.send_without_token(&request).await?;
            if response.status() == UNAUTHORIZED {
                return Err(self.fail(Code::LoginRequired).into());
            }
            return Ok(response);
        };
        let mut fields = JsonText::new();
        fields.text("session", &session).raw("replayable", "true");
        let link = self.link()?;
        match link.ask("call", fields, request.into()).await {
            Ok(Answer { handle, .. }) => handle
                .dyn_into()
                .map_err(|_| self.fail(Code::InternalError).into()),
            Err(Refusal::Error(error)) => {
                let error = self.named(error);
                self.tell_step_up(&error);
                Err(error.into())
            }
            Err(Refusal::Thrown(thrown)) => Err(FetchError::Thrown(thrown)),
        }
    }

    async fn send_without_token(&self, request: &Request) -> Result<Response, FetchError> {
        let response = JsFuture::from(self.window.fetch_with_request(request));
        let response = response.await.map_err(FetchError::Thrown)?;
        response.dyn_into().map_err(FetchError::Thrown)
    }

    fn tell_step_up(&self, error: &AuthError) {
        if error.code() == Code::StepUpRequired {
            let said = error.provider();
            self.view.telling.emit(AuthEvent::StepUpRequired {
                acr_values: said.and_then(|said| said.acr_values.clone()),
                max_age: said.and_then(|said| said.max_age),
            });
        }
    }

    pub(in crate::front) async fn user_info(self: &Rc<Self>) -> Result<User, AuthError> {
        let answer = self.ask_session("userInfo").await?;
        Ok(user_of(&answer.fields, "claims"))
    }

    pub(in crate::front) async fn refresh(self: &Rc<Self>) -> Result<(), AuthError> {
        self.ask_session("refresh").await.map(|_| ())
    }

    pub(in crate::front) async fn access_token(self: &Rc<Self>) -> Result<String, AuthError> {
        let answer = self.ask_session("accessToken").await?;
        Ok(answer.text("token").unwrap_or_default().into())
    }

    async fn ask_session(self: &Rc<Self>, command: &str) -> Result<Answer, AuthError> {
        self.settled().await;
        let Some(session) = self.session() else {
            return Err(self.fail(Code::LoginRequired));
        };
        let mut fields = JsonText::new();
        fields.text("session", &session);
        self.ask(command, fields).await
    }
}

/// An abort that may come.
struct Abort {
    reason: Latch<JsValue>,
    _listener: EventListener,
}

impl Abort {
    fn of(signal: AbortSignal) -> Self {
        let reason = Latch::new();
        if signal.aborted() {
            reason.settle(signal.reason());
        }
        let (told, source) = (reason.clone(), signal.clone());
        Self {
            reason,
            _listener: EventListener::once(&signal, "abort", move |_| told.settle(source.reason())),
        }
    }

    fn wait(&self) -> impl Future<Output = JsValue> + use<> {
        self.reason.wait()
    }
}
