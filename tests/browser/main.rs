//! The vault in a real engine, in a window.
#![cfg(all(target_arch = "wasm32", feature = "browser"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod suite;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
