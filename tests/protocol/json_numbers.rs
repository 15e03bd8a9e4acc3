//! The numbers of our reader of JSON, against the standard library's.

use proptest::prelude::*;

use keyward::protocol::json::{JsonError, Value, parse_object};

use crate::object;

fn read(number: &str) -> Value {
    let map = object(&format!("{{\"a\":{number}}}"));
    map.get("a").unwrap().clone()
}

/// The value, infinities and the sign of zero included.
fn raw(number: &str) -> f64 {
    match read(number) {
        Value::Number(number) => number,
        other => panic!("{number} is read as {other:?}"),
    }
}

/// Asserts that a number is read as the nearest double or close by it.
#[track_caller]
fn assert_near(number: &str, tolerance: f64) {
    let exact: f64 = number.parse().unwrap();
    let (found, magnitude) = (raw(number), exact.abs());
    assert!(
        (found - exact).abs() <= magnitude * tolerance,
        "{number} is read as {found:e}"
    );
    assert_eq!(
        found.is_sign_negative(),
        exact.is_sign_negative(),
        "{number}"
    );
}

#[test]
fn r_076_whole_numbers_are_whole_however_they_are_written() {
    for (number, expected) in [
        ("0", 0),
        ("-0", 0),
        ("0.0", 0),
        ("-0.0e-0", 0),
        ("0e400", 0),
        ("0.000e-9999999999999999999999", 0),
        ("1", 1),
        ("10", 10),
        ("3600", 3_600),
        ("3600.0", 3_600),
        ("3600.0000000000000000000000000000", 3_600),
        ("3.6e3", 3_600),
        ("3.6E3", 3_600),
        ("3.6e+3", 3_600),
        ("3.6e+0003", 3_600),
        ("0.0036e6", 3_600),
        ("36000e-1", 3_600),
        ("3600000000000000000000e-18", 3_600),
        ("1E+2", 100),
        ("1e3", 1_000),
        ("1700000000", 1_700_000_000),
        ("1700000000.0", 1_700_000_000),
        ("1.7e9", 1_700_000_000),
        ("1699999999.000000000000000000", 1_699_999_999),
        ("1700000000123", 1_700_000_000_123),
        ("9007199254740991", (1 << 53) - 1),
        ("9007199254740992", 1 << 53),
        ("9007199254740992e0", 1 << 53),
    ] {
        assert_eq!(read(number).as_u64(), Some(expected), "{number}");
        assert_eq!(read(number).as_f64(), Some(expected as f64), "{number}");
    }
    for number in [
        "-1",
        "-1e-9",
        "0.1",
        "0.5",
        "1.5",
        "3600.25",
        "1e-1",
        "9007199254740994",
        "18446744073709551615",
        "18446744073709551616",
        "1e16",
        "1e300",
        "1e400",
        "-1e400",
        "123456789012345678901234567890",
    ] {
        assert_eq!(read(number).as_u64(), None, "{number}");
    }
}

#[test]
fn the_usual_fractions_are_exact() {
    for number in [
        "0.1",
        "-0.1",
        "0.2",
        "0.3",
        "0.5",
        "0.25",
        "0.75",
        "1.5",
        "-1.5",
        "2.5",
        "299.9",
        "1700000000.5",
        "1700000000.25",
        "1e-1",
        "5e-1",
        "1e22",
        "-25e-1",
    ] {
        assert_eq!(read(number).as_f64(), number.parse().ok(), "{number}");
    }
}

#[test]
fn numbers_beyond_a_double_are_infinite_or_nothing() {
    for number in [
        "1e400",
        "-1e400",
        "1e309",
        "1E+99999999999999999999",
        "-9e9999",
    ] {
        assert_eq!(Ok(raw(number)), number.parse(), "{number}");
        assert_eq!(read(number).as_f64(), None, "{number}");
        assert_eq!(read(number).as_u64(), None, "{number}");
    }
    let digits = "9".repeat(400);
    assert_eq!(raw(&digits), f64::INFINITY);
    for number in ["1e-400", "-1e-400", "1e-99999999999999999999", "0.1e-9999"] {
        assert_eq!(Ok(raw(number)), number.parse(), "{number}");
        assert_eq!(read(number).as_f64(), Some(0.0), "{number}");
    }
    assert_near("1e308", 5e-15);
    assert_near("1e-307", 5e-15);
    assert!(raw("5e-324") > 0.0);
}

#[test]
fn digits_behind_the_eighteenth_move_the_point_only() {
    for number in [
        "123456789012345678901234567890".into(),
        "12345678901234567890.1234567890".into(),
        format!("0.{}", "123456789".repeat(45)),
        format!("0.{}", "9".repeat(400)),
        format!("-0.{}", "3".repeat(400)),
        format!("1.{}", "0".repeat(400)),
        format!("7.{}1", "0".repeat(399)),
        format!("0.{}1e20", "0".repeat(19)),
    ] {
        assert_near(&number, 1e-15);
    }
    for number in [
        "1".repeat(300),
        format!("1{}", "0".repeat(300)),
        format!("0.{}5", "0".repeat(250)),
        format!("0.{}25e400", "0".repeat(400)),
        format!("25{}e-400", "0".repeat(400)),
        format!("0.{}25e20000", "0".repeat(20_000)),
        format!("25{}e-20000", "0".repeat(20_000)),
    ] {
        assert_near(&number, 5e-15);
    }
}

#[test]
fn other_spellings_of_numbers_are_refused() {
    for number in [
        "+1", "01", "-01", "00", "-", "--1", "-a", ".5", "-.5", "1.", "1.e3", "1.5.2", "1e", "1E",
        "1e+", "1e-", "1e+-3", "1e3.5", "1e3e3", "1,5", "0x1F", "1f", "1n", "١", "1 000", "- 1",
        "1e 3", "1 .5",
    ] {
        let body = format!("{{\"a\":{number}}}");
        assert_eq!(parse_object(&body, 1000), Err(JsonError::Syntax), "{body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn whole_numbers_to_2_53_are_exact(number in 0..=1_u64 << 53, small in 0..=u64::from(u32::MAX)) {
        for number in [number, small] {
            prop_assert_eq!(read(&number.to_string()).as_u64(), Some(number));
            prop_assert_eq!(read(&format!("-{number}")).as_f64(), Some(-(number as f64)));
        }
        prop_assert_eq!(read(&format!("{small}.000000")).as_u64(), Some(small));
        prop_assert_eq!(read(&format!("{small}000e-3")).as_u64(), Some(small));
        prop_assert_eq!(read(&format!("{small}e3")).as_u64(), Some(small * 1000));
    }

    #[test]
    fn larger_numbers_are_not_whole(number in (1_u64 << 53) + 2..) {
        prop_assert_eq!(read(&number.to_string()).as_u64(), None);
    }

    #[test]
    fn plain_fractions_are_near(number in r"-?(0|[1-9][0-9]{0,18})\.[0-9]{1,19}") {
        assert_near(&number, 1e-15);
    }

    #[test]
    fn powers_of_ten_are_near(number in r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,19})?[eE](\+?([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-7][0-9])|-([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-6][0-9]))") {
        assert_near(&number, 5e-15);
    }

    #[test]
    fn a_double_reads_back_as_it_was_written(number in prop::num::f64::NORMAL) {
        let text = serde_json::Value::from(number).to_string();
        let found = raw(&text);
        // At the edges of the range the last digits go.
        let tolerance = if number.abs() > 1e-290 { 5e-15 } else { 1e-13 };
        prop_assert!((found - number).abs() <= number.abs() * tolerance, "{} is read as {}", text, found);
    }
}
