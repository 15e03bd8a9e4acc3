//! Scenarios of the session through its public way in, `Session::handle`: one page, a scripted provider, answers handed
//! out one by one. Names carry the ids of the rules and cases they prove.
//!
//! [`driver`] plays front, shell and clock and checks what must hold in every scenario; [`provider`] writes the
//! provider's answers. The scenarios follow a session's life, from the sign-in request to the sign-out.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod driver;
mod provider;
#[path = "../support/tree.rs"]
mod tree;

mod callback;
mod discovery;
mod exchange;
mod faulty_tokens;
mod keys;
mod restore;
mod sign_in;

mod backoff;
mod expiry;
mod identity;
mod keys_at_refresh;
mod late;
mod outcomes;
mod recovery;
mod single_flight;

mod allow_list;
mod calls;
mod user_info;

#[cfg(feature = "limits")]
mod limits;
mod other_tabs;
#[cfg(feature = "worker")]
mod park;
mod sign_out;

#[cfg(feature = "ledger")]
mod ledger;

mod link_in;
mod link_out;
mod redaction;
