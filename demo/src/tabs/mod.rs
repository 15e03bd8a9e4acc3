//! The other tabs of this demo. Each tells the others about itself over a channel of the demo's own; what is told has
//! nothing to do with the sign-in, which Keyward carries to the other tabs by itself.

mod channel;
mod panel;
mod provider;

pub(crate) use panel::Tabs;
pub(crate) use provider::TabsProvider;
