//! A list of steps that can be walked with the arrow keys.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::model::{Arrow, Lane};
use super::step::StepRow;

#[derive(Properties, PartialEq)]
pub(crate) struct SequenceProps {
    pub(crate) lanes: &'static [Lane],
    pub(crate) arrows: Vec<Arrow>,
    /// Unique in the page.
    pub(crate) id: AttrValue,
    pub(crate) label: AttrValue,
    #[prop_or_default]
    pub(crate) hidden: bool,
}

/// The steps in their order.
#[component]
pub(crate) fn Sequence(props: &SequenceProps) -> Html {
    let id = &props.id;
    html! {
        <ol
            class="steps"
            id={id.clone()}
            aria-label={props.label.clone()}
            hidden={props.hidden}
            onkeydown={walk}
        >
            { for props.arrows.iter().enumerate().map(|(at, arrow)| html! {
                <StepRow
                    key={at}
                    lanes={props.lanes}
                    arrow={arrow.clone()}
                    number={at + 1}
                    id={format!("{id}-{at}")}
                />
            }) }
        </ol>
    }
}

/// Up and down go from step to step; Tab does as well, so nothing depends on knowing this.
fn walk(event: KeyboardEvent) {
    let forward = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let next = || {
        let button = event.target()?.dyn_into::<Element>().ok()?;
        if !button.matches(".step-face").ok()? {
            return None;
        }
        let step = button.closest(".step").ok()??;
        let other = if forward {
            step.next_element_sibling()
        } else {
            step.previous_element_sibling()
        };
        let face = other?.query_selector(".step-face").ok()??;
        face.dyn_into::<HtmlElement>().ok()
    };
    if let Some(face) = next() {
        event.prevent_default();
        // Focus that cannot move stays where it is.
        let _ = face.focus();
    }
}
