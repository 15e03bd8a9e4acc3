//! `application/x-www-form-urlencoded`, for queries and for bodies (RFC 6749 appendix B).

use alloc::string::String;
use alloc::vec::Vec;

use super::text;

/// Builds a form.
#[derive(Clone, Default)]
pub struct Form(String);

/// A name or value that cannot be decoded: a broken percent-encoding, or bytes that are no UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FormError;

impl Form {
    /// An empty form.
    pub fn new() -> Self {
        Form::default()
    }

    /// Adds a parameter.
    pub fn push(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        encode_into(&mut self.0, name);
        self.0.push('=');
        encode_into(&mut self.0, value);
    }

    /// Adds a parameter if there is a value.
    pub fn push_some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// The encoded form.
    pub fn finish(self) -> String {
        self.0
    }
}

/// Reads a query or a form body strictly; names keep their order and may repeat.
///
/// Empty pieces (`a=1&&b=2`) are skipped, a piece without `=` has an empty value.
pub fn parse_query(query: &str) -> Result<Vec<(String, String)>, FormError> {
    pieces(query)
        .map(|(name, value)| Ok((decode(name)?, decode(value)?)))
        .collect()
}

/// The raw pairs of a query, still encoded.
pub(crate) fn pieces(query: &str) -> impl Iterator<Item = (&str, &str)> {
    text::pieces(query, b'&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| text::split_once(piece, b'=').unwrap_or((piece, "")))
}

/// Decodes one name or value.
pub(crate) fn decode(text: &str) -> Result<String, FormError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| FormError)
}

fn encode_into(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                for half in [byte >> 4, byte & 15] {
                    out.push(char::from(
                        HEX.get(usize::from(half)).copied().unwrap_or(b'0'),
                    ));
                }
            }
        }
    }
}

fn hex(byte: Option<u8>) -> Result<u8, FormError> {
    match byte {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(FormError),
    }
}
