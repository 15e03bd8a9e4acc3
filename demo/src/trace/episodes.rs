//! Steps that belong together: a sign-in, a renewal, some calls.

use super::kind::Kind;
use super::log::Entry;

/// What happened for one reason.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Episode {
    pub(super) title: String,
    /// When it began, in milliseconds since 1970.
    pub(super) at: u64,
    pub(super) entries: Vec<Entry>,
}

/// Divides the steps, in their order.
pub(super) fn episodes(entries: &[Entry]) -> Vec<Episode> {
    let mut found: Vec<Episode> = Vec::new();
    for entry in entries {
        match found.last_mut() {
            Some(last) if !begins(entry, last) => last.entries.push(entry.clone()),
            _ => found.push(Episode {
                title: String::new(),
                at: entry.at,
                entries: vec![entry.clone()],
            }),
        }
    }
    for episode in &mut found {
        episode.title = title(&episode.entries);
    }
    found
}

/// Whether a step begins something new. Silence does too: what comes a while later comes for another reason, except the
/// answer of a user who took some time at the provider.
fn begins(entry: &Entry, last: &Episode) -> bool {
    const PAUSE_MS: u64 = 4_000;

    let Some(before) = last.entries.last() else {
        return true;
    };
    match entry.kind {
        Kind::UserAction | Kind::SignedOutElsewhere => true,
        // What answers something belongs to it, however long it took.
        Kind::UserSignsIn
        | Kind::AuthorizationResponse
        | Kind::EndSessionResponse
        | Kind::DiscoveryResponse
        | Kind::KeysResponse
        | Kind::ProbeRequest
        | Kind::ProbeResponse
        | Kind::TokenResponse
        | Kind::RefreshResponse
        | Kind::UserInfoResponse
        | Kind::RevocationResponse
        | Kind::ApiAnswer => false,
        // The metadata are asked for at the beginning of a way to the provider, and after the way back.
        Kind::DiscoveryRequest => !matches!(
            before.kind,
            Kind::UserAction | Kind::AuthorizationResponse | Kind::UserSignsIn
        ),
        Kind::AuthorizationRequest => !matches!(
            before.kind,
            Kind::UserAction | Kind::DiscoveryResponse | Kind::KeysResponse
        ),
        _ => before.kind == Kind::SignedIn || entry.at.saturating_sub(before.at) > PAUSE_MS,
    }
}

fn title(entries: &[Entry]) -> String {
    let has = |kind: Kind| entries.iter().any(|entry| entry.kind == kind);
    let silent = entries.iter().any(|entry| {
        entry.kind == Kind::AuthorizationRequest && entry.value("prompt") == Some("none")
    });
    match entries.first() {
        Some(first) if first.kind == Kind::UserAction => first.text.clone(),
        Some(first) if first.kind == Kind::SignedOutElsewhere => "Signed out elsewhere".into(),
        _ if silent => "Session picked up at page load".into(),
        _ if has(Kind::HandedOver) && has(Kind::SignedIn) => "Session from another tab".into(),
        _ if has(Kind::AuthorizationRequest) || has(Kind::AuthorizationResponse) => {
            "Sign-in".into()
        }
        _ if has(Kind::EndSessionRequest) || has(Kind::EndSessionResponse) => "Sign-out".into(),
        _ if has(Kind::ApiCall) => "Calls to the API".into(),
        _ if has(Kind::RefreshRequest) => "Renewal in the background".into(),
        _ if has(Kind::HandedOver) => "Renewed by another tab".into(),
        _ => "Page load".into(),
    }
}
