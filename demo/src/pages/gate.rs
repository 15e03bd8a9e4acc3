//! What a protected page shows to somebody who is signed out.

use yew::prelude::*;

use crate::session::SignIn;
use crate::shell::PageHead;

#[component]
pub(crate) fn Gate() -> Html {
    html! {
        <div class="gate" data-testid="gate">
            <svg class="gate-lock" viewBox="0 0 240 240" aria-hidden="true">
                <circle class="dial-wards" cx="120" cy="120" r="104" pathLength="240" />
                <circle class="dial-plate" cx="120" cy="120" r="82" />
                <path class="dial-keyhole" d="M120 72a26 26 0 0 0-12 49l-9 45h42l-9-45a26 26 0 0 0-12-49z" />
            </svg>
            <PageHead title={AttrValue::from("This page needs a sign-in")}>
                <p class="lead">
                    { "Sign in and you come back to this very address, wherever the link was that brought you here." }
                </p>
            </PageHead>
            <SignIn class="button button-primary" />
        </div>
    }
}
