//! The card with the twenty calls.

use std::rc::Rc;

use keyward::yew::{use_auth, use_auth_state};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::run::{MANY, Outcome, Pin, Spoiled, call_many, spoil};
use crate::app::use_settings;
use crate::problem::use_report;
use crate::trace::use_log;

#[derive(Clone, PartialEq)]
struct Pins([Pin; MANY]);

impl Reducible for Pins {
    type Action = (usize, Pin);

    fn reduce(self: Rc<Self>, (at, state): Self::Action) -> Rc<Self> {
        let mut pins = (*self).clone();
        if let Some(pin) = pins.0.get_mut(at) {
            *pin = state;
        }
        Rc::new(pins)
    }
}

#[component]
pub(crate) fn Calls() -> Html {
    let auth = use_auth();
    let signed_out = use_auth_state().is_signed_out();
    let (settings, log, report) = (use_settings(), use_log(), use_report());
    let pins = use_reducer(|| Pins([Pin::Idle; MANY]));
    let outcome = use_state_eq(|| None::<Outcome>);
    let busy = use_state_eq(|| false);
    let refuse = use_state_eq(|| true);
    let spoiled = use_memo((), |()| Spoiled::default());

    let onclick = {
        let (outcome, busy, refuse) = (outcome.clone(), busy.clone(), *refuse);
        let tell = {
            let dispatch = pins.dispatcher();
            Callback::from(move |told| dispatch.dispatch(told))
        };
        move |_: MouseEvent| {
            if *busy {
                return;
            }
            busy.set(true);
            outcome.set(None);
            (0..MANY).for_each(|at| tell.emit((at, Pin::Idle)));
            let (auth, settings, tell) = (auth.clone(), settings.clone(), tell.clone());
            let (outcome, busy) = (outcome.clone(), busy.clone());
            let (log, report) = (log.clone(), report.clone());
            let spoiled = spoiled.clone();
            spawn_local(async move {
                let prepared = match refuse && auth.state().is_signed_in() {
                    true => spoil(&auth, &settings, &spoiled).await,
                    false => Ok(()),
                };
                if let Some(log) = &log {
                    log.pressed("Call the API 20 times at once");
                }
                match prepared {
                    Err(problem) => report.emit(Some(problem)),
                    Ok(()) => {
                        let result =
                            call_many(&auth, &settings.api_url("/api/orders"), &tell).await;
                        if refuse {
                            spoiled.note(&auth);
                        }
                        report.emit(result.problem.clone());
                        outcome.set(Some(result));
                    }
                }
                busy.set(false);
            });
        }
    };
    let onchange = {
        let refuse = refuse.clone();
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            refuse.set(input.checked());
        }
    };
    html! {
        <section class="card calls" aria-labelledby="calls-title">
            <div class="card-head"><h2 id="calls-title">{ "Call the API" }</h2></div>
            <ul class="pins" aria-hidden="true">
                { for pins.0.iter().map(|pin| html! { <li class="pin" data-state={pin.key()} /> }) }
            </ul>
            <Figures outcome={Option::clone(&outcome)} />
            <button
                type="button"
                class="button button-primary"
                data-testid="call-20"
                aria-disabled={busy.then_some("true")}
                {onclick}
            >
                { if *busy { "Calling" } else { "Call the API 20 times at once" } }
            </button>
            <label class="check">
                <input type="checkbox" data-testid="refuse" checked={*refuse} {onchange} />
                <span>{ "Let the API refuse the token first, as if it had just expired" }</span>
            </label>
            <p class="summary" role="status" data-testid="call-result">
                { summary(outcome.as_ref(), *busy, signed_out) }
            </p>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct FiguresProps {
    outcome: Option<Outcome>,
}

#[component]
fn Figures(props: &FiguresProps) -> Html {
    let of = |read: fn(&Outcome) -> String| {
        let read = props.outcome.as_ref().map(read);
        read.unwrap_or_else(|| "–".into())
    };
    let refreshes = props.outcome.as_ref().map(|outcome| outcome.refreshes);
    html! {
        <div class="figures">
            <p class="figure">
                <strong>{ of(|outcome| format!("{}/{MANY}", outcome.good)) }</strong><span>{ "succeeded" }</span>
            </p>
            <p class="figure">
                <strong data-testid="call-refreshes">{ of(|outcome| outcome.refreshes.to_string()) }</strong>
                <span>{ if refreshes == Some(1) { "refresh" } else { "refreshes" } }</span>
            </p>
            <p class="figure">
                <strong>{ of(|outcome| format!("{} ms", outcome.ms)) }</strong><span>{ "in all" }</span>
            </p>
        </div>
    }
}

fn summary(outcome: Option<&Outcome>, busy: bool, signed_out: bool) -> String {
    match outcome {
        _ if busy => "Sending 20 calls.".into(),
        Some(Outcome {
            good, refreshes: 1, ..
        }) => format!("{good} of {MANY} calls succeeded. All of them together cost one refresh."),
        Some(Outcome {
            good, refreshes, ..
        }) => {
            format!("{good} of {MANY} calls succeeded, with {refreshes} refreshes.")
        }
        None if signed_out => {
            "Signed out, the calls go without a token, and the API says no.".into()
        }
        None => "However many calls meet an old token, they share one refresh.".into(),
    }
}
