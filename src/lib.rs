//! Keyward: the sign-in client for browser apps.
#![forbid(unsafe_code)]

pub mod protocol;
