//! What only a signed-in user sees.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::buttons::SignInButton;
use super::gates::explained_if_wrong;
use super::hooks::{use_auth, use_auth_state};
use crate::front::{AuthError, AuthState, SignInOptions};
use crate::session::effect::SignedOutReason;

/// Properties of [`RequireAuth`].
#[derive(Properties, PartialEq, Debug)]
pub struct RequireAuthProps {
    /// What is shown to a user who is signed out. Without it the page leaves for the provider by itself, except after a
    /// sign-out or an error: then a button is shown, and the error.
    #[prop_or_default]
    pub fallback: Option<Html>,
    /// What is shown while the state is loading, and while the page leaves.
    #[prop_or_default]
    pub pending: Html,
    /// What the sign-in asks for. It leads back to where the user is.
    #[prop_or_default]
    pub options: SignInOptions,
    /// What only a signed-in user sees. This is a matter of display: the data are guarded by your API.
    #[prop_or_default]
    pub children: Html,
}

/// Shows its children to a signed-in user, and leads everybody else to the sign-in.
#[component]
pub fn RequireAuth(props: &RequireAuthProps) -> Html {
    let auth = use_auth();
    let state = use_auth_state();
    let failure = use_state_eq(|| None::<AuthError>);
    let leaves = props.fallback.is_none() && leaves_by_itself(&state);
    {
        let (options, failure) = (props.options.clone(), failure.clone());
        // In an effect: a page that is only rendered, on a server for example, goes nowhere.
        use_effect_with(leaves, move |leaves| {
            if *leaves {
                spawn_local(async move {
                    let Err(error) = auth.sign_in(options).await;
                    failure.set(Some(error));
                });
            }
        });
    }
    if state.is_signed_in() {
        return props.children.clone();
    }
    if state.is_loading() || (leaves && failure.is_none()) {
        return props.pending.clone();
    }
    if let Some(fallback) = &props.fallback {
        return fallback.clone();
    }
    let error = failure.as_ref().or(state.last_error());
    html! {
        <>
            { error.map(explained_if_wrong).unwrap_or_default() }
            <SignInButton options={props.options.clone()} />
        </>
    }
}

/// Whether the user may be led to the provider unasked. One who just signed out, or was just refused, may not: it would look
/// as if the sign-out had not worked, or never end.
fn leaves_by_itself(state: &AuthState) -> bool {
    match state {
        AuthState::SignedOut { reason, last_error } => {
            let asked_to = matches!(
                reason,
                SignedOutReason::SignedOut | SignedOutReason::SignedOutElsewhere
            );
            last_error.is_none() && !asked_to
        }
        _ => false,
    }
}
