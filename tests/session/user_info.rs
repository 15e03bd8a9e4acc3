//! UserInfo: asked for when it is wanted, believed only if it is about the user of the ID token.

use keyward::protocol::error::Code;
use keyward::protocol::http::{Answer, Method};
use keyward::session::{Command, NetworkFailure, Reply, SignIn};
use serde_json::json;

use crate::driver::Driver;
use crate::provider::{
    DISCOVERY, TOKEN, USERINFO, html_answer, json_answer, metadata_with, text_answer,
};

#[test]
fn r_121_o_50_the_token_goes_into_the_header_and_nowhere_else() {
    let mut page = Driver::signed_in();
    assert_eq!(page.count(USERINFO), 0, "it is not asked for on its own");
    let ticket = page.ask(Command::UserInfo);
    let sent = page.to(USERINFO).next().unwrap();
    assert_eq!(sent.request.method, Method::Get);
    assert_eq!(sent.request.url, "https://id.example/userinfo");
    let bearer: Vec<_> = sent
        .request
        .headers
        .iter()
        .filter(|(_, value)| value.contains("AT~1"))
        .collect();
    assert_eq!(bearer, [&("authorization", "Bearer AT~1".to_owned())]);
    page.answer(
        USERINFO,
        json_answer(200, &json!({ "sub": "alice", "email": "a@b.example" })),
    );
    match page.reply(ticket) {
        Ok(Reply::UserInfo(claims)) => {
            let claims: serde_json::Value = serde_json::from_str(&claims).unwrap();
            assert_eq!(claims["email"], "a@b.example");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn r_120_o_48_o_49_another_or_no_subject_is_an_error_and_the_session_stands() {
    for claims in [
        json!({ "sub": "bob", "email": "x" }),
        json!({ "email": "x" }),
        json!({ "sub": 7 }),
        json!({ "sub": "" }),
    ] {
        let mut page = Driver::signed_in();
        let ticket = page.ask(Command::UserInfo);
        page.answer(USERINFO, json_answer(200, &claims));
        let error = page.error(ticket);
        assert_eq!(error.code, Code::UserinfoSub);
        assert!(!error.to_string().contains("bob"));
        assert_eq!(page.user().unwrap()["sub"], "alice");
        assert!(page.user().unwrap().get("email").is_none());
    }
}

#[test]
fn r_120_what_is_no_answer_is_typed() {
    let jwt = Answer {
        content_type: Some("application/jwt".into()),
        ..text_answer(200, "a.b.c")
    };
    for (outcome, code) in [
        (Ok(html_answer(200)), Code::UserinfoMalformed),
        (Ok(json_answer(200, &json!([]))), Code::UserinfoMalformed),
        (Ok(jwt), Code::UserinfoSignedUnsupported),
        (Ok(text_answer(500, "")), Code::UserinfoFailed),
        (Ok(text_answer(403, "")), Code::UserinfoFailed),
        (Err(NetworkFailure::Unreachable), Code::UserinfoFailed),
        (Err(NetworkFailure::Timeout), Code::Timeout),
    ] {
        let mut page = Driver::signed_in();
        let ticket = page.ask(Command::UserInfo);
        let call = page.open_call(USERINFO);
        page.answer_call(call, outcome);
        assert_eq!(page.code(ticket), code);
        assert!(page.is_signed_in());
        assert_eq!(page.count(TOKEN), 1);
    }
}

#[test]
fn r_124_o_51_a_401_twice_is_one_refresh_one_retry_and_then_the_error() {
    let mut page = Driver::signed_in();
    let ticket = page.ask(Command::UserInfo);
    page.answer(USERINFO, text_answer(401, ""));
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.is_open(ticket));
    page.answer(USERINFO, text_answer(401, ""));
    assert_eq!(page.code(ticket), Code::UserinfoFailed);
    assert_eq!((page.count(USERINFO), page.count(TOKEN)), (2, 2));
}

#[test]
fn r_124_a_401_and_a_new_token_give_the_claims() {
    let mut page = Driver::signed_in();
    let ticket = page.ask(Command::UserInfo);
    page.answer(USERINFO, text_answer(401, ""));
    page.answer(TOKEN, page.tokens("2").without_id_token());
    page.answer(USERINFO, json_answer(200, &json!({ "sub": "alice" })));
    assert!(matches!(page.reply(ticket), Ok(Reply::UserInfo(_))));
}

#[test]
fn r_124_a_question_that_was_only_asked_again_is_not_asked_a_third_time() {
    let mut page = Driver::signed_in();
    let ticket = page.ask(Command::UserInfo);
    let refresh = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").without_id_token());
    assert!(page.reply(refresh).is_ok());
    for _ in 0..2 {
        page.answer(USERINFO, text_answer(401, ""));
    }
    assert_eq!(page.code(ticket), Code::UserinfoFailed);
    assert_eq!((page.count(USERINFO), page.count(TOKEN)), (2, 2));
}

#[test]
fn r_127_a_userinfo_that_says_401_for_ever_costs_one_refresh() {
    let mut page = Driver::signed_in();
    for _ in 0..100 {
        let ticket = page.ask(Command::UserInfo);
        while page.is_open(ticket) {
            match page.is_waiting(TOKEN) {
                true => page.answer(TOKEN, page.tokens("2").without_id_token()),
                false => page.answer(USERINFO, text_answer(401, "")),
            }
        }
        assert_eq!(page.code(ticket), Code::UserinfoFailed);
    }
    assert_eq!(page.count(TOKEN), 2);
}

#[test]
fn without_the_endpoint_the_metadata_is_named() {
    let mut page = Driver::new();
    let ticket = page.ask(Command::SignIn(SignIn::default()));
    page.answer(
        DISCOVERY,
        metadata_with(&json!({ "userinfo_endpoint": null })),
    );
    let trip = page.arrive_at_provider(ticket);
    page.sign_in_after(&trip);
    let ticket = page.ask(Command::UserInfo);
    let error = page.error(ticket);
    assert_eq!(
        (error.code, error.detail.as_deref()),
        (Code::MetadataMissing, Some("userinfo_endpoint"))
    );
}
