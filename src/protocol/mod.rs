//! Pure requests and answers, in the words of the RFCs: no I/O, no clock, no randomness of its own.
//!
//! In the order in which a sign-in uses them:
//!
//! 1. [`metadata`]: the issuer, where its metadata stands, and what of it is believed.
//! 2. [`pkce`], [`authorization`]: the authorization request, and the response in the callback URL.
//! 3. [`token`]: the token request for a code or a refresh token, and its response.
//! 4. [`jwk`], [`id_token`]: the provider's keys, the ID token's signature input and its claims.
//! 5. [`userinfo`], [`challenge`]: asking for more about the user, and what a resource server says when it refuses.
//! 6. [`revocation`], [`logout`]: the end.
//!
//! Below them: [`http`] (requests and answers as data), [`url`], [`form`], [`json`], [`base64url`], [`secret`] and
//! [`error`]. Each parser is total: any input gives a value or a coded error.

pub mod authorization;
pub mod base64url;
pub mod challenge;
pub mod error;
pub mod form;
pub mod http;
pub mod id_token;
pub mod json;
pub(crate) mod json_text;
pub mod jwk;
pub mod logout;
pub mod metadata;
pub mod pkce;
pub mod revocation;
pub mod secret;
pub(crate) mod text;
pub mod token;
pub mod url;
pub mod userinfo;
