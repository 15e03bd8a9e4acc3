//! `WWW-Authenticate`, good and bad.

use keyward::protocol::challenge::{Challenge, error_of, parse};

fn challenge(scheme: &str, token68: Option<&str>, params: &[(&str, &str)]) -> Challenge {
    Challenge {
        scheme: scheme.into(),
        token68: token68.map(String::from),
        params: params
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
    }
}

#[test]
fn r_124_challenges_are_read() {
    let bearer = |params: &[(&str, &str)]| vec![challenge("bearer", None, params)];
    for (header, expected) in [
        ("Bearer", bearer(&[])),
        ("bearer ", bearer(&[])),
        (r#"Bearer realm="api""#, bearer(&[("realm", "api")])),
        ("Bearer realm=api", bearer(&[("realm", "api")])),
        (
            r#"Bearer realm="example", error="invalid_token", error_description="The access token expired""#,
            bearer(&[
                ("realm", "example"),
                ("error", "invalid_token"),
                ("error_description", "The access token expired"),
            ]),
        ),
        (
            r#"BEARER Error="insufficient_scope",scope="a b""#,
            bearer(&[("error", "insufficient_scope"), ("scope", "a b")]),
        ),
        (
            r#"Bearer realm = "x" , error	=	invalid_token"#,
            bearer(&[("realm", "x"), ("error", "invalid_token")]),
        ),
        (
            r#"Bearer realm="a, b", error="say \"no\" \\ \,""#,
            bearer(&[("realm", "a, b"), ("error", r#"say "no" \ ,"#)]),
        ),
        (
            r#"Bearer realm="", error=x"#,
            bearer(&[("realm", ""), ("error", "x")]),
        ),
        (
            r#"Bearer realm="DPoP algs=\"ES256\", Basic", error=x"#,
            bearer(&[("realm", r#"DPoP algs="ES256", Basic"#), ("error", "x")]),
        ),
        (
            r#"Bearer error="insufficient_user_authentication", acr_values="urn:mfa", max_age="5""#,
            bearer(&[
                ("error", "insufficient_user_authentication"),
                ("acr_values", "urn:mfa"),
                ("max_age", "5"),
            ]),
        ),
    ] {
        assert_eq!(parse(header), expected, "{header}");
    }
}

#[test]
fn several_challenges_share_a_header() {
    assert_eq!(
        parse(r#"Bearer realm="api", DPoP algs="ES256 PS256", error="use_dpop_nonce""#),
        [
            challenge("bearer", None, &[("realm", "api")]),
            challenge(
                "dpop",
                None,
                &[("algs", "ES256 PS256"), ("error", "use_dpop_nonce")]
            ),
        ]
    );
    assert_eq!(
        parse("Negotiate, Basic realm=\"a\", Bearer"),
        [
            challenge("negotiate", None, &[]),
            challenge("basic", None, &[("realm", "a")]),
            challenge("bearer", None, &[])
        ]
    );
    assert_eq!(
        parse(
            "Negotiate YWJj+/-._~==, Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\""
        ),
        [
            challenge("negotiate", Some("YWJj+/-._~=="), &[]),
            challenge(
                "newauth",
                None,
                &[
                    ("realm", "apps"),
                    ("type", "1"),
                    ("title", "Login to \"apps\"")
                ]
            ),
            challenge("basic", None, &[("realm", "simple")]),
        ]
    );
}

#[test]
fn malformed_headers_give_what_can_be_read() {
    let bearer = |params: &[(&str, &str)]| vec![challenge("bearer", None, params)];
    for (header, expected) in [
        ("", vec![]),
        (" ,,, \t", vec![]),
        ("=", vec![]),
        ("\"", vec![]),
        ("error=\"invalid_token\"", vec![]),
        // Seen at a resource server: no comma behind the realm.
        (
            r#"Bearer realm="api" error="invalid_token""#,
            bearer(&[("realm", "api"), ("error", "invalid_token")]),
        ),
        (
            r#"Bearer,realm="api",,error="x","#,
            bearer(&[("realm", "api"), ("error", "x")]),
        ),
        (
            r#"Bearer realm="api, error=x"#,
            bearer(&[("realm", "api, error=x")]),
        ),
        (r#"Bearer realm="api\"#, bearer(&[("realm", "api")])),
        (
            r#"Bearer error="#,
            vec![challenge("bearer", Some("error="), &[])],
        ),
        (
            r#"Bearer "Basic x=1", error="e""#,
            bearer(&[("error", "e")]),
        ),
        (
            r#"Bearer realm="ünï", error=é"#,
            bearer(&[("realm", "ünï"), ("error", "é")]),
        ),
        (r#"Bearer é realm=x"#, bearer(&[("realm", "x")])),
        (
            r#"Bearer realm=https://api.example/, error=x"#,
            bearer(&[("realm", "https://api.example/"), ("error", "x")]),
        ),
        (
            r#"Bearer realm="a"error="x""#,
            bearer(&[("realm", "a"), ("error", "x")]),
        ),
    ] {
        assert_eq!(parse(header), expected, "{header}");
    }
}

#[test]
fn the_first_parameter_of_a_name_counts() {
    let found = parse(r#"Bearer error="a", ERROR="b""#);
    assert_eq!(found[0].param("error"), Some("a"));
    assert_eq!(found[0].param("scope"), None);
}

#[test]
fn r_124_the_error_of_a_scheme_is_found() {
    let found = parse(
        r#"Basic error="basic", Bearer realm="a", bearer error="invalid_token", DPoP error="x""#,
    );
    assert_eq!(error_of(&found, "bearer"), Some("invalid_token"));
    assert_eq!(error_of(&found, "dpop"), Some("x"));
    assert_eq!(error_of(&found, "negotiate"), None);
    assert_eq!(error_of(&[], "bearer"), None);
}

#[test]
fn long_headers_are_cut_between_characters() {
    for pad in 0..4 {
        let header = format!("Bearer x=\"{}{}", "a".repeat(pad), "ü€".repeat(20_000));
        let found = parse(&header);
        assert!(found[0].param("x").unwrap().len() <= 16 * 1024);
    }
}
