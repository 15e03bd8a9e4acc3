//! PKCE (RFC 7636) and the other one-time values of a sign-in.
//!
//! Randomness is an input: 32 bytes from the platform's cryptographic generator for each value, never used twice.

use alloc::string::String;

use sha2::{Digest, Sha256};

use super::base64url;
use super::secret::CodeVerifier;

/// A `state` or `nonce`: 256 bits as 43 characters that mean nothing to anybody else.
pub fn opaque(random: &[u8; 32]) -> String {
    base64url::encode(random)
}

/// A code verifier: 256 bits as 43 unreserved characters (RFC 7636 section 4.1).
pub fn verifier(random: &[u8; 32]) -> CodeVerifier {
    CodeVerifier::new(base64url::encode(random))
}

/// The S256 challenge of a verifier (RFC 7636 section 4.2). There is no other method here.
pub fn challenge(verifier: &CodeVerifier) -> String {
    base64url::encode(&Sha256::digest(verifier.expose().as_bytes()))
}
