//! The drawn part of a step. Places along the lanes are in percent, everything else in pixels, so that arrows stretch
//! with the page and letters do not.

use yew::prelude::*;

use super::model::{Arrow, Lane};

const HEIGHT: &str = "46";
const LINE: &str = "30";

#[derive(Properties, PartialEq)]
pub(crate) struct WireProps {
    pub(crate) lanes: &'static [Lane],
    pub(crate) arrow: Arrow,
    pub(crate) number: usize,
}

/// One arrow over the life lines of all lanes.
#[component]
pub(crate) fn Wire(props: &WireProps) -> Html {
    let WireProps {
        lanes,
        arrow,
        number,
    } = props;
    let place = |lane: Lane| {
        let at = lanes.iter().position(|one| *one == lane).unwrap_or(0);
        (at as f64 + 0.5) * 100.0 / lanes.len().max(1) as f64
    };
    let (from, to) = (place(arrow.from), place(arrow.to));
    let (label_at, anchor) = label_place(from, to, &arrow.label);
    html! {
        <span class="wire" aria-hidden="true">
            <svg class="wire-lanes" width="100%" height="100%">
                { for lanes.iter().map(|lane| {
                    let x = percent(place(*lane));
                    html! { <line class="life" x1={x.clone()} x2={x} y1="0" y2="100%" /> }
                }) }
            </svg>
            <svg class="wire-arrow" width="100%" height={HEIGHT} data-way={way(from, to)}>
                if arrow.from == arrow.to {
                    { turn(from) }
                } else {
                    { line(from, to) }
                }
                { badge(from, *number) }
                <text class="wire-label" x={percent(label_at)} y="14" text-anchor={anchor}>
                    { &arrow.label }
                </text>
            </svg>
        </span>
    }
}

fn line(from: f64, to: f64) -> Html {
    let head = if to > from {
        "M-1 0l-10-5.500v11z"
    } else {
        "M1 0l10-5.500v11z"
    };
    html! {
        <>
            <line class="wire-line" x1={percent(from)} x2={percent(to)} y1={LINE} y2={LINE} />
            <svg x={percent(to)} y={LINE} overflow="visible"><path class="wire-head" d={head} /></svg>
        </>
    }
}

/// What a party does on its own: out of its line and back, to the side where there is room.
fn turn(at: f64) -> Html {
    let (path, head) = if at > 75.0 {
        ("M-9 -5h-24v15h15", "M-5 10l-10-5v10z")
    } else {
        ("M9 -5h24v15h-15", "M5 10l10-5v10z")
    };
    html! {
        <svg x={percent(at)} y={LINE} overflow="visible">
            <path class="wire-line" d={path} />
            <path class="wire-head" d={head} />
        </svg>
    }
}

fn badge(at: f64, number: usize) -> Html {
    html! {
        <svg x={percent(at)} y={LINE} overflow="visible">
            <circle class="wire-badge" cx="0" cy="0" r="10" />
            <text class="wire-number" x="0" y="3.5" text-anchor="middle">{ number }</text>
        </svg>
    }
}

fn way(from: f64, to: f64) -> &'static str {
    if to < from { "left" } else { "right" }
}

/// Where the words stand: over the middle of the arrow. Long ones lean inwards at the edges.
fn label_place(from: f64, to: f64, label: &str) -> (f64, &'static str) {
    const LONG: usize = 12;

    let middle = (from + to) / 2.0;
    match label.chars().count() > LONG {
        true if middle < 24.0 => (1.0, "start"),
        true if middle > 76.0 => (99.0, "end"),
        _ => (middle, "middle"),
    }
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}
