//! Where the access token may go: whole path segments of configured origins, nothing that decodes into something else,
//! never the provider's own endpoints.

use keyward::protocol::error::Code;
use keyward::session::{ApiRequest, Command, Config};
use serde_json::{Value, json};

use crate::driver::{APP, Driver, api_request};
use crate::provider::{CLIENT, DISCOVERY, ISSUER, metadata_with};

fn with(resources: Value) -> Driver {
    let mut page = Driver::with(json!({ "resources": resources }));
    page.sign_in();
    page
}

fn at(origin: &str, path: &str) -> ApiRequest {
    ApiRequest {
        origin: origin.into(),
        ..api_request(path)
    }
}

fn allowed(page: &mut Driver, request: ApiRequest) {
    let what = format!("{request:?}");
    let ticket = page.ask(Command::Call(request));
    assert_eq!(page.api.len(), 1, "{what}");
    page.api_answers(200, None);
    assert!(page.is_delivered(ticket));
}

fn refused(page: &mut Driver, request: ApiRequest) -> String {
    let what = format!("{request:?}");
    let ticket = page.ask(Command::Call(request));
    assert!(page.api.is_empty(), "a token left for {what}");
    let error = page.error(ticket);
    assert_eq!(error.code, Code::ApiNotAllowed, "{what}");
    error.detail.clone().unwrap()
}

#[test]
fn r_123_by_default_only_api_of_the_own_origin_gets_a_token() {
    let mut page = Driver::signed_in();
    for path in [
        "/api/",
        "/api/orders",
        "/api/a/b/c",
        "/api/x.json",
        "/api/%20",
    ] {
        allowed(&mut page, api_request(path));
    }
    for path in [
        "/", "/api", "/apix", "/apis/x", "/API/x", "/x/api/y", "//api/x", "/echo",
    ] {
        refused(&mut page, api_request(path));
    }
}

#[test]
fn r_123_o_87_another_origin_gets_none() {
    let mut page = Driver::signed_in();
    for origin in [
        "https://evil.example",
        "https://app.example.evil.example",
        "https://xapp.example",
        "https://app.example:8443",
        "http://app.example",
        "https://sub.app.example",
        "null",
        "",
    ] {
        refused(&mut page, at(origin, "/api/orders"));
    }
}

#[test]
fn r_123_paths_match_by_whole_segments() {
    let mut page = with(json!(["/v1", "/v2/", "/v3/orders"]));
    for path in [
        "/v1",
        "/v1/",
        "/v1/x",
        "/v2/",
        "/v2/x",
        "/v3/orders",
        "/v3/orders/7",
    ] {
        allowed(&mut page, api_request(path));
    }
    for path in [
        "/v10",
        "/v1x/y",
        "/v2",
        "/v2x",
        "/v3",
        "/v3/",
        "/v3/orders7",
        "/v3/order",
    ] {
        refused(&mut page, api_request(path));
    }
}

#[test]
fn r_123_a_path_that_hides_a_separator_or_a_dot_never_matches() {
    let mut page = with(json!(["/"]));
    allowed(&mut page, api_request("/x"));
    for path in [
        "/api/..%2fadmin",
        "/api/..%2Fadmin",
        "/api/%2e%2e/admin",
        "/api/%2E%2E/admin",
        "/api/.%2e/admin",
        "/api/%5c..%5cadmin",
        "/api/%5C",
        "/api/\\admin",
        "/%2fevil.example/",
    ] {
        refused(&mut page, api_request(path));
    }
}

#[test]
fn r_123_a_url_with_credentials_never_matches() {
    let mut page = Driver::signed_in();
    refused(
        &mut page,
        ApiRequest {
            has_credentials: true,
            ..api_request("/api/orders")
        },
    );
}

#[test]
fn a_callers_own_authorization_is_refused_by_name() {
    let mut page = Driver::signed_in();
    let ticket = page.ask(Command::Call(ApiRequest {
        own_authorization: true,
        ..api_request("/api/orders")
    }));
    assert_eq!(page.code(ticket), Code::ApiOwnAuthorization);
    assert!(page.api.is_empty());
}

#[test]
fn r_123_methods_may_be_limited() {
    let mut page = with(json!([{ "paths": ["/api/"], "methods": ["get", "POST"] }]));
    for method in ["GET", "POST"] {
        allowed(
            &mut page,
            ApiRequest {
                method: method.into(),
                ..api_request("/api/x")
            },
        );
    }
    for method in ["DELETE", "PUT", "PATCH", "HEAD", "get"] {
        refused(
            &mut page,
            ApiRequest {
                method: method.into(),
                ..api_request("/api/x")
            },
        );
    }
}

#[test]
fn r_123_other_origins_are_compared_exactly() {
    let mut page = with(json!([
        "https://api.example/v1/",
        { "origin": "https://data.example/", "paths": ["/"] },
        { "origin": "http://localhost:9500", "paths": ["/"] },
    ]));
    allowed(&mut page, at("https://api.example", "/v1/x"));
    allowed(&mut page, at("https://data.example", "/x"));
    allowed(&mut page, at("http://localhost:9500", "/x"));
    refused(&mut page, at("https://api.example", "/v2/x"));
    refused(&mut page, at("https://api.example:444", "/v1/x"));
    refused(&mut page, at("http://localhost:9501", "/x"));
    refused(&mut page, api_request("/v1/x"));
}

#[test]
fn an_empty_list_allows_nothing() {
    let mut page = with(json!([]));
    refused(&mut page, api_request("/api/x"));
}

#[test]
fn the_error_names_the_line_to_add() {
    let mut page = Driver::signed_in();
    let fix = refused(&mut page, at("https://api.example", "/v1/orders/7"));
    assert_eq!(
        fix,
        "resources: [{ origin: \"https://api.example\", paths: [\"/v1/orders/\"] }]"
    );
}

#[test]
fn the_providers_endpoints_never_match_whatever_the_list_says() {
    let mut page = with(json!([format!("{ISSUER}/")]));
    allowed(&mut page, at(ISSUER, "/things"));
    for path in [
        "/authorize",
        "/token",
        "/jwks",
        "/userinfo",
        "/revoke",
        "/end",
    ] {
        refused(&mut page, at(ISSUER, path));
    }
}

#[test]
fn the_providers_endpoints_never_match_in_another_spelling_either() {
    let endpoint = |path: &str| format!("https://ID.example:443{path}");
    let mut page = Driver::with(json!({ "resources": [format!("{ISSUER}/")] }));
    let ticket = page.ask(Command::SignIn(Default::default()));
    page.answer(
        DISCOVERY,
        metadata_with(&json!({
            "token_endpoint": endpoint("/token"),
            "userinfo_endpoint": endpoint("/userinfo?schema=openid"),
            "revocation_endpoint": endpoint("/revoke"),
        })),
    );
    let trip = page.arrive_at_provider(ticket);
    page.sign_in_after(&trip);
    for path in ["/token", "/userinfo", "/revoke"] {
        refused(&mut page, at(ISSUER, path));
    }
}

#[test]
fn redirects_are_followed_only_where_the_app_gave_the_refusal_up() {
    let mut page = with(json!([
        { "paths": ["/strict/"] },
        { "paths": ["/loose/"], "redirects": "follow-even-to-other-origins" },
    ]));
    for (path, follows) in [("/strict/x", false), ("/loose/x", true)] {
        let ticket = page.ask(Command::Call(api_request(path)));
        assert_eq!(page.api[0].follow_redirects, follows, "{path}");
        page.api_answers(200, None);
        assert!(page.is_delivered(ticket));
    }
}

#[test]
fn an_entry_that_could_match_too_much_is_a_configuration_error() {
    for entry in [
        json!("api.example/v1"),
        json!("http://api.example/"),
        json!("https://user:pass@api.example/"),
        json!("javascript:alert(1)"),
        json!("*"),
        json!("/api/*"),
        json!("/api/?x=1"),
        json!("/api/#x"),
        json!("/api/../admin"),
        json!("\\api"),
        json!({ "paths": [] }),
        json!({ "paths": ["api"] }),
        json!({ "origin": "https://api.example/v1", "paths": ["/"] }),
        json!({ "origin": "https://*.example", "paths": ["/"] }),
        json!({ "origin": "https://api.example:443", "paths": ["/"] }),
        json!({ "paths": ["/api/"], "redirects": true }),
        json!({ "paths": ["/api/"], "redirects": "follow" }),
        json!(7),
    ] {
        let options = json!({
            "issuer": ISSUER, "clientId": CLIENT, "redirectUri": "https://app.example/", "resources": [entry],
        });
        let error = Config::from_json(&options.to_string(), APP).unwrap_err();
        assert!(
            matches!(error.code, Code::ConfigBadResource | Code::ConfigInvalid),
            "{entry}: {error}"
        );
    }
}
