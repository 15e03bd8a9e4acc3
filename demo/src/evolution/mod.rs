//! How browser apps came to sign in the way they do. Everything here is text: no request of an old flow is ever sent.

mod chapter;
mod chapters;
mod stepper;

pub(crate) use chapter::ChapterView;
pub(crate) use chapters::CHAPTERS;
pub(crate) use stepper::Stepper;
