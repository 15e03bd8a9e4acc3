//! Messages of a front: what is read, and that nothing else gets in.

use keyward::link::{Ask, VERSION, read};
use keyward::protocol::error::Code;
use keyward::session::Command;
use serde_json::{Value, json};

const SESSION: &str = "AAAAAAAAAAAAAAAAAAAAAA";

fn mark() -> String {
    format!("+{SESSION}.{}", "b".repeat(43))
}

/// A well-formed message that asks for something.
fn message(what: &str, more: Value) -> String {
    let mut message = json!({ "v": VERSION, "ticket": 7, "session": SESSION, "do": what });
    for (name, value) in more.as_object().unwrap() {
        message[name] = value.clone();
    }
    message.to_string()
}

fn command(message: &str) -> Command {
    match read(message) {
        Ok((7, Some(session), Ask::Command(command))) => {
            assert_eq!(session.as_str(), SESSION);
            command
        }
        other => panic!("{other:?}"),
    }
}

fn refused(message: &str) -> (u32, Code) {
    let (ticket, error) = read(message).unwrap_err();
    (ticket, error.code)
}

#[test]
fn every_command_is_read() {
    assert!(matches!(
        command(&message("userInfo", json!({}))),
        Command::UserInfo
    ));
    assert!(matches!(
        command(&message("refresh", json!({}))),
        Command::Refresh
    ));
    assert!(matches!(
        command(&message("accessToken", json!({}))),
        Command::AccessToken
    ));
    assert!(matches!(
        command(&message("signOut", json!({}))),
        Command::SignOut
    ));
    assert!(matches!(
        command(&message("wake", json!({}))),
        Command::Wake
    ));
    assert!(matches!(
        command(&message("drop", json!({}))),
        Command::Drop { revoke: false }
    ));
    assert!(matches!(
        command(&message("drop", json!({ "revoke": true }))),
        Command::Drop { revoke: true }
    ));
    match command(&message(
        "callback",
        json!({ "query": "code=x", "record": "{}", "mark": mark() }),
    )) {
        Command::Callback {
            query,
            record: Some(record),
            mark: Some(_),
        } => {
            assert_eq!((query.as_str(), record.as_str()), ("code=x", "{}"));
        }
        other => panic!("{other:?}"),
    }
    match command(&message(
        "restore",
        json!({ "returnTo": "/x", "carry": "idp_error", "mark": mark() }),
    )) {
        Command::Restore {
            return_to,
            mark: Some(_),
            carry: Some(carry),
        } => {
            assert_eq!((return_to.as_str(), carry.as_str()), ("/x", "idp_error"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sign_in_is_read_with_all_its_wishes() {
    let wishes = json!({
        "returnTo": "/x", "prompt": "login", "acrValues": "a b", "maxAge": 0, "loginHint": "h", "uiLocales": "de",
        "authorizationParams": { "resource": "urn:api" },
    });
    match command(&message("signIn", wishes)) {
        Command::SignIn(want) => {
            assert_eq!(want.return_to, "/x");
            assert_eq!(want.prompt.as_deref(), Some("login"));
            assert_eq!(want.acr_values.as_deref(), Some("a b"));
            assert_eq!(want.max_age, Some(0));
            assert_eq!(want.login_hint.as_deref(), Some("h"));
            assert_eq!(want.ui_locales.as_deref(), Some("de"));
            assert_eq!(want.extra, [("resource".to_owned(), "urn:api".to_owned())]);
        }
        other => panic!("{other:?}"),
    }
    match command(&message(
        "signIn",
        json!({ "maxAge": null, "authorizationParams": null }),
    )) {
        Command::SignIn(want) => assert!(want.max_age.is_none() && want.extra.is_empty()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_api_call_and_a_cancellation_are_read() {
    for (given, replayable) in [
        (json!(true), true),
        (json!(false), false),
        (json!("true"), false),
        (json!(1), false),
    ] {
        match read(&message("call", json!({ "replayable": given }))) {
            Ok((7, Some(_), Ask::Call { replayable: found })) => assert_eq!(found, replayable),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        read(&message("cancel", json!({}))),
        Ok((7, _, Ask::Cancel))
    ));
}

#[test]
fn another_version_is_refused_and_its_ticket_answered() {
    for version in [
        json!(0),
        json!(2),
        json!("1"),
        json!(1.5),
        json!(null),
        json!([1]),
        json!(-1),
    ] {
        let text = message("wake", json!({ "v": version }));
        assert_eq!(refused(&text), (7, Code::InternalError), "{version}");
    }
    let without = json!({ "ticket": 7, "do": "wake" }).to_string();
    assert_eq!(refused(&without), (7, Code::InternalError));
}

#[test]
fn an_unknown_command_is_refused_and_its_ticket_answered() {
    for what in [
        "",
        "SignOut",
        "sign_out",
        "tokens",
        "refreshToken",
        "__proto__",
        "drop ",
    ] {
        assert_eq!(
            refused(&message(what, json!({}))),
            (7, Code::InternalError),
            "{what}"
        );
    }
    for what in [json!(null), json!(7), json!(["wake"]), json!({})] {
        assert_eq!(
            refused(&message("wake", json!({ "do": what }))),
            (7, Code::InternalError)
        );
    }
}

#[test]
fn hostile_text_is_refused_without_a_panic() {
    for text in [
        "",
        "null",
        "7",
        "\"x\"",
        "[]",
        "{",
        "{\"v\":1,\"do\":\"wake\"",
        "\u{0}",
        "{\"v\":1e999}",
    ] {
        assert_eq!(refused(text), (0, Code::InternalError), "{text}");
    }
    for open in ["[", "{\"a\":", "[{\"a\":"] {
        assert_eq!(refused(&open.repeat(100_000)), (0, Code::InternalError));
    }
    // Every beginning of a good message is no message.
    let whole = message("callback", json!({ "query": "code=ü", "mark": mark() }));
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        assert_eq!(refused(&whole[..end]).1, Code::InternalError);
    }
}

#[test]
fn a_ticket_that_is_none_is_nobodys() {
    for ticket in [
        json!(null),
        json!(-1),
        json!("7"),
        json!(1.5),
        json!(4_294_967_296_u64),
        json!([7]),
    ] {
        let (found, ..) = read(&message("wake", json!({ "ticket": ticket }))).unwrap();
        assert_eq!(found, 0, "{ticket}");
    }
}

#[test]
fn a_session_that_cannot_be_one_is_none() {
    for session in [
        json!(null),
        json!(7),
        json!(""),
        json!("AAAA"),
        json!("A".repeat(23)),
        json!("+".repeat(22)),
        json!([SESSION]),
    ] {
        let (_, found, _) = read(&message("refresh", json!({ "session": session }))).unwrap();
        assert!(found.is_none(), "{session}");
    }
}

#[test]
fn values_of_the_wrong_kind_are_refused_or_left_out() {
    for age in [json!("300"), json!(-1), json!(1.5), json!({})] {
        let (ticket, error) = read(&message("signIn", json!({ "maxAge": age }))).unwrap_err();
        assert_eq!((ticket, error.code), (7, Code::ConfigInvalid));
        assert_eq!(error.detail.as_deref(), Some("maxAge"));
    }
    for params in [
        json!({ "a": 1 }),
        json!({ "a": null }),
        json!([["a", "b"]]),
        json!("a=b"),
    ] {
        let text = message("signIn", json!({ "authorizationParams": params }));
        assert_eq!(refused(&text), (7, Code::ConfigInvalid));
    }
    match command(&message(
        "callback",
        json!({ "query": 7, "record": {}, "mark": "nonsense" }),
    )) {
        Command::Callback {
            query,
            record: None,
            mark: None,
        } => assert!(query.is_empty()),
        other => panic!("{other:?}"),
    }
}
