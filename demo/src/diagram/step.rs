//! One step: the arrow, its words, and more on demand.

use yew::prelude::*;

use super::details::Details;
use super::model::{Arrow, Lane};
use super::wire::Wire;

#[derive(Properties, PartialEq)]
pub(crate) struct StepRowProps {
    pub(crate) lanes: &'static [Lane],
    pub(crate) arrow: Arrow,
    pub(crate) number: usize,
    /// Unique in the page: the details are named after it.
    pub(crate) id: AttrValue,
}

#[component]
pub(crate) fn StepRow(props: &StepRowProps) -> Html {
    let StepRowProps {
        lanes,
        arrow,
        number,
        id,
    } = props;
    let open = use_state_eq(|| false);
    let onclick = {
        let open = open.clone();
        move |_: MouseEvent| open.set(!*open)
    };
    let between = if arrow.from == arrow.to {
        format!("{}, {}", arrow.from.name(), arrow.channel.name())
    } else {
        let (from, to) = (arrow.from.name(), arrow.to.name());
        format!("{from} to {to}, {}", arrow.channel.name())
    };
    html! {
        <li
            class="step"
            data-testid="diagram-step"
            data-kind={arrow.kind}
            data-channel={arrow.channel.key()}
            data-failed={arrow.failed.then_some("true")}
        >
            <button
                type="button"
                class="step-face"
                aria-expanded={if *open { "true" } else { "false" }}
                aria-controls={id}
                {onclick}
            >
                <Wire {lanes} arrow={arrow.clone()} {number} />
                <span class="step-words">
                    <span class="step-title">
                        { &arrow.title }
                        <span class="unseen">{ format!(" ({between}). ") }</span>
                    </span>
                    if let Some(spec) = arrow.spec {
                        <span class="spec">{ spec.label() }</span>
                    }
                    <span class="step-text">{ &arrow.text }</span>
                </span>
                <svg class="step-more" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 6l4 4 4-4" /></svg>
            </button>
            <div class="step-details" {id} hidden={!*open}>
                if *open {
                    <Details arrow={arrow.clone()} />
                }
            </div>
        </li>
    }
}
