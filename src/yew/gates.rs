//! What is shown in one state of the session and not in the others.

use yew::prelude::*;

use super::hooks::use_auth_state;
use crate::front::AuthError;
use crate::protocol::error::Code;

/// Properties of [`SignedIn`], [`SignedOut`] and [`AuthPending`].
#[derive(Properties, PartialEq, Debug)]
pub struct GateProps {
    /// What is shown.
    #[prop_or_default]
    pub children: Html,
}

/// Shows its children while somebody is signed in.
#[component]
pub fn SignedIn(props: &GateProps) -> Html {
    shown_if(use_auth_state().is_signed_in(), props)
}

/// Shows its children while nobody is signed in and nothing is under way.
#[component]
pub fn SignedOut(props: &GateProps) -> Html {
    shown_if(use_auth_state().is_signed_out(), props)
}

/// Shows its children while a callback or a restore is under way; on a server always.
#[component]
pub fn AuthPending(props: &GateProps) -> Html {
    shown_if(use_auth_state().is_loading(), props)
}

fn shown_if(condition: bool, props: &GateProps) -> Html {
    if condition {
        props.children.clone()
    } else {
        Html::default()
    }
}

/// Properties of [`AuthFailed`].
#[derive(Properties, PartialEq, Debug)]
pub struct AuthFailedProps {
    /// Draws the error. Default: its message, what to do about it, and a link to its page.
    #[prop_or_default]
    pub render: Option<Callback<AuthError, Html>>,
}

/// Shows what went wrong last, while the state has an error.
#[component]
pub fn AuthFailed(props: &AuthFailedProps) -> Html {
    let state = use_auth_state();
    match (state.last_error(), &props.render) {
        (None, _) => Html::default(),
        (Some(error), Some(render)) => render.emit(error.clone()),
        (Some(error), None) => explained(error),
    }
}

/// An error for the eyes of whoever builds the app, and told to a screen reader.
fn explained(error: &AuthError) -> Html {
    html! {
        <div role="alert" class="keyward-error">
            <p>{ error.message() }</p>
            <p>{ error.fix() }</p>
            <a href={error.docs()} target="_blank" rel="noreferrer">{ error.code().as_str() }</a>
        </div>
    }
}

/// The same, where something is wrong: a user who comes back by the back button has only changed their mind.
pub(super) fn explained_if_wrong(error: &AuthError) -> Html {
    if error.code() == Code::NavigationCancelled {
        Html::default()
    } else {
        explained(error)
    }
}
