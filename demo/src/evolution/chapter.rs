//! One flow: its diagram, what it fixed, what it left open, and what Keyward makes of it.

use yew::prelude::*;

use crate::diagram::{Arrow, Channel, Lane, LaneHeads, Legend, Parameter, Sequence, Spec};

/// Whether Keyward offers a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    Never,
    Always,
    Planned,
}

impl Offer {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Always => "always",
            Self::Planned => "planned",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Never => "Keyward: never",
            Self::Always => "Keyward: always",
            Self::Planned => "Keyward: planned, not there yet",
        }
    }
}

/// A step of a flow, as it stands in the tables.
#[derive(Debug, PartialEq)]
pub(crate) struct Line {
    pub(super) way: (Lane, Lane, Channel),
    pub(super) label: &'static str,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) spec: &'static str,
    /// A name with a `*` at its end is a secret.
    pub(super) parameters: &'static [&'static str],
}

#[derive(Debug, PartialEq)]
pub(crate) struct Chapter {
    pub(crate) slug: &'static str,
    pub(crate) short: &'static str,
    pub(crate) title: &'static str,
    /// The flow in one line.
    pub(crate) idea: &'static str,
    pub(super) fixed: &'static str,
    pub(super) open: &'static str,
    pub(super) offer: Offer,
    pub(super) why: &'static str,
    pub(super) specs: &'static [&'static str],
    pub(super) lanes: &'static [Lane],
    pub(super) lines: &'static [Line],
}

impl Chapter {
    fn arrows(&self) -> Vec<Arrow> {
        self.lines.iter().map(arrow).collect()
    }
}

fn arrow(line: &Line) -> Arrow {
    let (from, to, channel) = line.way;
    Arrow {
        kind: channel.key(),
        from,
        to,
        channel,
        label: line.label.into(),
        title: line.title.into(),
        text: line.text.into(),
        spec: (!line.spec.is_empty()).then_some(Spec(line.spec)),
        failed: false,
        parameters: line.parameters.iter().map(|text| parameter(text)).collect(),
        facts: Vec::new(),
    }
}

fn parameter(text: &'static str) -> Parameter {
    let (name, value) = match (text.strip_suffix('*'), text.split_once('=')) {
        (Some(name), _) => (name, None),
        (None, Some((name, value))) => (name, Some(value)),
        (None, None) => (text, Some("…")),
    };
    Parameter {
        name: name.into(),
        value: value.map(Into::into),
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct ChapterViewProps {
    pub(crate) chapter: &'static Chapter,
}

const CHANNELS: &[Channel] = &[
    Channel::Front,
    Channel::Back,
    Channel::Inside,
    Channel::Leak,
];

#[component]
pub(crate) fn ChapterView(props: &ChapterViewProps) -> Html {
    let chapter = props.chapter;
    html! {
        <>
            <div class="verdicts">
                { verdict("fixed", "What it fixed", chapter.fixed, Html::default()) }
                { verdict("open", "What it left open", chapter.open, Html::default()) }
                { verdict(chapter.offer.key(), chapter.offer.words(), chapter.why, html! {
                    <p class="specs">
                        { for chapter.specs.iter().map(|spec| html! {
                            <a class="spec" href={Spec(spec).url()} target="_blank" rel="noreferrer">
                                { Spec(spec).label() }
                            </a>
                        }) }
                    </p>
                }) }
            </div>
            <section class="card stage" aria-labelledby="flow-title" data-testid="diagram">
                <div class="card-head">
                    <h2 id="flow-title">{ "The flow" }</h2>
                    <p class="quiet">{ "a drawing; nothing is sent" }</p>
                </div>
                <Legend channels={CHANNELS} />
                <LaneHeads lanes={chapter.lanes} />
                <Sequence
                    lanes={chapter.lanes}
                    arrows={chapter.arrows()}
                    id={format!("flow-{}", chapter.slug)}
                    label={format!("Steps of: {}", chapter.title)}
                />
            </section>
        </>
    }
}

fn verdict(key: &'static str, title: &'static str, text: &'static str, more: Html) -> Html {
    html! {
        <section class="verdict" data-verdict={key}>
            <h2>{ title }</h2>
            <p>{ text }</p>
            { more }
        </section>
    }
}
