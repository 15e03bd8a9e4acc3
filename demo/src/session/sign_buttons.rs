//! The two ways out of the page.

use keyward::yew::{use_auth, use_auth_state};
use keyward::{SignInOptions, SignOutOptions};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::problem::use_report;
use crate::trace::use_log;

#[derive(Properties, PartialEq)]
pub(crate) struct ButtonProps {
    pub(crate) class: Classes,
}

/// Leaves for the provider. It leads back to the page where it is pressed.
#[component]
pub(crate) fn SignIn(props: &ButtonProps) -> Html {
    let auth = use_auth();
    let loading = use_auth_state().is_loading();
    let (log, report) = (use_log(), use_report());
    let leaving = use_state_eq(|| false);
    let onclick = {
        let leaving = leaving.clone();
        move |_: MouseEvent| {
            if *leaving {
                return;
            }
            leaving.set(true);
            report.emit(None);
            if let Some(log) = &log {
                log.pressed("Sign in");
            }
            let (auth, report, leaving) = (auth.clone(), report.clone(), leaving.clone());
            spawn_local(async move {
                let Err(error) = auth.sign_in(SignInOptions::new()).await;
                leaving.set(false);
                report.emit(Some(error.into()));
            });
        }
    };
    html! {
        <button
            type="button"
            class={props.class.clone()}
            data-testid="sign-in"
            disabled={loading}
            aria-disabled={leaving.then_some("true")}
            {onclick}
        >
            { if *leaving { "Opening the provider" } else { "Sign in" } }
        </button>
    }
}

/// Signs out in every tab, and at the provider.
#[component]
pub(crate) fn SignOut(props: &ButtonProps) -> Html {
    let auth = use_auth();
    let (log, report) = (use_log(), use_report());
    let onclick = move |_: MouseEvent| {
        if let Some(log) = &log {
            log.pressed("Sign out");
        }
        let (auth, report) = (auth.clone(), report.clone());
        spawn_local(async move {
            if let Err(error) = auth.sign_out(SignOutOptions::new()).await {
                report.emit(Some(error.into()));
            }
        });
    };
    html! {
        <button type="button" class={props.class.clone()} data-testid="sign-out" {onclick}>{ "Sign out" }</button>
    }
}
