//! A client whose vault is a worker: a handle to the very front that the npm package has for it, `keyward.js`. All that
//! concerns the worker exists once.

use alloc::rc::Rc;
use alloc::string::String;
use core::convert::Infallible;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, Response};

use super::config::AuthConfig;
use super::error::{AuthError, FetchError};
use super::options::{SignInOptions, SignOutOptions};
use super::state::{AuthEvent, AuthState, Limit, User};
use super::view::View;
use super::wire::{error_of, expiry_of, reason_of, user_of};
use crate::protocol::error::Code;
use crate::protocol::json::{self, Map, Value};

#[wasm_bindgen(module = "/src/front/worker/keyward.js")]
extern "C" {
    type Client;

    #[wasm_bindgen(constructor)]
    fn new(options: &str, hear: &Closure<dyn Fn(String, String)>) -> Client;
    #[wasm_bindgen(method, js_name = expiresAt)]
    fn expires_at(this: &Client) -> Option<f64>;
    #[wasm_bindgen(method)]
    fn touch(this: &Client);
    #[wasm_bindgen(method)]
    fn conflict(this: &Client);
    #[wasm_bindgen(method)]
    fn ask(this: &Client, what: &str, argument: &JsValue) -> Asked;

    /// A question on its way.
    type Asked;

    #[wasm_bindgen(method, getter)]
    fn answer(this: &Asked) -> js_sys::Promise;
    #[wasm_bindgen(method)]
    fn stop(this: &Asked);

    /// The JSON of what a question failed with, if it is an error of Keyward.
    fn refusal(thrown: &JsValue) -> Option<String>;
}

/// The client of a page.
pub(super) struct Worker {
    client: Rc<Client>,
    _hear: Closure<dyn Fn(String, String)>,
}

impl Worker {
    pub(super) fn open(config: &AuthConfig, view: &Rc<View>) -> Self {
        let seen = view.clone();
        let hear = Closure::new(move |what: String, message: String| {
            if let Ok(message) = json::parse_object(&message, usize::MAX) {
                seen.hear(&what, &message);
            }
        });
        let client = Rc::new(Client::new(&config.to_json(), &hear));
        let source = client.clone();
        view.expires_at
            .follow(move || source.expires_at().map(|at| at as u64));
        Self {
            client,
            _hear: hear,
        }
    }

    /// The same client was asked for with other options.
    pub(super) fn conflict(&self) {
        self.client.conflict();
    }

    pub(super) fn touch(&self) {
        self.client.touch();
    }

    pub(super) async fn fetch(&self, request: Request) -> Result<Response, FetchError> {
        let answer = self.ask("fetch", &request).await?;
        answer.dyn_into().map_err(FetchError::Thrown)
    }

    pub(super) async fn sign_in(&self, options: &SignInOptions) -> Result<Infallible, AuthError> {
        let fields = options.fields(options.return_to.as_deref()).finish();
        let asked = self.ask_plain("signIn", &fields).await;
        // It never ends well: the page is gone by then.
        Err(asked.err().unwrap_or_else(internal_error))
    }

    pub(super) async fn sign_out(&self, options: &SignOutOptions) -> Result<(), AuthError> {
        self.ask_plain("signOut", &options.to_json()).await?;
        Ok(())
    }

    pub(super) async fn refresh(&self) -> Result<(), AuthError> {
        self.ask_plain("refresh", "").await?;
        Ok(())
    }

    pub(super) async fn user_info(&self) -> Result<User, AuthError> {
        let answer = self.ask_plain("userInfo", "").await?;
        let answer = json::parse_object(&answer, usize::MAX);
        answer
            .map(|answer| user_of(&answer, "claims"))
            .map_err(|_| internal_error())
    }

    pub(super) async fn access_token(&self) -> Result<String, AuthError> {
        self.ask_plain("accessToken", "").await
    }

    async fn ask_plain(&self, what: &str, options: &str) -> Result<String, AuthError> {
        match self.ask(what, &JsValue::from(options)).await {
            Ok(answer) => Ok(answer.as_string().unwrap_or_default()),
            Err(FetchError::Auth(error)) => Err(error),
            Err(FetchError::Thrown(_)) => Err(internal_error()),
        }
    }

    /// Dropping it gives the question up.
    async fn ask(&self, what: &str, argument: &JsValue) -> Result<JsValue, FetchError> {
        let asked = OnItsWay(self.client.ask(what, argument));
        let answer = JsFuture::from(asked.0.answer()).await;
        answer.map_err(|thrown| match refusal(&thrown) {
            Some(refusal) => read_error(&refusal).into(),
            None => FetchError::Thrown(thrown),
        })
    }
}

struct OnItsWay(Asked);

impl Drop for OnItsWay {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl View {
    fn hear(&self, what: &str, message: &Map) {
        let error = || error_in(message, "error").unwrap_or_else(internal_error);
        let text = |name: &str| json::string(message, name).map(String::from);
        let event = match what {
            "state" => return self.show(self.state_of(message)),
            "signedIn" => AuthEvent::SignedIn {
                user: user_of(message, "user"),
                restored: json::flag(message, "restored"),
            },
            "signedInElsewhere" => AuthEvent::SignedInElsewhere,
            "signedOut" => AuthEvent::SignedOut {
                reason: reason_of(message),
            },
            "userChanged" => AuthEvent::UserChanged {
                user: user_of(message, "user"),
            },
            "refreshed" => AuthEvent::Refreshed {
                expires_at: expiry_of(message),
            },
            "expiring" => AuthEvent::Expiring {
                ends_at: message.get("endsAt").and_then(Value::as_u64).unwrap_or(0),
                limit: match json::string(message, "limit") {
                    Some("idle") => Limit::Idle,
                    _ => Limit::MaxAge,
                },
            },
            "extended" => AuthEvent::Extended,
            "refreshFailed" => AuthEvent::RefreshFailed { error: error() },
            "stepUpRequired" => AuthEvent::StepUpRequired {
                acr_values: text("acrValues"),
                max_age: message.get("maxAge").and_then(Value::as_u64),
            },
            _ => return self.diagnose(written(message).unwrap_or_else(internal_error)),
        };
        self.telling.emit(event);
    }

    fn state_of(&self, message: &Map) -> AuthState {
        let last_error = error_in(message, "lastError");
        match json::string(message, "status") {
            Some("signedIn") => AuthState::SignedIn {
                user: user_of(message, "user"),
                scope: json::string(message, "scope").unwrap_or_default().into(),
                expires_at: self.expires_at.clone(),
                last_error,
            },
            Some("signedOut") => AuthState::SignedOut {
                reason: reason_of(message),
                last_error,
            },
            _ => AuthState::Loading { last_error },
        }
    }
}

fn error_in(message: &Map, name: &str) -> Option<AuthError> {
    written(message.get(name)?.as_object()?)
}

fn read_error(text: &str) -> AuthError {
    let error = json::parse_object(text, usize::MAX).ok();
    error
        .and_then(|error| written(&error))
        .unwrap_or_else(internal_error)
}

/// An error as the front described it.
fn written(described: &Map) -> Option<AuthError> {
    let text = |name: &str| json::string(described, name).unwrap_or_default();
    let error = error_of(described)?;
    Some(AuthError::written(error, text("message"), text("fix")))
}

fn internal_error() -> AuthError {
    AuthError::bare(Code::InternalError)
}
