//! What the vault's worker needs beside: a session that goes on where an earlier vault ended.

use alloc::boxed::Box;
use alloc::string::String;

use wasm_bindgen::prelude::*;

use super::Emit;

#[wasm_bindgen]
extern "C" {
    /// Keeps a text, or forgets it; calls back with whether that is done.
    #[wasm_bindgen(
        typescript_type = "(text: string | undefined, done: (kept: boolean) => void) => void"
    )]
    pub type Keep;

    #[wasm_bindgen(method)]
    fn call(this: &Keep, of: &JsValue, text: Option<&str>, done: JsValue);
}

/// Like `open`. `parked` is what an earlier vault gave to its `keep`; this one gives each change of its session to it.
#[wasm_bindgen(unchecked_return_type = "(json: string, handle: unknown) => void", js_name = openParked)]
pub fn open_parked(
    config: &str,
    origin: &str,
    emit: Emit,
    parked: Option<String>,
    keep: Keep,
) -> Result<JsValue, JsValue> {
    let vault = super::vault(config, origin, emit)?;
    let keep = move |text: Option<&str>, done: Box<dyn FnOnce(bool)>| {
        keep.call(&JsValue::NULL, text, Closure::once_into_js(done));
    };
    vault.resume(parked.as_deref(), Box::new(keep));
    Ok(super::post(vault))
}
