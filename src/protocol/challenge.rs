//! `WWW-Authenticate` (RFC 9110 section 11, RFC 6750 section 3, RFC 9470 section 3).
//!
//! Several challenges may share one header, commas separate both challenges and parameters, and real servers get it
//! wrong. The reader takes what it understands and never fails.

use alloc::string::String;
use alloc::vec::Vec;

use super::text::{clip, join, span};

/// Longest header that is read, in bytes; the rest is ignored.
const MAX_HEADER: usize = 16 * 1024;

/// One challenge.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Challenge {
    /// The scheme in lower case, for example `bearer`.
    pub scheme: String,
    /// The value of schemes that have one instead of parameters.
    pub token68: Option<String>,
    /// Names in lower case with their values, in order.
    pub params: Vec<(String, String)>,
}

impl Challenge {
    /// The first parameter of this name, which is written in lower case.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The first challenge of a scheme (in lower case) that has an `error`, for example `invalid_token`.
pub fn error_of<'a>(challenges: &'a [Challenge], scheme: &str) -> Option<&'a str> {
    challenges
        .iter()
        .filter(|challenge| challenge.scheme == scheme)
        .find_map(|challenge| challenge.param("error"))
}

/// Reads a header value; whatever is not understood is skipped.
///
/// ```
/// use keyward::protocol::challenge;
///
/// let found = challenge::parse(r#"Bearer error="insufficient_scope", scope="a, b", DPoP algs="ES256""#);
/// assert_eq!(challenge::error_of(&found, "bearer"), Some("insufficient_scope"));
/// assert_eq!(found[0].param("scope"), Some("a, b"));
/// assert_eq!(found[1].scheme, "dpop");
/// ```
pub fn parse(header: &str) -> Vec<Challenge> {
    let mut rest = clip(header, MAX_HEADER);
    let mut challenges: Vec<Challenge> = Vec::new();
    loop {
        rest = span(rest, |byte| matches!(byte, b' ' | b'\t' | b',')).1;
        if rest.is_empty() {
            return challenges;
        }
        let (word, after) = span(rest, is_token);
        if word.is_empty() {
            // Not the beginning of anything; a quoted string is skipped as a whole, so that its words count for nothing.
            rest = match rest.strip_prefix('"') {
                Some(quoted) => unquote(quoted).1,
                None => skip_one(rest),
            };
            continue;
        }
        if let Some(value) = trim_start(after).strip_prefix('=') {
            let (value, after) = value_of(trim_start(value));
            if let Some(current) = challenges.last_mut() {
                current.params.push((word.to_ascii_lowercase(), value));
            }
            rest = after;
            continue;
        }
        let (token68, after) = token68_of(after);
        challenges.push(Challenge {
            scheme: word.to_ascii_lowercase(),
            token68,
            params: Vec::new(),
        });
        rest = after;
    }
}

fn value_of(text: &str) -> (String, &str) {
    match text.strip_prefix('"') {
        Some(quoted) => unquote(quoted),
        None => {
            let (word, after) = span(text, |byte| !matches!(byte, b' ' | b'\t' | b',' | b'"'));
            (word.into(), after)
        }
    }
}

/// The text up to the closing quote, or to the end if there is none.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(next) = chars.next() {
        match next {
            '"' => break,
            '\\' => value.extend(chars.next()),
            other => value.push(other),
        }
    }
    (value, chars.as_str())
}

/// A token68 stands alone behind its scheme: nothing but a comma or the end may follow.
fn token68_of(text: &str) -> (Option<String>, &str) {
    let trimmed = span(text, |byte| byte == b' ').1;
    let (body, after) = span(trimmed, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
    });
    let (padding, after) = span(after, |byte| byte == b'=');
    let tail = trim_start(after);
    let alone = tail.is_empty() || tail.starts_with(',');
    if body.is_empty() || trimmed.len() == text.len() || !alone {
        return (None, text);
    }
    (Some(join(&[body, padding])), after)
}

fn trim_start(text: &str) -> &str {
    span(text, |byte| matches!(byte, b' ' | b'\t')).1
}

fn skip_one(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

fn is_token(byte: u8) -> bool {
    // RFC 9110 section 5.6.2: what is visible and no delimiter.
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'(' | b')' | b',' | b'/' | b':'..=b'@' | b'[' | b'\\' | b']' | b'{' | b'}'
        )
}
