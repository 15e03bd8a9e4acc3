//! Rust's side of `realm.js`.

use js_sys::{Float64Array, Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestInit};

#[wasm_bindgen(module = "/tests/browser/suite/support/realm.js")]
extern "C" {
    #[wasm_bindgen(js_name = undoAll)]
    pub(crate) fn undo_all();
    #[wasm_bindgen(js_name = patchFetch)]
    fn patch_fetch(react: &Closure<dyn Fn(Request, RequestInit) -> JsValue>) -> Function;
    pub(super) fn respond(status: u16, headers: &str, body: &str) -> JsValue;
    #[wasm_bindgen(js_name = opaqueRedirect)]
    pub(super) fn opaque_redirect() -> JsValue;
    pub(super) fn refuse() -> JsValue;
    pub(super) fn silence(request: &Request) -> JsValue;
    pub(super) fn stall(request: &Request, status: u16, headers: &str, begin: &str) -> JsValue;
    #[wasm_bindgen(js_name = shiftClock)]
    fn js_shift_clock(by: f64) -> Function;
    #[wasm_bindgen(js_name = fixRandom)]
    fn js_fix_random(bytes: &[u8]) -> Function;
    #[wasm_bindgen(js_name = swapVerified)]
    fn js_swap_verified(input: &[u8], signature: &[u8]) -> Function;
    #[wasm_bindgen(js_name = pause)]
    fn js_pause() -> Promise;
    #[wasm_bindgen(js_name = bodyOf)]
    fn js_body_of(request: &Request) -> Promise;

    #[wasm_bindgen(js_name = Timers)]
    type JsTimers;
    #[wasm_bindgen(constructor, js_class = "Timers")]
    fn new() -> JsTimers;
    #[wasm_bindgen(method)]
    fn delays(this: &JsTimers) -> Float64Array;
    #[wasm_bindgen(method, js_name = fireLast)]
    fn fire_last(this: &JsTimers);
    #[wasm_bindgen(method)]
    fn deadlines(this: &JsTimers) -> Float64Array;
    #[wasm_bindgen(method, js_name = passDeadlines)]
    fn pass_deadlines(this: &JsTimers);
    #[wasm_bindgen(method)]
    fn restore(this: &JsTimers);
}

type React = Closure<dyn Fn(Request, RequestInit) -> JsValue>;

/// Puts a global back when dropped.
#[must_use]
pub(crate) struct Undo {
    undo: Function,
    _react: Option<React>,
}

impl Undo {
    fn of(undo: Function) -> Self {
        Self { undo, _react: None }
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        let _ = self.undo.call0(&JsValue::UNDEFINED);
    }
}

/// Replaces `fetch`.
pub(super) fn replace_fetch(react: impl Fn(Request, RequestInit) -> JsValue + 'static) -> Undo {
    let react: React = Closure::new(react);
    Undo {
        undo: patch_fetch(&react),
        _react: Some(react),
    }
}

pub(crate) fn shift_clock(by_ms: f64) -> Undo {
    Undo::of(js_shift_clock(by_ms))
}

pub(crate) fn fix_random(bytes: &[u8]) -> Undo {
    Undo::of(js_fix_random(bytes))
}

pub(crate) fn swap_verified(input: &str, signature: &[u8]) -> Undo {
    Undo::of(js_swap_verified(input.as_bytes(), signature))
}

/// Timers of half a second and more and deadlines of requests, kept back until they are fired; real again when
/// dropped.
#[must_use]
pub(crate) struct Timers(JsTimers);

impl Timers {
    pub(crate) fn new() -> Self {
        Self(JsTimers::new())
    }

    pub(crate) fn delays(&self) -> Vec<f64> {
        self.0.delays().to_vec()
    }

    /// Fires the timer that was set last.
    pub(crate) fn fire_last(&self) {
        self.0.fire_last();
    }

    /// The deadlines of all requests so far.
    pub(crate) fn deadlines(&self) -> Vec<f64> {
        self.0.deadlines().to_vec()
    }

    /// Lets every deadline pass.
    pub(crate) fn pass_deadlines(&self) {
        self.0.pass_deadlines();
    }
}

impl Drop for Timers {
    fn drop(&mut self) {
        self.0.restore();
    }
}

pub(crate) async fn pause() {
    let _ = JsFuture::from(js_pause()).await;
}

/// Waits for something to become true. A busy machine gets all the time it needs, within the runner's own limit.
pub(crate) async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    for _ in 0..5_000 {
        if is_true() {
            return;
        }
        pause().await;
    }
    panic!("never happened: {what}");
}

pub(crate) async fn body_of(request: &Request) -> String {
    let text = JsFuture::from(js_body_of(request)).await;
    text.ok()
        .and_then(|text| text.as_string())
        .expect("no body")
}
