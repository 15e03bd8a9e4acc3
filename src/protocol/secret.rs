//! Values that must not be seen: each kind is a type of its own with a `Debug` that shows nothing.
//!
//! None of them can be compared or displayed by accident; [`expose`](AccessToken::expose) is the one way to the text,
//! and a search for it finds every place where a secret leaves.

use alloc::string::String;
use core::fmt;

macro_rules! secret {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text.
            pub fn new(text: String) -> Self {
                $name(text)
            }

            /// The text itself. Use it to build a request, never a message.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    )*};
}

secret! {
    /// An access token (RFC 6749 section 1.4). It is opaque: nothing in it is ever read.
    AccessToken
    /// A refresh token (RFC 6749 section 1.5).
    RefreshToken
    /// An authorization code (RFC 6749 section 1.3.1); good for one token request.
    AuthorizationCode
    /// A PKCE code verifier (RFC 7636 section 4.1).
    CodeVerifier
    /// An ID token as it came: the compact JWS, unchecked (OpenID Connect Core 1.0 section 2).
    IdToken
}
