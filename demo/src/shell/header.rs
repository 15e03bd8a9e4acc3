//! Brand, pages, and who is here.

use keyward::yew::{use_auth_state, use_user};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::routes::Route;
use crate::session::{initials, name_of};

#[component]
pub(crate) fn Header() -> Html {
    let route = use_route::<Route>();
    let user = use_user();
    let loading = use_auth_state().is_loading();
    let is = |wanted: fn(&Route) -> bool| route.as_ref().is_some_and(wanted);
    html! {
        <header class="bar">
            <Link<Route> to={Route::Overview} classes="brand">
                <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
                    <circle class="brand-wards" cx="16" cy="16" r="13" />
                    <path class="brand-keyhole" d="M16 7.4a4.8 4.8 0 0 0-2.2 9.1l-1.6 7.1h7.6l-1.6-7.1A4.8 4.8 0 0 0 16 7.4z" />
                </svg>
                <span>{ "Keyward" }</span>
            </Link<Route>>
            <nav class="pages" aria-label="Pages">
                { page(Route::Overview, "Overview", is(|route| *route == Route::Overview)) }
                { page(Route::Orders, "Orders", is(Route::is_protected)) }
                { page(Route::Evolution, "Evolution", is(Route::is_evolution)) }
            </nav>
            <p class="who" data-state={if user.is_some() { "in" } else { "out" }}>
                if let Some(user) = user {
                    <span class="who-face" aria-hidden="true">{ initials(&name_of(&user)) }</span>
                    <span class="who-name">{ name_of(&user) }</span>
                } else if !loading {
                    <span class="who-name">{ "Signed out" }</span>
                }
            </p>
        </header>
    }
}

/// A link of our own: yew-router's takes no `aria-current`.
fn page(to: Route, name: &'static str, current: bool) -> Html {
    html! { <PageLink {to} {name} {current} /> }
}

#[derive(Properties, PartialEq)]
struct PageLinkProps {
    to: Route,
    name: &'static str,
    current: bool,
}

#[component]
fn PageLink(props: &PageLinkProps) -> Html {
    let navigator = use_navigator();
    let to = props.to.clone();
    let onclick = move |event: MouseEvent| {
        // With a modifier the browser opens another tab or window by itself.
        if event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() {
            return;
        }
        if let Some(navigator) = &navigator {
            event.prevent_default();
            navigator.push(&to);
        }
    };
    html! {
        <a href={props.to.to_path()} aria-current={props.current.then_some("page")} {onclick}>{ props.name }</a>
    }
}
