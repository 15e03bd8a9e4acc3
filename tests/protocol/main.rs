//! Tests of the protocol layer: vectors of the RFCs, rules by their ids, hostile inputs, and properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod authorization;
mod challenge;
mod encoding;
mod ending;
mod errors;
mod id_token;
mod id_token_form;
mod id_token_refresh;
mod json_numbers;
mod json_oracle;
mod json_reader;
mod jwk;
mod metadata;
mod secrets;
mod token;
mod total;
#[path = "../support/tree.rs"]
mod tree;
mod urls;

use std::rc::Rc;

use keyward::protocol::error::Error;
use keyward::protocol::http::Answer;
use keyward::protocol::json::{self, Map};
use keyward::protocol::metadata::Issuer;
use keyward::protocol::url::Endpoint;

/// An answer with a JSON body.
fn json_answer(status: u16, body: &str) -> Answer {
    typed_answer(status, Some("application/json"), body)
}

fn typed_answer(status: u16, content_type: Option<&str>, body: &str) -> Answer {
    Answer {
        status,
        content_type: content_type.map(String::from),
        body: body.into(),
        ..Answer::default()
    }
}

fn issuer(text: &str) -> Issuer {
    Issuer::parse(text).unwrap()
}

fn endpoint(text: &str) -> Endpoint {
    Endpoint::parse(text).unwrap()
}

fn object(text: &str) -> Rc<Map> {
    json::parse_object(text, 1 << 20).unwrap()
}

/// Asserts the code of an error and that its detail names a thing.
#[track_caller]
fn assert_error<T>(result: Result<T, Error>, code: &str, detail: &str) {
    let Err(error) = result else {
        panic!("accepted, expected {code}");
    };
    assert_eq!(error.code.as_str(), code, "{error}");
    let found = error.detail.as_deref().unwrap_or_default();
    assert!(found.contains(detail), "{found:?} does not name {detail:?}");
}
