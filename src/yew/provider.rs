//! The client for all that is below.

use yew::prelude::*;

#[cfg(feature = "router")]
use super::router::use_router_follows;
use crate::front::{Auth, AuthConfig, AuthState};

/// Without a router nobody has to be told where the page is.
#[cfg(not(feature = "router"))]
#[hook]
fn use_router_follows() {}

/// What the hooks find. It changes with the state, so that whoever uses it is rendered anew then, and only then.
#[derive(Clone, PartialEq)]
pub(super) struct Context {
    pub(super) auth: Auth,
    pub(super) state: AuthState,
}

/// Properties of [`AuthProvider`]: a configuration, or a client that was made before.
#[derive(Properties, PartialEq, Debug)]
pub struct AuthProviderProps {
    /// The configuration. The client is made at the first render.
    #[prop_or_default]
    pub config: Option<AuthConfig>,
    /// A client that `main` made, in place of `config`: the provider's answer is then out of the URL before anything is
    /// rendered.
    #[prop_or_default]
    pub auth: Option<Auth>,
    /// The app.
    #[prop_or_default]
    pub children: Html,
}

/// Gives all that is below a client. It renders its children at once; what they show while the state is loading is theirs
/// to say, for example by [`AuthPending`](super::AuthPending).
///
/// Without `config` and `auth` the state's last error is `config_missing`.
#[component]
pub fn AuthProvider(props: &AuthProviderProps) -> Html {
    let auth = use_memo(
        (props.config.clone(), props.auth.clone()),
        |(config, auth)| match (auth, config) {
            (Some(auth), _) => auth.clone(),
            (None, Some(config)) => Auth::new(config.clone()),
            (None, None) => Auth::new(AuthConfig::new("", "")),
        },
    );
    let auth = Auth::clone(&auth);
    let state = use_state_eq(|| auth.state());
    use_router_follows();
    {
        let state = state.clone();
        use_effect_with(auth.clone(), move |auth| {
            // Something may have been told before anybody listened.
            state.set(auth.state());
            let subscription = auth.subscribe(move |now| state.set(now.clone()));
            move || drop(subscription)
        });
    }
    let context = Context {
        auth,
        state: AuthState::clone(&state),
    };
    html! {
        <ContextProvider<Context> {context}>{ props.children.clone() }</ContextProvider<Context>>
    }
}
