//! The ledger: the one record that the tabs of an origin share, and everything that may happen to it.
//!
//! [`record`] is what lies in the database, [`steps`] what a vault may do to it, [`claim`] the part about restores.
//! A shell runs exactly one step in one readwrite transaction: it reads the text, calls [`apply`], writes what that
//! returns, and hands the outcome to the session. All judgement is here, so every shell stays dumb.

pub mod claim;
pub mod record;
pub mod steps;

pub use claim::Claim;
pub use record::{Intent, Name, Record, Standing};
pub use steps::{Outcome, Sent, Step, Verdict, Who, apply};

#[cfg(test)]
mod tests;
