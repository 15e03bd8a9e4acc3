//! The front in Rust: what a page does for one client. It decides nothing about security; all judgement is in the
//! session.
//!
//! [`Auth`] is what an app touches. From the page's load on, data passes through the modules in this order: `config`
//! says who we are, `callback` takes the provider's answer out of the URL, `load` redeems it or restores the session,
//! `link` carries commands to the vault, `notices` shows what the vault tells, `other_tabs` what other tabs do, `calls`
//! and `leaving` what the app asks for. `store`, `transactions` and `page_life` are the browser's parts of that, `telling`
//! and `latch` the ways to those who wait.
//!
//! Server rendering: on the host an [`Auth`] stays [`AuthState::Loading`] and sends nothing.

mod activity;
mod auth;
mod callback;
mod calls;
mod config;
mod error;
mod latch;
mod leaving;
mod link;
mod load;
mod notices;
mod options;
mod other_tabs;
mod page;
mod page_life;
mod state;
mod store;
mod target;
mod telling;
mod transactions;

#[cfg(feature = "trace")]
mod steps;

pub use auth::Auth;
pub use config::{AuthConfig, Discovery, Resource, Restore};
pub use error::{AuthError, FetchError};
pub use options::{SignInOptions, SignOutOptions};
pub use state::{AuthEvent, AuthState, Diagnosis, ExpiresAt, Limit, User};
pub use telling::Subscription;
