//! What only a real engine can show: SubtleCrypto's verdicts, what `fetch` is asked to do, timers, randomness, and a
//! whole life of a session through [`keyward::vault::Vault`].
//!
//! There is no server that could be scripted here, and `data:` or `blob:` URLs are no endpoints a provider may have. So
//! `globalThis.fetch` is replaced for the time of a test; every request is made a real `Request` first, so that the
//! engine checks it. `network` uses the engine's own `fetch` against addresses that need no server.

mod support;

mod calls;
mod deadlines;
mod network;
mod randomness;
mod requests;
mod round_trip;
mod signatures;
mod timers;
mod vectors;
