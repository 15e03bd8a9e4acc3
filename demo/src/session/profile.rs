//! Who am I: the claims about the user, as the provider signed them.

use keyward::yew::{use_auth_state, use_user};
use keyward::{AuthState, User};
use yew::prelude::*;

use super::{initials, name_of};

/// Nothing while nobody is signed in.
#[component]
pub(crate) fn Profile() -> Html {
    let state = use_auth_state();
    let (Some(user), AuthState::SignedIn { scope, .. }) = (use_user(), state) else {
        return Html::default();
    };
    let name = name_of(&user);
    html! {
        <section class="card profile" aria-labelledby="who-title">
            <div class="card-head">
                <h2 id="who-title">{ "Who am I" }</h2>
                <p class="quiet">{ "out of a checked ID token" }</p>
            </div>
            <div class="person">
                <span class="avatar" aria-hidden="true">{ initials(&name) }</span>
                <p class="person-name">{ name }</p>
            </div>
            <dl class="facts">
                { for claims(&user).into_iter().map(|(name, value)| html! {
                    <div><dt>{ name }</dt><dd>{ value }</dd></div>
                }) }
            </dl>
            <ul class="scopes" aria-label="Granted scope">
                { for scope.split(' ').map(|word| html! { <li>{ word }</li> }) }
            </ul>
        </section>
    }
}

/// Those that a person can read; the rest is for programs.
fn claims(user: &User) -> Vec<(String, String)> {
    user.claims()
        .filter(|(name, _)| !matches!(*name, "name" | "iss" | "sid"))
        .filter_map(|(name, _)| Some((name.to_string(), user.text(name)?.to_string())))
        .collect()
}
