//! The WebAssembly module of the npm package: the crate's JavaScript surface, with the allocator and the panic handler
//! that a module without std brings itself.
#![cfg(target_arch = "wasm32")]
#![no_std]

// Only what it exports is of use.
use keyward as _;

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// A panic is a bug of the library. Nobody could read its text, so none is built in: it traps.
#[panic_handler]
fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
