//! Every step on the network has an end. The timers are fired by the test, so nothing is waited for.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Answer, Front, Provider, SigningKey, Timers, pause, signed_in, until};

const DISCOVERY: &str = "/.well-known/openid-configuration";

#[wasm_bindgen_test]
async fn metadata_that_never_comes_is_given_up_and_its_request_aborted() {
    let provider = Provider::new(SigningKey::es256().await);
    let front = Front::new(json!({}));
    provider.answers(DISCOVERY, Answer::Silence);
    let timers = Timers::new();
    let ticket = front.post("signIn", json!({}), wasm_bindgen::JsValue::UNDEFINED);
    until("the request", || provider.count(DISCOVERY) == 1).await;
    assert_eq!(timers.delays().len(), 1);
    assert!(timers.delays()[0] <= 30_000.0);
    timers.fire_last();
    assert_eq!(
        front.answer(ticket).await.0["error"]["code"],
        "discovery_down"
    );
    provider.latest(DISCOVERY, |seen| assert!(seen.is_aborted()));
    assert!(timers.delays().is_empty());
    // A failed start can be tried again.
    assert!(front.leave().await["url"].is_string());
}

#[wasm_bindgen_test]
async fn a_token_response_that_never_comes_is_a_timeout() {
    let provider = Provider::new(SigningKey::es256().await);
    let front = Front::new(json!({}));
    let trip = front.leave().await;
    provider.answers("/token", Answer::Silence);
    let timers = Timers::new();
    let query = format!("code=CODE&state={}", trip["state"].as_str().unwrap());
    let more = json!({ "query": query, "record": trip["record"] });
    let ticket = front.post("callback", more, wasm_bindgen::JsValue::UNDEFINED);
    // The keys are answered, so the token request's timer is the one that is left.
    until("the other timer to go", || {
        provider.count("/jwks") == 1 && timers.delays().len() == 1
    })
    .await;
    timers.fire_last();
    assert_eq!(front.answer(ticket).await.0["error"]["code"], "timeout");
    provider.latest("/token", |seen| assert!(seen.is_aborted()));
    assert_eq!(provider.count("/token"), 1);
}

/// A refresh whose answer begins and does not end.
async fn stalled() -> (Front, Provider, Timers, u32) {
    let (front, provider) = signed_in().await;
    let headers = json!({ "content-type": "application/json" });
    provider.answers(
        "/token",
        Answer::Stalls(headers, "{\"access_token\":".into()),
    );
    let timers = Timers::new();
    let ticket = front.post("refresh", json!({}), wasm_bindgen::JsValue::UNDEFINED);
    until("the request", || provider.count("/token") == 2).await;
    for _ in 0..20 {
        pause().await;
    }
    assert!(!front.has_answer(ticket));
    (front, provider, timers, ticket)
}

#[wasm_bindgen_test]
async fn a_body_that_never_ends_is_a_timeout_too() {
    let (front, provider, timers, ticket) = stalled().await;
    assert_eq!(timers.delays().len(), 1, "the deadline of the body");
    timers.fire_last();
    let reply = front.answer(ticket).await.0;
    assert_eq!(
        reply["error"]["code"], "reauthentication_needed",
        "what became of the token is not known"
    );
    assert_eq!(front.notice("refreshFailed")["error"]["code"], "timeout");
    assert_eq!(provider.count("/token"), 2);
}

#[wasm_bindgen_test]
async fn a_body_that_is_given_up_is_not_read_on() {
    let (front, provider, timers, ticket) = stalled().await;
    timers.fire_last();
    let _ = front.answer(ticket).await;
    provider.latest("/token", |seen| {
        assert!(seen.is_aborted(), "the connection stays open")
    });
}

#[wasm_bindgen_test]
async fn a_sign_out_waits_for_the_revocation_at_most_two_seconds() {
    let (front, provider) = signed_in().await;
    provider.answers("/revoke", Answer::Silence);
    let timers = Timers::new();
    let ticket = front.post("signOut", json!({}), wasm_bindgen::JsValue::UNDEFINED);
    until("the revocation", || provider.count("/revoke") == 1).await;
    assert!(
        timers.delays().iter().any(|delay| *delay <= 2_000.0),
        "{:?}",
        timers.delays()
    );
    timers.fire_last();
    let reply = front.answer(ticket).await.0;
    assert!(
        reply["ok"]["url"]
            .as_str()
            .unwrap()
            .starts_with("https://id.example/end?")
    );
    assert_eq!(front.notice("diagnosis")["code"], "revocation_failed");
}

#[wasm_bindgen_test]
async fn nothing_is_left_running_after_a_sign_in_but_the_renewal() {
    let timers = Timers::new();
    let (_front, _provider) = signed_in().await;
    assert_eq!(timers.delays().len(), 1, "{:?}", timers.delays());
    let hour_less_leeway = 3_540_000.0;
    let delay = timers.delays()[0];
    assert!(
        delay <= hour_less_leeway && delay > hour_less_leeway - 600_000.0,
        "{delay}"
    );
}
