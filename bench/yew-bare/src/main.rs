//! A small Yew app without sign-in: two routes, and a list that is loaded. `yew-keyward` is the same one with Keyward; what
//! lies between the two is what Keyward adds.

use gloo_net::http::{Request, Response};
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

async fn load() -> Result<String, String> {
    let response: Response = Request::get("/api/orders")
        .send()
        .await
        .map_err(|error| error.to_string())?;
    response.text().await.map_err(|error| error.to_string())
}

#[component]
fn Orders() -> Html {
    let orders = use_state(String::new);
    let (shown, orders) = (orders.to_string(), orders.setter());
    let onclick = move |_: MouseEvent| {
        let orders = orders.clone();
        spawn_local(async move { orders.set(load().await.unwrap_or_else(|error| error)) });
    };
    html! { <><h1>{ "Orders" }</h1><button {onclick}>{ "Load" }</button><pre>{ shown }</pre></> }
}

fn switch(route: Route) -> Html {
    match route {
        Route::Home => html! { <Link<Route> to={Route::Orders}>{ "Orders" }</Link<Route>> },
        Route::Orders => html! { <Orders /> },
        Route::NotFound => html! { <p>{ "Nothing here" }</p> },
    }
}

#[component]
fn App() -> Html {
    html! { <BrowserRouter><Switch<Route> render={switch} /></BrowserRouter> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
