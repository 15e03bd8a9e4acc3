//! The form of an ID token: compact JWS, header, kind.

use keyward::protocol::id_token::{IdTokenParts, MAX_ID_TOKEN};
use keyward::protocol::json;
use keyward::protocol::jwk::Alg;
use keyward::protocol::secret::IdToken;

use crate::assert_error;
use crate::id_token::jws;

fn parse(text: &str) -> Result<IdTokenParts, keyward::protocol::error::Error> {
    IdTokenParts::parse(&IdToken::new(text.into()))
}

fn with_header(header: &str) -> Result<IdTokenParts, keyward::protocol::error::Error> {
    parse(&jws(header, "{}"))
}

/// RFC 7515 appendix A.3: an ES256 signature over the claims of appendix A.1.
const RFC_7515_A3: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
/// RFC 7515 appendix A.1: HS256.
const RFC_7515_A1: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7519 section 6.1: unsecured.
const RFC_7519_6_1: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
/// RFC 8037 appendix A.4: EdDSA over a text that is no JSON.
const RFC_8037_A4: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

#[test]
fn the_examples_of_the_rfcs_are_read() {
    let parts = parse(RFC_7515_A3).unwrap();
    assert_eq!(
        (parts.alg, parts.kid, parts.signature.len()),
        (Alg::ES256, None, 64)
    );
    assert_eq!(parts.signing_input, RFC_7515_A3.rsplit_once('.').unwrap().0);
    assert_eq!(parts.signature[..4], [14, 209, 33, 83]);
    assert_eq!(json::string(&parts.claims, "iss"), Some("joe"));
    assert_error(parse(RFC_7515_A1), "id_token_alg", "HS256");
    assert_error(parse(RFC_7519_6_1), "id_token_alg", "none");
    assert_error(parse(RFC_8037_A4), "id_token_malformed", "claims");
}

#[test]
fn r_105_anything_but_a_compact_jws_is_refused() {
    let good = jws(r#"{"alg":"RS256"}"#, "{}");
    let (head, rest) = good.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    assert!(parse(&good).is_ok());
    for text in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        head.into(),
        format!("{head}.{body}"),
        format!("{good}.{body}"),
        format!(".{body}.{signature}"),
        format!("{head}..{signature}"),
        format!("{head}=.{body}.{signature}"),
        format!("{head}.{body}=.{signature}"),
        format!("{head}.{body}.{signature}="),
        format!("{head}.{body}.{signature}\n"),
        format!(" {good}"),
        format!("{head}.{body}.A"),
        format!("{head}.{body}.AB"),
        format!("{head}.{body}.é"),
        format!("{{\"payload\":\"{body}\"}}"),
    ] {
        assert_error(parse(&text), "id_token_malformed", "");
    }
}

#[test]
fn r_105_an_encrypted_token_is_unsupported() {
    assert_error(parse("a.b.c.d.e"), "id_token_encrypted", "");
    assert_error(
        parse("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AA.AA.AA.AA"),
        "id_token_encrypted",
        "",
    );
    assert_error(parse("...."), "id_token_encrypted", "");
    assert_error(parse("....."), "id_token_malformed", "");
}

#[test]
fn r_105_header_and_claims_are_json_objects() {
    for part in [
        "",
        "[]",
        "null",
        "1",
        "\"x\"",
        "{",
        "{}{}",
        "{\"a\":1,\"a\":2}",
        "{\"alg\":\"RS256\",\"alg\":\"none\"}",
    ] {
        assert_error(parse(&jws(part, "{}")), "id_token_malformed", "header");
        assert_error(
            parse(&jws(r#"{"alg":"RS256"}"#, part)),
            "id_token_malformed",
            "claims",
        );
    }
    // {"a":"\xff"}: not UTF-8.
    assert_error(
        parse("eyJhbGciOiJSUzI1NiJ9.eyJhIjoi_yJ9.AA"),
        "id_token_malformed",
        "UTF-8",
    );
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    assert_error(
        parse(&jws(r#"{"alg":"RS256"}"#, &deep)),
        "id_token_malformed",
        "deep",
    );
}

#[test]
fn r_105_size_is_bounded() {
    let claims = |length: usize| format!(r#"{{"a":"{}"}}"#, "a".repeat(length));
    assert!(parse(&jws(r#"{"alg":"RS256"}"#, &claims(150_000))).is_ok());
    assert_error(
        parse(&jws(r#"{"alg":"RS256"}"#, &claims(MAX_ID_TOKEN))),
        "id_token_malformed",
        "large",
    );
}

#[test]
fn r_094_r_095_only_asymmetric_algorithms() {
    for alg in [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
        "Ed25519",
    ] {
        assert_eq!(
            with_header(&format!(r#"{{"alg":"{alg}"}}"#))
                .unwrap()
                .alg
                .as_str(),
            alg
        );
    }
    for alg in [
        r#""none""#,
        r#""None""#,
        r#""nOnE""#,
        r#""HS256""#,
        r#""HS512""#,
        r#""RS1""#,
        r#""ES256K""#,
        r#""Ed448""#,
        r#""rs256""#,
        r#""""#,
        "null",
        "1",
        "[\"RS256\"]",
    ] {
        assert_error(
            with_header(&format!(r#"{{"alg":{alg}}}"#)),
            "id_token_alg",
            "alg",
        );
    }
    assert_error(with_header("{}"), "id_token_alg", "found none");
}

#[test]
fn r_102_other_kinds_of_jwt_are_refused() {
    for typ in [r#""JWT""#, r#""jwt""#, r#""Jwt""#, r#""application/jwt""#] {
        assert!(
            with_header(&format!(r#"{{"alg":"RS256","typ":{typ}}}"#)).is_ok(),
            "{typ}"
        );
    }
    for typ in [
        r#""at+jwt""#,
        r#""application/at+jwt""#,
        r#""logout+jwt""#,
        r#""secevent+jwt""#,
        r#""dpop+jwt""#,
        r#""JWS""#,
        r#""""#,
        "null",
        "1",
        "[\"JWT\"]",
    ] {
        assert_error(
            with_header(&format!(r#"{{"alg":"RS256","typ":{typ}}}"#)),
            "id_token_typ",
            "typ",
        );
    }
    for events in [
        r#"{"http://schemas.openid.net/event/backchannel-logout":{}}"#,
        "{}",
        "null",
    ] {
        assert_error(
            parse(&jws(
                r#"{"alg":"RS256"}"#,
                &format!(r#"{{"events":{events}}}"#),
            )),
            "id_token_typ",
            "events",
        );
    }
}

#[test]
fn r_103_crit_is_refused() {
    for header in [
        r#"{"alg":"RS256","crit":["exp"],"exp":1}"#,
        r#"{"alg":"RS256","crit":["b64"],"b64":true}"#,
        r#"{"alg":"RS256","crit":[]}"#,
        r#"{"alg":"RS256","crit":null}"#,
        r#"{"alg":"RS256","crit":true}"#,
        r#"{"alg":"RS256","b64":false}"#,
        r#"{"alg":"RS256","b64":"x"}"#,
    ] {
        assert_error(with_header(header), "id_token_crit", "");
    }
    assert!(with_header(r#"{"alg":"RS256","b64":true}"#).is_ok());
}

#[test]
fn r_104_keys_in_the_header_are_never_looked_at() {
    let header = r#"{"alg":"RS256","kid":"../k","jku":"https://evil.example/","x5u":1,"jwk":{"kty":"RSA"},"x5c":[1]}"#;
    let parts = with_header(header).unwrap();
    assert_eq!(parts.kid.as_deref(), Some("../k"));
    for kid in ["1", "null", "{}", "[\"k\"]"] {
        assert_error(
            with_header(&format!(r#"{{"alg":"RS256","kid":{kid}}}"#)),
            "id_token_malformed",
            "kid",
        );
    }
}
