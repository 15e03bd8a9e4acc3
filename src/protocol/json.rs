//! JSON with bounds: size, depth and no member twice.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::error::{Code, Error};

/// A JSON object.
pub type Map = serde_json::Map<String, Value>;

/// Deepest nesting that is read.
pub const MAX_DEPTH: usize = 32;

/// Why a text is not an object that can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JsonError {
    /// Longer than the caller allows.
    TooLarge,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// Not JSON.
    Syntax,
    /// JSON, but not an object.
    NotObject,
    /// A member of the outermost object stands there twice.
    Duplicate,
}

impl JsonError {
    /// A few words for an error's detail.
    pub fn as_str(self) -> &'static str {
        match self {
            JsonError::TooLarge => "too large",
            JsonError::TooDeep => "nested too deeply",
            JsonError::Syntax => "not JSON",
            JsonError::NotObject => "not a JSON object",
            JsonError::Duplicate => "a member stands twice",
        }
    }
}

/// Reads one JSON object of at most `max_len` bytes.
///
/// A member that stands twice in the outermost object is refused: two readers could take different ones (RFC 8725
/// section 2.4 shows where that leads). In nested objects the last one counts.
pub fn parse_object(body: &str, max_len: usize) -> Result<Map, JsonError> {
    if body.len() > max_len {
        return Err(JsonError::TooLarge);
    }
    let members = outer_members(body)?;
    match serde_json::from_str(body) {
        Ok(Value::Object(map)) if map.len() == members => Ok(map),
        Ok(Value::Object(_)) => Err(JsonError::Duplicate),
        Ok(_) => Err(JsonError::NotObject),
        Err(_) => Err(JsonError::Syntax),
    }
}

/// The member `name` if it is a string.
pub fn string<'a>(map: &'a Map, name: &str) -> Option<&'a str> {
    map.get(name)?.as_str()
}

/// The member `name` if it is a finite number, fractions included.
pub fn number(map: &Map, name: &str) -> Option<f64> {
    map.get(name)?.as_f64()
}

/// The member `name`, taking `null` for absent.
pub fn present<'a>(map: &'a Map, name: &str) -> Option<&'a Value> {
    map.get(name).filter(|value| !value.is_null())
}

/// Reads members one after another and remembers the first fault, so that no read needs a way out of its own.
///
/// `null` counts as absent. What is read after a fault must not be used: [`Members::done`] tells.
pub(crate) struct Members<'a> {
    map: &'a Map,
    wrong: Code,
    terse: bool,
    fault: Option<Error>,
}

impl<'a> Members<'a> {
    /// `wrong` is the code of a member of the wrong type.
    pub(crate) fn new(map: &'a Map, wrong: Code) -> Self {
        Members {
            map,
            wrong,
            terse: false,
            fault: None,
        }
    }

    /// The app's options: a fault names the option and no more, its type stands in the documentation.
    pub(crate) fn of_options(map: &'a Map) -> Self {
        Members {
            terse: true,
            ..Members::new(map, Code::ConfigInvalid)
        }
    }

    #[inline(never)]
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        present(self.map, name)
    }

    #[inline(never)]
    pub(crate) fn text(&mut self, name: &str) -> Option<&'a str> {
        let value = self.get(name)?;
        let text = value.as_str();
        if text.is_none() {
            self.mistyped(name, "not a string");
        }
        text
    }

    /// A string that must be there.
    #[inline(never)]
    pub(crate) fn needed(&mut self, name: &str) -> &'a str {
        let text = self.text(name);
        if text.is_none() {
            self.mistyped(name, "missing");
        }
        text.unwrap_or_default()
    }

    /// A string that counts as absent when it is empty.
    pub(crate) fn filled(&mut self, name: &str) -> Option<String> {
        match self.text(name) {
            Some(text) if !text.is_empty() => Some(text.into()),
            _ => None,
        }
    }

    #[inline(never)]
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        match self.get(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.mistyped(name, "not a boolean");
                false
            }
        }
    }

    #[inline(never)]
    pub(crate) fn list(&mut self, name: &str) -> Option<Vec<&'a str>> {
        let mut texts = Vec::new();
        let value = self.get(name)?;
        let items = value.as_array().map_or(&[][..], Vec::as_slice);
        for item in items {
            texts.extend(item.as_str());
        }
        if !value.is_array() || texts.len() != items.len() {
            self.mistyped(name, "not a list of strings");
        }
        Some(texts)
    }

    /// A whole number of at most `most`.
    #[inline(never)]
    pub(crate) fn number(&mut self, name: &str, most: u64) -> Option<u64> {
        let number = self.get(name)?.as_u64().filter(|number| *number <= most);
        if number.is_none() {
            self.mistyped(name, "not a number, or out of range");
        }
        number
    }

    /// Adds a fault unless there is one.
    #[inline(never)]
    pub(crate) fn refuse(&mut self, error: Error) {
        self.fault.get_or_insert(error);
    }

    #[inline(never)]
    pub(crate) fn mistyped(&mut self, name: &str, what: &str) {
        let what = if self.terse { "" } else { what };
        self.refuse(Error::about(self.wrong, name, what));
    }

    /// The value, or the fault in its place.
    pub(crate) fn keep<T>(&mut self, value: Result<T, Error>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(error);
                None
            }
        }
    }

    /// The first fault, if there is one.
    pub(crate) fn done(&mut self) -> Result<(), Error> {
        self.fault.take().map_or(Ok(()), Err)
    }
}

/// Counts the colons of the outermost object, which in valid JSON is the number of its members, and bounds the depth
/// before the recursive parser sees the text.
fn outer_members(body: &str) -> Result<usize, JsonError> {
    let (mut depth, mut members) = (0_usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in body.bytes() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(JsonError::TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 1 => members += 1,
            _ => {}
        }
    }
    Ok(members)
}
