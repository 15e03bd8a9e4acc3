//! The authorization request: what is in it, and what can never be.

use std::collections::BTreeSet;

use keyward::protocol::error::Code;
use keyward::protocol::pkce;
use keyward::protocol::secret::CodeVerifier;
use keyward::session::{Command, Config, SignIn};
use serde_json::{Value, json};

use crate::driver::{APP, Driver};
use crate::provider::{CLIENT, DISCOVERY, ISSUER, TOKEN, metadata, metadata_with};

#[test]
fn r_001_r_004_every_request_has_an_s256_challenge_and_the_exchange_its_verifier() {
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    assert_eq!(
        trip.parameter("code_challenge_method").as_deref(),
        Some("S256")
    );
    page.sign_in_after(&trip);
    let verifier = page.field(TOKEN, "code_verifier").unwrap();
    let challenge = pkce::challenge(&CodeVerifier::new(verifier));
    assert_eq!(trip.parameter("code_challenge"), Some(challenge));
}

#[test]
fn r_002_r_003_code_is_the_only_response_type_and_the_password_never_a_grant() {
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    assert_eq!(trip.parameter("response_type").as_deref(), Some("code"));
    page.sign_in_after(&trip);
    let ticket = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(ticket).is_ok());
    let grants: Vec<_> = page
        .to(TOKEN)
        .filter_map(|sent| crate::driver::field_of(&sent.request, "grant_type"))
        .collect();
    assert_eq!(grants, ["authorization_code", "refresh_token"]);
}

#[test]
fn r_005_a_thousand_verifiers_are_distinct_and_of_the_allowed_characters() {
    let mut page = Driver::new();
    let verifiers: BTreeSet<String> = (0..1_000)
        .map(|_| {
            let trip = page.leave(SignIn::default());
            let record: Value = serde_json::from_str(&trip.record).unwrap();
            record["verifier"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(verifiers.len(), 1_000);
    for verifier in verifiers {
        assert!((43..=128).contains(&verifier.len()));
        assert!(
            verifier
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        );
    }
}

#[test]
fn r_006_r_009_o_08_fifty_sign_ins_share_no_state_nonce_or_challenge() {
    let mut page = Driver::new();
    let trips: Vec<_> = (0..50).map(|_| page.leave(SignIn::default())).collect();
    let mut all = BTreeSet::new();
    for trip in &trips {
        for name in ["state", "nonce", "code_challenge"] {
            let value = trip.parameter(name).unwrap();
            // 256 bits as base64url; providers warn about more.
            assert_eq!(value.len(), 43, "{name}");
            all.insert(value);
        }
    }
    assert_eq!(all.len(), 150);
}

#[test]
fn r_007_the_state_is_sent_whatever_the_provider_says_about_pkce() {
    for methods in [Value::Null, json!(["S256"]), json!(["plain", "S256"])] {
        let mut page = Driver::new();
        let ticket = page.ask(Command::SignIn(SignIn::default()));
        page.answer(
            DISCOVERY,
            metadata_with(&json!({ "code_challenge_methods_supported": methods })),
        );
        let trip = page.arrive_at_provider(ticket);
        assert_eq!(trip.parameter("state"), Some(trip.state.clone()));
    }
}

#[test]
fn r_008_o_11_a_scope_without_openid_is_a_configuration_error() {
    for scope in ["profile", "", "openidx", "OPENID"] {
        assert_eq!(
            config_error(json!({ "scope": scope })),
            Code::ConfigScopeWithoutOpenid
        );
    }
}

#[test]
fn r_010_a_redirect_uri_is_absolute_and_has_no_fragment() {
    for uri in [
        "/cb",
        "cb",
        "https://app.example/#cb",
        "javascript:alert(1)",
        "",
    ] {
        assert_eq!(
            config_error(json!({ "redirectUri": uri })),
            Code::ConfigBadRedirectUri,
            "{uri}"
        );
    }
}

#[test]
fn r_010_r_011_the_same_bytes_of_the_redirect_uri_go_into_both_requests() {
    let uri = "https://app.example/cb?tenant=a%20b&x=%C3%BC";
    let mut page = Driver::with(json!({ "redirectUri": uri }));
    let trip = page.leave(SignIn::default());
    assert_eq!(trip.parameter("redirect_uri").as_deref(), Some(uri));
    page.sign_in_after(&trip);
    assert_eq!(page.field(TOKEN, "redirect_uri").as_deref(), Some(uri));
}

#[test]
fn r_012_o_06_the_endpoints_own_query_is_kept_and_nothing_stands_twice() {
    let mut page = Driver::new();
    let ticket = page.ask(Command::SignIn(SignIn::default()));
    let endpoint = format!("{ISSUER}/authorize?tenant=a");
    page.answer(
        DISCOVERY,
        metadata_with(&json!({ "authorization_endpoint": endpoint })),
    );
    let trip = page.arrive_at_provider(ticket);
    assert!(
        trip.url
            .starts_with(&format!("{endpoint}&response_type=code&"))
    );
    let names: Vec<String> = trip
        .parameters()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
}

#[test]
fn r_012_an_endpoint_that_sets_one_of_our_parameters_is_refused() {
    for name in ["client_id", "state", "redirect_uri", "code_challenge"] {
        let mut page = Driver::new();
        let ticket = page.ask(Command::SignIn(SignIn::default()));
        let endpoint = format!("{ISSUER}/authorize?{name}=x");
        page.answer(
            DISCOVERY,
            metadata_with(&json!({ "authorization_endpoint": endpoint })),
        );
        assert_eq!(page.code(ticket), Code::DiscoveryMalformed, "{name}");
    }
}

#[test]
fn r_013_o_10_extras_never_replace_what_the_request_rests_on() {
    for name in [
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "state",
        "nonce",
        "scope",
        "code_challenge",
        "code_challenge_method",
        "request",
        "request_uri",
        "STATE",
        "",
    ] {
        let mut page = Driver::new();
        let extra = vec![(name.into(), "x".into())];
        let ticket = page.ask(Command::SignIn(SignIn {
            extra,
            ..SignIn::default()
        }));
        page.answer(DISCOVERY, metadata());
        let error = page.error(ticket);
        assert_eq!(error.code, Code::ConfigReservedParameter, "{name}");
        assert_eq!(error.detail.as_deref(), Some(name));

        let mut page = Driver::with(json!({ "authorizationParams": { name: "x" } }));
        let ticket = page.ask(Command::SignIn(SignIn::default()));
        page.answer(DISCOVERY, metadata());
        assert_eq!(page.code(ticket), Code::ConfigReservedParameter, "{name}");
    }
}

#[test]
fn r_014_none_stands_alone_however_it_is_given() {
    let typed = SignIn {
        prompt: Some("none login".into()),
        ..SignIn::default()
    };
    let extra = vec![("prompt".into(), "login none".into())];
    let extra = SignIn {
        extra,
        ..SignIn::default()
    };
    for want in [typed, extra] {
        let mut page = Driver::new();
        let ticket = page.ask(Command::SignIn(want));
        page.answer(DISCOVERY, metadata());
        assert_eq!(page.code(ticket), Code::ConfigPromptNoneCombined);
    }
    let mut page = Driver::new();
    let alone = SignIn {
        prompt: Some("none".into()),
        ..SignIn::default()
    };
    assert_eq!(
        page.leave(alone).parameter("prompt").as_deref(),
        Some("none")
    );
}

#[test]
fn r_015_nothing_of_the_app_can_be_read_in_the_url() {
    let mut page = Driver::new();
    let return_to = "/orders/4711?secret=blue".to_owned();
    let trip = page.leave(SignIn {
        return_to,
        ..SignIn::default()
    });
    assert!(!trip.url.contains("4711") && !trip.url.contains("blue"));
    let record: Value = serde_json::from_str(&trip.record).unwrap();
    assert_eq!(
        record["returnTo"], "/orders/4711?secret=blue",
        "it waits in the tab"
    );
}

#[test]
fn r_016_the_scope_is_the_apps_and_nothing_is_added() {
    for (given, sent) in [
        (json!({}), "openid profile"),
        (json!({ "scope": "openid" }), "openid"),
        (
            json!({ "scope": "email openid api:read" }),
            "email openid api:read",
        ),
    ] {
        let mut page = Driver::with(given);
        let trip = page.leave(SignIn::default());
        assert_eq!(trip.parameter("scope").as_deref(), Some(sent));
    }
}

#[test]
fn r_019_the_known_parameters_pass_through_correctly_encoded() {
    let mut page = Driver::new();
    let trip = page.leave(SignIn {
        prompt: Some("login consent".into()),
        acr_values: Some("urn:a urn:b&c=d".into()),
        max_age: Some(0),
        login_hint: Some("zoë+x@example.org".into()),
        ui_locales: Some("de-CH en".into()),
        ..SignIn::default()
    });
    for (name, value) in [
        ("prompt", "login consent"),
        ("acr_values", "urn:a urn:b&c=d"),
        ("max_age", "0"),
        ("login_hint", "zoë+x@example.org"),
        ("ui_locales", "de-CH en"),
        ("client_id", CLIENT),
    ] {
        assert_eq!(trip.parameter(name).as_deref(), Some(value), "{name}");
    }
    let plain = page.leave(SignIn::default());
    for name in [
        "prompt",
        "acr_values",
        "max_age",
        "login_hint",
        "ui_locales",
        "id_token_hint",
    ] {
        assert_eq!(plain.parameter(name), None, "{name} was not asked for");
    }
}

#[test]
fn r_019_the_calls_own_extras_win_over_those_of_the_configuration() {
    let params = json!({ "audience": "urn:configured", "kept": "yes" });
    let mut page = Driver::with(json!({ "authorizationParams": params }));
    let extra = vec![("audience".into(), "urn:called".into())];
    let trip = page.leave(SignIn {
        extra,
        ..SignIn::default()
    });
    assert_eq!(trip.parameter("audience").as_deref(), Some("urn:called"));
    assert_eq!(trip.parameter("kept").as_deref(), Some("yes"));
}

#[test]
fn a_sign_in_while_signed_in_touches_nothing_until_it_comes_back() {
    let mut page = Driver::signed_in();
    let before = (page.session_id(), page.access_token());
    let _ = page.leave(SignIn {
        prompt: Some("login".into()),
        ..SignIn::default()
    });
    assert_eq!((page.session_id(), page.access_token()), before);
}

fn config_error(options: Value) -> Code {
    let mut all =
        json!({ "issuer": ISSUER, "clientId": CLIENT, "redirectUri": "https://app.example/" });
    for (name, value) in options.as_object().unwrap() {
        all[name] = value.clone();
    }
    Config::from_json(&all.to_string(), APP).unwrap_err().code
}
