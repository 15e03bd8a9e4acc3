//! Which URLs may be an endpoint, and how parameters are added to one.

use keyward::protocol::error::Code;
use keyward::protocol::url::Endpoint;

#[test]
fn r_034_https_and_loopback_endpoints_are_accepted_as_written() {
    for (text, origin) in [
        ("https://id.example/token", "https://id.example"),
        ("https://id.example", "https://id.example"),
        ("HTTPS://ID.Example:443/T", "https://id.example"),
        (
            "https://id.example:8443/t?tenant=a",
            "https://id.example:8443",
        ),
        ("https://id.example:80/t", "https://id.example:80"),
        ("https://id.example?x=1", "https://id.example"),
        ("https://192.0.2.7/t", "https://192.0.2.7"),
        ("https://[2001:DB8::1]:444/t", "https://[2001:db8::1]:444"),
        (
            "https://a_b.id-1.example/%20~'()*,;=:@!$&+",
            "https://a_b.id-1.example",
        ),
        ("http://localhost:9400/token", "http://localhost:9400"),
        ("http://LOCALHOST:80/token", "http://localhost"),
        ("http://op.localhost/token", "http://op.localhost"),
        ("http://127.0.0.1:9400/", "http://127.0.0.1:9400"),
        ("http://127.255.0.9/", "http://127.255.0.9"),
        ("http://[::1]:9400/", "http://[::1]:9400"),
    ] {
        let endpoint = Endpoint::parse(text).unwrap_or_else(|_| panic!("refused {text}"));
        assert_eq!(endpoint.as_str(), text);
        assert_eq!(endpoint.origin(), origin);
    }
}

#[test]
fn r_034_every_other_url_is_an_insecure_endpoint() {
    for text in [
        "",
        "/token",
        "token",
        "//id.example/token",
        "https:/id.example/token",
        "https:id.example",
        "https:///token",
        "https://",
        "https://?a",
        "http://id.example/token",
        "http://localhost.example/token",
        "http://localhost.",
        "http://notlocalhost/",
        "http://127.0.0.1.example/",
        "http://127.1/",
        "http://127.0.0.01/",
        "http://127.0.0.256/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://[::2]/",
        "http://[::1/",
        "http://[::ffff:127.0.0.1]/",
        "http://user@localhost/",
        "http://localhost@evil.example/",
        "http://localhost:80@evil.example/",
        "http://localhost\\@evil.example/",
        "https://user:pass@id.example/",
        "https://@id.example/",
        "https://id.example:/t",
        "https://id.example:0/t",
        "https://id.example:0443/t",
        "https://id.example:65536/t",
        "https://id.example:44a/t",
        "https://id.example:443:443/t",
        "https://id..example/t",
        "https://.example/t",
        "https://id.example./t",
        "https://id%2eexample/t",
        "https://id.example/t#f",
        "https://id.example/#",
        "https://id.example/a b",
        " https://id.example/",
        "https://id.example/\n",
        "https://id.exa\tmple/",
        "https://id.example\\t",
        "https://id.example/\"",
        "https://id.example/<t>",
        "https://id.example/{tenant}",
        "https://bücher.example/",
        "https://id.example/ü",
        "https://[2001:db8::1",
        "https://[]/",
        "https://[::1]x/",
        "https://1.2.3/",
        "https://0x7f000001/",
        "javascript:alert(1)",
        "javascript://id.example/%0aalert(1)",
        "data:text/html,x",
        "blob:https://id.example/1",
        "file:///etc/passwd",
        "ftp://localhost/",
        "ws://localhost/",
        "wss://id.example/",
        "httpss://id.example/",
    ] {
        assert_eq!(
            Endpoint::parse(text).err(),
            Some(Code::InsecureEndpoint),
            "{text:?}"
        );
    }
}

#[test]
fn r_034_length_of_an_endpoint_is_bounded() {
    let long = |length: usize| format!("https://id.example/{}", "a".repeat(length - 19));
    assert!(Endpoint::parse(&long(4096)).is_ok());
    assert!(Endpoint::parse(&long(4097)).is_err());
}

#[test]
fn r_012_the_endpoints_own_query_is_kept() {
    for (text, expected) in [
        ("https://id.example/a", "https://id.example/a?x=1&y=2"),
        ("https://id.example", "https://id.example?x=1&y=2"),
        ("https://id.example/a?", "https://id.example/a?x=1&y=2"),
        (
            "https://id.example/a?t=a",
            "https://id.example/a?t=a&x=1&y=2",
        ),
        (
            "https://id.example/a?t=a&",
            "https://id.example/a?t=a&x=1&y=2",
        ),
        (
            "https://id.example/a?t=a?b",
            "https://id.example/a?t=a?b&x=1&y=2",
        ),
    ] {
        assert_eq!(
            Endpoint::parse(text).unwrap().with_query("x=1&y=2"),
            expected
        );
    }
}
