//! Buttons that sign in and out. They are plain `<button>`s: the app's style sheet says how they look.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::gates::explained_if_wrong;
use super::hooks::use_auth;
use crate::front::{AuthError, SignInOptions, SignOutOptions};

/// Properties of [`SignInButton`].
#[derive(Properties, PartialEq, Debug)]
pub struct SignInButtonProps {
    /// What the sign-in asks for.
    #[prop_or_default]
    pub options: SignInOptions,
    /// Class of the button.
    #[prop_or_default]
    pub class: Classes,
    /// Whether it cannot be pressed.
    #[prop_or_default]
    pub disabled: bool,
    /// Is told why the page did not leave. Default: the error is shown beside the button.
    #[prop_or_default]
    pub onerror: Option<Callback<AuthError>>,
    /// What stands on the button. Default: "Sign in".
    #[prop_or_default]
    pub children: Html,
}

/// Leaves for the provider when pressed.
#[component]
pub fn SignInButton(props: &SignInButtonProps) -> Html {
    let auth = use_auth();
    let leaving = use_state_eq(|| false);
    let failure = use_state_eq(|| None::<AuthError>);
    let onclick = {
        let (leaving, failure) = (leaving.clone(), failure.clone());
        let (options, onerror) = (props.options.clone(), props.onerror.clone());
        move |_: MouseEvent| {
            let (auth, options, onerror) = (auth.clone(), options.clone(), onerror.clone());
            let (leaving, failure) = (leaving.clone(), failure.clone());
            leaving.set(true);
            failure.set(None);
            spawn_local(async move {
                let Err(error) = auth.sign_in(options).await;
                leaving.set(false);
                match onerror {
                    Some(onerror) => onerror.emit(error),
                    None => failure.set(Some(error)),
                }
            });
        }
    };
    html! {
        <>
            <button
                type="button"
                class={props.class.clone()}
                disabled={props.disabled || *leaving}
                aria-busy={leaving.then_some("true")}
                {onclick}
            >
                { labelled(&props.children, "Sign in") }
            </button>
            { failure.as_ref().map(explained_if_wrong).unwrap_or_default() }
        </>
    }
}

/// Properties of [`SignOutButton`].
#[derive(Properties, PartialEq, Debug)]
pub struct SignOutButtonProps {
    /// What the sign-out asks for.
    #[prop_or_default]
    pub options: SignOutOptions,
    /// Class of the button.
    #[prop_or_default]
    pub class: Classes,
    /// Whether it cannot be pressed.
    #[prop_or_default]
    pub disabled: bool,
    /// Is told of an error. Every tab is signed out nevertheless, unless the options are wrong (`config_return_target`).
    #[prop_or_default]
    pub onerror: Callback<AuthError>,
    /// What stands on the button. Default: "Sign out".
    #[prop_or_default]
    pub children: Html,
}

/// Signs out in every tab when pressed.
#[component]
pub fn SignOutButton(props: &SignOutButtonProps) -> Html {
    let auth = use_auth();
    let onclick = {
        let (options, onerror) = (props.options.clone(), props.onerror.clone());
        move |_: MouseEvent| {
            let (auth, options, onerror) = (auth.clone(), options.clone(), onerror.clone());
            spawn_local(async move {
                if let Err(error) = auth.sign_out(options).await {
                    onerror.emit(error);
                }
            });
        }
    };
    html! {
        <button type="button" class={props.class.clone()} disabled={props.disabled} {onclick}>
            { labelled(&props.children, "Sign out") }
        </button>
    }
}

fn labelled(children: &Html, otherwise: &'static str) -> Html {
    if *children == Html::default() {
        html! { otherwise }
    } else {
        children.clone()
    }
}
