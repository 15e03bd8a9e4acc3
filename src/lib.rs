//! Keyward: the sign-in client for browser apps.
//!
//! The layers, from the inside out:
//!
//! - [`protocol`]: builds every request and judges every answer, in the RFCs' words. Pure.
//! - [`session`]: the state machine, events in and effects out; time and randomness are inputs. Pure.
//! - [`link`]: the messages between a page and its vault. Pure.
//! - `vault` (feature `vault`): carries out the session's effects with fetch, SubtleCrypto and timers. The only
//!   holder of tokens.
//! - `front` (feature `browser`): what a page does, and `Auth`, all that an app touches. The vault is in the page itself
//!   (`page-vault`, on by default), where the tabs of the origin share one grant (`ledger`), or in a worker that serves
//!   them all (`worker-vault`).
//! - `yew` (features `yew` and `router`): components and hooks.
//! - `js` (feature `js`): the surface of the npm package.
//! - `vault_files` (feature `vault-files`): the files of a vault in a worker, for apps that are built without npm.
//!
//! Nothing points back: `protocol` knows nobody, `session` only `protocol`.
// Without std a module that brings its own panic handler holds no text of a panic and nothing that formats one.
#![cfg_attr(not(any(test, feature = "browser", feature = "vault-files")), no_std)]
#![forbid(unsafe_code)]

#[macro_use]
extern crate alloc;

pub mod link;
pub mod protocol;
pub mod session;

#[cfg(feature = "vault")]
pub mod vault;

#[cfg(feature = "browser")]
pub mod front;

#[cfg(all(
    feature = "browser",
    not(any(feature = "page-vault", feature = "worker-vault"))
))]
compile_error!(
    "keyward needs a place for the vault: the feature `page-vault` (on by default), `worker-vault`, or both"
);

#[cfg(all(feature = "ledger", feature = "worker"))]
compile_error!(
    "keyward's features `ledger` and `worker` are two ways to one session for all tabs: choose one"
);

#[cfg(feature = "yew")]
pub mod yew;

#[cfg(feature = "vault-files")]
pub mod vault_files;

#[cfg(feature = "browser")]
pub use front::{
    Auth, AuthConfig, AuthError, AuthEvent, AuthState, Diagnosis, Discovery, ExpiresAt, FetchError,
    Limit, Resource, Restore, SignInOptions, SignOutOptions, Subscription, User,
};
#[cfg(feature = "browser")]
pub use protocol::error::{Code, ProviderError};
#[cfg(feature = "browser")]
pub use session::effect::SignedOutReason;
#[cfg(feature = "trace")]
pub use vault::{Step, StepKind};

// Off by default, so that no JavaScript export reaches a Rust app.
#[cfg(all(feature = "js", target_arch = "wasm32"))]
pub mod js;

/// The README's examples, compiled.
#[cfg(all(doctest, feature = "yew"))]
#[doc = include_str!("../README.md")]
struct Readme;
