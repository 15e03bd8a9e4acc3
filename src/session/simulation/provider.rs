//! A provider that rotates refresh tokens, ends a grant on reuse, and has bad moments.

use serde_json::{Value, json};

use crate::protocol::base64url;
use crate::protocol::form::parse_query;
use crate::protocol::http::{Answer, Request};

pub(super) const ISSUER: &str = "https://id.example";

/// Small, seeded, good enough to explore.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    pub(super) fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// One authorization, and the tokens that came of it. A token's text names its user, grant and number.
struct Grant {
    user: &'static str,
    nonce: String,
    /// The number of the refresh token that is good now.
    current: u32,
    dead: bool,
    rotates: bool,
}

#[derive(Default)]
pub(super) struct Provider {
    grants: Vec<Grant>,
    /// Codes not yet redeemed, by number of their grant.
    codes: Vec<usize>,
    pub(super) reuse_detected: bool,
    pub(super) code_sent_again: bool,
    /// In bad weather most refreshes are put off.
    moody: bool,
    /// As on common servers, a reuse or a revocation ends every grant of the user.
    #[cfg(feature = "ledger")]
    pub(super) ends_all: bool,
}

impl Provider {
    pub(super) fn new(moody: bool) -> Self {
        Self {
            moody,
            ..Self::default()
        }
    }

    /// A user agrees; returns the parameters of the authorization response.
    pub(super) fn authorize(&mut self, url: &str, user: &'static str, dice: &mut Dice) -> String {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let pairs = parse_query(query).unwrap();
        let find = |name: &str| pairs.iter().find(|(key, _)| key == name).unwrap().1.clone();
        let rotates = !dice.one_in(4);
        let nonce = find("nonce");
        self.grants.push(Grant {
            user,
            nonce,
            current: 0,
            dead: false,
            rotates,
        });
        let number = self.grants.len() - 1;
        self.codes.push(number);
        format!(
            "code=code{number}&state={}&iss=https%3A%2F%2Fid.example",
            find("state")
        )
    }

    pub(super) fn handle(&mut self, request: &Request, now: u64, dice: &mut Dice) -> Answer {
        let form = request
            .body
            .as_deref()
            .map(|body| parse_query(body).unwrap())
            .unwrap_or_default();
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| &**value)
        };
        match request.url.strip_prefix(ISSUER).unwrap() {
            "/.well-known/openid-configuration" if dice.one_in(20) => text(500, "<html>"),
            "/.well-known/openid-configuration" => self.metadata(),
            "/jwks" if dice.one_in(6) => text(503, ""),
            "/jwks" => json_answer(
                200,
                &json!({ "keys": [{
                "kty": "RSA", "kid": "k1", "use": "sig", "e": "AQAB", "n": base64url::encode(&[0xc3; 256]),
            }] }),
            ),
            "/userinfo" => {
                let header = request
                    .headers
                    .iter()
                    .find(|(name, _)| *name == "authorization");
                let user = header.map_or("", |(_, value)| user_of(value));
                json_answer(200, &json!({ "sub": user }))
            }
            "/revoke" => self.revoke(field("token").unwrap_or_default()),
            "/token" => match (field("refresh_token"), field("code")) {
                (Some(token), _) => self.refresh(token, now, dice),
                (None, Some(code)) => self.redeem(code, now, dice),
                (None, None) => oauth_error(400, "invalid_request"),
            },
            other => panic!("no such endpoint: {other}"),
        }
    }

    fn metadata(&self) -> Answer {
        let endpoint = |path: &str| format!("{ISSUER}{path}");
        json_answer(
            200,
            &json!({
                "issuer": ISSUER,
                "authorization_endpoint": endpoint("/auth"),
                "token_endpoint": endpoint("/token"),
                "jwks_uri": endpoint("/jwks"),
                "userinfo_endpoint": endpoint("/userinfo"),
                "revocation_endpoint": endpoint("/revoke"),
                "end_session_endpoint": endpoint("/end"),
                "authorization_response_iss_parameter_supported": true,
            }),
        )
    }

    fn redeem(&mut self, code: &str, now: u64, dice: &mut Dice) -> Answer {
        let number: usize = code.trim_start_matches("code").parse().unwrap();
        let Some(at) = self.codes.iter().position(|known| *known == number) else {
            self.code_sent_again = true;
            self.grants[number].dead = true;
            return oauth_error(400, "invalid_grant");
        };
        self.codes.swap_remove(at);
        self.tokens(number, now, dice, true)
    }

    fn refresh(&mut self, token: &str, now: u64, dice: &mut Dice) -> Answer {
        match dice.roll(if self.moody { 5 } else { 40 }) {
            0 => {
                return Answer {
                    retry_after: Some("2".into()),
                    ..text(503, "busy")
                };
            }
            1 => {
                return Answer {
                    retry_after: Some("1".into()),
                    ..oauth_error(429, "slow_down")
                };
            }
            2 => return oauth_error(503, "temporarily_unavailable"),
            3 => return oauth_error(500, "server_error"),
            4 if dice.one_in(8) => return oauth_error(401, "invalid_client"),
            _ => {}
        }
        let (number, used) = numbers(token);
        let grant = &mut self.grants[number];
        if used != grant.current {
            self.reuse_detected = true;
            self.end(number);
        }
        let grant = &mut self.grants[number];
        if grant.dead || dice.one_in(60) {
            return oauth_error(400, "invalid_grant");
        }
        if grant.rotates {
            grant.current += 1;
        }
        // Used up, and yet the client cannot read it.
        if dice.one_in(30) {
            return text(500, "<html>");
        }
        self.tokens(number, now, dice, false)
    }

    fn tokens(&mut self, number: usize, now: u64, dice: &mut Dice, first: bool) -> Answer {
        let grant = &self.grants[number];
        let name = format!("{}.{number}.{}", grant.user, grant.current);
        let mut body = json!({
            "access_token": format!("at.{name}.{}", dice.roll(1 << 40)),
            "token_type": "Bearer",
        });
        match dice.roll(6) {
            0 => {}
            1 => body["expires_in"] = 2.into(),
            _ => body["expires_in"] = 300.into(),
        }
        if first || grant.rotates {
            body["refresh_token"] = format!("rt.{name}").into();
        }
        if first || !dice.one_in(3) {
            let stranger = !first && dice.one_in(40);
            let user = if stranger { "mallory" } else { grant.user };
            body["id_token"] = id_token(user, &grant.nonce, now, dice).into();
        }
        json_answer(200, &body)
    }

    fn revoke(&mut self, token: &str) -> Answer {
        let (number, _) = numbers(token);
        self.end(number);
        text(200, "")
    }

    fn end(&mut self, number: usize) {
        self.grants[number].dead = true;
        #[cfg(feature = "ledger")]
        if self.ends_all {
            let user = self.grants[number].user;
            let all = self.grants.iter_mut().filter(|grant| grant.user == user);
            all.for_each(|grant| grant.dead = true);
        }
    }

    /// Whether a refresh hands out a new refresh token.
    #[cfg(feature = "ledger")]
    pub(super) fn rotates(&self, token: &str) -> bool {
        self.grants[numbers(token).0].rotates
    }
}

/// The user a token, or a header that holds one, belongs to.
pub(super) fn user_of(token: &str) -> &str {
    token.split('.').nth(1).unwrap_or_default()
}

fn numbers(token: &str) -> (usize, u32) {
    let mut parts = token.split('.').skip(2);
    (
        parts.next().unwrap().parse().unwrap(),
        parts.next().unwrap().parse().unwrap(),
    )
}

fn id_token(user: &str, nonce: &str, now: u64, dice: &mut Dice) -> String {
    let kid = if dice.one_in(30) { "k2" } else { "k1" };
    let now = now / 1_000;
    let header = json!({ "alg": "RS256", "kid": kid });
    let claims = json!({
        "iss": ISSUER, "sub": user, "aud": "spa", "exp": now + 300, "iat": now, "nonce": nonce,
    });
    let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
    format!(
        "{}.{}.{}",
        part(&header),
        part(&claims),
        base64url::encode(b"signature")
    )
}

fn text(status: u16, body: &str) -> Answer {
    Answer {
        status,
        content_type: None,
        retry_after: None,
        www_authenticate: None,
        date: None,
        body: body.into(),
    }
}

fn json_answer(status: u16, body: &Value) -> Answer {
    Answer {
        content_type: Some("application/json".into()),
        ..text(status, &body.to_string())
    }
}

fn oauth_error(status: u16, error: &str) -> Answer {
    json_answer(status, &json!({ "error": error }))
}
