//! The way through the chapters: all of them in a row, and the two beside the present one.

use yew::prelude::*;
use yew_router::prelude::*;

use super::CHAPTERS;
use crate::routes::Route;

#[derive(Properties, PartialEq)]
pub(crate) struct StepperProps {
    pub(crate) at: usize,
}

#[component]
pub(crate) fn Stepper(props: &StepperProps) -> Html {
    let navigator = use_navigator();
    let link = |at: usize, class: &'static str, testid: &'static str, words: Html| {
        let Some(chapter) = CHAPTERS.get(at) else {
            return Html::default();
        };
        let to = Route::EvolutionStep {
            step: chapter.slug.into(),
        };
        let href = to.to_path();
        let navigator = navigator.clone();
        let onclick = move |event: MouseEvent| {
            if event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() {
                return;
            }
            if let Some(navigator) = &navigator {
                event.prevent_default();
                navigator.push(&to);
            }
        };
        let current = (at == props.at).then_some("step");
        html! { <a {class} {href} data-testid={testid} aria-current={current} {onclick}>{ words }</a> }
    };
    html! {
        <nav class="stepper" aria-label="Evolution">
            <ol>
                { for CHAPTERS.iter().enumerate().map(|(at, chapter)| html! {
                    <li data-past={(at < props.at).then_some("true")}>
                        { link(at, "stepper-link", "evolution-link", html! {
                            <>
                                <span class="stepper-number" aria-hidden="true">{ at + 1 }</span>
                                <span class="stepper-name">{ chapter.short }</span>
                            </>
                        }) }
                    </li>
                }) }
            </ol>
            <div class="stepper-ways">
                if let Some(before) = props.at.checked_sub(1) {
                    { link(before, "button button-small", "evolution-prev", html! { <>
                        <span aria-hidden="true">{ "← " }</span>{ "Back" }
                    </> }) }
                }
                if props.at + 1 < CHAPTERS.len() {
                    { link(props.at + 1, "button button-small button-primary", "evolution-next", html! { <>
                        { "Next: " }{ CHAPTERS.get(props.at + 1).map(|next| next.short).unwrap_or_default() }
                        <span aria-hidden="true">{ " →" }</span>
                    </> }) }
                }
                <p class="quiet stepper-hint">{ "or the arrow keys, left and right" }</p>
            </div>
        </nav>
    }
}
