//! The app of `yew-bare` with Keyward: sign-in, a greeting, the list with the access token, sign-out.

use gloo_net::http::Response;
use keyward::yew::{AuthProvider, RequireAuth, SignInButton, SignOutButton, use_auth, use_user};
use keyward::{Auth, AuthConfig};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_router::prelude::*;

#[derive(Clone, PartialEq, Routable)]
enum Route {
    #[at("/")]
    Home,
    #[at("/orders")]
    Orders,
    #[not_found]
    #[at("/404")]
    NotFound,
}

async fn load(auth: Auth) -> Result<String, String> {
    let response: Response = auth
        .get("/api/orders")
        .await
        .map_err(|error| error.to_string())?
        .into();
    response.text().await.map_err(|error| error.to_string())
}

#[component]
fn Orders() -> Html {
    let (auth, user, orders) = (use_auth(), use_user(), use_state(String::new));
    let (shown, orders) = (orders.to_string(), orders.setter());
    let onclick = move |_: MouseEvent| {
        let (auth, orders) = (auth.clone(), orders.clone());
        spawn_local(async move { orders.set(load(auth).await.unwrap_or_else(|error| error)) });
    };
    let name = user.map(|user| user.display_name().to_string());
    html! {
        <><h1>{ "Orders of " }{ name }</h1><button {onclick}>{ "Load" }</button><pre>{ shown }</pre><SignOutButton /></>
    }
}

fn switch(route: Route) -> Html {
    match route {
        Route::Home => html! { <Link<Route> to={Route::Orders}>{ "Orders" }</Link<Route>> },
        Route::Orders => {
            let fallback = html! { <SignInButton /> };
            html! { <RequireAuth {fallback}><Orders /></RequireAuth> }
        }
        Route::NotFound => html! { <p>{ "Nothing here" }</p> },
    }
}

#[component]
fn App() -> Html {
    let config = AuthConfig::new("https://id.example", "spa");
    #[cfg(feature = "worker-vault")]
    let config = config.vault("/keyward/vault.js");
    html! {
        <AuthProvider {config}><BrowserRouter><Switch<Route> render={switch} /></BrowserRouter></AuthProvider>
    }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
