//! The scripted surroundings of a vault: `realm` replaces globals, `provider` answers requests, `keys` sign ID tokens,
//! `front` talks to the vault.

mod front;
mod keys;
mod provider;
mod realm;

pub(crate) use front::{Called, Front};
pub(crate) use keys::{ALGORITHMS, SigningKey};
pub(crate) use provider::{Answer, Provider, html, json};
pub(crate) use realm::{
    Timers, body_of, fix_random, pause, shift_clock, swap_verified, undo_all, until,
};

/// The app's origin, which need not be that of the test page: the vault takes it from its configuration.
pub(crate) const APP: &str = "https://app.example";
pub(crate) const ISSUER: &str = "https://id.example";

/// The parameters of a URL.
pub(crate) fn parameters(url: &str) -> Vec<(String, String)> {
    let query = url.split_once('?').expect("no query").1;
    keyward::protocol::form::parse_query(query).expect("a broken query")
}

/// One parameter of a URL.
pub(crate) fn parameter(url: &str, name: &str) -> String {
    let found = parameters(url).into_iter().find(|(own, _)| own == name);
    found.expect("no such parameter").1
}

/// Signed in at a provider that signs with RS256.
pub(crate) async fn signed_in() -> (Front, Provider) {
    signed_in_with(serde_json::json!({})).await
}

/// The same, with changes to the token response.
pub(crate) async fn signed_in_with(changes: serde_json::Value) -> (Front, Provider) {
    let provider = Provider::new(SigningKey::es256().await);
    let front = Front::new(serde_json::json!({}));
    front.sign_in(&provider, changes).await;
    (front, provider)
}
