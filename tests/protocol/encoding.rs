//! base64url, forms, PKCE and HTTP dates.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use keyward::protocol::form::{Form, FormError, parse_query};
use keyward::protocol::http::{http_date_seconds, retry_after_seconds};
use keyward::protocol::secret::CodeVerifier;
use keyward::protocol::{base64url, pkce};

#[test]
fn r_005_challenge_is_that_of_rfc_7636_appendix_b() {
    let random = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37,
        77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    let verifier = pkce::verifier(&random);
    assert_eq!(
        verifier.expose(),
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    assert_eq!(
        pkce::challenge(&verifier),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}

#[test]
fn r_005_r_009_one_time_values_have_43_unreserved_characters() {
    for byte in 0..=255 {
        let text = pkce::opaque(&[byte; 32]);
        assert_eq!(text.len(), 43);
        assert!(
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
        assert_eq!(pkce::verifier(&[byte; 32]).expose(), text);
        let challenge = pkce::challenge(&CodeVerifier::new(text));
        assert_eq!(challenge.len(), 43);
    }
}

#[test]
fn base64url_follows_rfc_4648_and_rfc_7515_appendix_c() {
    for (bytes, text) in [
        (&b""[..], ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"fooba", "Zm9vYmE"),
        (b"foobar", "Zm9vYmFy"),
        (&[3, 236, 255, 224, 193], "A-z_4ME"),
    ] {
        assert_eq!(base64url::encode(bytes), text);
        assert_eq!(base64url::decode(text).as_deref(), Some(bytes));
    }
}

#[test]
fn r_105_base64url_refuses_every_second_spelling() {
    for text in [
        "Zg==", "Zg=", "Z", "Zm9vY", " Zg", "Zg ", "Zm\n9v", "Zm9v+", "Zm9v/", "Zh", "Zm9",
        "Zm9vYmF", "A-z_4MF", "é", "Zm.9", "\0", "====",
    ] {
        assert_eq!(base64url::decode(text), None, "{text:?}");
    }
}

#[test]
fn form_follows_rfc_6749_appendix_b() {
    let mut form = Form::new();
    form.push("v", " %&+£€");
    assert_eq!(form.finish(), "v=+%25%26%2B%C2%A3%E2%82%AC");
    let read = parse_query("v=+%25%26%2B%C2%A3%E2%82%AC").unwrap();
    assert_eq!(read, [("v".into(), " %&+£€".into())]);
}

#[test]
fn form_keeps_order_and_repetition() {
    let pair = |name: &str, value: &str| (String::from(name), String::from(value));
    let read = parse_query("b=1&a=2&&b=3&flag&empty=&=x&c=d=e").unwrap();
    let expected = [
        pair("b", "1"),
        pair("a", "2"),
        pair("b", "3"),
        pair("flag", ""),
        pair("empty", ""),
        pair("", "x"),
        pair("c", "d=e"),
    ];
    assert_eq!(read, expected);
}

#[test]
fn form_refuses_broken_encodings() {
    for query in [
        "a=%",
        "a=%4",
        "a=%zz",
        "a=%4g",
        "%=1",
        "a=%+1",
        "a=%C3",
        "a=%ff",
        "a=%C0%AF",
        "a=%ED%A0%80",
    ] {
        assert_eq!(parse_query(query), Err(FormError), "{query}");
    }
    assert_eq!(parse_query("a=%00").unwrap(), [("a".into(), "\0".into())]);
}

#[test]
fn r_077_retry_after_is_seconds_or_a_date() {
    const NOW: u64 = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT
    for (value, expected) in [
        ("0", Some(0)),
        ("120", Some(120)),
        (" 7 ", Some(7)),
        ("86400", Some(86_400)),
        ("86401", Some(86_400)),
        ("99999999999999999999999999", Some(86_400)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
        ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
        ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
        ("Sun, 06 Nov 2094 08:00:00 GMT", Some(86_400)),
        ("", None),
        ("-1", None),
        ("+5", None),
        ("1.5", None),
        ("1e3", None),
        ("soon", None),
        ("Sunday, 06-Nov-94 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37", None),
        ("Sun, 06 Nov 1994 24:49:37 GMT", None),
        ("Sun, 32 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 ovD 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1969 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT GMT", None),
    ] {
        assert_eq!(retry_after_seconds(value, NOW), expected, "{value:?}");
    }
}

#[test]
fn http_dates_count_days_as_the_calendar_does() {
    for (date, seconds) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
        ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
        ("Sun, 31 Dec 2023 23:59:59 GMT", 1_704_067_199),
        ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
        ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
    ] {
        assert_eq!(http_date_seconds(date), Some(seconds), "{date}");
    }
}

proptest! {
    #[test]
    fn base64url_agrees_with_another_implementation(bytes: Vec<u8>) {
        let text = base64url::encode(&bytes);
        prop_assert_eq!(&text, &URL_SAFE_NO_PAD.encode(&bytes));
        prop_assert_eq!(base64url::decode(&text), Some(bytes));
    }

    #[test]
    fn base64url_accepts_what_the_other_accepts(text in "[A-Za-z0-9_-]{0,9}=?") {
        prop_assert_eq!(base64url::decode(&text), URL_SAFE_NO_PAD.decode(&text).ok());
    }

    #[test]
    fn a_form_reads_back_as_written(pairs: Vec<(String, String)>) {
        let mut form = Form::new();
        for (name, value) in &pairs {
            form.push(name, value);
        }
        let text = form.finish();
        prop_assert!(text.is_ascii());
        prop_assert_eq!(parse_query(&text).unwrap(), pairs);
    }
}
