//! Sending the calls.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::future::join_all;
use gloo_net::http::{Request, Response};
use keyward::{Auth, AuthEvent, AuthState, FetchError};
use yew::prelude::*;

use crate::problem::Problem;
use crate::settings::Settings;

/// As many as a busy page sends.
pub(super) const MANY: usize = 20;
/// How many of them the API refuses: as many as a browser has on their way to one host at a time. More of them could
/// meet the calls that are sent once more.
const REFUSED: usize = 6;

/// What became of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pin {
    Idle,
    Waiting,
    Good,
    Bad,
}

impl Pin {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// What the twenty calls cost.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) good: usize,
    pub(super) refreshes: usize,
    pub(super) ms: u64,
    pub(super) problem: Option<Problem>,
}

/// The token that the last run ended with, told by its end.
#[derive(Default)]
pub(super) struct Spoiled(Cell<Option<u64>>);

impl Spoiled {
    pub(super) fn note(&self, auth: &Auth) {
        self.0.set(end_of_token(auth));
    }
}

fn end_of_token(auth: &Auth) -> Option<u64> {
    match auth.state() {
        AuthState::SignedIn { expires_at, .. } => expires_at.get(),
        _ => None,
    }
}

/// Makes the API refuse the present token in its next answers, as if it had just expired.
///
/// A token that was renewed because of a refusal is not renewed for another one before half its life is over: an API
/// that always refuses must not cost a refresh each time. So the token of the last run is renewed for its own sake.
pub(super) async fn spoil(auth: &Auth, settings: &Settings, last: &Spoiled) -> Result<(), Problem> {
    if last.0.get().is_some() && last.0.get() == end_of_token(auth) {
        auth.refresh().await?;
    }
    let url = settings.api_url(&format!("/api/expire?times={REFUSED}"));
    let request = Request::post(&url)
        .build()
        .map_err(|_| Problem::Unreachable)?;
    let response = auth.fetch(request).await?;
    if response.ok() {
        Ok(())
    } else {
        Err(Problem::Unreachable)
    }
}

/// Sends all of them at once; `tell` hears of each.
pub(super) async fn call_many(auth: &Auth, url: &str, tell: &Callback<(usize, Pin)>) -> Outcome {
    let refreshes = Rc::new(Cell::new(0));
    let counting = {
        let refreshes = refreshes.clone();
        auth.on(move |event| {
            if let AuthEvent::Refreshed { .. } = event {
                refreshes.set(refreshes.get() + 1);
            }
        })
    };
    let begun = js_sys::Date::now();
    let calls = (0..MANY).map(|at| async move {
        tell.emit((at, Pin::Waiting));
        let result = auth.get(url).await;
        let good = result.as_ref().is_ok_and(|response| response.ok());
        tell.emit((at, if good { Pin::Good } else { Pin::Bad }));
        (good, result.err())
    });
    let results = join_all(calls).await;
    drop(counting);
    Outcome {
        good: results.iter().filter(|(good, _)| *good).count(),
        refreshes: refreshes.get(),
        ms: (js_sys::Date::now() - begun) as u64,
        problem: results
            .into_iter()
            .find_map(|(_, error)| error)
            .map(Problem::from),
    }
}

/// The body of an answer, if it is a good one.
pub(crate) async fn fetch_text(auth: &Auth, url: &str) -> Result<Option<String>, FetchError> {
    let response = Response::from(auth.get(url).await?);
    if !response.ok() {
        return Ok(None);
    }
    Ok(response.text().await.ok())
}
