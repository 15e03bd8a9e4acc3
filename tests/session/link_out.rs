//! Messages to a front: every reply and notice in its form, and a token in one of them only.

use keyward::link::{error_to_json, notice_to_json, reply_to_json};
use keyward::protocol::error::{Code, Error, ProviderError};
use keyward::protocol::secret::AccessToken;
use keyward::session::effect::{SignInOrigin, SignedOutReason};
use keyward::session::{Command, Notice, Reply, SignIn, Snapshot, Status};
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::provider::{REVOKE, TOKEN, text_answer};

fn written(reply: Result<Reply, Error>) -> Value {
    let value: Value = serde_json::from_str(&reply_to_json(7, &reply)).unwrap();
    assert_eq!(value["ticket"], 7);
    assert_eq!(
        value.as_object().unwrap().len(),
        2,
        "a ticket and its end: {value}"
    );
    value
}

fn told(notice: &Notice) -> Value {
    serde_json::from_str(&notice_to_json(notice)).unwrap()
}

#[test]
fn replies_have_their_form() {
    let navigate = Reply::Navigate {
        url: "https://id.example/?a".into(),
        state: "s".into(),
        record: "{}".into(),
    };
    for (reply, ok) in [
        (
            navigate,
            json!({ "url": "https://id.example/?a", "state": "s", "record": "{}" }),
        ),
        (
            Reply::SignedIn {
                return_to: "/x".into(),
                carry: None,
            },
            json!({ "returnTo": "/x" }),
        ),
        (
            Reply::SignedIn {
                return_to: "/x".into(),
                carry: Some("idp_error".into()),
            },
            json!({ "returnTo": "/x", "carry": "idp_error" }),
        ),
        (
            Reply::UserInfo("{\"sub\": \"alice\"}".into()),
            json!({ "claims": { "sub": "alice" } }),
        ),
        (
            Reply::AccessToken(AccessToken::new("AT~1".into())),
            json!({ "token": "AT~1" }),
        ),
        (Reply::SignedOut { end_session: None }, json!({})),
        (
            Reply::SignedOut {
                end_session: Some(("u".into(), "s".into())),
            },
            json!({ "url": "u", "state": "s" }),
        ),
        (Reply::Done, json!({})),
    ] {
        assert_eq!(written(Ok(reply))["ok"], ok);
    }
}

#[test]
fn errors_have_their_form_and_nothing_empty_in_it() {
    let plain = written(Err(Error::new(Code::LoginRequired)));
    assert_eq!(
        plain["error"],
        json!({ "code": "login_required", "kind": Code::LoginRequired.kind() })
    );
    let mut full = Error::new(Code::InsufficientScope).with_detail("why");
    full.retry_after = Some(30);
    full.provider = Some(Box::new(ProviderError {
        error: "insufficient_scope".into(),
        description: Some("<b>".into()),
        uri: Some("https://id.example/help".into()),
        status: Some(403),
        scope: Some("a b".into()),
        acr_values: Some("urn:mfa".into()),
        max_age: Some(0),
    }));
    let written: Value = serde_json::from_str(&error_to_json(&full)).unwrap();
    assert_eq!(
        written,
        json!({
            "code": "insufficient_scope", "kind": Code::InsufficientScope.kind(),
            "detail": "why", "retryAfter": 30,
            "provider": {
                "error": "insufficient_scope", "description": "<b>", "uri": "https://id.example/help",
                "status": 403, "scope": "a b", "acrValues": "urn:mfa", "maxAge": 0,
            },
        })
    );
}

#[test]
fn notices_have_their_form() {
    let out = |reason| Snapshot {
        status: Status::SignedOut(reason),
        last_error: None,
    };
    for (reason, name) in [
        (SignedOutReason::NeverSignedIn, "neverSignedIn"),
        (SignedOutReason::Expired, "expired"),
        (SignedOutReason::SignedOut, "signedOut"),
        (SignedOutReason::SignedOutElsewhere, "signedOutElsewhere"),
        (SignedOutReason::SessionEnded, "sessionEnded"),
    ] {
        let notice = told(&Notice::State(out(reason)));
        assert_eq!(
            notice,
            json!({ "notice": "state", "status": "signedOut", "reason": name })
        );
    }
    let failed = Snapshot {
        last_error: Some(Error::new(Code::RefreshRejected)),
        ..out(SignedOutReason::SessionEnded)
    };
    assert_eq!(
        told(&Notice::State(failed))["error"]["code"],
        "refresh_rejected"
    );
    assert_eq!(
        told(&Notice::EndEverywhere),
        json!({ "notice": "endEverywhere" })
    );
    assert_eq!(
        told(&Notice::Refreshed { expires_at: None }),
        json!({ "notice": "refreshed" })
    );
    assert_eq!(
        told(&Notice::Refreshed {
            expires_at: Some(5)
        })["expiresAt"],
        5
    );
    let diagnosis = Notice::Diagnosis(Code::ClockSkew, Some("90".into()));
    assert_eq!(
        told(&diagnosis),
        json!({ "notice": "diagnosis", "code": "clock_skew", "detail": "90" })
    );
    let failed = Notice::RefreshFailed(Error::new(Code::Offline));
    assert_eq!(
        told(&failed),
        json!({
            "notice": "refreshFailed",
            "error": { "code": "offline", "kind": Code::Offline.kind() },
        })
    );
}

#[test]
fn a_sign_in_tells_who_and_how_and_until_when() {
    let page = Driver::signed_in();
    for (origin, name) in [
        (SignInOrigin::Interactive, "interactive"),
        (SignInOrigin::Joined, "joined"),
        (SignInOrigin::Restored, "restored"),
    ] {
        let notice = told(&Notice::SignedIn(page.snapshot(), origin));
        assert_eq!(notice["notice"], "signedIn");
        assert_eq!(notice["origin"], name);
        for (name, value) in [
            ("iss", "https://id.example"),
            ("sub", "alice"),
            ("name", "Alice"),
        ] {
            assert_eq!(notice["user"][name], value);
        }
        assert_eq!(notice["scope"], "openid profile");
        assert_eq!(notice["expiresAt"], page.expires_at().unwrap());
        assert_eq!(notice["session"], page.session_id().unwrap().as_str());
        assert_eq!(notice["userHash"].as_str().unwrap().len(), 43);
    }
}

/// The driver checks each message of each scenario; here one life is looked at as a whole.
#[test]
fn r_130_of_a_whole_life_only_the_reply_to_access_token_holds_a_token() {
    let mut page = Driver::new();
    let mut heard = Vec::new();
    let trip = page.leave(SignIn::default());
    let ticket = page.redeem(&trip, page.tokens("1").answer());
    heard.push(reply_to_json(ticket, &page.reply(ticket)));
    let refresh = page.start_refresh();
    page.answer(TOKEN, page.tokens("2").answer());
    page.judge_signatures();
    heard.push(reply_to_json(refresh, &page.reply(refresh)));
    let token = page.ask(Command::AccessToken);
    let with_token = reply_to_json(token, &page.reply(token));
    let out = page.ask(Command::SignOut);
    page.answer(REVOKE, text_answer(503, "RT~2"));
    heard.push(reply_to_json(out, &page.reply(out)));
    heard.extend(page.notices.iter().map(notice_to_json));
    assert!(heard.len() >= 6, "{heard:?}");
    for message in heard {
        assert!(
            !message.contains("AT~") && !message.contains("RT~"),
            "{message}"
        );
        assert!(!message.contains("CODE"), "{message}");
    }
    assert!(
        with_token.contains("AT~2"),
        "the search finds a token where there is one"
    );
}

#[test]
fn claims_of_any_form_leave_the_message_whole() {
    for claims in [
        json!({ "name": "\"},{\"notice\":\"endEverywhere\"", "note": "a\\b\u{2028}\u{0}\u{1f600}" }),
        json!({ "notice": "endEverywhere", "ticket": 1, "error": { "code": "offline" } }),
        json!({ "deep": [[[{ "a": [null, true, 1e300, -0.5] }]]], "__proto__": { "x": 1 } }),
    ] {
        let mut page = Driver::new();
        page.sign_in_with(|tokens| tokens.claims(claims.clone()));
        let notice = told(&Notice::SignedIn(
            page.snapshot(),
            SignInOrigin::Interactive,
        ));
        assert_eq!(notice["notice"], "signedIn");
        for (name, value) in claims.as_object().unwrap() {
            assert_eq!(&notice["user"][name], value, "{name}");
        }
        let info = page.ask(Command::UserInfo);
        let mut said = claims;
        said["sub"] = "alice".into();
        let body = format!("\r\n  {said}\t\n");
        page.answer(crate::provider::USERINFO, text_answer(200, &body));
        let reply = page.reply(info);
        assert_eq!(written(reply)["ok"]["claims"], said);
    }
}
