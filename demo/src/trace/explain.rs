//! Each step in words: who, to whom, what travels, why, and where it is written.

use yew::AttrValue;

use super::kind::Kind;
use super::log::Entry;
use crate::diagram::{Arrow, Channel, Lane, Parameter, Spec};
use crate::format::clock_time;

/// Way, words and standard of a step.
struct Words {
    way: (Lane, Lane, Channel),
    label: &'static str,
    title: &'static str,
    text: &'static str,
    spec: Option<Spec>,
}

/// The arrow that draws a step.
pub(super) fn arrow(entry: &Entry) -> Arrow {
    let words = words(entry);
    let (from, to, channel) = words.way;
    let (mut label, mut title) = (String::from(words.label), String::from(words.title));
    match entry.kind {
        Kind::UserAction => title = format!("You press “{}”", entry.text),
        Kind::ApiCall if entry.count > 1 => {
            label = format!("{} × call + access token", entry.count);
            title = format!("{} × API call", entry.count);
        }
        Kind::ApiAnswer => {
            let status = entry
                .status
                .map_or("no answer".into(), |status| status.to_string());
            label = if entry.count > 1 {
                format!("{} × {status}", entry.count)
            } else {
                status
            };
            if entry.count > 1 {
                title = format!("{} × {title}", entry.count);
            }
        }
        _ => {}
    }
    let mut text = AttrValue::from(words.text);
    if let Some(reason) = &entry.failed {
        label = "no answer".into();
        text = format!("No answer came ({reason}).").into();
    }
    let bad_status = entry.status.is_some_and(|status| status >= 400);
    Arrow {
        kind: entry.kind.name(),
        from,
        to,
        channel,
        label: label.into(),
        title: title.into(),
        text,
        spec: words.spec,
        failed: bad_status || entry.failed.is_some(),
        parameters: entry
            .parameters
            .iter()
            .map(|(name, value)| Parameter {
                name: name.clone().into(),
                value: value.clone().map(AttrValue::from),
            })
            .collect(),
        facts: facts(entry),
    }
}

fn facts(entry: &Entry) -> Vec<(&'static str, AttrValue)> {
    let mut facts = vec![("Time", AttrValue::from(clock_time(entry.at)))];
    if !entry.text.is_empty() && entry.kind != Kind::UserAction {
        facts.push(("Address", entry.text.clone().into()));
    }
    if let Some(status) = entry.status {
        facts.push(("Status", status.to_string().into()));
    }
    facts
}

fn words(entry: &Entry) -> Words {
    use Channel::{Back, Front, Inside};
    use Kind as K;
    use Lane::{Api, App, Provider, User, Vault};

    let of = |way, label, title, text, spec: &'static str| Words {
        way,
        label,
        title,
        text,
        spec: (!spec.is_empty()).then_some(Spec(spec)),
    };
    let silent = entry.value("prompt") == Some("none");
    let refused = entry.value("error").is_some();
    match entry.kind {
        K::UserAction => of(
            (User, App, Inside),
            "click",
            "",
            "Everything below follows from this.",
            "",
        ),
        K::DiscoveryRequest => of(
            (Vault, Provider, Back),
            "where is everything?",
            "Metadata request",
            "Keyward asks the provider for its addresses, so you configure one value: the issuer.",
            "OpenID Discovery 4",
        ),
        K::DiscoveryResponse => of(
            (Provider, Vault, Back),
            "addresses",
            "Metadata",
            "The issuer in it must equal the configured one, character for character.",
            "OpenID Discovery 4.3",
        ),
        K::AuthorizationRequest if silent => of(
            (App, Provider, Front),
            "anybody signed in?",
            "Silent authorization request",
            "The page asks whether your session at the provider still lives. You see no page of it.",
            "OpenID Core 3.1.2.1",
        ),
        K::AuthorizationRequest => of(
            (App, Provider, Front),
            "challenge, state, nonce",
            "Authorization request",
            "The browser goes to the provider with a PKCE challenge. Nothing secret is in the address.",
            "RFC 7636 4.3",
        ),
        K::UserSignsIn => of(
            (User, Provider, Front),
            "password, only here",
            "You sign in at the provider",
            "The app never sees your password. That is the point of the whole detour.",
            "RFC 6749 3.1",
        ),
        K::AuthorizationResponse if refused => of(
            (Provider, App, Front),
            "no",
            "Authorization error",
            "The provider says no and says why. State and issuer of the answer are checked all the same.",
            "RFC 6749 4.1.2.1",
        ),
        K::AuthorizationResponse => of(
            (Provider, App, Front),
            "code, state, issuer",
            "Authorization response",
            "State and issuer must match, and the one-time code leaves the address bar at once.",
            "RFC 9207 2.4",
        ),
        K::TokenRequest => of(
            (Vault, Provider, Back),
            "code + verifier",
            "Token request",
            "The code is redeemed once. The PKCE verifier proves who began this sign-in.",
            "RFC 7636 4.5",
        ),
        K::TokenResponse => of(
            (Provider, Vault, Back),
            "tokens",
            "Token response",
            "The tokens go into the vault's memory: no storage, no address, no event.",
            "RFC 6749 5.1",
        ),
        K::ProbeRequest => of(
            (Vault, Provider, Back),
            "anybody there?",
            "Probe",
            "A refresh token works once, so a request that may be lost goes first and finds out whether the network is there.",
            "RFC 9700 4.14.2",
        ),
        K::ProbeResponse => of(
            (Provider, Vault, Back),
            "yes",
            "Something answered",
            "What it said is not read: now the refresh may leave.",
            "RFC 9700 4.14.2",
        ),
        K::KeysRequest => of(
            (Vault, Provider, Back),
            "public keys?",
            "Key request",
            "To judge a signature, the vault needs the provider's public keys.",
            "RFC 7517 5",
        ),
        K::KeysResponse => of(
            (Provider, Vault, Back),
            "public keys",
            "Keys",
            "Keys that are not understood are skipped; “none” and shared-secret methods never count.",
            "RFC 7517 5",
        ),
        K::IdTokenVerified => of(
            (Vault, Vault, Inside),
            "signature, nonce …",
            "ID token checked",
            "Signature, issuer, audience, nonce and times all have to fit, or the answer counts for nothing.",
            "OpenID Core 3.1.3.7",
        ),
        K::SignedIn => of(
            (Vault, App, Inside),
            "claims",
            "The app learns who you are",
            "It gets your claims. The tokens stay behind.",
            "OpenID Core 5.1",
        ),
        K::RefreshRequest => of(
            (Vault, Provider, Back),
            "refresh token",
            "Refresh request",
            "One request renews the access token for everybody who waits.",
            "RFC 6749 6",
        ),
        K::RefreshResponse => of(
            (Provider, Vault, Back),
            "new tokens",
            "Refresh response",
            "A new pair of tokens. The used refresh token is never sent again.",
            "RFC 9700 4.14.2",
        ),
        K::HandedOver => of(
            (Vault, Vault, Inside),
            "from another tab",
            "Another tab handed the session over",
            "It gave this tab what it has, sealed for this tab alone. No request was needed.",
            "",
        ),
        K::UserInfoRequest => of(
            (Vault, Provider, Back),
            "access token",
            "UserInfo request",
            "The provider is asked for fresh claims.",
            "OpenID Core 5.3.1",
        ),
        K::UserInfoResponse => of(
            (Provider, Vault, Back),
            "claims",
            "UserInfo response",
            "It counts only if it is about the same subject.",
            "OpenID Core 5.3.2",
        ),
        K::RevocationRequest => of(
            (Vault, Provider, Back),
            "refresh token",
            "Revocation request",
            "The grant is withdrawn, so that no copy of the refresh token is worth anything.",
            "RFC 7009 2.1",
        ),
        K::RevocationResponse => of(
            (Provider, Vault, Back),
            "done",
            "Revocation response",
            "From now on nothing can be renewed with it.",
            "RFC 7009 2.2",
        ),
        K::ApiCall => of(
            (Vault, Api, Back),
            "call + access token",
            "API call",
            "The vault adds the access token, and only for addresses that you allowed.",
            "RFC 6750 2.1",
        ),
        K::ApiAnswer => answer(entry, of),
        K::EndSessionRequest => of(
            (App, Provider, Front),
            "sign out, please",
            "End-session request",
            "The browser goes to the provider once more, so that its own session ends too.",
            "OpenID Logout 2",
        ),
        K::EndSessionResponse => of(
            (Provider, App, Front),
            "state",
            "Back from the sign-out",
            "The provider's session is over. The next sign-in asks again.",
            "OpenID Logout 3",
        ),
        K::SignedOutElsewhere => of(
            (Vault, App, Inside),
            "it is over",
            "Another tab signed out",
            "This tab heard of it at once and let go of its tokens.",
            "",
        ),
        K::SessionEnded => of(
            (Vault, App, Inside),
            "it is over",
            "The session ended",
            "Nothing can be renewed any more. A new sign-in starts a new session.",
            "",
        ),
    }
}

type Of<'a> = &'a dyn Fn(
    (Lane, Lane, Channel),
    &'static str,
    &'static str,
    &'static str,
    &'static str,
) -> Words;

fn answer(
    entry: &Entry,
    of: impl Fn((Lane, Lane, Channel), &'static str, &'static str, &'static str, &'static str) -> Words,
) -> Words {
    let of: Of<'_> = &of;
    match entry.status {
        Some(401) => of(
            (Lane::Api, Lane::Vault, Channel::Back),
            "",
            "Token refused",
            "It costs one renewal and one more try, however many calls wait. The app notices nothing.",
            "RFC 6750 3.1",
        ),
        Some(200..=299) => of(
            (Lane::Api, Lane::App, Channel::Back),
            "",
            "API answer",
            "The answer goes to the app as it is.",
            "RFC 6750 2.1",
        ),
        _ => of(
            (Lane::Api, Lane::App, Channel::Back),
            "",
            "API error",
            "The API did not do it. The app gets the answer as it is.",
            "RFC 6750 3.1",
        ),
    }
}
