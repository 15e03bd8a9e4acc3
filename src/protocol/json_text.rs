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

    /// The object's text.
    pub(crate) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
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

    fn read(out: JsonText) -> Value {
        serde_json::from_str(&out.finish()).unwrap()
    }
}
