//! Provider metadata: one request for all who wait, no use of a document that fails a check, no memory of a failure.

use keyward::protocol::error::Code;
use keyward::protocol::http::Answer;
use keyward::session::{Command, NetworkFailure, SignIn};
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::provider::{
    DISCOVERY, ISSUER, JWKS, TOKEN, document, html_answer, json_answer, metadata, metadata_with,
    text_answer,
};

#[test]
fn r_036_o_07_three_sign_ins_at_once_cost_one_discovery() {
    let mut page = Driver::new();
    let tickets: Vec<_> = (0..3)
        .map(|_| page.ask(Command::SignIn(SignIn::default())))
        .collect();
    assert_eq!(page.count(DISCOVERY), 1);
    page.answer(DISCOVERY, metadata());
    let states: Vec<String> = tickets
        .into_iter()
        .map(|it| page.arrive_at_provider(it).state)
        .collect();
    assert_ne!(states[0], states[1]);
    let _ = page.leave(SignIn::default());
    assert_eq!(page.count(DISCOVERY), 1, "the document is kept");
}

#[test]
fn r_036_ten_that_wait_fail_together_and_the_next_asks_again() {
    let mut page = Driver::new();
    let tickets: Vec<_> = (0..10)
        .map(|_| page.ask(Command::SignIn(SignIn::default())))
        .collect();
    page.fail(DISCOVERY, NetworkFailure::Unreachable);
    for ticket in tickets {
        assert_eq!(page.code(ticket), Code::DiscoveryDown);
    }
    let _ = page.leave(SignIn::default());
    assert_eq!(page.count(DISCOVERY), 2);
}

#[test]
fn r_033_o_03_o_04_every_unusable_answer_is_typed_and_not_remembered() {
    let huge = format!(
        "{{\"issuer\":\"{ISSUER}\",\"x\":\"{}\"}}",
        "x".repeat(300_000)
    );
    let cases: Vec<(Answer, Code)> = vec![
        (html_answer(200), Code::DiscoveryMalformed),
        (html_answer(404), Code::DiscoveryStatus),
        (text_answer(500, ""), Code::DiscoveryStatus),
        (text_answer(204, ""), Code::DiscoveryStatus),
        (json_answer(200, &json!([])), Code::DiscoveryMalformed),
        (text_answer(200, "{\"issuer\":"), Code::DiscoveryMalformed),
        (text_answer(200, ""), Code::DiscoveryMalformed),
        (text_answer(200, &huge), Code::DiscoveryMalformed),
        (
            metadata_with(&json!({ "issuer": null })),
            Code::DiscoveryMalformed,
        ),
        (
            metadata_with(&json!({ "token_endpoint": 7 })),
            Code::DiscoveryMalformed,
        ),
    ];
    for (answer, code) in cases {
        let body = answer.body.clone();
        let mut page = Driver::new();
        let ticket = page.ask(Command::SignIn(SignIn::default()));
        page.answer(DISCOVERY, answer);
        let error = page.error(ticket);
        assert_eq!(error.code, code, "{body:.60}");
        assert!(
            !error.to_string().contains("Gateway"),
            "a body is no message"
        );
        assert_eq!(page.diagnoses(), [code], "the developer is told");
        let _ = page.leave(SignIn::default());
    }
}

#[test]
fn r_033_why_there_was_no_answer_is_told_apart() {
    for (failure, code) in [
        (NetworkFailure::Unreachable, Code::DiscoveryDown),
        (NetworkFailure::Timeout, Code::DiscoveryDown),
        (NetworkFailure::Cors, Code::DiscoveryCors),
        (NetworkFailure::BlockedByCsp, Code::DiscoveryBlockedByCsp),
        (NetworkFailure::Redirected, Code::DiscoveryMalformed),
        (NetworkFailure::TooLarge, Code::DiscoveryMalformed),
    ] {
        let mut page = Driver::new();
        let ticket = page.ask(Command::SignIn(SignIn::default()));
        page.fail(DISCOVERY, failure);
        assert_eq!(page.code(ticket), code, "{failure:?}");
    }
}

#[test]
fn r_032_o_01_another_issuer_in_the_document_refuses_all_of_it() {
    for found in [
        "https://id.example/",
        "https://ID.example",
        "http://id.example",
        "https://id.example1",
    ] {
        let mut page = Driver::new();
        let ticket = page.ask(Command::SignIn(SignIn::default()));
        page.answer(DISCOVERY, metadata_with(&json!({ "issuer": found })));
        assert_eq!(page.code(ticket), Code::DiscoveryIssuerMismatch, "{found}");
        let _ = page.leave(SignIn::default());
        assert_eq!(page.count(DISCOVERY), 2, "nothing of it was kept");
    }
}

#[test]
fn r_030_r_031_o_02_the_path_of_the_well_known_document() {
    for (issuer, kind, path) in [
        (
            "https://id.example/t/",
            "openid-configuration",
            "https://id.example/t/.well-known/openid-configuration",
        ),
        (
            "https://id.example/t",
            "openid-configuration",
            "https://id.example/t/.well-known/openid-configuration",
        ),
        (
            "https://id.example/t",
            "oauth-authorization-server",
            "https://id.example/.well-known/oauth-authorization-server/t",
        ),
    ] {
        let mut page = Driver::with(json!({ "issuer": issuer, "discovery": kind }));
        let ticket = page.ask(Command::SignIn(SignIn::default()));
        assert_eq!(page.sent[0].request.url, path);
        let call = page.sent[0].call;
        page.answer_call(call, Ok(metadata_with(&json!({ "issuer": issuer }))));
        let _ = page.arrive_at_provider(ticket);
    }
}

#[test]
fn r_034_o_05_an_insecure_endpoint_is_refused_before_anything_is_asked_of_it() {
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "end_session_endpoint",
    ] {
        for url in [
            "http://id.example/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "//id.example/x",
        ] {
            let mut page = Driver::new();
            let ticket = page.ask(Command::SignIn(SignIn::default()));
            page.answer(DISCOVERY, metadata_with(&json!({ name: url })));
            let error = page.error(ticket);
            assert_eq!(error.code, Code::InsecureEndpoint, "{name}: {url}");
            assert!(error.detail.as_deref().unwrap().contains(name));
            assert_eq!(page.sent.len(), 1);
        }
    }
}

#[test]
fn r_034_http_on_a_loopback_host_is_for_development() {
    let mut page = Driver::with(json!({ "issuer": "http://localhost:9400" }));
    let ticket = page.ask(Command::SignIn(SignIn::default()));
    let local = |path: &str| format!("http://localhost:9400{path}");
    page.answer(
        DISCOVERY,
        metadata_with(&json!({
            "issuer": local(""),
            "authorization_endpoint": local("/authorize"),
            "token_endpoint": local(TOKEN),
            "jwks_uri": local(JWKS),
        })),
    );
    assert!(
        page.arrive_at_provider(ticket)
            .url
            .starts_with("http://localhost:9400/authorize?")
    );
}

#[test]
fn r_035_what_the_way_back_will_need_is_missed_before_anything_is_stored() {
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let mut page = Driver::new();
        let ticket = page.ask(Command::SignIn(SignIn::default()));
        page.answer(DISCOVERY, metadata_with(&json!({ name: null })));
        let error = page.error(ticket);
        assert_eq!(error.code, Code::MetadataMissing);
        assert_eq!(error.detail.as_deref(), Some(name));
    }
}

#[test]
fn r_037_static_metadata_makes_no_discovery_request() {
    let mut page = Driver::with(json!({ "metadata": document(&json!({ "issuer": null })) }));
    page.sign_in();
    assert_eq!(page.count(DISCOVERY), 0);
}

#[test]
fn r_037_bad_static_metadata_is_told_each_time() {
    for (changes, code) in [
        (
            json!({ "issuer": "https://other.example" }),
            Code::DiscoveryIssuerMismatch,
        ),
        (json!({ "token_endpoint": ["x"] }), Code::ConfigInvalid),
        (
            json!({ "token_endpoint": "http://id.example/token" }),
            Code::InsecureEndpoint,
        ),
    ] {
        let mut page = Driver::with(json!({ "metadata": document(&changes) }));
        for _ in 0..2 {
            let ticket = page.ask(Command::SignIn(SignIn::default()));
            assert_eq!(page.code(ticket), code);
        }
        assert!(page.sent.is_empty());
    }
}

#[test]
fn r_038_what_is_absent_never_blocks_and_what_excludes_us_does() {
    let none = Value::Null;
    for (changes, code) in [
        (json!({ "code_challenge_methods_supported": none }), None),
        (
            json!({ "token_endpoint_auth_methods_supported": ["client_secret_basic"] }),
            None,
        ),
        (
            json!({ "authorization_response_iss_parameter_supported": false }),
            None,
        ),
        (
            json!({ "code_challenge_methods_supported": ["plain"] }),
            Some(Code::NoPkceS256),
        ),
        (
            json!({ "response_types_supported": ["id_token"] }),
            Some(Code::MetadataMissing),
        ),
        (
            json!({ "require_pushed_authorization_requests": true }),
            Some(Code::ProviderRequiresPar),
        ),
    ] {
        let mut page = Driver::new();
        let ticket = page.ask(Command::SignIn(SignIn::default()));
        page.answer(DISCOVERY, metadata_with(&changes));
        match code {
            None => {
                let _ = page.arrive_at_provider(ticket);
            }
            Some(code) => assert_eq!(page.code(ticket), code),
        }
    }
}

#[test]
fn r_033_a_callback_whose_metadata_cannot_be_had_redeems_nothing() {
    let mut page = Driver::new();
    let trip = page.leave(SignIn::default());
    // The browser comes back to a fresh page, which knows nothing yet.
    let mut fresh = Driver::new();
    let ticket = fresh.come_back(&trip);
    fresh.fail(DISCOVERY, NetworkFailure::Unreachable);
    assert_eq!(fresh.code(ticket), Code::DiscoveryDown);
    assert_eq!(fresh.count(TOKEN), 0);
    assert!(!fresh.is_signed_in());
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    let mut page = Driver::new();
    let ticket = page.ask(Command::SignIn(SignIn::default()));
    let call = page.open_call(DISCOVERY);
    page.answer(DISCOVERY, metadata());
    let trip = page.arrive_at_provider(ticket);
    // The same answer once more, and answers to calls that never were.
    page.answer_call(
        call,
        Ok(metadata_with(&json!({ "issuer": "https://evil.example" }))),
    );
    page.happen(keyward::session::Event::Answered {
        call: 9_999,
        answer: Ok(metadata()),
    });
    page.happen(keyward::session::Event::Verified {
        call: 9_998,
        valid: Some(true),
    });
    page.sign_in_after(&trip);
    assert!(page.is_signed_in());
}
