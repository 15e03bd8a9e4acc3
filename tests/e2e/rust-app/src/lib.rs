//! The Rust front as the shared test page needs it: `keyward::Auth`, method by method, with plain data going in and out.
//! The other half is `keyward.js`. Neither decides anything, so that what the tests see is what the front does.

mod leaving;
mod options;
mod plain;

use js_sys::{Function, Promise};
use keyward::{Auth, AuthError, ExpiresAt, FetchError, Subscription};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, Response, console};

/// A client.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client(Auth);

/// A state as it was told. Only the end of the token is read anew.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Shown {
    json: String,
    expires_at: Option<ExpiresAt>,
}

/// An error of Keyward, apart from all that `fetch` may throw.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Refused(AuthError);

/// A listener that listens until this is freed.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Listening(#[expect(dead_code, reason = "only held")] Subscription);

#[wasm_bindgen(start)]
fn start() {
    // A panic is a bug, and a test that fails should say which.
    std::panic::set_hook(Box::new(|panic| {
        console::error_1(&JsValue::from(panic.to_string()))
    }));
}

#[wasm_bindgen]
impl Client {
    /// `options` is the JSON of those of `createAuth`. Throws for what an `AuthConfig` has no place for.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> Result<Client, JsError> {
        Ok(Self(Auth::new(options::config(options)?)))
    }

    /// Whether both are handles to the same client.
    pub fn is(&self, other: &Client) -> bool {
        self.0 == other.0
    }

    /// `Auth::state`.
    pub fn state(&self) -> Shown {
        plain::state(&self.0.state())
    }

    /// `Auth::user`, as JSON.
    pub fn user(&self) -> Option<String> {
        self.0.user().map(|user| user.to_json())
    }

    /// `Auth::diagnostics`, as JSON.
    pub fn diagnostics(&self) -> String {
        plain::diagnostics(&self.0.diagnostics())
    }

    /// `Auth::ready`. The caller has been told the state.
    pub async fn ready(&self) {
        let _ = self.0.ready().await;
    }

    /// `Auth::subscribe`: calls `listener(shown)`.
    pub fn subscribe(&self, listener: Function) -> Listening {
        Listening(self.0.subscribe(move |state| {
            let _ = listener.call1(&JsValue::NULL, &plain::state(state).into());
        }))
    }

    /// `Auth::on`: calls `listener(name, json)`.
    pub fn on(&self, listener: Function) -> Listening {
        Listening(self.0.on(move |event| {
            if let Some((name, json)) = plain::event(event) {
                let _ = listener.call2(&JsValue::NULL, &name.into(), &json.into());
            }
        }))
    }

    /// `Auth::sign_in`, dropped when `stop` rejects.
    #[wasm_bindgen(js_name = signIn)]
    pub async fn sign_in(&self, options: &str, stop: Promise) -> Result<(), JsValue> {
        let options = options::sign_in(options).map_err(JsValue::from)?;
        let signing_in = self.0.sign_in(options);
        match leaving::unless(JsFuture::from(stop), signing_in).await? {
            Ok(never) => match never {},
            Err(error) => Err(refused(error)),
        }
    }

    /// `Auth::fetch`.
    pub async fn fetch(&self, request: Request) -> Result<Response, JsValue> {
        self.0.fetch(request).await.map_err(|error| match error {
            FetchError::Auth(error) => refused(error),
            FetchError::Thrown(thrown) => thrown,
        })
    }

    /// `Auth::user_info`, as JSON.
    #[wasm_bindgen(js_name = userInfo)]
    pub async fn user_info(&self) -> Result<String, JsValue> {
        let user = self.0.user_info().await.map_err(refused)?;
        Ok(user.to_json())
    }

    /// `Auth::touch`.
    pub fn touch(&self) {
        self.0.touch();
    }

    /// `Auth::refresh`.
    pub async fn refresh(&self) -> Result<(), JsValue> {
        self.0.refresh().await.map_err(refused)
    }

    /// `Auth::access_token`.
    #[wasm_bindgen(js_name = accessToken)]
    pub async fn access_token(&self) -> Result<String, JsValue> {
        self.0.access_token().await.map_err(refused)
    }

    /// `Auth::sign_out`.
    #[wasm_bindgen(js_name = signOut)]
    pub async fn sign_out(&self, options: &str) -> Result<(), JsValue> {
        let options = options::sign_out(options).map_err(JsValue::from)?;
        self.0.sign_out(options).await.map_err(refused)
    }
}

#[wasm_bindgen]
impl Shown {
    /// All but the end of the token.
    #[wasm_bindgen(getter)]
    pub fn json(&self) -> String {
        self.json.clone()
    }

    /// `ExpiresAt::get`.
    #[wasm_bindgen(getter, js_name = expiresAt)]
    pub fn expires_at(&self) -> Option<f64> {
        let at = self.expires_at.as_ref()?.get()?;
        Some(at as f64)
    }
}

#[wasm_bindgen]
impl Refused {
    /// Its fields.
    #[wasm_bindgen(getter)]
    pub fn json(&self) -> String {
        plain::error(&self.0).to_string()
    }
}

fn refused(error: AuthError) -> JsValue {
    Refused(error).into()
}
