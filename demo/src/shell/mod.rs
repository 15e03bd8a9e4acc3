//! What surrounds every page.

mod header;
mod page_head;

use keyward::yew::ProtectedSwitch;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::pages::{Evolution, Gate, NotFound, Orders, OrdersPending, Overview};
use crate::problem::ProblemPanel;
use crate::routes::Route;

pub(crate) use page_head::PageHead;

#[component]
pub(crate) fn Shell() -> Html {
    html! {
        <>
            <a class="skip" href="#content" onclick={skip}>{ "Skip to content" }</a>
            <header::Header />
            <main id="content" class="main" tabindex="-1">
                <ProblemPanel />
                <ProtectedSwitch<Route>
                    render={draw}
                    protects={|route: Route| route.is_protected()}
                    fallback={html! { <Gate /> }}
                    pending={html! { <OrdersPending /> }}
                />
            </main>
            <footer class="foot">
                <p>
                    { "Tokens live in this page's memory, never in storage. Script that runs in the page could still \
                       read them; Keyward's " }<code>{ "SECURITY.md" }</code>{ " says what that means." }
                </p>
            </footer>
        </>
    }
}

fn draw(route: Route) -> Html {
    match route {
        Route::Overview => html! { <Overview /> },
        Route::Orders => html! { <Orders /> },
        Route::Evolution => html! { <Evolution step={AttrValue::from("")} /> },
        Route::EvolutionStep { step } => html! { <Evolution {step} /> },
        Route::NotFound => html! { <NotFound /> },
    }
}

/// Moves the focus without a new entry of the history, which the router would take for a page.
fn skip(event: MouseEvent) {
    event.prevent_default();
    let main = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("content"));
    if let Some(main) = main.and_then(|main| main.dyn_into::<HtmlElement>().ok()) {
        // A focus that cannot move is where it was.
        let _ = main.focus();
    }
}
