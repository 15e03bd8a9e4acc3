//! The protected page: orders out of the API.

use keyward::yew::use_auth;
use serde::Deserialize;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::app::use_settings;
use crate::calls::fetch_text;
use crate::problem::use_report;
use crate::shell::PageHead;

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Order {
    id: u64,
    item: String,
    quantity: u32,
    total: String,
}

#[derive(Deserialize)]
struct Answer {
    orders: Vec<Order>,
}

#[derive(Clone, PartialEq)]
enum Loaded {
    Waiting,
    Orders(Vec<Order>),
    Failed,
}

#[component]
pub(crate) fn Orders() -> Html {
    let auth = use_auth();
    let (settings, report) = (use_settings(), use_report());
    let loaded = use_state_eq(|| Loaded::Waiting);
    let load = {
        let loaded = loaded.setter();
        use_callback((), move |(), ()| {
            let (auth, report, loaded) = (auth.clone(), report.clone(), loaded.clone());
            let url = settings.api_url("/api/orders");
            spawn_local(async move {
                loaded.set(Loaded::Waiting);
                let (found, problem) = match fetch_text(&auth, &url).await {
                    Ok(text) => (text.and_then(read), None),
                    Err(error) => (None, Some(error.into())),
                };
                loaded.set(found.map_or(Loaded::Failed, Loaded::Orders));
                report.emit(problem);
            });
        })
    };
    {
        let load = load.clone();
        use_effect_with((), move |()| load.emit(()));
    }
    let again = move |_: MouseEvent| load.emit(());
    html! {
        <div class="page">
            <Head />
            <section class="card" aria-label="Your orders" data-testid="orders" aria-busy={(*loaded == Loaded::Waiting).then_some("true")}>
                { match &*loaded {
                    Loaded::Waiting => html! { <Skeleton /> },
                    Loaded::Orders(orders) => table(orders),
                    Loaded::Failed => html! {
                        <div class="empty">
                            <p><strong>{ "The API gave no orders." }</strong></p>
                            <button type="button" class="button button-small" onclick={again}>{ "Try again" }</button>
                        </div>
                    },
                } }
            </section>
        </div>
    }
}

/// While it is not known who is here.
#[component]
pub(crate) fn OrdersPending() -> Html {
    html! {
        <div class="page">
            <Head />
            <section class="card" aria-label="Your orders" aria-busy="true"><Skeleton /></section>
        </div>
    }
}

#[component]
fn Head() -> Html {
    html! {
        <PageHead title={AttrValue::from("Orders")} eyebrow={AttrValue::from("Protected page")}>
            <p class="lead">
                { "This page has an address of its own. Open it signed out, in a new window for example, and the sign-in \
                   leads right back here." }
            </p>
        </PageHead>
    }
}

#[component]
fn Skeleton() -> Html {
    html! {
        <div class="skeletons">
            <p class="unseen">{ "Loading" }</p>
            { for (0..4).map(|_| html! { <div class="skeleton" /> }) }
        </div>
    }
}

fn read(text: String) -> Option<Vec<Order>> {
    serde_json::from_str::<Answer>(&text)
        .ok()
        .map(|answer| answer.orders)
}

fn table(orders: &[Order]) -> Html {
    html! {
        <div class="table-scroll">
            <table>
                <thead>
                    <tr>
                        <th scope="col">{ "Order" }</th>
                        <th scope="col">{ "Item" }</th>
                        <th scope="col" class="number">{ "Quantity" }</th>
                        <th scope="col" class="number">{ "Total" }</th>
                    </tr>
                </thead>
                <tbody>
                    { for orders.iter().map(|order| html! {
                        <tr>
                            <td class="mono">{ order.id }</td>
                            <td>{ &order.item }</td>
                            <td class="number">{ order.quantity }</td>
                            <td class="number">{ &order.total }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}
