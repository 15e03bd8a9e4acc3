//! JSON objects written member by member: a page's messages and records need no tree of values first.

use alloc::string::String;

use super::text::decimal;

/// An object that is being written. Names are the crate's own and need no escaping.
pub(crate) struct JsonText(String);

impl JsonText {
    pub(crate) fn new() -> Self {
        JsonText("{".into())
    }

    /// Adds a member whose value is JSON already.
    #[inline(never)]
    pub(crate) fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        let comma = if self.0.len() > 1 { ",\"" } else { "\"" };
        for piece in [comma, name, "\":", json] {
            self.0.push_str(piece);
        }
        self
    }

    /// Adds a string.
    #[inline(never)]
    pub(crate) fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.raw(name, "\"");
        escape_into(&mut self.0, text);
        self.0.push('"');
        self
    }

    /// Adds a string if there is one.
    pub(crate) fn maybe(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// Adds a number if there is one.
    #[inline(never)]
    pub(crate) fn number(&mut self, name: &str, number: Option<u64>) -> &mut Self {
        match number {
            Some(number) => self.raw(name, &decimal(number)),
            None => self,
        }
    }

    /// Adds a member whose name may be any text.
    #[cfg(feature = "browser")]
    pub(crate) fn any(&mut self, name: &str, json: &str) -> &mut Self {
        let mut escaped = String::new();
        escape_into(&mut escaped, name);
        self.raw(&escaped, json)
    }

    /// The object's text.
    pub(crate) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// A string.
#[cfg(feature = "browser")]
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    escape_into(&mut out, text);
    out.push('"');
    out
}

/// A list of what is JSON already.
#[cfg(feature = "browser")]
pub(crate) fn list(items: impl Iterator<Item = String>) -> String {
    let items: alloc::vec::Vec<String> = items.collect();
    ["[", &items.join(","), "]"].concat()
}

/// A value that was read.
#[cfg(feature = "browser")]
pub(crate) fn value_to_json(value: &super::json::Value) -> String {
    use super::json::Value;
    use alloc::string::ToString;

    match value {
        // JSON knows no infinite number: what was too large for one is read as that.
        Value::Number(number) if !number.is_finite() => "null".into(),
        Value::Null => "null".into(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => list(items.iter().map(value_to_json)),
        Value::Object(map) => {
            let mut out = JsonText::new();
            for (name, value) in map.iter() {
                out.any(name, &value_to_json(value));
            }
            out.finish()
        }
    }
}

/// RFC 8259 section 7: quotes, backslashes and control characters must be escaped, everything else may stand as it is.
fn escape_into(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\0'..='\u{1f}' => {
                out.push_str(if letter < '\u{10}' {
                    "\\u000"
                } else {
                    "\\u001"
                });
                out.extend(char::from_digit(u32::from(letter) & 15, 16));
            }
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_text_is_read_back_as_it_was() {
        let every: String = ('\0'..='\u{2ff}')
            .chain("\u{2028}\u{2029}\u{d7ff}\u{e000}\u{ffff}\u{10ffff}".chars())
            .collect();
        for text in [
            "",
            "a",
            "\"",
            "\\",
            "\\\"",
            "\u{1f}\u{7f}",
            "</script>",
            &every,
        ] {
            let mut out = JsonText::new();
            out.text("text", text);
            assert_eq!(read(out), json!({ "text": text }));
        }
    }

    #[test]
    fn members_of_every_kind_stand_side_by_side() {
        let mut out = JsonText::new();
        assert_eq!(read(JsonText::new()), json!({}));
        out.number("most", Some(u64::MAX))
            .number("none", None)
            .maybe("some", Some("x"))
            .maybe("nothing", None)
            .raw("flag", "true")
            .raw("nested", r#"{"a":[1,null]}"#);
        let all =
            json!({ "most": u64::MAX, "some": "x", "flag": true, "nested": { "a": [1, null] } });
        assert_eq!(read(out), all);
    }

    #[cfg(feature = "browser")]
    #[test]
    fn what_was_read_is_written_as_it_was() {
        let text =
            r#"{"a\"b":[1,-2.5,1e21,true,null,"\u0001\\"],"o":{"":{"x":[]}},"n":9007199254740991}"#;
        let read_value = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let map = crate::protocol::json::parse_object(text, usize::MAX).unwrap();
        let value = crate::protocol::json::Value::Object(map);
        // Numbers are compared as floats: that is what this reader keeps of them.
        assert_eq!(
            read_value(&value_to_json(&value))
                .to_string()
                .replace("1000000000000000000000", "1e+21"),
            read_value(text).to_string().replace("1e21", "1e+21"),
        );
    }

    fn read(out: JsonText) -> Value {
        serde_json::from_str(&out.finish()).unwrap()
    }
}
