//! Our reader of JSON: what it refuses and what it makes of texts.

use serde_json::json;

use keyward::protocol::json::{self, JsonError, MAX_DEPTH, MAX_MEMBERS, Map, Value, parse_object};

use crate::object;
use crate::tree::trees;

#[test]
fn is_bounded_in_depth() {
    let nested = |depth: usize| {
        format!(
            "{{\"a\":{}{}}}",
            "[".repeat(depth - 1),
            "]".repeat(depth - 1)
        )
    };
    assert!(parse_object(&nested(MAX_DEPTH), 1000).is_ok());
    assert_eq!(
        parse_object(&nested(MAX_DEPTH + 1), 1000),
        Err(JsonError::TooDeep)
    );
    assert_eq!(
        parse_object(&"[".repeat(1_000_000), 2_000_000),
        Err(JsonError::TooDeep)
    );
    assert_eq!(
        parse_object(&"{\"a\":".repeat(100_000), 2_000_000),
        Err(JsonError::TooDeep)
    );
    let brackets_in_text = format!("{{\"a\":\"{}\"}}", "[{".repeat(500));
    assert!(parse_object(&brackets_in_text, 2000).is_ok());
    let behind_a_quote = format!("{{\"a\":\"\\\"{}\"}}", "[{".repeat(500));
    assert!(parse_object(&behind_a_quote, 2000).is_ok());
}

#[test]
fn is_bounded_in_size() {
    assert!(parse_object("{\"a\":1}", 7).is_ok());
    assert_eq!(parse_object("{\"a\":1}", 6), Err(JsonError::TooLarge));
}

#[test]
fn refuses_a_member_that_stands_twice() {
    for body in [
        r#"{"sub":"a","sub":"b"}"#,
        r#"{"sub":"a","x":{"y":1},"sub":"a"}"#,
        r#"{"sub":"a","\u0073ub":"b"}"#,
        r#"{"a:":1,"a:":2}"#,
    ] {
        assert_eq!(
            parse_object(body, 1000),
            Err(JsonError::Duplicate),
            "{body}"
        );
    }
    for body in [
        r#"{}"#,
        r#"{"a":{"b":1},"b":{"b":2}}"#,
        r#"{"a":{"b":1,"b":2}}"#,
        r#"{"a:b":":","c\":":1}"#,
        r#"{"a":"\\","b":"\\\":"}"#,
        "\n { \"a\" : [ {\"a\":1}, {\"a\":2} ] } \t",
    ] {
        assert!(parse_object(body, 1000).is_ok(), "{body}");
    }
}

#[test]
fn other_than_an_object_is_refused() {
    for (body, error) in [
        ("", JsonError::Syntax),
        ("{", JsonError::Syntax),
        ("{}x", JsonError::Syntax),
        ("{\"a\":1,}", JsonError::Syntax),
        ("{'a':1}", JsonError::Syntax),
        ("{\"a\":NaN}", JsonError::Syntax),
        ("{\"a\":\"\\ud800\"}", JsonError::Syntax),
        ("<!doctype html><p style=\"a:b\">", JsonError::Syntax),
        ("[]", JsonError::NotObject),
        ("null", JsonError::NotObject),
        ("\"{}\"", JsonError::NotObject),
        ("1", JsonError::NotObject),
    ] {
        assert_eq!(parse_object(body, 1000), Err(error), "{body}");
    }
}

#[test]
fn a_long_object_is_refused_before_its_members_are_compared() {
    let members = |count: usize| {
        let members: Vec<_> = (0..count).map(|at| format!("\"m{at}\":{at}")).collect();
        members.join(",")
    };
    let most = object(&format!("{{{}}}", members(MAX_MEMBERS)));
    assert_eq!(most.iter().count(), MAX_MEMBERS);
    assert_eq!(most.get("m999").and_then(Value::as_u64), Some(999));
    let one_too_many = format!("{{{}}}", members(MAX_MEMBERS + 1));
    assert_eq!(
        parse_object(&one_too_many, usize::MAX),
        Err(JsonError::TooLarge)
    );
    let twin_at_the_end = format!("{{{},\"m0\":0}}", members(MAX_MEMBERS));
    assert_eq!(
        parse_object(&twin_at_the_end, usize::MAX),
        Err(JsonError::Duplicate)
    );
    for (count, within) in [(MAX_MEMBERS, true), (MAX_MEMBERS + 1, false)] {
        let nested = format!("{{\"a\":[{{{}}}]}}", members(count));
        assert_eq!(parse_object(&nested, usize::MAX).is_ok(), within);
    }
}

#[test]
fn the_order_of_members_means_nothing() {
    let one = object(r#"{"a":{"x":1,"y":[1,2]},"b":null}"#);
    assert_eq!(one, object(r#"{"b":null,"a":{"y":[1,2],"x":1}}"#));
    for other in [
        r#"{"b":null,"a":{"y":[2,1],"x":1}}"#,
        r#"{"b":null,"a":{"y":[1,2],"x":1,"z":1}}"#,
        r#"{"c":null,"a":{"y":[1,2],"x":1}}"#,
        r#"{"b":null,"a":{"y":[1,2],"x":1},"c":0}"#,
        r#"{"a":{"y":[1,2],"x":1}}"#,
    ] {
        assert_ne!(one, object(other), "{other}");
        assert_ne!(object(other), one, "{other}");
    }
    // Of twins the last counts, wherever it stands.
    assert_eq!(
        object(r#"{"a":{"x":1,"y":0,"x":2}}"#),
        object(r#"{"a":{"y":0,"x":2}}"#)
    );
}

#[test]
fn depth_counts_every_way_to_nest() {
    for (open, close, step) in [
        ("{\"a\":", "}", 1),
        ("[", "]", 1),
        ("[{\"a\":", "}]", 2),
        (" {\n\"[{}\" : [ 1,\t", "\r] } ", 2),
    ] {
        let levels = (MAX_DEPTH - 1) / step;
        let nested =
            |levels: usize| format!("{{\"a\":{}0{}}}", open.repeat(levels), close.repeat(levels));
        assert!(parse_object(&nested(levels), usize::MAX).is_ok(), "{open}");
        assert_eq!(
            parse_object(&nested(levels + 1), usize::MAX),
            Err(JsonError::TooDeep),
            "{open}"
        );
    }
    // Side by side is not one in the other.
    assert!(parse_object(&format!("{{\"a\":[{}0]}}", "[],{},".repeat(500)), 5_000).is_ok());
}

#[test]
fn of_nested_twins_the_last_one_counts() {
    let map = object(r#"{"a":{"b":1,"\u0062":[2],"b":{"c":3}},"l":[{"d":true,"d":null}]}"#);
    assert_eq!(
        trees(map.iter()),
        json!({ "a": { "b": { "c": 3 } }, "l": [{ "d": null }] })
    );
    let inner = map.get("a").and_then(Value::as_object).unwrap();
    assert!(inner.get("b").and_then(Value::as_object).is_some());
}

#[test]
fn names_are_compared_as_they_read() {
    for body in [
        r#"{"a":1,"\u0061":2}"#,
        r#"{"\u0061":1,"\u0061":2}"#,
        r#"{"\/":1,"/":2}"#,
        r#"{"\n":1,"\u000A":2}"#,
        r#"{"é":1,"\u00e9":2}"#,
        r#"{"😀":1,"\uD83D\uDE00":2}"#,
        r#"{"":1,"":1}"#,
        r#"{"\\u0061":1,"\u005cu0061":2}"#,
    ] {
        assert_eq!(
            parse_object(body, 1000),
            Err(JsonError::Duplicate),
            "{body}"
        );
    }
    // Neither case nor normal forms make two names one.
    for body in [
        r#"{"a":1,"A":2}"#,
        r#"{"a":1,"\\u0061":2}"#,
        r#"{"a":1,"a ":2,"a\u0000":3}"#,
        r#"{"\u00e9":1,"e\u0301":2}"#,
    ] {
        assert!(parse_object(body, 1000).is_ok(), "{body}");
    }
}

fn text_of(body: &str) -> Result<String, JsonError> {
    let map = parse_object(&format!("{{\"a\":\"{body}\"}}"), 1000)?;
    Ok(json::string(&map, "a").unwrap().into())
}

#[test]
fn every_escape_is_read() {
    for (body, text) in [
        ("", ""),
        ("é€😀", "é€😀"),
        ("\u{7f}\u{2028}\u{feff}", "\u{7f}\u{2028}\u{feff}"),
        (r#"\""#, "\""),
        (r"\\", "\\"),
        (r"\\\\n", r"\\n"),
        (r"\/", "/"),
        (r"\b\f\n\r\t", "\u{8}\u{c}\n\r\t"),
        (r"x\ty\nz", "x\ty\nz"),
        (r"\u0000", "\0"),
        (r"\u001f\u0020", "\u{1f} "),
        (r"\u00e9\u20AC\u20ac", "é€€"),
        (r"\u00e9é\u00E9", "ééé"),
        (r"\u00410", "A0"),
        (r"\\u0041", r"\u0041"),
        (r"\ud7ff\ue000\uffff", "\u{d7ff}\u{e000}\u{ffff}"),
        (r"\ud800\udc00", "\u{10000}"),
        (r"\uD83D\uDE00", "😀"),
        (r"\uD83d\uDe00\ud83D\udE00", "😀😀"),
        (r"\udbff\udfff", "\u{10ffff}"),
        (r"\ud800\udfff\udbff\udc00", "\u{103ff}\u{10fc00}"),
    ] {
        assert_eq!(text_of(body).as_deref(), Ok(text), "{body}");
    }
    for unit in (0..=0xffff_u32).step_by(7) {
        let read = text_of(&format!("\\u{unit:04x}"));
        match char::from_u32(unit) {
            Some(letter) => assert_eq!(read, Ok(letter.into()), "{unit:04x}"),
            None => assert_eq!(read, Err(JsonError::Syntax), "{unit:04x}"),
        }
    }
    for letter in ('\u{10000}'..=char::MAX).step_by(997) {
        let units = letter.encode_utf16(&mut [0; 2]).to_vec();
        let escaped = format!("\\u{:04x}\\u{:04X}", units[0], units[1]);
        assert_eq!(text_of(&escaped), Ok(letter.into()), "{escaped}");
    }
}

#[test]
fn half_a_surrogate_pair_is_no_text() {
    for body in [
        r"\ud800",
        r"\udbff",
        r"\udc00",
        r"\udfff",
        r"\ud83dx",
        r"\ud83d ",
        r"\ud83d\n",
        r"\ud83d\\ude00",
        r"\ud83d\u0041",
        r"\ud83d\ud83d",
        r"\ud83d\ud83d\ude00",
        r"\ud83d\ue000",
        r"\ud83d\uffff",
        r"\ud83d\u0000",
        r"\ude00\ud83d",
        r"\ud83d\ude00\ude00",
        r"\uD83D😀",
    ] {
        assert_eq!(text_of(body), Err(JsonError::Syntax), "{body}");
        for whole in [
            format!("{{\"{body}\":1}}"),
            format!("{{\"a\":[{{\"{body}\":1}}]}}"),
            format!("[\"{body}\"]"),
        ] {
            assert_eq!(
                parse_object(&whole, 1000),
                Err(JsonError::Syntax),
                "{whole}"
            );
        }
    }
}

#[test]
fn broken_strings_are_refused() {
    for body in [
        r"\", r"\a", r"\x41", r"\'", r"\U0041", r"\0", r"\u", r"\u004", r"\u00g1", r"\u+041",
        r"\u-041", r"\u 041", r"\u00é", r"\u{41}", "\\\n", "\n", "\t", "\0", "\u{1f}", "\"",
    ] {
        assert_eq!(text_of(body), Err(JsonError::Syntax), "{body:?}");
    }
}

#[test]
fn space_is_only_what_the_grammar_calls_space() {
    let tokens = [
        "", "{", "\"a\"", ":", "[", "1", ",", "-2.5e1", ",", "true", ",", "null", ",", "\"\"", ",",
        "{", "}", ",", "[", "]", "]", ",", "\"b\"", ":", "0", "}", "",
    ];
    let expected = json!({ "a": [1, -25.0, true, null, "", {}, []], "b": 0 });
    for space in [
        "",
        " ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        " \t\n\r ",
        &" ".repeat(300),
    ] {
        assert_eq!(
            trees(object(&tokens.join(space)).iter()),
            expected,
            "{space:?}"
        );
    }
    for space in [
        "\0", "\u{1}", "\u{8}", "\u{b}", "\u{c}", "\u{1f}", "\u{7f}", "\u{85}", "\u{a0}",
        "\u{2003}", "\u{2028}", "\u{3000}", "\u{feff}", "/**/", "//\n",
    ] {
        for gap in 1..tokens.len() {
            let (before, behind) = tokens.split_at(gap);
            for around in ["", " "] {
                let space = [around, space, around].concat();
                let body = [before.concat(), behind.concat()].join(&space);
                assert_eq!(
                    parse_object(&body, usize::MAX),
                    Err(JsonError::Syntax),
                    "{body:?}"
                );
            }
        }
    }
}

#[test]
fn nothing_but_the_grammar_is_read() {
    for value in [
        "",
        "nul",
        "nulll",
        "True",
        "TRUE",
        "undefined",
        "NaN",
        "Infinity",
        "-Infinity",
        "'a'",
        "a",
        "1 2",
        "1,",
        ",1",
        "[1,]",
        "[,1]",
        "[,]",
        "[1 2]",
        "[",
        "]",
        "[}",
        "{]",
        "{1:2}",
        "{\"a\"}",
        "{\"a\":}",
        "{:1}",
        "{\"a\" 1}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":1 \"b\":2}",
        "truefalse",
        "true1",
        "1true",
        "\"a\"\"b\"",
        "\"a\"1",
        "0x10",
        "1_000",
        "`a`",
        "/*1*/1",
    ] {
        let body = format!("{{\"m\":{value}}}");
        assert_eq!(parse_object(&body, 1000), Err(JsonError::Syntax), "{body}");
    }
    for body in [
        "{}}", "{}{}", "{},", "{} x", "{}\0", "}", "\"a\":1", "{\"a\":1",
    ] {
        assert_eq!(parse_object(body, 1000), Err(JsonError::Syntax), "{body}");
    }
}

#[test]
fn a_text_cut_anywhere_is_refused() {
    let body = r#"{"a":[1.5e3,true,null,{"b":"x\u00e9\\\ud83d\ude00é"}],"c":{},"d":[]}"#;
    assert!(parse_object(body, 1000).is_ok());
    for end in (0..body.len()).filter(|end| body.is_char_boundary(*end)) {
        assert_eq!(
            parse_object(&body[..end], 1000),
            Err(JsonError::Syntax),
            "{}",
            &body[..end]
        );
    }
}

#[test]
fn a_member_is_what_its_type_says() {
    let map = object(r#"{"n":null,"t":true,"f":false,"s":"x","i":7,"l":[1],"o":{"a":1}}"#);
    let get = |name: &str| map.get(name).unwrap();
    for name in ["n", "t", "f", "s", "i", "l", "o"] {
        let value = get(name);
        assert_eq!(value.as_str().is_some(), name == "s", "{name}");
        assert_eq!(value.as_bool().is_some(), "tf".contains(name), "{name}");
        assert_eq!(value.as_f64().is_some(), name == "i", "{name}");
        assert_eq!(value.as_u64().is_some(), name == "i", "{name}");
        assert_eq!(value.as_object().is_some(), name == "o", "{name}");
        assert_eq!(json::string(&map, name), value.as_str());
        assert_eq!(json::number(&map, name), value.as_f64());
        assert_eq!(json::flag(&map, name), name == "t");
        assert_eq!(json::present(&map, name).is_none(), name == "n");
        assert!(map.contains_key(name));
    }
    assert!(map.get("x").is_none() && !map.contains_key("x"));
    assert!(json::present(&map, "x").is_none() && !json::flag(&map, "x"));
    assert_eq!(
        (json::string(&map, "x"), json::number(&map, "x")),
        (None, None)
    );
    let names: Vec<_> = map.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["n", "t", "f", "s", "i", "l", "o"]);
    assert_eq!(*object("{}"), Map::default());
}
