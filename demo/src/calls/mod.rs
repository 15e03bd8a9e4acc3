//! Twenty calls at once, and what they cost.

mod panel;
mod run;

pub(crate) use panel::Calls;
pub(crate) use run::fetch_text;
