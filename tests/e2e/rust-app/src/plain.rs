//! What an app sees, as the JSON of what the npm package shows.

use keyward::{AuthError, AuthEvent, AuthState, Diagnosis, Limit, SignedOutReason, User};
use serde_json::{Map, Value, json};

use super::Shown;

/// A state.
pub(crate) fn state(state: &AuthState) -> Shown {
    let last_error = state.last_error().map(error);
    let (fields, expires_at) = match state {
        AuthState::Loading { .. } => (json!({ "status": "loading" }), None),
        AuthState::SignedOut { reason: why, .. } => (
            json!({ "status": "signedOut", "reason": reason(*why) }),
            None,
        ),
        AuthState::SignedIn {
            user: who,
            scope,
            expires_at,
            ..
        } => (
            json!({ "status": "signedIn", "user": user(who), "scope": &**scope }),
            Some(expires_at.clone()),
        ),
    };
    let mut fields = fields;
    fields["lastError"] = last_error.unwrap_or(Value::Null);
    Shown {
        json: fields.to_string(),
        expires_at,
    }
}

/// The name and the detail of an event that the npm package has too.
pub(crate) fn event(event: &AuthEvent) -> Option<(&'static str, String)> {
    let (name, detail) = match event {
        AuthEvent::SignedIn {
            user: who,
            restored,
        } => (
            "signedIn",
            json!({ "user": user(who), "restored": restored }),
        ),
        AuthEvent::SignedInElsewhere => ("signedInElsewhere", json!({})),
        AuthEvent::SignedOut { reason: why } => ("signedOut", json!({ "reason": reason(*why) })),
        AuthEvent::UserChanged { user: who } => ("userChanged", json!({ "user": user(who) })),
        AuthEvent::Refreshed { expires_at } => ("refreshed", json!({ "expiresAt": expires_at })),
        AuthEvent::RefreshFailed { error: why } => {
            ("refreshFailed", json!({ "error": error(why) }))
        }
        AuthEvent::StepUpRequired {
            acr_values,
            max_age,
        } => (
            "stepUpRequired",
            given([("acrValues", json!(acr_values)), ("maxAge", json!(max_age))]),
        ),
        AuthEvent::Expiring { ends_at, limit } => {
            let limit = match limit {
                Limit::Idle => "idle",
                Limit::MaxAge => "maxAge",
            };
            ("expiring", json!({ "endsAt": ends_at, "limit": limit }))
        }
        AuthEvent::Extended => ("extended", json!({})),
        AuthEvent::Diagnosis(found) => ("diagnosis", diagnosis(found)),
        _ => return None,
    };
    Some((name, detail.to_string()))
}

/// The findings.
pub(crate) fn diagnostics(found: &[Diagnosis]) -> String {
    Value::from_iter(found.iter().map(diagnosis)).to_string()
}

/// The fields of an error.
pub(crate) fn error(error: &AuthError) -> Value {
    let provider = error.provider().map(|said| {
        given([
            ("error", json!(said.error)),
            ("description", json!(said.description)),
            ("uri", json!(said.uri)),
            ("status", json!(said.status)),
            ("scope", json!(said.scope)),
            ("acrValues", json!(said.acr_values)),
            ("maxAge", json!(said.max_age)),
        ])
    });
    given([
        ("message", json!(error.message())),
        ("code", json!(error.code().as_str())),
        ("group", json!(error.group())),
        ("retryable", json!(error.retryable())),
        ("fix", json!(error.fix())),
        ("docs", json!(error.docs())),
        ("detail", json!(error.detail())),
        ("retryAfter", json!(error.retry_after())),
        ("provider", provider.unwrap_or(Value::Null)),
    ])
}

fn diagnosis(found: &Diagnosis) -> Value {
    json!({
        "code": found.error.code().as_str(),
        "at": found.at,
        "message": found.error.message(),
        "fix": found.error.fix(),
        "docs": found.error.docs(),
    })
}

fn user(user: &User) -> Value {
    serde_json::from_str(&user.to_json()).unwrap_or_default()
}

fn reason(reason: SignedOutReason) -> &'static str {
    match reason {
        SignedOutReason::NeverSignedIn => "neverSignedIn",
        SignedOutReason::Expired => "expired",
        SignedOutReason::SignedOut => "signedOut",
        SignedOutReason::SignedOutElsewhere => "signedOutElsewhere",
        SignedOutReason::SessionEnded => "sessionEnded",
    }
}

/// An object of what is there.
fn given<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let there = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        there
            .map(|(name, value)| (name.into(), value))
            .collect::<Map<_, _>>(),
    )
}
