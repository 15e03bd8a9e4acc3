//! The engine's own `fetch`, with nothing in its place, against addresses that need no server of ours.

use js_sys::Reflect;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Front, undo_all};

/// Where the test runner serves this page from: a loopback address, so it may be an issuer.
fn own_origin() -> String {
    let location = Reflect::get(&js_sys::global(), &"location".into()).unwrap();
    Reflect::get(&location, &"origin".into())
        .unwrap()
        .as_string()
        .unwrap()
}

#[wasm_bindgen_test]
async fn a_real_request_is_accepted_by_the_engine_and_its_answer_read() {
    undo_all();
    let front = Front::new(json!({ "issuer": own_origin() }));
    let reply = front.ask("signIn", json!({})).await;
    // The runner's server has no such document.
    assert_eq!(reply["error"]["code"], "discovery_status", "{reply}");
    assert_eq!(reply["error"]["provider"]["status"], 404);
}

#[wasm_bindgen_test]
async fn where_nobody_listens_the_provider_is_down() {
    undo_all();
    // Engines refuse this port themselves, so nothing is waited for.
    let front = Front::new(json!({ "issuer": "http://127.0.0.1:9" }));
    let reply = front.ask("signIn", json!({})).await;
    assert_eq!(reply["error"]["code"], "discovery_down", "{reply}");
    assert_eq!(front.notice("diagnosis")["code"], "discovery_down");
}
