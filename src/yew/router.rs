//! Keyward and yew-router.

use yew::prelude::*;
use yew_router::prelude::*;

use super::require::RequireAuth;
use crate::front::{SignInOptions, SignOutOptions};

impl SignInOptions {
    /// Lands on a route afterwards. `navigator` is what `use_navigator()` gives: it knows the router's base name.
    pub fn return_to_route(self, navigator: &Navigator, route: &impl Routable) -> Self {
        self.return_to(path_of(navigator, route))
    }
}

impl SignOutOptions {
    /// Lands on a route afterwards. `navigator` is what `use_navigator()` gives: it knows the router's base name.
    pub fn return_to_route(self, navigator: &Navigator, route: &impl Routable) -> Self {
        self.return_to(path_of(navigator, route))
    }
}

fn path_of(navigator: &Navigator, route: &impl Routable) -> String {
    [navigator.basename().unwrap_or_default(), &route.to_path()].concat()
}

/// Properties of [`ProtectedSwitch`].
#[derive(Properties, PartialEq, Debug)]
pub struct ProtectedSwitchProps<R: PartialEq> {
    /// Draws a route, as in yew-router's `Switch`.
    pub render: Callback<R, Html>,
    /// Which routes only a signed-in user sees.
    pub protects: Callback<R, bool>,
    /// See [`RequireAuthProps::fallback`](super::RequireAuthProps::fallback).
    #[prop_or_default]
    pub fallback: Option<Html>,
    /// See [`RequireAuthProps::pending`](super::RequireAuthProps::pending).
    #[prop_or_default]
    pub pending: Html,
}

/// A `Switch` some of whose routes need a signed-in user. A deep link to one leads to the sign-in and back to the very
/// link.
#[component]
pub fn ProtectedSwitch<R: Routable + 'static>(props: &ProtectedSwitchProps<R>) -> Html {
    let ProtectedSwitchProps {
        render,
        protects,
        fallback,
        pending,
    } = props;
    let render = {
        let (render, protects) = (render.clone(), protects.clone());
        let (fallback, pending) = (fallback.clone(), pending.clone());
        move |route: R| {
            if !protects.emit(route.clone()) {
                return render.emit(route);
            }
            html! {
                <RequireAuth fallback={fallback.clone()} pending={pending.clone()}>
                    { render.emit(route) }
                </RequireAuth>
            }
        }
    };
    html! { <Switch<R> {render} /> }
}

/// A router above the provider has read the URL before the answer was taken out of it: it is told to look again.
#[hook]
pub(super) fn use_router_follows() {
    let seen = use_location();
    use_effect_with((), move |()| {
        let (Some(seen), Some(window)) = (seen, web_sys::window()) else {
            return;
        };
        let now = window.location();
        let same = now.pathname().is_ok_and(|path| path == seen.path())
            && now.search().is_ok_and(|query| query == seen.query_str());
        if !same {
            // What routers listen to: the entry of the history is another one.
            if let Ok(event) = web_sys::PopStateEvent::new("popstate") {
                let _ = window.dispatch_event(&event);
            }
        }
    });
}
