//! An address that leads nowhere.

use yew::prelude::*;
use yew_router::prelude::*;

use crate::routes::Route;
use crate::shell::PageHead;

#[component]
pub(crate) fn NotFound() -> Html {
    html! {
        <div class="gate" data-testid="not-found">
            <PageHead title={AttrValue::from("There is no page here")} eyebrow={AttrValue::from("404")}>
                <p class="lead">{ "The address may be mistyped, or the page has moved." }</p>
            </PageHead>
            <Link<Route> to={Route::Overview} classes="button button-primary">{ "Go to the overview" }</Link<Route>>
        </div>
    }
}
