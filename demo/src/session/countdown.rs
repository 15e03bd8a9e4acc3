//! The life of the access token as a dial. A silent renewal is no change of the state on purpose: this component looks
//! at the live value once a second, and nothing else is rendered by it.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::Interval;
use keyward::yew::{use_auth, use_auth_state};
use keyward::{Auth, AuthEvent, AuthState};
use yew::prelude::*;

use crate::format::countdown;

#[derive(Clone, Copy, Default, PartialEq)]
struct Life {
    now: u64,
    /// When the present token was first seen here, and its end then: the full turn of the dial.
    begun: u64,
    end: Option<u64>,
}

impl Life {
    fn left(self) -> Option<u64> {
        self.end.map(|end| end.saturating_sub(self.now))
    }

    /// The part of the life that is left, in percent.
    fn share(self) -> f64 {
        match (self.left(), self.end) {
            (Some(left), Some(end)) if end > self.begun => {
                (left as f64 * 100.0 / (end - self.begun) as f64).min(100.0)
            }
            (Some(_), _) => 0.0,
            _ => 100.0,
        }
    }
}

fn look(auth: &Auth, before: Life) -> Life {
    let now = js_sys::Date::now() as u64;
    let end = match auth.state() {
        AuthState::SignedIn { expires_at, .. } => expires_at.get(),
        _ => None,
    };
    let begun = if end == before.end { before.begun } else { now };
    Life { now, begun, end }
}

#[component]
pub(crate) fn Countdown() -> Html {
    let auth = use_auth();
    let state = use_auth_state();
    let signed_in = state.is_signed_in();
    let life = use_state_eq(|| look(&auth, Life::default()));
    let renewed = use_state_eq(|| 0_usize);
    {
        let (life, renewed) = (life.setter(), renewed.clone());
        use_effect_with((auth.clone(), signed_in), move |(auth, signed_in)| {
            let seen = Rc::new(Cell::new(Life::default()));
            let tick = {
                let auth = auth.clone();
                move || {
                    seen.set(look(&auth, seen.get()));
                    life.set(seen.get());
                }
            };
            tick();
            let count = Cell::new(0);
            renewed.set(0);
            let subscription = auth.on({
                let tick = tick.clone();
                move |event| {
                    if let AuthEvent::Refreshed { .. } = event {
                        count.set(count.get() + 1);
                        renewed.set(count.get());
                        tick();
                    }
                }
            });
            let timer = signed_in.then(|| Interval::new(1_000, tick));
            move || drop((subscription, timer))
        });
    }
    let words = match life.left() {
        _ if !signed_in => (String::new(), ""),
        None => ("open".into(), "no end announced"),
        Some(0) => (countdown(0), "the next call renews it"),
        Some(left) => (countdown(left), "left on this token"),
    };
    html! {
        <div class="countdown">
            <div class="dial" data-state={dial_state(&state)}>
                <Dial key={*renewed} share={life.share()} lit={signed_in} glow={*renewed > 0} />
                <p class="dial-time" role="timer" aria-live="off">
                    <span class="dial-clock" data-testid="countdown">{ words.0 }</span>
                    <span class="dial-caption">{ words.1 }</span>
                </p>
            </div>
            if signed_in {
                <p class="renewals">
                    { "Renewed " }
                    <strong data-testid="refresh-count">{ *renewed }</strong>
                    { if *renewed == 1 { " time" } else { " times" } }
                </p>
            }
        </div>
    }
}

fn dial_state(state: &AuthState) -> &'static str {
    match state {
        AuthState::Loading { .. } => "loading",
        AuthState::SignedOut { .. } => "signedOut",
        AuthState::SignedIn { .. } => "signedIn",
    }
}

#[derive(Properties, PartialEq)]
struct DialProps {
    share: f64,
    lit: bool,
    glow: bool,
}

/// Sixty wards in a ring; the lit ones are what is left. It is made anew by each renewal, so that the glow plays again.
#[component]
fn Dial(props: &DialProps) -> Html {
    let spent = if props.lit {
        100.0 - props.share
    } else {
        100.0
    };
    html! {
        <svg class={classes!("dial-face", props.glow.then_some("dial-renewed"))} viewBox="0 0 240 240" aria-hidden="true">
            <defs>
                <mask id="life" maskUnits="userSpaceOnUse" x="0" y="0" width="240" height="240">
                    <circle
                        class="dial-life"
                        cx="120" cy="120" r="104"
                        pathLength="100"
                        stroke-dasharray="100"
                        stroke-dashoffset={format!("{:.2}", -spent)}
                    />
                </mask>
            </defs>
            <circle class="dial-wards" cx="120" cy="120" r="104" pathLength="240" />
            <circle class="dial-wards dial-wards-lit" cx="120" cy="120" r="104" pathLength="240" mask="url(#life)" />
            <circle class="dial-sweep" cx="120" cy="120" r="104" pathLength="240" />
            <circle class="dial-plate" cx="120" cy="120" r="82" />
            <path class="dial-keyhole" d="M120 72a26 26 0 0 0-12 49l-9 45h42l-9-45a26 26 0 0 0-12-49z" />
        </svg>
    }
}
