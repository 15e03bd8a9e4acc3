//! The JavaScript surface of the npm package: one class, one way in, one way out.

use alloc::boxed::Box;

use wasm_bindgen::prelude::*;

use crate::link::{Outgoing, error_to_json};
use crate::session::Config;

#[wasm_bindgen]
extern "C" {
    /// What takes every message to the front.
    #[wasm_bindgen(typescript_type = "(json: string, handle: unknown) => void")]
    pub type Emit;

    #[wasm_bindgen(method, catch)]
    fn call(this: &Emit, of: &JsValue, json: &str, handle: &JsValue) -> Result<(), JsValue>;
}

/// The vault as the TypeScript front uses it.
#[wasm_bindgen]
pub struct Vault(crate::vault::Vault);

#[wasm_bindgen]
impl Vault {
    /// Opens a vault. `config` is the JSON of the options, `origin` the page's; `emit(json, handle)` gets every
    /// message to the front. Throws the JSON of an error with a `config_*` code for a bad option.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str, origin: &str, emit: Emit) -> Result<Vault, JsValue> {
        let config = Config::from_json(config, origin)
            .map_err(|error| JsValue::from(error_to_json(&error)))?;
        let emit = move |message: Outgoing| {
            let _ = emit.call(&JsValue::NULL, &message.json, &message.handle);
        };
        Ok(Self(crate::vault::Vault::new(config, Box::new(emit))))
    }

    /// Takes one message of the front, with the `Request` of an API call beside it.
    pub fn post(&self, message: &str, handle: JsValue) {
        self.0.post(message, handle);
    }
}
