//! Every step on the network has an end. The timers are fired by the test, so nothing is waited for.

use serde_json::json;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Answer, Front, Provider, SigningKey, Timers, html, pause, signed_in, until};

const DISCOVERY: &str = "/.well-known/openid-configuration";

#[wasm_bindgen_test]
async fn metadata_that_never_comes_is_given_up_and_its_request_aborted() {
    let provider = Provider::new(SigningKey::es256().await);
    let front = Front::new(json!({}));
    provider.answers(DISCOVERY, Answer::Silence);
    let timers = Timers::new();
    let ticket = front.post("signIn", json!({}), JsValue::UNDEFINED);
    until("the request", || provider.count(DISCOVERY) == 1).await;
    assert_eq!(timers.deadlines().len(), 1);
    assert!(timers.deadlines()[0] <= 30_000.0);
    timers.pass_deadlines();
    assert_eq!(
        front.answer(ticket).await.0["error"]["code"],
        "discovery_down"
    );
    provider.latest(DISCOVERY, |seen| assert!(seen.is_aborted()));
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
    let ticket = front.post("callback", more, JsValue::UNDEFINED);
    until("both requests", || {
        provider.count("/token") + provider.count("/jwks") == 2
    })
    .await;
    assert_eq!(timers.deadlines().len(), 2);
    timers.pass_deadlines();
    assert_eq!(front.answer(ticket).await.0["error"]["code"], "timeout");
    provider.latest("/token", |seen| assert!(seen.is_aborted()));
    assert_eq!(provider.count("/token"), 1);
}

#[wasm_bindgen_test]
async fn a_body_that_never_ends_is_a_timeout_too_and_not_read_on() {
    let (front, provider) = signed_in().await;
    let headers = json!({ "content-type": "application/json" });
    provider.answers(
        "/token",
        Answer::Stalls(headers, "{\"access_token\":".into()),
    );
    let timers = Timers::new();
    let ticket = front.post("refresh", json!({}), JsValue::UNDEFINED);
    until("the request", || provider.count("/token") == 2).await;
    for _ in 0..20 {
        pause().await;
    }
    assert!(!front.has_answer(ticket));
    timers.pass_deadlines();
    let reply = front.answer(ticket).await.0;
    assert_eq!(
        reply["error"]["code"], "reauthentication_needed",
        "what became of the token is not known"
    );
    assert_eq!(front.notice("refreshFailed")["error"]["code"], "timeout");
    provider.latest("/token", |seen| {
        assert!(seen.is_aborted(), "the connection stays open")
    });
    assert_eq!(provider.count("/token"), 2);
}

#[wasm_bindgen_test]
async fn every_request_of_a_life_has_a_deadline_but_the_apps_own() {
    let timers = Timers::new();
    let (front, provider) = signed_in().await;
    provider.answers("/userinfo", html(500));
    assert!(front.ask("userInfo", json!({})).await["error"].is_object());
    provider.issues_with("2", "", &json!({}));
    assert!(front.ask("refresh", json!({})).await["ok"].is_object());
    let before = timers.deadlines().len();
    provider.answers("/api/orders", html(200));
    let request = web_sys::Request::new_with_str("https://app.example/api/orders").unwrap();
    let _ = front.call(&request).await;
    assert_eq!(
        timers.deadlines().len(),
        before,
        "an API call lasts as long as the app lets it"
    );
    provider.answers("/revoke", html(200));
    assert!(front.ask("signOut", json!({})).await["ok"].is_object());
    assert_eq!(timers.deadlines().len(), provider.total() - 1);
    assert!(
        timers
            .deadlines()
            .iter()
            .all(|ms| *ms > 0.0 && *ms <= 30_000.0)
    );
}

#[wasm_bindgen_test]
async fn a_sign_out_waits_for_the_revocation_at_most_two_seconds() {
    let (front, provider) = signed_in().await;
    provider.answers("/revoke", Answer::Silence);
    let timers = Timers::new();
    let ticket = front.post("signOut", json!({}), JsValue::UNDEFINED);
    until("the revocation", || provider.count("/revoke") == 1).await;
    assert!(
        matches!(timers.deadlines()[..], [ms] if ms <= 2_000.0),
        "{:?}",
        timers.deadlines()
    );
    timers.pass_deadlines();
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
