//! JSON with bounds: size, depth and no member twice.
//!
//! The reader is our own and serde_json is its oracle in the tests: a general one, with balanced maps, exact floats and
//! positions of faults, is a tenth of the whole module.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::{Code, Error};

/// A JSON value.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as exact as the sums and comparisons of seconds need it.
    Number(f64),
    /// A string.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// An object.
    Object(Rc<Map>),
}

impl Value {
    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The number, if this is a finite one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(number) if number.is_finite() => Some(*number),
            _ => None,
        }
    }

    /// The number, if this is a whole one from 0 to 2^53.
    pub fn as_u64(&self) -> Option<u64> {
        const LARGEST_EXACT: u64 = 1 << 53;
        let number = self.as_f64()?;
        let whole = number as u64;
        (whole as f64 == number && whole <= LARGEST_EXACT).then_some(whole)
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&Map> {
        match self {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }
}

/// A JSON object; no two of its members have one name.
#[derive(Clone, Debug, Default)]
pub struct Map(Vec<(String, Value)>);

impl Map {
    /// A member's value.
    #[inline(never)]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut members = self.0.iter();
        members.find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// Whether there is such a member, `null` or not.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// The order of the members means nothing.
impl PartialEq for Map {
    fn eq(&self, other: &Map) -> bool {
        let same = |(name, value)| other.get(name) == Some(value);
        self.0.len() == other.0.len() && self.iter().all(same)
    }
}

/// Deepest nesting that is read.
pub const MAX_DEPTH: usize = 32;

/// Most members of one object: each is compared with all others.
pub const MAX_MEMBERS: usize = 1_000;

/// Why a text is not an object that can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JsonError {
    /// Longer than the caller allows, or with an object of more than [`MAX_MEMBERS`] members.
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
pub fn parse_object(body: &str, max_len: usize) -> Result<Rc<Map>, JsonError> {
    if body.len() > max_len {
        return Err(JsonError::TooLarge);
    }
    let mut reader = Reader {
        rest: body.as_bytes(),
    };
    let value = reader.value(MAX_DEPTH)?;
    match value {
        _ if reader.next().is_some() => Err(JsonError::Syntax),
        Value::Object(map) => Ok(map),
        _ => Err(JsonError::NotObject),
    }
}

/// Reads JSON from its beginning (RFC 8259).
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// One value; `depth` levels of lists and objects may still open.
    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.skip_space();
        let text = self.rest;
        Ok(match self.next().ok_or(JsonError::Syntax)? {
            b'"' => Value::String(self.string().ok_or(JsonError::Syntax)?),
            b'[' | b'{' if depth == 0 => return Err(JsonError::TooDeep),
            b'[' => {
                let mut values = Vec::new();
                while self.goes_on(b']', values.is_empty())? {
                    values.push(self.value(depth - 1)?);
                }
                Value::Array(values)
            }
            b'{' => {
                let mut map = Map::default();
                while self.goes_on(b'}', map.0.is_empty())? {
                    let quoted = self.next() == Some(b'"');
                    let name = self.string().filter(|_| quoted);
                    let colon = self.next() == Some(b':');
                    let name = name.filter(|_| colon).ok_or(JsonError::Syntax)?;
                    let value = self.value(depth - 1)?;
                    let full = map.0.len() == MAX_MEMBERS;
                    match map.0.iter_mut().find(|(own, _)| *own == name) {
                        Some(_) if depth == MAX_DEPTH => return Err(JsonError::Duplicate),
                        Some((_, earlier)) => *earlier = value,
                        None if full => return Err(JsonError::TooLarge),
                        None => map.0.push((name, value)),
                    }
                }
                Value::Object(Rc::new(map))
            }
            _ => {
                self.rest = text;
                let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}' | ..=b' ');
                let end = self.rest.iter().position(is_end);
                match self.take(end.unwrap_or(self.rest.len())) {
                    b"null" => Value::Null,
                    b"true" => Value::Bool(true),
                    b"false" => Value::Bool(false),
                    word => Value::Number(number_of(word).ok_or(JsonError::Syntax)?),
                }
            }
        })
    }

    /// Whether one more element follows, or else the end of the list or object.
    fn goes_on(&mut self, end: u8, first: bool) -> Result<bool, JsonError> {
        let before = self.rest;
        match self.next() {
            Some(byte) if byte == end => Ok(false),
            Some(b',') if !first => Ok(true),
            Some(_) if first => {
                self.rest = before;
                Ok(true)
            }
            _ => Err(JsonError::Syntax),
        }
    }

    /// The text of a string, whose quotation mark was taken.
    fn string(&mut self) -> Option<String> {
        let mut text = Vec::new();
        loop {
            let special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..b' ');
            let end = self.rest.iter().position(special)?;
            text.extend_from_slice(self.take(end));
            let letter = match self.take(1) {
                b"\"" => return String::from_utf8(text).ok(),
                b"\\" => match *self.take(1).first()? {
                    itself @ (b'"' | b'\\' | b'/') => char::from(itself),
                    b'b' => '\u{8}',
                    b'f' => '\u{c}',
                    b'n' => '\n',
                    b'r' => '\r',
                    b't' => '\t',
                    b'u' => self.escape()?,
                    _ => return None,
                },
                _ => return None,
            };
            text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// The character behind `\u`: one unit of UTF-16, or two of them. Half of a pair is no character.
    fn escape(&mut self) -> Option<char> {
        let first = self.unit()?;
        if first & 0xfc00 != 0xd800 {
            return char::from_u32(first);
        }
        if self.take(2) != b"\\u" {
            return None;
        }
        let second = self.unit()?;
        let letter = (first << 10) + second - ((0xd800 << 10) + 0xdc00 - 0x1_0000);
        char::from_u32(letter).filter(|_| second & 0xfc00 == 0xdc00)
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.take(4);
        let mut unit = 0;
        for digit in digits {
            unit = unit << 4 | char::from(*digit).to_digit(16)?;
        }
        (digits.len() == 4).then_some(unit)
    }

    /// The next byte that is no space.
    fn next(&mut self) -> Option<u8> {
        self.skip_space();
        self.take(1).first().copied()
    }

    /// Fewer bytes are space here than to `trim_ascii`.
    fn skip_space(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        taken
    }
}

/// What a JSON number stands for, close enough for sums and comparisons of seconds.
fn number_of(text: &[u8]) -> Option<f64> {
    let (mut value, mut power, mut exponent) = (0_f64, 0_i32, 0_i32);
    let mut inverse = false;
    // Where the number is read, by what may follow: a first digit, more digits after a zero or another digit, a
    // fraction's first digit and more, the exponent's sign, its first digit and more.
    let mut stage = b'-';
    for &byte in text {
        stage = match (stage, byte) {
            (b'-', b'-') => b'+',
            (b'-' | b'+', b'0') => b'0',
            (b'-' | b'+', b'1'..=b'9') | (b'1', b'0'..=b'9') => b'1',
            (b'0' | b'1', b'.') => b'.',
            (b'.' | b'f', b'0'..=b'9') => b'f',
            (b'0' | b'1' | b'f', b'e' | b'E') => b'e',
            (b'e', b'+' | b'-') => {
                inverse = byte == b'-';
                b's'
            }
            (b'e' | b's' | b'x', b'0'..=b'9') => b'x',
            _ => return None,
        };
        let digit = byte.wrapping_sub(b'0');
        match stage {
            b'x' => exponent = (exponent * 10 + i32::from(digit)).min(99_999_999),
            b'0' | b'1' | b'f' if value < 1e18 => {
                value = value * 10.0 + f64::from(digit);
                power -= i32::from(stage == b'f');
            }
            b'1' => power += 1,
            _ => {}
        }
    }
    if !matches!(stage, b'0' | b'1' | b'f' | b'x') {
        return None;
    }
    power += if inverse { -exponent } else { exponent };
    while power > 0 && value.is_finite() && value != 0.0 {
        value *= 10.0;
        power -= 1;
    }
    while power < 0 && value != 0.0 {
        value /= 10.0;
        power += 1;
    }
    Some(if text.starts_with(b"-") {
        -value
    } else {
        value
    })
}

/// The member `name` if it is a string.
pub fn string<'a>(map: &'a Map, name: &str) -> Option<&'a str> {
    map.get(name)?.as_str()
}

/// The member `name` if it is a finite number, fractions included.
pub fn number(map: &Map, name: &str) -> Option<f64> {
    map.get(name)?.as_f64()
}

/// The texts of a list that is made of nothing else.
pub(crate) fn strings(values: &[Value]) -> Option<Vec<&str>> {
    let mut texts = Vec::new();
    for value in values {
        texts.push(value.as_str()?);
    }
    Some(texts)
}

/// Whether the member `name` is `true`.
pub fn flag(map: &Map, name: &str) -> bool {
    map.get(name) == Some(&Value::Bool(true))
}

/// The member `name`, taking `null` for absent.
pub fn present<'a>(map: &'a Map, name: &str) -> Option<&'a Value> {
    map.get(name).filter(|value| **value != Value::Null)
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
        let texts = match self.get(name)? {
            Value::Array(items) => strings(items),
            _ => None,
        };
        if texts.is_none() {
            self.mistyped(name, "not a list of strings");
        }
        Some(texts.unwrap_or_default())
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
