//! The Evolution view: six flows, each at an address of its own.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;
use yew_router::prelude::*;

use super::NotFound;
use crate::evolution::{CHAPTERS, ChapterView, Stepper};
use crate::routes::Route;
use crate::shell::PageHead;

#[derive(Properties, PartialEq)]
pub(crate) struct EvolutionProps {
    /// The slug of a chapter; empty for the first.
    pub(crate) step: AttrValue,
}

#[component]
pub(crate) fn Evolution(props: &EvolutionProps) -> Html {
    let navigator = use_navigator();
    let found = match props.step.as_str() {
        "" => Some(0),
        slug => CHAPTERS.iter().position(|chapter| chapter.slug == slug),
    };
    use_effect_with(found, move |at| {
        let listener = at.zip(web_sys::window()).map(|(at, window)| {
            EventListener::new(&window, "keydown", move |event| {
                let next = event.dyn_ref().and_then(|event| turned(event, at));
                let chapter = next.and_then(|next| CHAPTERS.get(next));
                if let (Some(chapter), Some(navigator)) = (chapter, &navigator) {
                    navigator.push(&Route::EvolutionStep {
                        step: chapter.slug.into(),
                    });
                }
            })
        });
        move || drop(listener)
    });
    let Some((at, chapter)) = found.and_then(|at| Some((at, CHAPTERS.get(at)?))) else {
        return html! { <NotFound /> };
    };
    let place = format!("{} of {}", at + 1, CHAPTERS.len());
    html! {
        <div class="page evolution" data-testid="evolution-step" data-step={chapter.slug}>
            <Stepper {at} />
            <PageHead
                title={AttrValue::from(chapter.title)}
                eyebrow={AttrValue::from(format!("Evolution · {place}"))}
            >
                <p class="lead">{ chapter.idea }</p>
            </PageHead>
            <p class="unseen" aria-live="polite">{ format!("Step {place}") }</p>
            <ChapterView key={chapter.slug} {chapter} />
        </div>
    }
}

/// Where an arrow key leads, unless it is meant for something else.
fn turned(event: &web_sys::KeyboardEvent, at: usize) -> Option<usize> {
    let with_modifier =
        event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key();
    let in_field = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| element.matches("input, textarea, select").unwrap_or(false));
    if with_modifier || in_field {
        return None;
    }
    match event.key().as_str() {
        "ArrowRight" => Some(at + 1),
        "ArrowLeft" => at.checked_sub(1),
        _ => None,
    }
}
