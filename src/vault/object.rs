//! Plain JavaScript objects for the options of platform calls.

use js_sys::{JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// Makes an object of JSON that this crate wrote.
pub(super) fn object<T: JsCast>(json: &str) -> T {
    JSON::parse(json).unwrap_or_default().unchecked_into()
}

/// Sets one member. It cannot fail on an object made by [`object`].
pub(super) fn set(object: &JsValue, name: &str, value: &JsValue) {
    let _ = Reflect::set(object, &name.into(), value);
}
