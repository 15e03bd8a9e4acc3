//! The live diagram: the newest episode open, the earlier ones folded up.

use yew::prelude::*;

use super::episodes::{Episode, episodes};
use super::explain::arrow;
use super::log::{use_entries, use_log};
use crate::app::use_settings;
use crate::diagram::{Channel, Lane, LaneHeads, Legend, Sequence};
use crate::format::{clock_time, plural};

const LANES: &[Lane] = &[
    Lane::User,
    Lane::App,
    Lane::Vault,
    Lane::Provider,
    Lane::Api,
];
const CHANNELS: &[Channel] = &[Channel::Front, Channel::Back, Channel::Inside];

const IN_PAGE: &str = "The vault is the part of Keyward that holds the tokens, in this page's memory. Secrets are never drawn.";
const IN_WORKER: &str = "The vault is a worker that serves all tabs. It holds the tokens where no script of a page can read \
     them, and what it says to the provider and the API is out of this page's sight: drawn is what the page is told. The demo with \
     the vault in the page draws the rest.";

/// What just happened.
#[component]
pub(crate) fn LiveDiagram() -> Html {
    let (log, settings) = (use_log(), use_settings());
    let found = episodes(&use_entries());
    let newest = found.last().map(|episode| episode.at);
    let announcement = found.last().map(|episode| {
        let steps = plural(episode.entries.len(), "step");
        format!("{}: {steps}", episode.title)
    });
    let clear = move |_: MouseEvent| {
        if let Some(log) = &log {
            log.clear();
        }
    };
    html! {
        <section class="card stage" aria-labelledby="stage-title" data-testid="diagram">
            <div class="card-head">
                <h2 id="stage-title">{ "What just happened" }</h2>
                if newest.is_some() {
                    <button type="button" class="link-button" onclick={clear}>{ "Clear" }</button>
                }
            </div>
            <Legend channels={CHANNELS} />
            <p class="quiet stage-note">
                { if settings.has_vault() { IN_WORKER } else { IN_PAGE } }
            </p>
            <LaneHeads lanes={LANES} />
            <p class="unseen" role="status">{ announcement.unwrap_or_default() }</p>
            if newest.is_none() {
                <Nothing />
            }
            { for found.iter().rev().map(|episode| html! {
                <EpisodeView
                    key={episode.at.to_string()}
                    episode={episode.clone()}
                    newest={newest == Some(episode.at)}
                />
            }) }
        </section>
    }
}

/// Before the first step.
#[component]
fn Nothing() -> Html {
    html! {
        <div class="nothing">
            <div class="nothing-lanes" aria-hidden="true">
                { for LANES.iter().map(|_| html! { <span /> }) }
            </div>
            <p>
                <strong>{ "Nothing yet." }</strong>
                { " Sign in, and each step is drawn here as it happens. Press a step to see what was in it." }
            </p>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct EpisodeViewProps {
    episode: Episode,
    newest: bool,
}

#[component]
fn EpisodeView(props: &EpisodeViewProps) -> Html {
    let EpisodeViewProps { episode, newest } = props;
    // The user's own choice lasts; without one the newest is open.
    let chosen = use_state_eq(|| None::<bool>);
    let open = chosen.unwrap_or(*newest);
    let onclick = {
        let chosen = chosen.clone();
        move |_: MouseEvent| chosen.set(Some(!open))
    };
    let id = format!("episode-{}", episode.at);
    let arrows: Vec<_> = episode.entries.iter().map(arrow).collect();
    html! {
        <div class="episode" data-newest={newest.then_some("true")}>
            <h3>
                <button
                    type="button"
                    class="episode-head"
                    aria-expanded={if open { "true" } else { "false" }}
                    aria-controls={id.clone()}
                    {onclick}
                >
                    <svg class="step-more" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 6l4 4 4-4" /></svg>
                    <span class="episode-title">{ &episode.title }</span>
                    <span class="episode-facts">
                        { format!("{} · {}", plural(arrows.len(), "step"), clock_time(episode.at)) }
                    </span>
                </button>
            </h3>
            <Sequence lanes={LANES} {arrows} {id} label={format!("Steps of: {}", episode.title)} hidden={!open} />
        </div>
    }
}
