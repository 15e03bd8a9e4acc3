//! The session plate: where you stand, and the one action that changes it.

use keyward::yew::{use_auth, use_auth_state};
use keyward::{AuthState, SignedOutReason};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::countdown::Countdown;
use super::name_of;
use super::sign_buttons::{SignIn, SignOut};
use crate::problem::use_report;
use crate::trace::use_log;

#[component]
pub(crate) fn Plate() -> Html {
    let state = use_auth_state();
    let (status, name, detail) = words(&state);
    html! {
        <section class="plate" aria-label="Your session" data-state={key(&state)}>
            <Countdown />
            <div class="plate-text">
                <p class="chip" role="status" data-testid="status" data-state={key(&state)}>{ status }</p>
                <p class="plate-name" data-testid="user-name">{ name }</p>
                <p class="plate-detail">{ detail }</p>
            </div>
            <div class="plate-actions">
                if state.is_signed_in() {
                    <RenewNow />
                    <SignOut class="button button-plate" />
                } else {
                    <SignIn class="button button-brass" />
                }
            </div>
        </section>
    }
}

fn key(state: &AuthState) -> &'static str {
    match state {
        AuthState::Loading { .. } => "loading",
        AuthState::SignedOut { .. } => "signedOut",
        AuthState::SignedIn { .. } => "signedIn",
    }
}

fn words(state: &AuthState) -> (&'static str, String, String) {
    let (status, name, detail) = match state {
        AuthState::SignedIn { user, .. } => {
            let name = name_of(user);
            let other = user.email().filter(|email| *email != name);
            return ("Signed in", name, other.unwrap_or(user.sub()).to_string());
        }
        AuthState::Loading { .. } => (
            "Checking",
            "One moment",
            "Looking for a session to pick up.",
        ),
        AuthState::SignedOut { reason, .. } => match reason {
            SignedOutReason::NeverSignedIn => (
                "Signed out",
                "No session yet",
                "One press to the provider and back.",
            ),
            SignedOutReason::Expired => (
                "Expired",
                "Your session ran out",
                "Sign in to carry on where you were.",
            ),
            SignedOutReason::SignedOut => (
                "Signed out",
                "You signed out",
                "Every tab of this app followed at once.",
            ),
            SignedOutReason::SignedOutElsewhere => (
                "Signed out elsewhere",
                "Another tab signed out",
                "This tab followed at once.",
            ),
            SignedOutReason::SessionEnded => (
                "Session ended",
                "The provider ended it",
                "Sign in to start a new session.",
            ),
        },
    };
    (status, name.into(), detail.into())
}

/// Seldom needed in an app, where calls renew by themselves; here it saves the wait.
#[component]
fn RenewNow() -> Html {
    let auth = use_auth();
    let (log, report) = (use_log(), use_report());
    let onclick = move |_: MouseEvent| {
        if let Some(log) = &log {
            log.pressed("Renew now");
        }
        let (auth, report) = (auth.clone(), report.clone());
        spawn_local(async move {
            report.emit(auth.refresh().await.err().map(Into::into));
        });
    };
    html! {
        <button type="button" class="button button-plate" data-testid="renew" {onclick}>{ "Renew now" }</button>
    }
}
