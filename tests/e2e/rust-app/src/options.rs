//! The options of the npm package, handed to the builders of the crate.

use keyward::{AuthConfig, Discovery, Resource, Restore, SignInOptions, SignOutOptions};
use serde_json::Value;
use wasm_bindgen::JsError;

/// The JSON of the options of `createAuth` as a configuration.
pub(crate) fn config(options: &str) -> Result<AuthConfig, JsError> {
    let options = object(options)?;
    let required = |name: &str| text(name, options.get(name).unwrap_or(&Value::Null));
    let mut config = AuthConfig::new(required("issuer")?, required("clientId")?);
    for (name, value) in &options {
        config = match name.as_str() {
            "issuer" | "clientId" => config,
            "redirectUri" => config.redirect_uri(text(name, value)?),
            "postLogoutRedirectUri" => config.post_logout_redirect_uri(text(name, value)?),
            "scope" => config.scope(text(name, value)?),
            "resources" => items(name, value)?.iter().try_fold(config, resource)?,
            "authorizationParams" => pairs(name, value)?
                .into_iter()
                .fold(config, |config, (name, value)| {
                    config.authorization_param(name, value)
                }),
            "metadata" => config.metadata(value.to_string()),
            "discovery" => config.discovery(match value.as_str() {
                Some("openid-configuration") => Discovery::OpenIdConfiguration,
                Some("oauth-authorization-server") => Discovery::OauthAuthorizationServer,
                _ => return Err(no_place(name)),
            }),
            "restore" => config.restore(match value {
                Value::Bool(true) => Restore::WasSignedIn,
                Value::Bool(false) => Restore::Never,
                Value::String(text) if text == "always" => Restore::Always,
                _ => return Err(no_place(name)),
            }),
            "leeway" => config.leeway(number(name, value)?),
            "trustedAudiences" => texts(name, value)?
                .into_iter()
                .fold(config, AuthConfig::trusted_audience),
            "idTokenHint" => config.id_token_hint(flag(name, value)?),
            "rotationGrace" => config.rotation_grace(number(name, value)?),
            // An app without a vault in its page has no such option.
            #[cfg(feature = "default")]
            "handover" => config.handover(flag(name, value)?),
            "vault" => config.vault(text(name, value)?),
            "parking" => config.parking(flag(name, value)?),
            "extendedLifetime" => config.extended_lifetime(flag(name, value)?),
            "trustedTypesPolicy" => config.trusted_types_policy(text(name, value)?),
            "idle" => config.idle(number(name, value)?),
            "maxAge" => config.max_age(number(name, value)?),
            "warnBefore" => config.warn_before(number(name, value)?),
            _ => return Err(no_place(name)),
        };
    }
    Ok(config)
}

/// The JSON of the options of a sign-in, but its signal.
pub(crate) fn sign_in(options: &str) -> Result<SignInOptions, JsError> {
    let mut wanted = SignInOptions::new();
    for (name, value) in &object(options)? {
        wanted = match name.as_str() {
            "returnTo" => wanted.return_to(text(name, value)?),
            "prompt" => wanted.prompt(text(name, value)?),
            "acrValues" => wanted.acr_values(text(name, value)?),
            "maxAge" => wanted.max_age(number(name, value)?),
            "loginHint" => wanted.login_hint(text(name, value)?),
            "uiLocales" => wanted.ui_locales(text(name, value)?),
            "authorizationParams" => pairs(name, value)?
                .into_iter()
                .fold(wanted, |wanted, (name, value)| {
                    wanted.authorization_param(name, value)
                }),
            _ => return Err(no_place(name)),
        };
    }
    Ok(wanted)
}

/// The JSON of the options of a sign-out.
pub(crate) fn sign_out(options: &str) -> Result<SignOutOptions, JsError> {
    let mut wanted = SignOutOptions::new();
    for (name, value) in &object(options)? {
        wanted = match name.as_str() {
            "returnTo" => wanted.return_to(text(name, value)?),
            "everywhere" if flag(name, value)? => wanted,
            "everywhere" => wanted.keep_provider_session(),
            _ => return Err(no_place(name)),
        };
    }
    Ok(wanted)
}

fn resource(config: AuthConfig, value: &Value) -> Result<AuthConfig, JsError> {
    let Some(fields) = value.as_object() else {
        return Ok(config.resource(Resource::path(text("resources", value)?)));
    };
    let paths = texts("paths", fields.get("paths").unwrap_or(&Value::Null))?;
    // Of the own origin the crate takes one path at a time.
    let places = match fields.get("origin") {
        Some(origin) => vec![Resource::at(text("origin", origin)?, paths)],
        None => paths.into_iter().map(Resource::path).collect(),
    };
    places.into_iter().try_fold(config, |config, mut place| {
        for (name, value) in fields {
            place = match name.as_str() {
                "origin" | "paths" => place,
                "name" => place.name(text(name, value)?),
                "methods" => place.methods(texts(name, value)?),
                "redirects" if value == "refuse" => place,
                "redirects" if value == "follow-even-to-other-origins" => {
                    place.follow_redirects_even_to_other_origins()
                }
                _ => return Err(no_place(name)),
            };
        }
        Ok(config.resource(place))
    })
}

fn object(json: &str) -> Result<serde_json::Map<String, Value>, JsError> {
    match serde_json::from_str(json) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(JsError::new("options are an object")),
    }
}

fn text(name: &str, value: &Value) -> Result<String, JsError> {
    value
        .as_str()
        .map(String::from)
        .ok_or_else(|| no_place(name))
}

fn number(name: &str, value: &Value) -> Result<u64, JsError> {
    value.as_u64().ok_or_else(|| no_place(name))
}

fn flag(name: &str, value: &Value) -> Result<bool, JsError> {
    value.as_bool().ok_or_else(|| no_place(name))
}

fn items<'a>(name: &str, value: &'a Value) -> Result<&'a Vec<Value>, JsError> {
    value.as_array().ok_or_else(|| no_place(name))
}

fn texts(name: &str, value: &Value) -> Result<Vec<String>, JsError> {
    items(name, value)?
        .iter()
        .map(|one| text(name, one))
        .collect()
}

fn pairs(name: &str, value: &Value) -> Result<Vec<(String, String)>, JsError> {
    let Some(object) = value.as_object() else {
        return Err(no_place(name));
    };
    let pair = |(key, value): (&String, &Value)| Ok((key.clone(), text(name, value)?));
    object.iter().map(pair).collect()
}

/// No compiler would have let this pass: a test that asks for it is one for the npm package alone.
fn no_place(name: &str) -> JsError {
    JsError::new(&format!("the Rust front has no place for this `{name}`"))
}
