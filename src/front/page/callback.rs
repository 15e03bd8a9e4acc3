//! The provider's answer in the page's URL: taken out before anything else on the page can see it.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Location, PerformanceEntry, Url, UrlSearchParams, Window};

use super::target::same_origin_path;
use super::transactions;
use crate::protocol::json::{self, Map};

/// The parameters of an authorization response, and what providers add to it.
const RESPONSE: [&str; 11] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "session_state",
    "scope",
    "authuser",
    "hd",
    "prompt",
];

thread_local! {
    /// A page load serves one client: while one has its answer in it, no other may leave for the provider.
    static TAKEN: Cell<bool> = const { Cell::new(false) };
}

/// Whether this load serves a client already; from now on it does.
pub(super) fn take_load() -> bool {
    TAKEN.replace(true)
}

/// Who is asked for, and where the page is.
pub(super) struct Client<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) redirect_uri: &'a str,
}

/// What a page load found in its URL.
pub(super) enum Arrival {
    /// An authorization response, with the transaction of its `state` if this tab has one.
    Callback {
        query: String,
        record: Option<String>,
        replayed: bool,
        restore: bool,
    },
    /// An answer that somebody removed from the URL before it could be read.
    Lost,
    /// A return from a sign-out with another `state` than the one this tab waits for.
    Foreign,
    /// The provider's return from a sign-out that this tab began.
    SignedOut,
}

/// Takes an answer for this client out of the URL and puts the user's own URL in its place. An answer for another client
/// of this page is left for that one.
pub(super) fn arrive(window: &Window, client: &Client<'_>) -> Option<Arrival> {
    let location = window.location();
    let url = Url::new(&location.href().ok()?).ok()?;
    let parameters = url.search_params();
    let state = parameters.get("state");
    let record = state.as_deref().and_then(transactions::peek);
    let member = |name: &str| {
        record
            .as_deref()
            .and_then(|record| json::string(record, name))
    };
    let own = record.as_deref().is_some_and(|record| client.owns(record));
    // An answer to another client of this page is that one's to take.
    if !own && member("issuer").is_some() && member("clientId").is_some() {
        take_load();
        return None;
    }
    let return_to = member("returnTo");
    let is = |name: &str| {
        record
            .as_deref()
            .is_some_and(|record| json::flag(record, name))
    };
    if let Some(state) = state.as_deref().filter(|_| is("signOut")) {
        take_load();
        transactions::take(state);
        scrub(window, &url, &["state"], client, return_to);
        return Some(Arrival::SignedOut);
    }
    // Whatever names our pending sign-in is its answer, however broken.
    let answers = own || parameters.has("code") || parameters.has("error");
    if !answers {
        return match &state {
            Some(_) if record.is_none() && client.waits(true) => Some(Arrival::Foreign),
            None if client.lost(window) => Some(Arrival::Lost),
            _ => None,
        };
    }
    if !own && !client.expects(&url, state.as_deref(), &parameters, &location) {
        return None;
    }
    take_load();
    let query = url.search().trim_start_matches('?').into();
    let taken = state.as_deref().and_then(transactions::take);
    scrub(window, &url, &RESPONSE, client, return_to);
    Some(Arrival::Callback {
        query,
        replayed: taken.is_none() && state.as_deref().is_some_and(transactions::was_used),
        record: taken,
        restore: is("restore"),
    })
}

impl Client<'_> {
    fn owns(&self, record: &Map) -> bool {
        transactions::is_of(record, self.issuer, self.client_id)
    }

    fn waits(&self, for_sign_out: bool) -> bool {
        transactions::is_pending(self.issuer, self.client_id, for_sign_out)
    }

    /// Whether the page was opened with an answer to this client that the URL does not show any more.
    fn lost(&self, window: &Window) -> bool {
        let opened_with = || {
            let entry = window
                .performance()?
                .get_entries_by_type("navigation")
                .get(0);
            let opened = entry.dyn_into::<PerformanceEntry>().ok()?.name();
            let state = Url::new(&opened).ok()?.search_params().get("state")?;
            transactions::peek(&state)
        };
        opened_with().is_some_and(|record| self.owns(&record))
    }

    /// An answer without a transaction is ours only at our redirect URI; apps have a `code` of their own elsewhere.
    fn expects(
        &self,
        url: &Url,
        state: Option<&str>,
        parameters: &UrlSearchParams,
        location: &Location,
    ) -> bool {
        let Some(home) = self.home(location) else {
            return false;
        };
        url.origin() == home.origin()
            && url.pathname() == home.pathname()
            && (state.is_some() || parameters.has("iss") || self.waits(false))
    }

    fn home(&self, location: &Location) -> Option<Url> {
        Url::new_with_base(self.redirect_uri, &location.href().ok()?).ok()
    }
}

fn scrub(window: &Window, url: &Url, names: &[&str], client: &Client<'_>, return_to: Option<&str>) {
    let location = window.location();
    // The app's own parameters keep the very characters they came with.
    let is_mine = |pair: &&str| {
        let name = || -> Option<String> {
            let pairs = UrlSearchParams::new_with_str(pair).ok()?;
            pairs.keys().next().ok()?.value().as_string()
        };
        !pair.is_empty() && !names.contains(&name().unwrap_or_default().as_str())
    };
    let search = url.search();
    let mine: Vec<&str> = search
        .trim_start_matches('?')
        .split('&')
        .filter(is_mine)
        .collect();
    url.set_search(&mine.join("&"));
    let target = stay(url, client, &location)
        .or_else(|| landing(return_to?, &location))
        .unwrap_or_else(|| url.href());
    let Ok(history) = window.history() else {
        return;
    };
    let state = scrubbed(history.state().unwrap_or(JsValue::NULL));
    let _ = history.replace_state_with_url(&state, "", Some(&without_empty_query(&target)));
}

/// The URL itself, if the app has a query or fragment of its own in it that the redirect URI has not.
fn stay(url: &Url, client: &Client<'_>, location: &Location) -> Option<String> {
    let plain = client.home(location)?;
    let own = url.search() != plain.search() || !url.hash().is_empty();
    (own && url.pathname() == plain.pathname()).then(|| url.href())
}

/// A stored return target. Storage belongs to the page, so the origin is checked again.
fn landing(return_to: &str, location: &Location) -> Option<String> {
    let path = same_origin_path(return_to, location)?;
    Some([location.origin().ok()?, path].concat())
}

/// An empty query leaves its question mark behind.
fn without_empty_query(url: &str) -> String {
    match url.split_once('?') {
        Some((before, after)) if after.is_empty() || after.starts_with('#') => {
            [before, after].concat()
        }
        _ => url.into(),
    }
}

/// A router may have kept the URL in its own state.
fn scrubbed(state: JsValue) -> JsValue {
    let text = js_sys::JSON::stringify(&state)
        .map(String::from)
        .unwrap_or_default();
    let holds_answer = ["code=", "state=", "iss="].iter().any(|name| {
        text.match_indices(name).any(|(at, _)| {
            text.get(..at)
                .is_some_and(|before| before.ends_with(['?', '&']))
        })
    });
    if holds_answer { JsValue::NULL } else { state }
}

#[cfg(test)]
mod tests {
    use super::without_empty_query;

    #[test]
    fn an_empty_query_leaves_no_question_mark() {
        for (url, bare) in [
            ("https://app.example/?", "https://app.example/"),
            ("https://app.example/?#a?", "https://app.example/#a?"),
            ("https://app.example/?a=?", "https://app.example/?a=?"),
            ("https://app.example/#a", "https://app.example/#a"),
        ] {
            assert_eq!(without_empty_query(url), bare);
        }
    }
}
