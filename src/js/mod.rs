//! The JavaScript surface of the npm package: one function, one way in, one way out.

use alloc::boxed::Box;
use alloc::string::String;

use wasm_bindgen::prelude::*;

#[cfg(feature = "worker")]
pub mod worker;

use crate::link::{Outgoing, error_to_json};
use crate::session::Config;
use crate::vault::Vault;

#[wasm_bindgen]
extern "C" {
    /// What takes every message to the front.
    #[wasm_bindgen(typescript_type = "(json: string, handle: unknown) => void")]
    pub type Emit;

    #[wasm_bindgen(method, catch)]
    fn call(this: &Emit, of: &JsValue, json: &str, handle: &JsValue) -> Result<(), JsValue>;
}

/// Opens a vault for the TypeScript front. `config` is the JSON of the options, `origin` the page's; `emit(json, handle)`
/// gets every message to the front. Returns what takes each message of the front, with the `Request` of an API call
/// beside it; the vault lives as long as that. Throws the JSON of an error with a `config_*` code for a bad option.
#[wasm_bindgen(unchecked_return_type = "(json: string, handle: unknown) => void")]
pub fn open(config: &str, origin: &str, emit: Emit) -> Result<JsValue, JsValue> {
    let vault = vault(config, origin, emit)?;
    Ok(post(vault))
}

#[inline]
fn post(vault: Vault) -> JsValue {
    let post = move |message: String, handle| vault.post(&message, handle);
    Closure::<dyn Fn(String, JsValue)>::new(post).into_js_value()
}

#[inline]
fn vault(config: &str, origin: &str, emit: Emit) -> Result<Vault, JsValue> {
    let config =
        Config::from_json(config, origin).map_err(|error| JsValue::from(error_to_json(&error)))?;
    let emit = move |message: Outgoing| {
        let _ = emit.call(&JsValue::NULL, &message.json, &message.handle);
    };
    Ok(Vault::new(config, Box::new(emit)))
}
