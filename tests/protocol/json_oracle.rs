//! Our reader of JSON beside serde_json's: it takes the same texts within its bounds, and makes the same of them.

use core::fmt;

use proptest::prelude::*;
use serde_core::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Tree;

use keyward::protocol::json::{JsonError, MAX_DEPTH, MAX_MEMBERS, Map, Value, parse_object};

/// The names in an object as they stand there, twins and all.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Names(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Names {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some((name, _)) = map.next_entry::<String, Tree>()? {
            self.0.push(name);
        }
        Ok(self)
    }
}

fn depth(tree: &Tree) -> usize {
    let deepest = match tree {
        Tree::Array(items) => items.iter().map(depth).max(),
        Tree::Object(map) => map.values().map(depth).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or_default()
}

fn same(own: &Value, other: &Tree) -> bool {
    match (own, other) {
        (Value::Null, Tree::Null) => true,
        (Value::Bool(own), Tree::Bool(other)) => own == other,
        (Value::Number(number), Tree::Number(other)) => match other.as_u64() {
            Some(whole) if whole <= 1 << 53 => own.as_u64() == Some(whole),
            _ => {
                let other = other.as_f64().unwrap();
                // At the lower edge of the range the last digits go.
                (number - other).abs() <= (other.abs() * 5e-15).max(1e-300)
            }
        },
        (Value::String(own), Tree::String(other)) => own == other,
        (Value::Array(own), Tree::Array(other)) => {
            own.len() == other.len() && own.iter().zip(other).all(|(own, other)| same(own, other))
        }
        (Value::Object(own), Tree::Object(other)) => same_members(own, other),
        _ => false,
    }
}

fn same_members(own: &Map, other: &serde_json::Map<String, Tree>) -> bool {
    own.iter().all(|(name, _)| other.contains_key(name))
        && other
            .iter()
            .all(|(name, value)| own.get(name).is_some_and(|own| same(own, value)))
}

/// Compares the two readers' verdicts, and what they read.
fn agree(text: &str) -> Result<(), TestCaseError> {
    let own = parse_object(text, usize::MAX);
    let other = serde_json::from_str::<Tree>(text);
    let names = serde_json::from_str::<Names>(text).map_or(Vec::new(), |names| names.0);
    let has_twins = names
        .iter()
        .enumerate()
        .any(|(at, name)| names[..at].contains(name));
    match (&own, &other) {
        // The one more thing that serde_json refuses; it looks no further then.
        (_, Err(error)) if error.to_string().contains("number out of range") => {}
        (Err(JsonError::TooDeep), Err(_)) => {}
        (Err(JsonError::TooDeep), Ok(tree)) => prop_assert!(depth(tree) > MAX_DEPTH),
        (Err(JsonError::Syntax), Err(_)) => {}
        (Err(JsonError::NotObject), Ok(tree)) => prop_assert!(!tree.is_object()),
        (Err(JsonError::TooLarge), Ok(_)) => prop_assert!(names.len() > MAX_MEMBERS),
        (Err(JsonError::Duplicate), Ok(_)) => prop_assert!(has_twins),
        // The twin stands before the fault.
        (Err(JsonError::Duplicate), Err(_)) => {}
        (Ok(map), Ok(Tree::Object(tree))) => {
            prop_assert!(same_members(map, tree), "{:?} is not {:?}", map, tree);
            prop_assert_eq!(map.iter().map(|(name, _)| name).collect::<Vec<_>>(), names);
            prop_assert!(!has_twins && depth(other.as_ref().unwrap()) <= MAX_DEPTH);
        }
        _ => prop_assert!(false, "{:?}, but {:?}: {}", own, other, text),
    }
    Ok(())
}

const NUMBER: &str = r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?";
const ESCAPE: &str = r#"\\(["\\/bfnrt]|u([0-9a-cA-CeEfF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))"#;
const PAIR: &str = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}";

fn space() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "", "", " ", "\t", "\n", "\r\n", " \n  "])
}

/// The inside of a string.
fn letters() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => r#"[^"\\\x00-\x1f]{1,8}"#,
        1 => ESCAPE,
        1 => PAIR,
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// JSON of every kind and spelling, with twins in nested objects.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        2 => prop::sample::select(vec!["null", "true", "false"]).prop_map(String::from),
        2 => NUMBER,
        3 => letters().prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let twins = prop::sample::select(vec!["a", "\\u0061", "b", ""]).prop_map(String::from);
        let name = prop_oneof![twins, letters()];
        prop_oneof![
            list("[", prop::collection::vec(inner.clone(), 0..6), "]"),
            list("{", prop::collection::vec(member(name, inner), 0..6), "}"),
        ]
    })
}

fn member(
    name: impl Strategy<Value = String>,
    value: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    (name, space(), space(), value)
        .prop_map(|(name, before, behind, value)| format!("\"{name}\"{before}:{behind}{value}"))
}

fn list(
    open: &'static str,
    items: impl Strategy<Value = Vec<String>>,
    close: &'static str,
) -> impl Strategy<Value = String> {
    (space(), items, space()).prop_map(move |(before, items, behind)| {
        format!(
            "{open}{before}{}{behind}{close}",
            items.join(&format!("{behind},{before}"))
        )
    })
}

/// An object without twins in its outermost members.
fn document() -> impl Strategy<Value = String> {
    let members = prop::collection::vec(member(letters(), value()), 0..8).prop_map(|members| {
        let name = |(at, member): (usize, String)| member.replacen('"', &format!("\"{at} "), 1);
        members.into_iter().enumerate().map(name).collect()
    });
    (space(), list("{", members, "}"), space()).prop_map(|(a, object, b)| [a, &object, b].concat())
}

/// One change of a text.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Insert(&'static str),
    Replace(&'static str),
    Double(usize),
    Cut,
}

impl Change {
    fn any() -> impl Strategy<Value = Change> {
        let piece = || {
            prop::sample::select(vec![
                "{",
                "}",
                "[",
                "]",
                ",",
                ":",
                "\"",
                "\\",
                "\\\"",
                "/",
                "u",
                "\\u",
                "\\ud83d",
                "\\ude00",
                "\\u0061",
                "0",
                "1",
                "-",
                "+",
                ".",
                "e",
                "E5",
                "t",
                "true",
                "null",
                " ",
                "\n",
                "\0",
                "\u{1f}",
                "\u{7f}",
                "\u{a0}",
                "é",
                "😀",
                "\"a\":1,",
                "\"\\u0061\":[],",
            ])
        };
        prop_oneof![
            Just(Change::Remove),
            piece().prop_map(Change::Insert),
            piece().prop_map(Change::Replace),
            (1..40_usize).prop_map(Change::Double),
            Just(Change::Cut),
        ]
    }

    fn apply(&self, text: &mut Vec<char>, at: usize) {
        let (here, behind) = (at..(at + 1).min(text.len()), (at + 1).min(text.len()));
        match self {
            Change::Remove => drop(text.drain(here)),
            Change::Insert(piece) => drop(text.splice(at..at, piece.chars())),
            Change::Replace(piece) => drop(text.splice(here, piece.chars())),
            Change::Double(length) => {
                let piece = text[at..(at + length).min(text.len())].to_vec();
                text.splice(behind..behind, piece);
            }
            Change::Cut => text.truncate(at),
        }
    }
}

/// A few pieces of JSON in any order.
fn pieces() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        4 => prop::sample::select(vec!["{", "}", "[", "]", ",", ":", "\"a\"", "\"b\":", "\"", "\\", " ", "{}", "[]", "\"\\u0061\":"]).prop_map(String::from),
        1 => prop::sample::select(vec!["null", "true", "false", "nul", "-", "01", "1."]).prop_map(String::from),
        1 => NUMBER,
    ];
    prop::collection::vec(words, 0..12).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_json_is_read_and_read_alike(text in document()) {
        prop_assert!(parse_object(&text, usize::MAX).is_ok(), "{}", text);
        agree(&text)?;
    }

    #[test]
    fn json_of_every_kind_is_judged_alike(text in value()) {
        agree(&text)?;
    }

    #[test]
    fn changed_json_is_judged_alike(text in document(), changes in prop::collection::vec((Change::any(), any::<prop::sample::Index>()), 2..12)) {
        let whole: Vec<_> = text.chars().collect();
        for pair in changes.windows(2) {
            let mut text = whole.clone();
            for (change, at) in pair {
                let at = at.index(text.len() + 1);
                change.apply(&mut text, at);
                agree(&text.iter().collect::<String>())?;
            }
        }
    }

    #[test]
    fn pieces_of_json_are_judged_alike(text in pieces(), inside in pieces()) {
        agree(&text)?;
        agree(&format!("{{\"a\":{inside}}}"))?;
        agree(&format!("{{\"a\":1,{inside}}}"))?;
    }

    #[test]
    fn strings_of_any_escapes_are_judged_alike(pieces in prop::collection::vec(prop_oneof![r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", ESCAPE, r"\\.", r"\\u.{4}", "[ -~]"], 0..5)) {
        let text = pieces.concat();
        agree(&format!("{{\"a\":\"{text}\"}}"))?;
        agree(&format!("{{\"{text}\":[{{\"{text}\":0}}]}}"))?;
    }

    #[test]
    fn any_text_reads_back_as_serde_json_writes_it(text: String, name: String) {
        let written = serde_json::json!({ &name: [&text] }).to_string();
        agree(&written)?;
        let map = parse_object(&written, usize::MAX).unwrap();
        prop_assert_eq!(map.get(&name), Some(&Value::Array(vec![Value::String(text)])));
    }

    #[test]
    fn nesting_is_bounded_alike(kinds in prop::collection::vec(any::<bool>(), MAX_DEPTH - 2..MAX_DEPTH + 2)) {
        let wrap = |inside: String, list: &bool| match list {
            true => format!("[{inside}]"),
            false => format!("{{\"[\":{inside}}}"),
        };
        let text = kinds.iter().fold(String::from("0"), wrap);
        agree(&text)?;
        prop_assert_eq!(parse_object(&text, usize::MAX) == Err(JsonError::TooDeep), kinds.len() > MAX_DEPTH);
    }
}
