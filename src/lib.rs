//! Keyward: the sign-in client for browser apps.
//!
//! The layers, from the inside out:
//!
//! - [`protocol`]: builds every request and judges every answer, in the RFCs' words. Pure.
//! - [`session`]: the state machine, events in and effects out; time and randomness are inputs. Pure.
//! - [`link`]: the messages between a page and its vault. Pure.
//! - `vault` (feature `browser`): carries out the session's effects with fetch, SubtleCrypto and timers. The only
//!   holder of tokens.
//! - `js` (feature `js`): the surface of the npm package.
//!
//! Nothing points back: `protocol` knows nobody, `session` only `protocol`.
// Without std a module that brings its own panic handler holds no text of a panic and nothing that formats one.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

#[macro_use]
extern crate alloc;

pub mod link;
pub mod protocol;
pub mod session;

#[cfg(all(feature = "browser", target_arch = "wasm32"))]
pub mod vault;

// Off by default, so that no JavaScript export reaches a Rust app.
#[cfg(all(feature = "js", target_arch = "wasm32"))]
pub mod js;
