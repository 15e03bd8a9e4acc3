//! The card with the other tabs.

use yew::prelude::*;

use super::channel::{Status, Tab};
use super::provider::Known;
use crate::format::clock_time;

#[component]
pub(crate) fn Tabs() -> Html {
    let known = use_context::<Known>().unwrap_or_default();
    html! {
        <section class="card tabs" aria-labelledby="tabs-title">
            <div class="card-head">
                <h2 id="tabs-title">{ "Other tabs" }</h2>
                <p class="quiet">{ format!("this is tab {}", known.own) }</p>
            </div>
            if known.others.is_empty() {
                <p class="quiet">{ "None is open. Open one while you are signed in: it has your session at once. Then sign out here and watch it follow." }</p>
            }
            <ul class="tab-cards" aria-live="polite" aria-label="Other open tabs">
                { for known.others.iter().map(card) }
            </ul>
            <p>
                <a class="button button-small" href="/" target="_blank" rel="noopener" data-testid="second-tab">
                    { "Open another tab" }<span aria-hidden="true">{ " ↗" }</span>
                </a>
            </p>
        </section>
    }
}

fn card(tab: &Tab) -> Html {
    let (key, words) = match tab.status {
        Status::Loading => ("loading", "Checking".to_string()),
        Status::SignedOut => ("signedOut", "Signed out".to_string()),
        Status::SignedIn => {
            let name = tab.name.as_deref().unwrap_or_default();
            ("signedIn", format!("Signed in as {name}"))
        }
    };
    // A new key for a new status: the card shows by its arrival that something happened.
    html! {
        <li key={format!("{}-{key}", tab.id)} class="tab-card" data-testid="tab-card" data-state={key}>
            <span class="tab-id">{ &tab.id }</span>
            <span class="tab-status">{ words }</span>
            <span class="quiet">{ format!("since {}", clock_time(tab.since)) }</span>
        </li>
    }
}
