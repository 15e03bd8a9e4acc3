//! Build tools of the workspace.
fn main() {}
