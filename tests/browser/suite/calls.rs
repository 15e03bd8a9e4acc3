//! API calls: the app's own `Request`, with the token in one header and nowhere else.

use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{AbortController, Request, RequestInit, RequestRedirect, Response};

use super::support::{
    Answer, Called, Front, Provider, SigningKey, body_of, html, json, pause, shift_clock,
    signed_in, until,
};

const ORDERS: &str = "https://app.example/api/orders?x=1";

fn get(url: &str) -> Request {
    Request::new_with_str(url).unwrap()
}

fn post(url: &str, body: &str) -> Request {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&body.into());
    let request = Request::new_with_str_and_init(url, &init).unwrap();
    request.headers().set("x-app", "1").unwrap();
    request
}

fn response(called: Called) -> Response {
    match called {
        Called::Response(response) => response,
        other => panic!("{other:?}"),
    }
}

fn error(called: Called) -> Value {
    match called {
        Called::Error(error) => error,
        other => panic!("{other:?}"),
    }
}

async fn text(response: &Response) -> String {
    JsFuture::from(response.text().unwrap())
        .await
        .unwrap()
        .as_string()
        .unwrap()
}

#[wasm_bindgen_test]
async fn r_121_r_126_the_token_is_in_the_header_and_nowhere_else() {
    let (front, provider) = signed_in().await;
    provider.answers("/api/orders", json(&json!({ "orders": [] })));
    let request = post(ORDERS, "{\"a\":1}");
    let answer = response(front.call(&request).await);
    assert_eq!(answer.status(), 200);
    assert_eq!(text(&answer).await, "{\"orders\":[]}");
    let sent = provider.latest("/api/orders", |seen| {
        assert_eq!(seen.header("authorization").as_deref(), Some("Bearer AT~1"));
        assert_eq!(seen.header("x-app").as_deref(), Some("1"));
        assert_eq!(seen.request.method(), "POST");
        assert_eq!(seen.request.url(), ORDERS);
        seen.request.clone().unwrap()
    });
    assert_eq!(body_of(&sent).await, "{\"a\":1}");
    assert!(
        !request.headers().has("authorization").unwrap(),
        "the app's own request holds no token"
    );
}

#[wasm_bindgen_test]
async fn r_124_a_401_is_one_refresh_and_one_replay_with_the_same_body() {
    let (front, provider) = signed_in().await;
    provider.answers("/api/orders", html(401));
    provider.issues_with("2", "", &json!({}));
    provider.answers("/api/orders", json(&json!({ "ok": true })));
    let answer = response(front.call(&post(ORDERS, "body")).await);
    assert_eq!(answer.status(), 200);
    assert_eq!(
        (provider.count("/api/orders"), provider.count("/token")),
        (2, 2)
    );
    let sent = provider.latest("/api/orders", |seen| {
        assert_eq!(seen.header("authorization").as_deref(), Some("Bearer AT~2"));
        seen.request.clone().unwrap()
    });
    assert_eq!(body_of(&sent).await, "body");
}

#[wasm_bindgen_test]
async fn r_124_a_second_401_is_handed_to_the_app() {
    let (front, provider) = signed_in().await;
    provider.answers("/api/orders", html(401));
    provider.issues_with("2", "", &json!({}));
    provider.answers("/api/orders", html(401));
    let answer = response(front.call(&get(ORDERS)).await);
    assert_eq!(answer.status(), 401);
    assert_eq!(text(&answer).await, "<p>no");
}

#[wasm_bindgen_test]
async fn o_52_calls_on_an_expired_token_share_one_refresh() {
    let (front, provider) = signed_in().await;
    let _later = shift_clock(7_200_000.0);
    provider.issues_with("2", "", &json!({}));
    let calls: Vec<u32> = (0..200)
        .map(|_| {
            provider.answers("/api/orders", html(200));
            front.start_call(&get(ORDERS), true)
        })
        .collect();
    for call in calls {
        assert_eq!(response(front.ended(call).await).status(), 200);
    }
    assert_eq!(provider.count("/token"), 2);
    assert_eq!(provider.count("/api/orders"), 200);
    provider.latest("/api/orders", |seen| {
        assert_eq!(seen.header("authorization").as_deref(), Some("Bearer AT~2"));
    });
}

#[wasm_bindgen_test]
async fn o_88_insufficient_scope_is_typed_with_what_the_api_wants() {
    let (front, provider) = signed_in().await;
    let headers =
        json!({ "www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"api:write\"" });
    provider.answers("/api/orders", Answer::Text(403, headers, "no".into()));
    let error = error(front.call(&get(ORDERS)).await);
    assert_eq!(error["code"], "insufficient_scope");
    assert_eq!(error["provider"]["scope"], "api:write");
    assert_eq!(provider.count("/token"), 1);
}

#[wasm_bindgen_test]
async fn r_123_o_87_what_is_not_allowed_never_leaves() {
    let (front, provider) = signed_in().await;
    let before = provider.total();
    for url in [
        "https://evil.example/api/orders",
        "https://app.example/other",
        "https://app.example:444/api/x",
        "http://app.example/api/x",
        "https://app.example/api/..%2fadmin",
        "https://app.example/api/%5cx",
        "https://app.example/api/../admin",
        "https://app.example/api%2f",
        "https://id.example/token",
    ] {
        let error = error(front.call(&get(url)).await);
        assert_eq!(error["code"], "api_not_allowed", "{url}");
        assert!(
            error["detail"]
                .as_str()
                .unwrap()
                .starts_with("resources: [{ origin: ")
        );
    }
    assert_eq!(provider.total(), before);
}

#[wasm_bindgen_test]
async fn a_callers_own_credentials_are_refused() {
    let (front, provider) = signed_in().await;
    for name in ["authorization", "dpop"] {
        let request = get(ORDERS);
        request.headers().set(name, "x").unwrap();
        assert_eq!(
            error(front.call(&request).await)["code"],
            "api_own_authorization"
        );
    }
    assert_eq!(provider.count("/api/orders"), 0);
}

#[wasm_bindgen_test]
async fn a_redirect_of_an_authorized_call_is_refused() {
    let (front, provider) = signed_in().await;
    provider.answers("/api/orders", Answer::Redirect);
    assert_eq!(
        error(front.call(&get(ORDERS)).await)["code"],
        "api_redirected"
    );
    provider.latest("/api/orders", |seen| {
        assert_eq!(seen.request.redirect(), RequestRedirect::Manual);
    });
    assert_eq!(provider.count("/api/orders"), 1);
}

#[wasm_bindgen_test]
async fn the_apps_own_choice_about_redirects_is_kept() {
    let (front, provider) = signed_in().await;
    for redirect in [RequestRedirect::Error, RequestRedirect::Manual] {
        let init = RequestInit::new();
        init.set_redirect(redirect);
        let request = Request::new_with_str_and_init(ORDERS, &init).unwrap();
        provider.answers("/api/orders", html(200));
        assert_eq!(response(front.call(&request).await).status(), 200);
        provider.latest("/api/orders", |seen| {
            assert_eq!(seen.request.redirect(), redirect)
        });
    }
}

#[wasm_bindgen_test]
async fn redirects_are_followed_where_the_app_said_so_for_this_api() {
    let provider = Provider::new(SigningKey::es256().await);
    let resource = json!({ "paths": ["/api/"], "redirects": "follow-even-to-other-origins" });
    let front = Front::new(json!({ "resources": [resource] }));
    front.sign_in(&provider, json!({})).await;
    provider.answers("/api/orders", html(200));
    assert_eq!(response(front.call(&get(ORDERS)).await).status(), 200);
    provider.latest("/api/orders", |seen| {
        assert_eq!(seen.request.redirect(), RequestRedirect::Follow);
    });
}

#[wasm_bindgen_test]
async fn what_fetch_throws_is_handed_on_as_it_is() {
    let (front, provider) = signed_in().await;
    provider.answers("/api/orders", Answer::Refused);
    match front.call(&get(ORDERS)).await {
        Called::Thrown(thrown) => assert!(thrown.is_instance_of::<js_sys::TypeError>()),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        front.access_token().await,
        "AT~1",
        "the session does not mind"
    );
}

#[wasm_bindgen_test]
async fn an_abort_by_the_app_ends_the_call() {
    let (front, provider) = signed_in().await;
    let controller = AbortController::new().unwrap();
    let init = RequestInit::new();
    init.set_signal(Some(&controller.signal()));
    let request = Request::new_with_str_and_init(ORDERS, &init).unwrap();
    provider.answers("/api/orders", Answer::Silence);
    let call = front.start_call(&request, true);
    until("the call", || provider.count("/api/orders") == 1).await;
    controller.abort();
    match front.ended(call).await {
        Called::Thrown(thrown) => {
            let name = js_sys::Reflect::get(&thrown, &"name".into()).unwrap();
            assert_eq!(name, "AbortError");
        }
        other => panic!("{other:?}"),
    }
}

#[wasm_bindgen_test]
async fn a_cancelled_call_is_never_answered() {
    let (front, provider) = signed_in().await;
    provider.answers("/api/orders", html(200));
    let call = front.start_call(&get(ORDERS), true);
    front.post_raw(&json!({ "v": 1, "ticket": call, "do": "cancel" }).to_string());
    let marker = front.access_token().await;
    for _ in 0..20 {
        pause().await;
    }
    assert_eq!(marker, "AT~1");
    assert!(!front.has_answer(call));
}

#[wasm_bindgen_test]
async fn a_call_cancelled_while_it_waits_for_a_token_does_not_leave() {
    let (front, provider) = signed_in().await;
    let _later = shift_clock(7_200_000.0);
    provider.issues_with("2", "", &json!({}));
    let call = front.start_call(&get(ORDERS), true);
    front.post_raw(&json!({ "v": 1, "ticket": call, "do": "cancel" }).to_string());
    assert_eq!(front.access_token().await, "AT~2");
    for _ in 0..20 {
        pause().await;
    }
    assert_eq!(provider.count("/api/orders"), 0);
    assert!(!front.has_answer(call));
}

#[wasm_bindgen_test]
async fn a_body_that_cannot_be_sent_twice_is_a_coded_error() {
    let (front, provider) = signed_in().await;
    provider.answers("/api/orders", html(401));
    let call = front.start_call(&post(ORDERS, "once"), false);
    assert_eq!(
        error(front.ended(call).await)["code"],
        "api_body_not_replayable"
    );
    assert_eq!(provider.count("/api/orders"), 1);
}

#[wasm_bindgen_test]
async fn without_a_request_there_is_no_call() {
    let (front, _provider) = signed_in().await;
    for handle in [
        JsValue::UNDEFINED,
        JsValue::NULL,
        "https://app.example/api/x".into(),
        js_sys::Object::new().unchecked_into(),
    ] {
        let call = front.post("call", json!({ "replayable": true }), handle);
        assert_eq!(error(front.ended(call).await)["code"], "internal_error");
    }
}

#[wasm_bindgen_test]
async fn signed_out_a_call_is_told_so_and_does_not_leave() {
    let provider = Provider::new(SigningKey::es256().await);
    let front = Front::new(json!({}));
    assert_eq!(
        error(front.call(&get(ORDERS)).await)["code"],
        "login_required"
    );
    assert_eq!(provider.total(), 0);
}
