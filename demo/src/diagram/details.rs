//! What was in a message. A secret has no value here, only a name: what is not there cannot be shown by mistake.

use yew::prelude::*;

use super::model::{Arrow, Parameter};

#[derive(Properties, PartialEq)]
pub(crate) struct DetailsProps {
    pub(crate) arrow: Arrow,
}

#[component]
pub(crate) fn Details(props: &DetailsProps) -> Html {
    let arrow = &props.arrow;
    let way = if arrow.from == arrow.to {
        arrow.from.name().to_string()
    } else {
        format!("{} → {}", arrow.from.name(), arrow.to.name())
    };
    html! {
        <>
            <dl class="facts">
                { fact("Way", html! { format!("{way}, {}", arrow.channel.name().to_lowercase()) }) }
                { for arrow.facts.iter().map(|(name, value)| fact(name, html! { <code>{ value }</code> })) }
                if let Some(spec) = arrow.spec {
                    { fact("Standard", html! {
                        <a href={spec.url()} target="_blank" rel="noreferrer">{ spec.label() }</a>
                    }) }
                }
            </dl>
            if !arrow.parameters.is_empty() {
                <ul class="parameters" aria-label="What is in it">
                    { for arrow.parameters.iter().map(parameter) }
                </ul>
            }
        </>
    }
}

fn fact(name: &str, value: Html) -> Html {
    html! { <div><dt>{ name }</dt><dd>{ value }</dd></div> }
}

fn parameter(parameter: &Parameter) -> Html {
    let value = match &parameter.value {
        Some(value) => html! { <span class="parameter-value">{ value }</span> },
        None => html! {
            <span class="parameter-secret">
                <span aria-hidden="true">{ "••••••" }</span>
                <span class="unseen">{ "secret, not shown" }</span>
            </span>
        },
    };
    html! {
        <li class="parameter" data-secret={parameter.value.is_none().then_some("true")}>
            <span class="parameter-name">{ &parameter.name }</span>
            { value }
        </li>
    }
}
