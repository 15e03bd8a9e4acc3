//! Requests to send and answers to judge, as plain data.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::form::Form;
use super::text;
use super::url::Endpoint;

/// Longest wait that a provider can ask for: one day, in seconds.
const MAX_RETRY_AFTER: u64 = 86_400;

/// The method of a [`Request`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`, always with a form as its body.
    Post,
}

/// A request of the back channel.
///
/// Whoever sends it must leave credentials out, keep it out of caches and refuse redirects.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute URL; holds no secret.
    pub url: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(&'static str, String)>,
    /// The form of a POST.
    pub body: Option<String>,
}

/// What came back.
///
/// Header values are given as the server sent them, `None` where absent or hidden from the page by CORS.
#[derive(Clone, Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Retry-After`.
    pub retry_after: Option<String>,
    /// `WWW-Authenticate`.
    pub www_authenticate: Option<String>,
    /// `Date`.
    pub date: Option<String>,
    /// The body as text.
    pub body: String,
}

impl Method {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

impl Request {
    /// A POST of a form that accepts JSON. It needs no CORS preflight.
    pub(crate) fn post(endpoint: &Endpoint, form: Form) -> Self {
        Request {
            method: Method::Post,
            url: endpoint.as_str().into(),
            headers: vec![
                ("accept", "application/json".into()),
                ("content-type", "application/x-www-form-urlencoded".into()),
            ],
            body: Some(form.finish()),
        }
    }
}

impl Answer {
    /// The media type in lower case without parameters; empty when there is none.
    pub fn media_type(&self) -> String {
        let text = self.content_type.as_deref().unwrap_or_default();
        text::before(text, b';').trim_ascii().to_ascii_lowercase()
    }

    /// How long the server asks to wait, in seconds: at most a day, `None` if it does not ask or is not understood.
    ///
    /// A date counts from the answer's own `Date`, which a page can seldom see; with a clock at hand use
    /// [`retry_after_seconds`].
    pub fn retry_after(&self) -> Option<u64> {
        let wanted = self.retry_after.as_deref()?;
        match self.date.as_deref().and_then(http_date_seconds) {
            Some(now) => retry_after_seconds(wanted, now),
            None => delta_seconds(wanted),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = text::before(&self.url, b'?');
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// Reads a `Retry-After` value (RFC 9110 section 10.2.3).
///
/// `now_s` is the present in seconds since 1970. The result is in seconds from now: 0 for a date that has passed, a day
/// at most, `None` for anything that is neither a whole number nor a date in the preferred form.
pub fn retry_after_seconds(value: &str, now_s: u64) -> Option<u64> {
    delta_seconds(value).or_else(|| {
        let at = http_date_seconds(value)?;
        Some(at.saturating_sub(now_s).min(MAX_RETRY_AFTER))
    })
}

/// Reads an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT` as seconds since 1970 (RFC 9110 section 5.6.7).
///
/// Only the preferred form is read; the two obsolete ones and dates before 1970 give `None`.
pub fn http_date_seconds(value: &str) -> Option<u64> {
    const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    const SHAPE: &[u8] = b" 00 xxx 0000 00:00:00 GMT";
    let (_, rest) = text::split_once(value.trim_ascii(), b',')?;
    let fits = |(byte, shape): (u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_alphabetic(),
        _ => byte == *shape,
    };
    if rest.len() != SHAPE.len() || !rest.bytes().zip(SHAPE).all(fits) {
        return None;
    }
    let number = |from, to| rest.get(from..to).and_then(text::digits);
    let (day, year) = (number(1, 3)?, number(8, 12)?);
    let (hour, minute, second) = (number(13, 15)?, number(16, 18)?, number(19, 21)?);
    let name = rest.as_bytes().get(4..7)?;
    let month = MONTHS.chunks(3).position(|month| month == name)? as u64 + 1;
    let sane = (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61 && year >= 1970;
    if !sane {
        return None;
    }
    Some(days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn delta_seconds(value: &str) -> Option<u64> {
    // More digits than a u64 holds still mean "very long".
    text::digits(value.trim_ascii()).map(|seconds| seconds.min(MAX_RETRY_AFTER))
}

/// Days of the Gregorian calendar; the year begins in March, so that the leap day comes last.
fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = if month <= 2 { month + 9 } else { month - 3 };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    days - 719_469
}
