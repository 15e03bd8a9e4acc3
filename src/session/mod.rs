//! The session: a pure state machine, events in and effects out.
//!
//! [`Session::handle`] takes one [`Event`] and the wall clock and returns the [`Effect`]s that a shell has to carry
//! out. Nothing here touches a browser, a clock or a random source: time and randomness come in, requests and answers
//! go out, so every race can be played back in a native test.
//!
//! A sign-in passes through the modules in this order: [`config`] says who we are, `sign_in` builds the request and
//! redeems the answer, `proof` judges the ID token, `renewal` keeps the access token fresh, `calls` authorizes API
//! calls, `sign_out` ends it all. [`policy`], [`resources`], [`tabs`] and [`transaction`] hold the rules they share.
//!
//! With the feature `worker`, `park` lets a session outlive its vault. With the feature `ledger` and the option of that
//! name the tabs of an origin share one grant: `ledger` is the record and what may happen to it, `shared` how a session
//! uses it.

pub mod config;
pub mod effect;
pub mod event;
#[cfg(feature = "ledger")]
pub mod ledger;
pub mod policy;
pub mod resources;
pub mod tabs;
pub mod transaction;

mod calls;
mod guards;
#[cfg(feature = "limits")]
mod limits;
mod machine;
#[cfg(feature = "worker")]
mod park;
mod proof;
mod provider;
mod renewal;
#[cfg(feature = "ledger")]
mod shared;
mod sign_in;
mod sign_out;

#[cfg(test)]
mod simulation;

pub use config::Config;
pub use effect::{Effect, Notice, Reply, Snapshot, Status};
pub use event::{ApiRequest, Command, Event, NetworkFailure, SignIn};
pub use machine::{Entropy, Session};
#[cfg(feature = "ledger")]
pub use shared::{Departure, Handover};
