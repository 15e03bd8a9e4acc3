//! The app of `yew-bare` with yew-oauth2 and its OpenID Connect client: sign-in, the list with the access token, sign-out.

use gloo_net::http::{Request, Response};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_oauth2::openid::*;
use yew_oauth2::prelude::*;
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

async fn load(token: String) -> Result<String, String> {
    let response: Response = Request::get("/api/orders")
        .header("authorization", &format!("Bearer {token}"))
        .send()
        .await
        .map_err(|error| error.to_string())?;
    response.text().await.map_err(|error| error.to_string())
}

#[component]
fn Orders() -> Html {
    let (agent, token) = (use_auth_agent(), use_latest_access_token());
    let orders = use_state(String::new);
    let (shown, orders) = (orders.to_string(), orders.setter());
    let load = move |_: MouseEvent| {
        let orders = orders.clone();
        let token = token
            .as_ref()
            .and_then(|token| token.access_token())
            .map(|token| token.to_string())
            .unwrap_or_default();
        spawn_local(async move { orders.set(load(token).await.unwrap_or_else(|error| error)) });
    };
    let sign_out = move |_: MouseEvent| {
        let _ = agent.as_ref().map(|agent| agent.logout());
    };
    html! {
        <>
            <h1>{ "Orders" }</h1>
            <button onclick={load}>{ "Load" }</button>
            <pre>{ shown }</pre>
            <button onclick={sign_out}>{ "Sign out" }</button>
        </>
    }
}

#[component]
fn SignIn() -> Html {
    let agent = use_auth_agent();
    let onclick = move |_: MouseEvent| {
        let _ = agent.as_ref().map(|agent| agent.start_login());
    };
    html! { <button {onclick}>{ "Sign in" }</button> }
}

fn switch(route: Route) -> Html {
    match route {
        Route::Home => html! { <Link<Route> to={Route::Orders}>{ "Orders" }</Link<Route>> },
        Route::Orders => html! {
            <>
                <Authenticated><Orders /></Authenticated>
                <NotAuthenticated><SignIn /></NotAuthenticated>
            </>
        },
        Route::NotFound => html! { <p>{ "Nothing here" }</p> },
    }
}

#[component]
fn App() -> Html {
    let config = Config::new("spa", "https://id.example");
    html! { <OAuth2 {config}><BrowserRouter><Switch<Route> render={switch} /></BrowserRouter></OAuth2> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
