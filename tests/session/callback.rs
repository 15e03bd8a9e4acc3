//! The authorization response: whose it is, whether it was asked for, and that nothing is redeemed before that is known.

use keyward::protocol::error::Code;
use keyward::session::{Command, Reply, SignIn};
use serde_json::json;

use crate::driver::{Driver, MINUTE, Trip};
use crate::provider::{DISCOVERY, JWKS, TOKEN, metadata_with};

const ISS: &str = "iss=https%3A%2F%2Fid.example";

/// A page whose provider promises `iss`, with one sign-in under way.
fn away(promised: bool) -> (Driver, Trip) {
    let mut page = Driver::new();
    let ticket = page.ask(Command::SignIn(SignIn::default()));
    let promise = json!({ "authorization_response_iss_parameter_supported": promised });
    page.answer(DISCOVERY, metadata_with(&promise));
    let trip = page.arrive_at_provider(ticket);
    (page, trip)
}

/// The callback is refused with this code, and no request is made because of it.
fn refuses(page: &mut Driver, trip: &Trip, query: &str, code: Code) {
    let before = page.sent.len();
    let ticket = page.come_back_with(query, trip);
    assert_eq!(page.code(ticket), code, "{query}");
    assert_eq!(page.sent.len(), before, "{query}: nothing may be asked");
}

#[test]
fn r_050_o_13_an_unknown_state_costs_no_request_and_touches_nothing() {
    let mut page = Driver::signed_in();
    let pending = page.leave(SignIn::default());
    let before = (page.session_id(), page.access_token(), page.sent.len());
    let query = format!("code=GOOD-LOOKING&state=foreign&{ISS}");
    let ticket = page.ask_as(
        None,
        Command::Callback {
            query: query.clone(),
            record: None,
            mark: None,
        },
    );
    assert_eq!(page.code(ticket), Code::CallbackStateUnknown);
    // A record of another transaction does not help.
    refuses(&mut page, &pending, &query, Code::TransactionCorrupt);
    refuses(
        &mut page,
        &pending,
        &format!("code=GOOD-LOOKING&{ISS}"),
        Code::CallbackStateUnknown,
    );
    assert_eq!(
        (page.session_id(), page.access_token(), page.sent.len()),
        before
    );
    page.sign_in_after(&pending);
}

#[test]
fn r_051_o_14_the_same_callback_twice_makes_one_token_request() {
    let (mut page, trip) = away(false);
    let first = page.come_back(&trip);
    let second = page.come_back(&trip);
    assert_eq!(page.code(second), Code::CallbackReplayed);
    page.answer(JWKS, crate::provider::jwks(&["k1"]));
    page.answer(TOKEN, page.tokens("1").answer());
    page.judge_signatures();
    assert!(matches!(page.reply(first), Ok(Reply::SignedIn { .. })));
    // The front took the record out of storage: a reload finds none.
    let query = trip.query("code=CODE");
    let third = page.ask_as(
        None,
        Command::Callback {
            query,
            record: None,
            mark: None,
        },
    );
    assert_eq!(page.code(third), Code::CallbackStateUnknown);
    assert_eq!(page.count(TOKEN), 1);
    assert!(page.is_signed_in());
}

#[test]
fn r_135_a_transaction_lives_for_ten_minutes() {
    let (mut page, trip) = away(false);
    page.pass(10 * MINUTE + 1);
    refuses(
        &mut page,
        &trip,
        &trip.query("code=CODE"),
        Code::TransactionExpired,
    );
    let (mut page, trip) = away(false);
    page.pass(10 * MINUTE);
    page.sign_in_after(&trip);
}

#[test]
fn o_74_o_77_a_damaged_or_older_record_is_a_typed_error() {
    let (mut page, trip) = away(false);
    let query = trip.query("code=CODE");
    let damaged = [
        trip.record[..trip.record.len() / 2].to_owned(),
        String::new(),
        "null".into(),
        "[]".into(),
        "7".into(),
        "[".repeat(10_000),
        trip.record.replace("\"v\":1", "\"v\":0"),
        trip.record.replace("\"v\":1", "\"v\":2"),
        trip.record.replace("\"nonce\"", "\"once\""),
        trip.record.replace("\"verifier\"", "\"v2\""),
        trip.record.replace("\"createdAt\":", "\"createdAt\":-"),
    ];
    for record in damaged {
        let trip = Trip {
            record,
            url: trip.url.clone(),
            state: trip.state.clone(),
        };
        refuses(&mut page, &trip, &query, Code::TransactionCorrupt);
    }
    page.sign_in_after(&trip);
}

#[test]
fn r_055_an_answer_is_redeemed_only_at_the_issuer_and_for_the_client_that_asked() {
    let (mut page, trip) = away(false);
    for (from, to) in [
        (
            "\"issuer\":\"https://id.example\"",
            "\"issuer\":\"https://other.example\"",
        ),
        ("\"clientId\":\"spa\"", "\"clientId\":\"spa2\""),
    ] {
        let record = trip.record.replace(from, to);
        assert_ne!(record, trip.record);
        let foreign = Trip {
            record,
            url: trip.url.clone(),
            state: trip.state.clone(),
        };
        refuses(
            &mut page,
            &foreign,
            &trip.query("code=CODE"),
            Code::CallbackStateUnknown,
        );
    }
    page.sign_in_after(&trip);
}

#[test]
fn r_052_o_16_an_answer_of_another_issuer_costs_no_token_request() {
    for iss in [
        "https%3A%2F%2Fevil.example",
        "https%3A%2F%2Fid.example%2F",
        "https%3A%2F%2FID.example",
        "HTTPS%3A%2F%2Fid.example",
        "https%3A%2F%2Fid.example%20",
        "",
    ] {
        for promised in [false, true] {
            let (mut page, trip) = away(promised);
            let query = trip.query(&format!("code=CODE&iss={iss}"));
            refuses(&mut page, &trip, &query, Code::CallbackIssMismatch);
        }
    }
}

#[test]
fn r_052_the_issuer_is_compared_after_form_decoding() {
    for iss in [
        "https%3A%2F%2Fid.example",
        "https://id.example",
        "https%3a%2f%2fid%2eexample",
    ] {
        let (mut page, trip) = away(true);
        let ticket = page.come_back_with(&trip.query(&format!("code=CODE&iss={iss}")), &trip);
        page.finish_exchange(ticket);
    }
}

#[test]
fn r_053_o_17_a_promised_issuer_that_is_missing_costs_no_token_request() {
    let (mut page, trip) = away(true);
    refuses(
        &mut page,
        &trip,
        &trip.query("code=CODE"),
        Code::CallbackIssMissing,
    );
    let (mut page, trip) = away(false);
    let ticket = page.come_back_with(&trip.query("code=CODE"), &trip);
    page.finish_exchange(ticket);
}

#[test]
fn r_054_an_error_of_another_issuer_is_not_taken_for_ours() {
    let (mut page, trip) = away(false);
    let query = trip.query("error=access_denied&iss=https%3A%2F%2Fevil.example");
    refuses(&mut page, &trip, &query, Code::CallbackIssMismatch);
}

#[test]
fn r_056_o_15_an_error_response_is_data_and_the_session_stays() {
    let mut page = Driver::signed_in();
    let before = page.session_id();
    let trip = page.leave(SignIn::default());
    let words = "error=access_denied&error_description=%3Cimg+onerror%3Dx%3E&error_uri=https%3A%2F%2Fid.example%2Fhelp";
    let ticket = page.come_back_with(&trip.query(words), &trip);
    let error = page.error(ticket);
    assert_eq!(error.code, Code::IdpError);
    let said = error.provider.as_deref().unwrap();
    assert_eq!(said.error, "access_denied");
    assert_eq!(said.description.as_deref(), Some("<img onerror=x>"));
    assert_eq!(said.uri.as_deref(), Some("https://id.example/help"));
    assert_eq!(page.session_id(), before);
}

#[test]
fn r_056_the_errors_of_a_sign_in_without_pages_have_their_own_codes() {
    for (error, code) in [
        ("login_required", Code::LoginRequired),
        ("interaction_required", Code::InteractionRequired),
        ("consent_required", Code::ConsentRequired),
        ("account_selection_required", Code::AccountSelectionRequired),
        ("server_error", Code::IdpError),
    ] {
        let (mut page, trip) = away(false);
        refuses(
            &mut page,
            &trip,
            &trip.query(&format!("error={error}&{ISS}")),
            code,
        );
    }
}

#[test]
fn r_057_o_22_parameters_that_are_not_ours_are_ignored() {
    let (mut page, trip) = away(false);
    let extras = "foo=bar&session_state=x&foo=again&%zz=1&code2=b&code=CODE&tab=%E4";
    let ticket = page.come_back_with(&trip.query(extras), &trip);
    page.finish_exchange(ticket);
}

#[test]
fn r_058_o_18_a_parameter_that_stands_twice_refuses_the_answer() {
    for query in [
        "code=a&code=b",
        "code=a&code=a",
        "code=a&c%6fde=b",
        "code=a&iss=https%3A%2F%2Fid.example&iss=https%3A%2F%2Fid.example",
        "code=a&error=access_denied",
        "error=a&error=b",
        "code=",
        "code=%zz",
        "code=%ff",
        "foo=bar",
    ] {
        let (mut page, trip) = away(false);
        refuses(
            &mut page,
            &trip,
            &trip.query(query),
            Code::CallbackMalformed,
        );
    }
    let (mut page, trip) = away(false);
    let twice = trip.query(&trip.query("code=a"));
    refuses(&mut page, &trip, &twice, Code::CallbackMalformed);
}

#[test]
fn r_059_o_20_tokens_in_the_response_are_never_looked_at() {
    let mut page = Driver::signed_in();
    let trip = page.leave(SignIn::default());
    let before = (page.session_id(), page.access_token());
    let injected = "access_token=EVIL&id_token=a.b.c&token_type=Bearer&expires_in=3600";
    refuses(
        &mut page,
        &trip,
        &trip.query(injected),
        Code::CallbackMalformed,
    );
    assert_eq!((page.session_id(), page.access_token()), before);
    let ticket = page.come_back_with(&trip.query(&format!("{injected}&code=CODE")), &trip);
    page.finish_exchange(ticket);
    assert!(page.access_token().starts_with(crate::provider::ACCESS));
}

#[test]
fn r_050_two_sign_ins_of_one_tab_finish_in_either_order() {
    let mut page = Driver::new();
    let first = page.leave(SignIn {
        return_to: "/first".into(),
        ..SignIn::default()
    });
    let first_nonce = first.parameter("nonce").unwrap();
    let second = page.leave(SignIn {
        return_to: "/second".into(),
        ..SignIn::default()
    });
    for (trip, target, nonce) in [
        (&second, "/second", second.parameter("nonce").unwrap()),
        (&first, "/first", first_nonce),
    ] {
        let ticket = page.redeem(
            trip,
            page.tokens("1").claims(json!({ "nonce": nonce })).answer(),
        );
        match page.reply(ticket) {
            Ok(Reply::SignedIn { return_to, .. }) => assert_eq!(return_to, target),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn r_051_a_callback_that_was_given_up_is_not_redeemed_by_the_next() {
    let mut page = Driver::new();
    let [first, second] = [0, 1].map(|_| page.leave(SignIn::default()));
    // Both come back to a page that has no metadata yet; a sign-out of another tab ends the first.
    let mut fresh = Driver::new();
    let given_up = fresh.come_back(&first);
    let dropped = fresh.ask_as(None, Command::Drop { revoke: false });
    assert!(fresh.reply(dropped).is_ok());
    assert_eq!(fresh.code(given_up), Code::LoginRequired);
    let ticket = fresh.come_back(&second);
    fresh.answer(DISCOVERY, metadata_with(&json!({})));
    assert_eq!(fresh.count(TOKEN), 1, "one callback, one token request");
    fresh.fail(TOKEN, keyward::session::NetworkFailure::Unreachable);
    assert_eq!(fresh.code(ticket), Code::TokenNetwork);
}
