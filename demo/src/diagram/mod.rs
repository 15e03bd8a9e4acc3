//! Sequence diagrams: who says what to whom. What is drawn comes as data; the live view and the Evolution view use the
//! same components.
//!
//! A diagram is an ordered list of steps, each with a drawn arrow and its words, so that it reads the same with and
//! without eyes.

mod details;
mod lanes;
mod model;
mod sequence;
mod step;
mod wire;

pub(crate) use lanes::{LaneHeads, Legend};
pub(crate) use model::{Arrow, Channel, Lane, Parameter, Spec};
pub(crate) use sequence::Sequence;
