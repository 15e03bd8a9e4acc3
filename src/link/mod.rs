//! The link between a front and its vault: one typed, versioned message each way.
//!
//! A message is JSON text plus at most one platform handle (a `Request` on the way in, a `Response` or a thrown
//! value on the way out), so that the same messages pass through a direct call or a `MessagePort`. Every command
//! names the version, its ticket and the session that the page shows.

mod incoming;
mod outgoing;

pub use incoming::{Ask, read};
#[cfg(feature = "vault")]
pub use outgoing::Outgoing;
pub use outgoing::{error_to_json, notice_to_json, reply_to_json};

/// The version of the messages.
pub const VERSION: u64 = 1;
