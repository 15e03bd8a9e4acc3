//! The front in Rust: what a page does for one client. It decides nothing about security; all judgement is in the
//! session.
//!
//! [`Auth`] is what an app touches, `config` and `options` what it says, `view` what it sees; `telling` and `latch` are the
//! ways to those who wait. Behind it stands one of two clients: `page`, with the vault in this page, or `worker`, which is
//! a handle to the front that the npm package has for a vault in a worker.
//!
//! Server rendering: on the host an [`Auth`] stays [`AuthState::Loading`] and sends nothing.

mod auth;
mod config;
mod error;
mod latch;
mod options;
#[cfg(feature = "page-vault")]
mod page;
mod state;
mod telling;
mod view;
mod wire;
#[cfg(feature = "worker-vault")]
mod worker;

pub use auth::Auth;
pub use config::{AuthConfig, Discovery, Resource, Restore};
pub use error::{AuthError, FetchError};
pub use options::{SignInOptions, SignOutOptions};
pub use state::{AuthEvent, AuthState, Diagnosis, ExpiresAt, Limit, User};
pub use telling::Subscription;
