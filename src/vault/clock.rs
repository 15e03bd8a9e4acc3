//! Wall clock and timers of any global scope.

use wasm_bindgen::prelude::*;

/// A timer fires at the latest after a day and is set again: the platform's timers overflow at 24.8 days, and a
/// deadline that far away does not need more.
const LONGEST_MS: u64 = 86_400_000;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Closure<dyn FnMut()>, delay_ms: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue);
}

/// Milliseconds since 1970.
pub(super) fn now() -> u64 {
    js_sys::Date::now() as u64
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
        Self::after(at.saturating_sub(now()).min(LONGEST_MS), callback)
    }

    /// Calls back after so many milliseconds.
    pub(super) fn after(delay_ms: u64, callback: impl FnMut() + 'static) -> Self {
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
