//! Where a user may land: URLs of this origin and no other.

use alloc::string::String;

use web_sys::{Location, Url};

/// The path of a URL of this origin, as transactions keep it; `None` for any other.
pub(super) fn same_origin_path(target: &str, location: &Location) -> Option<String> {
    let origin = location.origin().ok()?;
    // `https:evil` is a path of this origin for one base URL and another host for the next: what looks like an absolute
    // URL has to be one.
    if has_scheme(target) {
        let rest = target.strip_prefix(origin.as_str())?;
        if !(rest.is_empty() || rest.starts_with('/')) {
            return None;
        }
    }
    let url = Url::new_with_base(target, &location.href().ok()?).ok()?;
    let own = url.origin() == origin && origin != "null";
    own.then(|| [url.pathname(), url.search(), url.hash()].concat())
}

/// Whether a text begins like an absolute URL (RFC 3986 section 3.1), blanks before it ignored as browsers do.
fn has_scheme(text: &str) -> bool {
    let text = text.trim_start();
    let Some((scheme, _)) = text.split_once(':') else {
        return false;
    };
    scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+.-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::has_scheme;

    #[test]
    fn what_looks_like_an_absolute_url() {
        for text in [
            "https:evil.example",
            " javascript:x",
            "a+b.c-1:",
            "\tdata:,",
        ] {
            assert!(has_scheme(text), "{text}");
        }
        for text in [
            "/orders?at=12:30",
            "orders",
            "//evil.example",
            "1a:b",
            "?x:y",
            "",
        ] {
            assert!(!has_scheme(text), "{text}");
        }
    }
}
