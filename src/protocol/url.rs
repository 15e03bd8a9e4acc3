//! Endpoint URLs: a small, strict reading of the few forms that a provider's endpoint can have.
//!
//! A URL is refused unless every browser reads it the same way as this module does, and kept byte by byte.

use alloc::string::String;

use super::error::Code;
use super::text;

/// Longest URL that is accepted, in bytes.
const MAX_LENGTH: usize = 4096;

/// An endpoint of the provider: https, or http on a loopback host; no credentials, no fragment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    text: String,
    origin: String,
}

impl Endpoint {
    /// Reads an absolute URL (RFC 6749 sections 3.1 and 3.2).
    ///
    /// Everything else is [`Code::InsecureEndpoint`]: plain http on a public host, `javascript:`, `data:`, a relative
    /// URL, credentials, a fragment, white space, quotes, backslashes, or characters beyond ASCII.
    pub fn parse(text: &str) -> Result<Endpoint, Code> {
        let parts = Parts::of(text).ok_or(Code::InsecureEndpoint)?;
        Ok(Endpoint {
            text: text.into(),
            origin: parts.origin,
        })
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The origin in the form that browsers give: lower case, without the scheme's own port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The path as it was given, `/` if there is none.
    pub fn path(&self) -> &str {
        let whole = text::before(&self.text, b'?');
        // The scheme's two slashes are among the first eight bytes, the path's are not: a host has a name.
        let slash = whole.bytes().skip(8).position(|byte| byte == b'/');
        let path = slash.and_then(|slash| whole.get(8 + slash..));
        path.unwrap_or("/")
    }

    /// The endpoint's own query, without the question mark.
    pub fn query(&self) -> Option<&str> {
        text::split_once(&self.text, b'?').map(|(_, query)| query)
    }

    /// The URL with further parameters, already encoded, behind the endpoint's own query (RFC 6749 section 3.1).
    pub fn with_query(&self, encoded: &str) -> String {
        let mut url = String::with_capacity(self.text.len() + 1 + encoded.len());
        url.push_str(&self.text);
        match self.query() {
            None => url.push('?'),
            Some(own) if !own.is_empty() && !own.ends_with('&') => url.push('&'),
            Some(_) => {}
        }
        url.push_str(encoded);
        url
    }
}

/// The pieces of a URL that passed every check.
pub(crate) struct Parts<'a> {
    /// Normalized origin.
    pub(crate) origin: String,
    /// Scheme and authority as written.
    pub(crate) base: &'a str,
    /// From the slash behind the authority to the end; empty if there is none.
    pub(crate) rest: &'a str,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(text: &'a str) -> Option<Parts<'a>> {
        if text.len() > MAX_LENGTH || !text.bytes().all(is_plain) {
            return None;
        }
        let (scheme, after) = text::split_once(text, b':')?;
        let after = after.strip_prefix("//")?;
        let (authority, rest) = text::span(after, |byte| !matches!(byte, b'/' | b'?'));
        let authority_lower = authority.to_ascii_lowercase();
        let (host, port) = host_and_port(&authority_lower)?;
        let (scheme, own_port) = if scheme.eq_ignore_ascii_case("https") {
            ("https://", 443)
        } else if scheme.eq_ignore_ascii_case("http") && is_loopback(host) {
            ("http://", 80)
        } else {
            return None;
        };
        let mut origin = String::from(scheme);
        origin.push_str(host);
        if let Some(port) = port.filter(|port| *port != own_port) {
            origin.push(':');
            origin.push_str(&text::decimal(port));
        }
        let base = text.get(..text.len() - rest.len())?;
        Some(Parts { origin, base, rest })
    }
}

/// Characters that no browser rewrites, strips or reads as another one. The fragment's `#` is not among them.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
}

/// Splits a lower-case authority; credentials, empty hosts and odd ports give `None`.
fn host_and_port(authority: &str) -> Option<(&str, Option<u64>)> {
    let (host, tail) = if authority.starts_with('[') {
        let (inner, tail) = text::split_once(authority, b']')?;
        let host = authority.get(..inner.len() + 1)?;
        let sane = |b: u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
        if host.len() < 5 || !inner.bytes().skip(1).all(sane) {
            return None;
        }
        (host, tail)
    } else {
        let (host, tail) = text::span(authority, |byte| byte != b':');
        if !is_host_name(host) {
            return None;
        }
        (host, tail)
    };
    if tail.is_empty() {
        return Some((host, None));
    }
    let port = tail
        .strip_prefix(':')
        .filter(|port| !port.starts_with('0'))?;
    let port = text::digits(port).filter(|port| *port <= u16::MAX.into())?;
    Some((host, Some(port)))
}

/// A DNS name or a dotted IPv4 address; other spellings of addresses are refused, since browsers rewrite them.
fn is_host_name(host: &str) -> bool {
    let mut numeric = false;
    for label in text::pieces(host, b'.') {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if label.is_empty() || !label.bytes().all(fits) {
            return false;
        }
        numeric = label.as_bytes().first().is_some_and(u8::is_ascii_digit);
    }
    !numeric || ipv4(host).is_some()
}

/// Hosts that never leave this machine.
fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || ipv4(host) == Some(127)
}

/// The first octet of an address in the usual four-part decimal form.
fn ipv4(host: &str) -> Option<u64> {
    let mut first = None;
    let mut count = 0;
    for part in text::pieces(host, b'.') {
        let octet = text::digits(part).filter(|octet| *octet < 256)?;
        if part.len() > 1 && part.starts_with('0') {
            return None;
        }
        first = first.or(Some(octet));
        count += 1;
    }
    first.filter(|_| count == 4)
}
