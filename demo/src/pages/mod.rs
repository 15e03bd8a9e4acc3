//! One component per page.

mod evolution;
mod gate;
mod not_found;
mod orders;
mod overview;

pub(crate) use evolution::Evolution;
pub(crate) use gate::Gate;
pub(crate) use not_found::NotFound;
pub(crate) use orders::{Orders, OrdersPending};
pub(crate) use overview::Overview;
