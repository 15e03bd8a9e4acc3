//! The demo of Keyward's Yew layer: a sign-in you can watch.

mod app;
mod calls;
mod diagram;
mod evolution;
mod format;
mod pages;
mod problem;
mod routes;
mod session;
mod settings;
mod shell;
mod tabs;
mod trace;

use keyward::Auth;

use crate::app::{App, AppProps};
use crate::settings::Settings;
use crate::trace::Log;

fn main() {
    let settings = Settings::read();
    // First of all: an answer of the provider leaves the address here, before a router sees it.
    let auth = Auth::new(settings.auth_config());
    let log = Log::start(&auth);
    let props = AppProps {
        settings,
        auth,
        log,
    };
    yew::Renderer::<App>::with_props(props).render();
}
