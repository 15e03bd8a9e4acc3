//! The heads of the lanes, and what the colours mean.

use yew::prelude::*;

use super::model::{Channel, Lane};

#[derive(Properties, PartialEq)]
pub(crate) struct LaneHeadsProps {
    pub(crate) lanes: &'static [Lane],
}

/// Who takes part, over the columns of the arrows. The steps name the parties themselves, so this is for the eyes.
#[component]
pub(crate) fn LaneHeads(props: &LaneHeadsProps) -> Html {
    html! {
        <div class="lanes" data-lanes={props.lanes.len().to_string()} aria-hidden="true">
            { for props.lanes.iter().map(|lane| html! {
                <span class="lane" data-lane={lane.name()}>
                    <svg class="lane-icon" viewBox="0 0 24 24">{ icon(*lane) }</svg>
                    <span class="lane-name">{ lane.name() }</span>
                </span>
            }) }
        </div>
    }
}

fn icon(lane: Lane) -> Html {
    match lane {
        Lane::User => html! {
            <><circle cx="12" cy="8" r="4" /><path d="M4.5 20.5c.6-4.4 3.6-6.5 7.5-6.5s6.9 2.1 7.5 6.5" /></>
        },
        Lane::App => html! {
            <><rect x="3" y="4.5" width="18" height="15" rx="2.5" /><path d="M3 9h18M6.5 6.800h.01M9 6.800h.01" /></>
        },
        Lane::Vault => html! {
            <><circle cx="12" cy="12" r="9" /><path d="M12 7.500a2.6 2.6 0 0 0-1.2 4.900l-.9 4.100h4.200l-.9-4.100a2.6 2.6 0 0 0-1.2-4.900z" /></>
        },
        Lane::Backend => html! {
            <><rect x="4" y="4" width="16" height="7" rx="2" /><rect x="4" y="13" width="16" height="7" rx="2" /><path d="M7.5 7.500h.01M7.5 16.500h.01" /></>
        },
        Lane::Provider => html! {
            <><path d="M12 3l7.5 3v5.500c0 4.7-3.1 8-7.5 9.5-4.4-1.5-7.5-4.8-7.5-9.500V6z" /><path d="M8.7 12l2.3 2.3 4.3-4.6" /></>
        },
        Lane::Api => html! {
            <><ellipse cx="12" cy="6" rx="7.5" ry="3" /><path d="M4.5 6v12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3V6M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3" /></>
        },
        Lane::Thief => html! {
            <><path d="M3.5 9.500c5-1.8 12-1.8 17 0 .6 4-1.5 6.5-4.5 6.5-2 0-2.7-1.6-4-1.600S10 16 8 16c-3 0-5.1-2.5-4.5-6.500z" /><path d="M8 12h.01M16 12h.01" /></>
        },
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct LegendProps {
    pub(crate) channels: &'static [Channel],
}

/// Colours with their names; the line's pattern tells the same without colour.
#[component]
pub(crate) fn Legend(props: &LegendProps) -> Html {
    html! {
        <ul class="legend" aria-label="Kinds of arrows">
            { for props.channels.iter().map(|channel| html! {
                <li data-channel={channel.key()}>
                    <svg class="legend-line" width="34" height="10" aria-hidden="true">
                        <line class="wire-line" x1="0" x2="34" y1="5" y2="5" />
                    </svg>
                    { channel.name() }
                </li>
            }) }
        </ul>
    }
}
