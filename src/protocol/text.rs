//! Texts, taken apart at single ASCII characters. The standard library does that for any pattern, with many times the
//! code.

use alloc::string::String;

/// The two sides of the first `mark`.
#[inline(never)]
pub(crate) fn split_once(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// What stands before the first `mark`; the whole text if there is none.
pub(crate) fn before(text: &str, mark: u8) -> &str {
    split_once(text, mark).map_or(text, |(before, _)| before)
}

/// The pieces between the marks; there is always one more than there are marks.
pub(crate) fn pieces(text: &str, mark: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let split = split_once(text, mark);
        rest = split.map(|(_, rest)| rest);
        Some(split.map_or(text, |(piece, _)| piece))
    })
}

/// Splits before the first byte that does not belong.
///
/// Each predicate accepts ASCII only or stops at ASCII, so that this is between characters.
#[inline(never)]
pub(crate) fn span(text: &str, belongs: fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !belongs(byte));
    text.split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or((text, ""))
}

/// The beginning of a text, at most `most` bytes, cut between characters.
pub(crate) fn clip(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The digits of a number.
pub(crate) fn decimal(number: u64) -> String {
    let mut digits = match number {
        0..=9 => String::new(),
        _ => decimal(number / 10),
    };
    digits.push(char::from(b'0' + (number % 10) as u8));
    digits
}

/// What a huge number in digits comes back as.
const MOST: u64 = 1 << 60;

/// A number in digits and nothing else; a huge one comes back as a smaller huge one.
#[inline(never)]
pub(crate) fn digits(text: &str) -> Option<u64> {
    let mut number = 0_u64;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = (number * 10 + u64::from(digit)).min(MOST);
    }
    (!text.is_empty()).then_some(number)
}

/// An age in seconds, if it is a number that can be reckoned with.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    digits(text).filter(|seconds| *seconds < MOST)
}

/// The texts in one.
#[inline(never)]
pub(crate) fn join(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_digits() {
        for number in [0, 7, 10, 1_009, u64::MAX] {
            assert_eq!(decimal(number), alloc::format!("{number}"));
        }
    }

    #[test]
    fn pieces_are_those_of_the_standard_library() {
        for text in ["", ".", "a", "a.b", ".a", "a.", "..", "é.ü.", "a..b"] {
            let own: Vec<&str> = pieces(text, b'.').collect();
            assert_eq!(own, text.split('.').collect::<Vec<_>>(), "{text}");
            assert_eq!(split_once(text, b'.'), text.split_once('.'), "{text}");
            assert_eq!(Some(before(text, b'.')), text.split('.').next(), "{text}");
        }
    }

    #[test]
    fn digits_are_digits_only() {
        for bad in ["", "+1", "-1", " 1", "1 ", "1.0", "1e3", "٣", "/", ":"] {
            assert_eq!(digits(bad), None, "{bad}");
        }
        for (text, number) in [("0", 0), ("007", 7), ("1152921504606846975", MOST - 1)] {
            assert_eq!(digits(text), Some(number));
        }
        for huge in ["18446744073709551616", &"9".repeat(500)] {
            assert_eq!(digits(huge), Some(MOST));
            assert_eq!(seconds(huge), None);
        }
        assert_eq!(seconds("300"), Some(300));
    }
}
