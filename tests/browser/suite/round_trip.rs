//! A session's whole life through the vault, as a front sees it.

use std::cell::RefCell;
use std::rc::Rc;

use keyward::session::Config;
use keyward::vault::Vault;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    APP, Answer, Front, ISSUER, Provider, SigningKey, html, json, parameter, parameters, pause,
    signed_in, until,
};

#[wasm_bindgen_test]
async fn r_130_sign_in_token_userinfo_refresh_and_sign_out() {
    let (front, provider) = signed_in().await;
    let told = front.notice("signedIn");
    assert_eq!(told["status"], "signedIn");
    assert_eq!(told["user"]["sub"], "alice");
    assert_eq!(told["origin"], "interactive");
    assert!(told["expiresAt"].as_f64().unwrap() > js_sys::Date::now());

    provider.answers(
        "/userinfo",
        json(&json!({ "sub": "alice", "email": "a@b.example" })),
    );
    let info = front.ask("userInfo", json!({})).await;
    assert_eq!(info["ok"]["claims"]["email"], "a@b.example");
    provider.latest("/userinfo", |seen| {
        assert_eq!(seen.header("authorization").as_deref(), Some("Bearer AT~1"));
    });

    provider.issues_with("2", "", &json!({}));
    assert!(front.ask("refresh", json!({})).await["ok"].is_object());
    let before = front.texts().len();
    assert_eq!(front.access_token().await, "AT~2");
    let after = front.texts().len();

    provider.answers("/revoke", html(200));
    let out = front.ask("signOut", json!({})).await;
    let url = out["ok"]["url"].as_str().unwrap();
    assert!(url.starts_with("https://id.example/end?"));
    let mut names: Vec<String> = parameters(url).into_iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "client_id",
            "id_token_hint",
            "post_logout_redirect_uri",
            "state"
        ]
    );
    assert_eq!(
        parameter(url, "state"),
        out["ok"]["state"].as_str().unwrap()
    );
    provider.latest("/revoke", |seen| {
        assert_eq!(seen.field("token").as_deref(), Some("RT~2"))
    });
    assert_eq!(front.notice("state")["reason"], "signedOut");
    let late = front.ask("accessToken", json!({})).await;
    assert_eq!(late["error"]["code"], "login_required");

    let texts = front.texts();
    assert!(
        texts[before..after]
            .iter()
            .any(|text| text.contains("AT~2")),
        "the search finds tokens"
    );
    for text in texts[..before].iter().chain(&texts[after..]) {
        assert!(!text.contains("AT~") && !text.contains("RT~"), "{text}");
    }
}

#[wasm_bindgen_test]
async fn the_sign_in_request_is_complete_and_nothing_was_sent_but_discovery() {
    let provider = Provider::new(SigningKey::es256().await);
    let front = Front::new(json!({ "scope": "openid email" }));
    let wishes = json!({ "prompt": "login", "loginHint": "zoë", "maxAge": 60 });
    let reply = front.ask("signIn", wishes).await;
    let url = reply["ok"]["url"].as_str().unwrap();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "spa"),
        ("redirect_uri", "https://app.example/cb"),
        ("scope", "openid email"),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
        ("login_hint", "zoë"),
        ("max_age", "60"),
    ] {
        assert_eq!(parameter(url, name), value, "{name}");
    }
    assert_eq!(
        provider.log(),
        ["GET https://id.example/.well-known/openid-configuration"]
    );
}

#[wasm_bindgen_test]
async fn r_051_o_14_the_same_callback_again_makes_no_second_token_request() {
    let (front, provider) = signed_in().await;
    let again = front
        .ask(
            "callback",
            json!({ "query": "code=CODE&state=s", "record": null }),
        )
        .await;
    assert_eq!(again["error"]["code"], "callback_state_unknown");
    assert_eq!(provider.count("/token"), 1);
    assert_eq!(front.access_token().await, "AT~1");
}

#[wasm_bindgen_test]
async fn o_46_keys_that_cannot_be_had_fail_the_sign_in_and_the_next_works() {
    let provider = Provider::new(SigningKey::es256().await);
    let front = Front::new(json!({}));
    let trip = front.leave().await;
    provider.breaks("/jwks");
    let nonce = parameter(trip["url"].as_str().unwrap(), "nonce");
    provider.issues("1", &nonce, &json!({})).await;
    let reply = front.come_back(&trip).await;
    assert_eq!(reply["error"]["code"], "jwks_unavailable", "{reply}");
    provider.mends("/jwks");
    front.sign_in(&provider, json!({})).await;
}

#[wasm_bindgen_test]
async fn hostile_messages_are_answered_and_the_vault_goes_on() {
    let (front, _provider) = signed_in().await;
    for text in ["", "{", "null", "{\"v\":2,\"ticket\":900,\"do\":\"wake\"}"] {
        let heard = front.texts().len();
        front.post_raw(text);
        until("an answer", || front.texts().len() > heard).await;
        let last: Value = serde_json::from_str(front.texts().last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], "internal_error", "{text}");
        let ticket = last["ticket"].as_u64().unwrap() as u32;
        let _ = front.answer(ticket).await;
    }
    assert_eq!(front.access_token().await, "AT~1");
}

#[wasm_bindgen_test]
async fn a_front_may_ask_from_within_a_message() {
    let provider = Provider::new(SigningKey::es256().await);
    let options =
        json!({ "issuer": ISSUER, "clientId": "spa", "redirectUri": "https://app.example/cb" });
    let config = Config::from_json(&options.to_string(), APP).unwrap();
    let slot: Rc<RefCell<Option<Vault>>> = Rc::default();
    let heard: Rc<RefCell<Vec<String>>> = Rc::default();
    let (inner, ear) = (Rc::clone(&slot), Rc::clone(&heard));
    let vault = Vault::new(
        config,
        Box::new(move |message| {
            ear.borrow_mut().push(message.json.clone());
            let value: Value = serde_json::from_str(&message.json).unwrap();
            // Two more questions for each of the first answers, at once.
            if let (Some(ticket @ 1..4), Some(vault)) =
                (value["ticket"].as_u64(), inner.borrow().clone())
            {
                for next in [ticket * 10, ticket * 10 + 1] {
                    let ask = json!({ "v": 1, "ticket": next, "do": "wake" });
                    vault.post(&ask.to_string(), JsValue::UNDEFINED);
                }
            }
        }),
    );
    slot.replace(Some(vault.clone()));
    for ticket in 1..4 {
        let ask = json!({ "v": 1, "ticket": ticket, "do": "wake" });
        vault.post(&ask.to_string(), JsValue::UNDEFINED);
    }
    until("nine answers", || heard.borrow().len() == 9).await;
    assert_eq!(provider.total(), 0);
    slot.replace(None);
}

#[wasm_bindgen_test]
async fn o_61_a_drop_forgets_everything_and_revokes_only_when_told() {
    for revoke in [false, true] {
        let (front, provider) = signed_in().await;
        provider.answers("/revoke", html(200));
        assert!(front.ask("drop", json!({ "revoke": revoke })).await["ok"].is_object());
        assert_eq!(front.notice("state")["reason"], "signedOutElsewhere");
        let late = front.ask("accessToken", json!({})).await;
        assert_eq!(late["error"]["code"], "login_required");
        if revoke {
            until("the revocation", || provider.count("/revoke") == 1).await;
        } else {
            for _ in 0..20 {
                pause().await;
            }
            assert_eq!(provider.count("/revoke"), 0);
        }
    }
}

#[wasm_bindgen_test]
async fn o_58_an_answer_that_comes_after_the_sign_out_brings_nothing_back() {
    let (front, provider) = signed_in().await;
    provider.answers("/token", Answer::Silence);
    let refresh = front.post("refresh", json!({}), JsValue::UNDEFINED);
    until("the refresh", || provider.count("/token") == 2).await;
    provider.answers("/revoke", html(200));
    assert!(front.ask("signOut", json!({})).await["ok"].is_object());
    assert_eq!(
        front.answer(refresh).await.0["error"]["code"],
        "login_required"
    );
    assert!(front.find_notice("refreshed").is_none());
}
