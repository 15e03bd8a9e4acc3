//! JSON with bounds: size, depth and no member twice.

use alloc::string::String;

use serde_json::Value;

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
