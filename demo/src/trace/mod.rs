//! What just happened: `log` collects the client's steps and keeps them over a navigation, `episodes` puts together what
//! belongs together, `explain` says each step in words, `live` shows it all.

mod episodes;
mod explain;
mod kind;
mod live;
mod log;

pub(crate) use live::LiveDiagram;
pub(crate) use log::{Log, use_log};
