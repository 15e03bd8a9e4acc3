//! Sign in, see who you are, call an API, sign out.

mod keyward_leptos;

use gloo_net::http::Response;
use keyward::{AuthConfig, AuthState, Resource, SignInOptions, SignOutOptions};
use keyward_leptos::{provide_auth, use_auth, use_auth_state};
use leptos::prelude::*;
use leptos::task::spawn_local;

#[component]
fn Account() -> impl IntoView {
    let auth = use_auth();
    let (orders, set_orders) = signal(String::new());
    let load = move |_| {
        spawn_local(async move {
            let auth = auth.get_value();
            set_orders.set(match auth.get("http://localhost:9500/api/orders").await {
                Ok(found) => Response::from(found).text().await.unwrap_or_default(),
                Err(error) => error.to_string(),
            });
        });
    };
    let sign_out = move |_| {
        spawn_local(async move {
            let _ = auth.get_value().sign_out(SignOutOptions::new()).await;
        });
    };
    view! {
        <button on:click=load>"Orders"</button>
        <button on:click=sign_out>"Sign out"</button>
        <pre>{orders}</pre>
    }
}

#[component]
fn App() -> impl IntoView {
    // The provider and the API of `npm start`.
    provide_auth(
        AuthConfig::new("http://localhost:9400", "spa")
            .scope("openid profile api:read")
            .authorization_param("resource", "urn:demo:api")
            .resource(Resource::at("http://localhost:9500", ["/api/"])),
    );
    let (auth, state) = (use_auth(), use_auth_state());
    let (problem, set_problem) = signal(String::new());
    let sign_in = move |_| {
        spawn_local(async move {
            let Err(error) = auth.get_value().sign_in(SignInOptions::new()).await;
            set_problem.set(format!("{error} {}", error.fix()));
        });
    };
    view! {
        <h1>{move || match state.get() {
            AuthState::Loading { .. } => "One moment".to_string(),
            AuthState::SignedOut { .. } => "Nobody is signed in".to_string(),
            AuthState::SignedIn { user, .. } => format!("Hello {}!", user.display_name()),
        }}</h1>
        <p role="alert">{problem}</p>
        <Show
            when=move || state.with(AuthState::is_signed_in)
            fallback=move || view! { <button on:click=sign_in>"Sign in"</button> }
        >
            <Account />
        </Show>
    }
}

fn main() {
    leptos::mount::mount_to_body(App);
}
