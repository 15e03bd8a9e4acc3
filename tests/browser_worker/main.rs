//! The same suite in a dedicated worker, where there is no `window` and no `localStorage`.
#![cfg(all(target_arch = "wasm32", feature = "browser"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../browser/suite/mod.rs"]
mod suite;

use wasm_bindgen_test::wasm_bindgen_test;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Everything of the suite that passes here passes without a window; this makes sure that there is none.
#[wasm_bindgen_test]
fn there_is_no_window_and_no_local_storage_here() {
    for name in ["window", "document", "localStorage", "sessionStorage"] {
        let there = js_sys::Reflect::has(&js_sys::global(), &name.into()).unwrap();
        assert!(!there, "{name}");
    }
}
