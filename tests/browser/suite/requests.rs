//! How requests to the provider leave: no cookie, no cache, no redirect, no referrer; and what is made of answers that
//! are none.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Answer, Front, Provider, SigningKey, html, json, parameter, signed_in};

const DISCOVERY: &str = "/.well-known/openid-configuration";

async fn at_the_start() -> (Front, Provider) {
    (
        Front::new(json!({})),
        Provider::new(SigningKey::es256().await),
    )
}

#[wasm_bindgen_test]
async fn r_072_no_request_carries_cookies_or_referrer_or_may_be_cached_or_redirected() {
    let (front, provider) = signed_in().await;
    provider.answers("/userinfo", json(&json!({ "sub": "alice" })));
    assert!(front.ask("userInfo", json!({})).await["ok"].is_object());
    provider.answers("/revoke", html(200));
    assert!(front.ask("signOut", json!({})).await["ok"].is_object());
    for (path, method) in [
        (DISCOVERY, "GET"),
        ("/jwks", "GET"),
        ("/token", "POST"),
        ("/userinfo", "GET"),
        ("/revoke", "POST"),
    ] {
        provider.latest(path, |seen| {
            assert_eq!(seen.request.method(), method, "{path}");
            for (name, value) in [
                ("credentials", "omit"),
                ("cache", "no-store"),
                ("redirect", "manual"),
                ("referrerPolicy", "no-referrer"),
                ("mode", "cors"),
            ] {
                assert_eq!(seen.member(name), value, "{path}: {name}");
            }
            let outlives = seen.option("keepalive").is_truthy();
            assert_eq!(outlives, path == "/revoke", "{path}: keepalive");
        });
    }
}

#[wasm_bindgen_test]
async fn r_070_r_071_the_token_request_is_a_form_of_a_public_client() {
    let (_front, provider) = signed_in().await;
    provider.latest("/token", |seen| {
        let kind = seen.header("content-type").unwrap();
        assert!(kind.starts_with("application/x-www-form-urlencoded"));
        assert_eq!(seen.header("authorization"), None);
        assert_eq!(
            seen.field("grant_type").as_deref(),
            Some("authorization_code")
        );
        assert_eq!(seen.field("code").as_deref(), Some("CODE"));
        assert_eq!(seen.field("client_secret"), None);
        assert_eq!(seen.request.url(), "https://id.example/token");
    });
}

#[wasm_bindgen_test]
async fn o_57_a_probe_reads_nothing_and_sends_nothing() {
    let (front, provider) = signed_in().await;
    assert!(front.ask("wake", json!({})).await["ok"].is_object());
    let asked = provider.count(DISCOVERY);
    provider.issues_with("2", "", &json!({}));
    assert!(front.ask("refresh", json!({})).await["ok"].is_object());
    assert_eq!(provider.count(DISCOVERY), asked + 1);
    provider.latest(DISCOVERY, |seen| {
        assert_eq!(seen.member("mode"), "no-cors");
        assert_eq!(seen.member("credentials"), "omit");
        assert_eq!(seen.member("cache"), "no-store");
        assert!(seen.option("body").is_undefined());
    });
    assert_eq!(front.access_token().await, "AT~2");
}

#[wasm_bindgen_test]
async fn r_072_o_29_a_redirect_of_the_token_endpoint_is_not_followed() {
    let (front, provider) = at_the_start().await;
    let trip = front.leave().await;
    provider.answers("/token", Answer::Redirect);
    let reply = front.come_back(&trip).await;
    assert_eq!(reply["error"]["code"], "token_redirected");
    let posts = provider
        .log()
        .into_iter()
        .filter(|line| line.starts_with("POST"))
        .count();
    assert_eq!(posts, 1);
}

#[wasm_bindgen_test]
async fn r_033_a_redirect_of_the_metadata_is_refused() {
    let (front, provider) = at_the_start().await;
    provider.answers(DISCOVERY, Answer::Redirect);
    let reply = front.ask("signIn", json!({})).await;
    assert_eq!(reply["error"]["code"], "discovery_malformed");
    assert_eq!(provider.total(), 1);
}

#[wasm_bindgen_test]
async fn a_server_that_is_up_but_may_not_be_read_is_told_from_one_that_is_not_there() {
    let (front, provider) = at_the_start().await;
    provider.answers(DISCOVERY, Answer::Refused);
    let reply = front.ask("signIn", json!({})).await;
    assert_eq!(
        reply["error"]["code"], "discovery_cors",
        "the second, opaque request was answered"
    );
    provider.latest(DISCOVERY, |seen| assert_eq!(seen.member("mode"), "no-cors"));

    provider.answers(DISCOVERY, Answer::Refused);
    provider.answers(DISCOVERY, Answer::Refused);
    let reply = front.ask("signIn", json!({})).await;
    assert_eq!(reply["error"]["code"], "discovery_down");
}

#[wasm_bindgen_test]
async fn o_31_a_lost_token_request_is_looked_into_without_sending_it_again() {
    for (door, code) in [(Some(html(404)), "token_cors"), (None, "token_network")] {
        let (front, provider) = at_the_start().await;
        let trip = front.leave().await;
        provider.answers("/token", Answer::Refused);
        if let Some(door) = door {
            provider.answers("/", door);
        }
        let reply = front.come_back(&trip).await;
        assert_eq!(reply["error"]["code"], code);
        assert_eq!(provider.count("/token"), 1);
        provider.latest("/", |seen| {
            assert_eq!(seen.request.method(), "GET");
            assert!(seen.option("body").is_undefined());
        });
        assert!(provider.log().iter().all(|line| !line.contains("CODE")));
    }
}

#[wasm_bindgen_test]
async fn an_answer_that_announces_too_much_is_not_read() {
    let (front, provider) = at_the_start().await;
    let trip = front.leave().await;
    let nonce = parameter(trip["url"].as_str().unwrap(), "nonce");
    assert_eq!(nonce.len(), 43);
    let headers = json!({ "content-type": "application/json", "content-length": "1048577" });
    let body = json!({ "access_token": "AT~1", "token_type": "Bearer", "id_token": "a.b.c" });
    provider.answers("/token", Answer::Text(200, headers, body.to_string()));
    let reply = front.come_back(&trip).await;
    assert_eq!(reply["error"]["code"], "token_malformed");
}

#[wasm_bindgen_test]
async fn an_answer_that_is_too_large_without_saying_so_is_refused() {
    let (front, provider) = at_the_start().await;
    let trip = front.leave().await;
    let body =
        json!({ "access_token": "AT~1", "token_type": "Bearer", "padding": "x".repeat(1_100_000) });
    provider.answers("/token", json(&body));
    let reply = front.come_back(&trip).await;
    assert_eq!(reply["error"]["code"], "token_malformed");
}

#[wasm_bindgen_test]
async fn the_headers_that_a_page_may_see_are_read() {
    let (front, provider) = signed_in().await;
    let headers = json!({ "content-type": "text/html", "retry-after": "120" });
    provider.answers("/token", Answer::Text(503, headers, "busy".into()));
    let reply = front.ask("refresh", json!({})).await;
    assert_eq!(reply["error"]["code"], "refresh_failed");
    assert_eq!(reply["error"]["retryAfter"], 120);
    assert_eq!(front.access_token().await, "AT~1");
}
