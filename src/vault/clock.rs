//! Wall clock and timers of any global scope.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// A timer fires at the latest after a day and is set again: the platform's timers overflow at 24.8 days, and a
/// deadline that far away does not need more.
const LONGEST_MS: u64 = 86_400_000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Closure<dyn FnMut()>, delay_ms: f64) -> JsValue;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout_function(callback: &Function, delay_ms: u32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue);
}

/// Milliseconds since 1970.
pub(super) fn now() -> u64 {
    js_sys::Date::now() as u64
}

/// Resolves after so many milliseconds.
pub(super) async fn pause(delay_ms: u32) {
    let moment = Promise::new(&mut |resolve, _| {
        set_timeout_function(&resolve, delay_ms);
    });
    let _ = JsFuture::from(moment).await;
}

/// A timer that is cancelled when dropped.
#[must_use]
pub(super) struct Timeout {
    handle: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Timeout {
    /// Calls back at a wall-clock time, or earlier if that is more than a day away.
    pub(super) fn at(at: u64, callback: impl FnMut() + 'static) -> Self {
        let delay_ms = at.saturating_sub(now()).min(LONGEST_MS);
        let callback = Closure::new(callback);
        let handle = set_timeout(&callback, delay_ms as f64);
        Self {
            handle,
            _callback: callback,
        }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        clear_timeout(&self.handle);
    }
}
