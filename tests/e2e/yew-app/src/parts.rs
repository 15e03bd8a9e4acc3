//! What the test looks at.

use std::cell::Cell;
use std::rc::Rc;

use gloo_net::http::Response;
use keyward::yew::{
    AuthFailed, AuthPending, SignInButton, SignOutButton, SignedIn, SignedOut, use_auth,
    use_auth_state, use_try_auth, use_user,
};
use keyward::{AuthEvent, AuthState};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct ShellProps {
    pub(crate) children: Html,
}

/// The gates, with what they hold, around a page.
#[component]
pub(crate) fn Shell(props: &ShellProps) -> Html {
    html! {
        <>
            <AuthPending><p id="pending">{ "One moment" }</p></AuthPending>
            <SignedIn><p id="in">{ "in" }</p><SignOutButton class="out" /></SignedIn>
            <SignedOut><p id="out">{ "out" }</p><SignInButton class="in" /></SignedOut>
            <AuthFailed />
            <State />
            <User />
            <Refreshes />
            { props.children.clone() }
        </>
    }
}

/// How often a component was rendered.
#[hook]
fn use_renders() -> String {
    let renders = use_mut_ref(|| 0);
    *renders.borrow_mut() += 1;
    let now = *renders.borrow();
    now.to_string()
}

#[component]
fn State() -> Html {
    let renders = use_renders();
    let status = match use_auth_state() {
        AuthState::Loading { .. } => "loading".to_string(),
        AuthState::SignedOut { reason, .. } => format!("signed out: {reason:?}"),
        AuthState::SignedIn { scope, .. } => format!("signed in: {scope}"),
    };
    html! { <p id="state" data-renders={renders}>{ status }</p> }
}

#[component]
fn User() -> Html {
    let renders = use_renders();
    let name = use_user().and_then(|user| user.name().map(String::from));
    html! { <p id="user" data-renders={renders}>{ name.unwrap_or_default() }</p> }
}

/// Counts refreshes without being rendered by them: a click shows how many there were.
#[component]
fn Refreshes() -> Html {
    let renders = use_renders();
    let auth = use_auth();
    let count = use_mut_ref(|| Rc::new(Cell::new(0)));
    let count = count.borrow().clone();
    let shown = use_state_eq(String::new);
    {
        let count = count.clone();
        use_effect_with(auth.clone(), move |auth| {
            let subscription = auth.on(move |event| {
                if let AuthEvent::Refreshed { .. } = event {
                    count.set(count.get() + 1);
                }
            });
            move || drop(subscription)
        });
    }
    let refresh = {
        let auth = auth.clone();
        move |_: MouseEvent| {
            let auth = auth.clone();
            spawn_local(async move {
                let _ = auth.refresh().await;
            });
        }
    };
    let show = {
        let shown = shown.clone();
        move |_: MouseEvent| shown.set(count.get().to_string())
    };
    html! {
        <>
            <button id="refresh" data-renders={renders} onclick={refresh}>{ "Refresh" }</button>
            <button id="count" onclick={show}>{ "How many?" }</button>
            <output id="refreshes">{ &*shown }</output>
        </>
    }
}

/// A page of its own: calls the API.
#[component]
pub(crate) fn Panel() -> Html {
    let auth = use_auth();
    let answer = use_state_eq(String::new);
    let onclick = {
        let answer = answer.clone();
        move |_: MouseEvent| {
            let (auth, answer) = (auth.clone(), answer.clone());
            spawn_local(async move {
                answer.set(match auth.get("/api/orders").await {
                    Ok(response) => Response::from(response).text().await.unwrap_or_default(),
                    Err(error) => error
                        .code()
                        .map_or("thrown", |code| code.as_str())
                        .to_string(),
                });
            });
        }
    };
    html! { <><button id="call" {onclick}>{ "Call" }</button><output id="answer">{ &*answer }</output></> }
}

/// Stands below no provider.
#[component]
pub(crate) fn Orphan() -> Html {
    let found = use_try_auth().is_some();
    html! { <p id="orphan">{ format!("found: {found}") }</p> }
}
