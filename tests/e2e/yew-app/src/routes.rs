//! Pages by yew-router, some of them protected.

use keyward::SignInOptions;
use keyward::yew::{ProtectedSwitch, RequireAuth, SignInButton, use_auth};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_router::prelude::*;

use super::parts::Panel;

#[derive(Clone, Debug, PartialEq, Routable)]
pub(crate) enum Route {
    #[at("/")]
    Home,
    #[at("/orders/:id")]
    Order { id: String },
    #[at("/guarded")]
    Guarded,
    #[not_found]
    #[at("/404")]
    NotFound,
}

#[component]
pub(crate) fn Pages() -> Html {
    let navigator = use_navigator();
    let auth = use_auth();
    let to_order = move |_: MouseEvent| {
        let (auth, navigator) = (auth.clone(), navigator.clone());
        spawn_local(async move {
            let Some(navigator) = navigator else { return };
            let order = Route::Order { id: "9".into() };
            let options = SignInOptions::new().return_to_route(&navigator, &order);
            let _ = auth.sign_in(options).await;
        });
    };
    html! {
        <>
            <nav>
                <Link<Route> to={Route::Home}>{ "Home" }</Link<Route>>
                <Link<Route> to={Route::Order { id: "7".into() }}>{ "Order" }</Link<Route>>
                <Link<Route> to={Route::Guarded}>{ "Guarded" }</Link<Route>>
                <button id="to-order" onclick={to_order}>{ "Sign in to an order" }</button>
            </nav>
            <ProtectedSwitch<Route>
                render={draw}
                protects={|route| matches!(route, Route::Order { .. })}
                pending={html! { <p id="leaving">{ "On the way" }</p> }}
            />
        </>
    }
}

fn draw(route: Route) -> Html {
    match route {
        Route::Home => html! { <h1>{ "Home" }</h1> },
        Route::Order { id } => html! { <><h1>{ format!("Order {id}") }</h1><Panel /></> },
        Route::Guarded => html! {
            <RequireAuth fallback={html! { <div id="fallback"><SignInButton class="guard" /></div> }}>
                <h1>{ "Guarded" }</h1>
            </RequireAuth>
        },
        Route::NotFound => html! { <h1>{ "Nothing here" }</h1> },
    }
}
