//! The Yew layer's test page. What stands in sessionStorage under `mode` says how it is put together:
//!
//! - `outside`: the provider is around the router
//! - `inside`: the router is around the provider, and has a base name
//! - `none`: no router at all
//!
//! `client` and `restore` beside it are those of the configuration.
//!
//! Every component that uses the client counts its renders in `data-renders`.

mod parts;
mod routes;

use gloo_storage::{SessionStorage, Storage};
use keyward::yew::AuthProvider;
use keyward::{AuthConfig, Resource, Restore};
use yew::prelude::*;
use yew_router::prelude::*;

use self::parts::{Panel, Shell};
use self::routes::Pages;

/// What the test wants, out of sessionStorage.
fn wanted(name: &str) -> String {
    SessionStorage::raw()
        .get_item(name)
        .ok()
        .flatten()
        .unwrap_or_default()
}

fn config() -> AuthConfig {
    let client = wanted("client");
    let restore = match wanted("restore").as_str() {
        "always" => Restore::Always,
        _ => Restore::WasSignedIn,
    };
    AuthConfig::new(
        wanted("issuer"),
        if client.is_empty() { "spa" } else { &client },
    )
    .restore(restore)
    .scope("openid profile api:read")
    .authorization_param("resource", "urn:demo:api")
    .resource(Resource::path("/api/"))
}

#[component]
fn App() -> Html {
    let config = config();
    match wanted("mode").as_str() {
        "outside" => html! {
            <AuthProvider {config}>
                <BrowserRouter><Shell><Pages /></Shell></BrowserRouter>
            </AuthProvider>
        },
        "inside" => html! {
            <BrowserRouter basename="/app">
                <AuthProvider {config}><Shell><Pages /></Shell></AuthProvider>
            </BrowserRouter>
        },
        "orphan" => html! { <parts::Orphan /> },
        _ => html! { <AuthProvider {config}><Shell><Panel /></Shell></AuthProvider> },
    }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
