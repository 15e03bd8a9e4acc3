//! The chapters: the flows in the order in which they came.

use super::chapter::{Chapter, Line, Offer};
use crate::diagram::Channel::{Back, Front, Inside, Leak};
use crate::diagram::Lane::{self, Api, App, Backend, Provider, Thief, User, Vault};

pub(crate) static CHAPTERS: [Chapter; 6] = [PASSWORD, IMPLICIT, CODE, PKCE, DPOP, BFF];

const WITH_THIEF: &[Lane] = &[User, App, Provider, Api, Thief];
const WITH_VAULT: &[Lane] = &[User, App, Vault, Provider, Api];
const WITH_BACKEND: &[Lane] = &[User, App, Backend, Provider, Api];

/// A line of a table.
const fn line(
    way: (Lane, Lane, crate::diagram::Channel),
    [label, title, text, spec]: [&'static str; 4],
    parameters: &'static [&'static str],
) -> Line {
    Line {
        way,
        label,
        title,
        text,
        spec,
        parameters,
    }
}

const PASSWORD: Chapter = Chapter {
    slug: "password",
    short: "Password",
    title: "Password grant",
    idea: "The app asks for your password and hands it to the provider itself.",
    fixed: "An app no longer had to keep your password: it traded it for a token once and could forget it.",
    open: "The app sees the password. You learn to type it anywhere, a second factor or a passkey has no place, and a malicious app takes the whole account.",
    offer: Offer::Never,
    why: "No option of Keyward sends grant_type=password. RFC 9700 says it must not be used, and OAuth 2.1 leaves it out.",
    specs: &["RFC 6749 4.3", "RFC 9700 2.4", "RFC 10017 7.3"],
    lanes: WITH_THIEF,
    lines: &[
        line(
            (User, App, Inside),
            [
                "password",
                "You give the app your password",
                "It looks like the provider's page, but it is the app's.",
                "RFC 6749 4.3.1",
            ],
            &["username=alice", "password*"],
        ),
        line(
            (App, Provider, Back),
            [
                "password",
                "Token request",
                "The app sends your password on and says it is for you.",
                "RFC 6749 4.3.2",
            ],
            &[
                "grant_type=password",
                "username=alice",
                "password*",
                "scope=orders",
            ],
        ),
        line(
            (Provider, App, Back),
            [
                "access token",
                "Token response",
                "The app holds a token, and it has seen the password.",
                "RFC 6749 4.3.3",
            ],
            &["access_token*", "token_type=Bearer"],
        ),
        line(
            (App, Api, Back),
            [
                "call + token",
                "API call",
                "From here on it works as today.",
                "RFC 6750 2.1",
            ],
            &["Authorization*"],
        ),
        line(
            (App, Thief, Leak),
            [
                "password",
                "The password gets out",
                "Any script in the app, or the app itself, can keep what you typed: for every service that uses it.",
                "RFC 9700 2.4",
            ],
            &["password*"],
        ),
    ],
};

const IMPLICIT: Chapter = Chapter {
    slug: "implicit",
    short: "Implicit",
    title: "Implicit grant",
    idea: "The provider asks for the password and puts the token right into the address bar.",
    fixed: "The password stays between you and the provider, and an app without a server can sign in at all, in browsers that could not call other origins.",
    open: "The token travels in an address. History, extensions, open redirectors and injected responses all get at it, nothing binds it to the app, and it cannot be renewed safely.",
    offer: Offer::Never,
    why: "Keyward asks for response_type=code and nothing else. It does not even look at a token that turns up in an address.",
    specs: &["RFC 6749 4.2", "RFC 9700 2.1.2", "RFC 10017 7.2"],
    lanes: WITH_THIEF,
    lines: &[
        line(
            (App, Provider, Front),
            [
                "response_type=token",
                "Authorization request",
                "The browser goes to the provider.",
                "RFC 6749 4.2.1",
            ],
            &[
                "response_type=token",
                "client_id=spa",
                "redirect_uri=https://app.example/",
                "state*",
            ],
        ),
        line(
            (User, Provider, Front),
            [
                "password, only here",
                "You sign in at the provider",
                "The app no longer sees the password.",
                "RFC 6749 3.1",
            ],
            &["password*"],
        ),
        line(
            (Provider, App, Front),
            [
                "token in the address",
                "Authorization response",
                "The access token comes back behind a # in the address bar.",
                "RFC 6749 4.2.2",
            ],
            &[
                "access_token*",
                "token_type=Bearer",
                "expires_in=3600",
                "state*",
            ],
        ),
        line(
            (App, Thief, Leak),
            [
                "history, extensions",
                "The token is left lying about",
                "Whoever reads addresses has a token that works everywhere.",
                "RFC 9700 4.3.2",
            ],
            &["access_token*"],
        ),
        line(
            (Thief, App, Leak),
            [
                "a token of another app",
                "A foreign token is slipped in",
                "The app cannot tell whom a token was issued to, so it may take in somebody else's.",
                "RFC 9700 4.1.2",
            ],
            &["access_token*"],
        ),
        line(
            (App, Api, Back),
            [
                "call + token",
                "API call",
                "The token is a bearer token: whoever has it may use it.",
                "RFC 6750 2.1",
            ],
            &["Authorization*"],
        ),
    ],
};

const CODE: Chapter = Chapter {
    slug: "code",
    short: "Code",
    title: "Authorization code",
    idea: "The address bar carries a one-time code; the token comes by a request of its own.",
    fixed: "No token is in an address any more. The code works once and for a short time, and the answer of the token endpoint is in no history.",
    open: "A browser app has no secret to prove that the code is its own. Whoever catches the code before it is used can redeem it, or push a code of their own into your session.",
    offer: Offer::Never,
    why: "Without PKCE a code belongs to whoever holds it. RFC 9700 asks public clients for PKCE, and Keyward has no switch to leave it out.",
    specs: &["RFC 6749 4.1", "RFC 9700 2.1.1"],
    lanes: WITH_THIEF,
    lines: &[
        line(
            (App, Provider, Front),
            [
                "response_type=code",
                "Authorization request",
                "The browser goes to the provider and asks for a code.",
                "RFC 6749 4.1.1",
            ],
            &[
                "response_type=code",
                "client_id=spa",
                "redirect_uri=https://app.example/",
                "state*",
            ],
        ),
        line(
            (User, Provider, Front),
            [
                "password, only here",
                "You sign in at the provider",
                "The app does not see the password.",
                "RFC 6749 3.1",
            ],
            &["password*"],
        ),
        line(
            (Provider, App, Front),
            [
                "code in the address",
                "Authorization response",
                "A one-time code comes back, worth nothing after its first use.",
                "RFC 6749 4.1.2",
            ],
            &["code*", "state*"],
        ),
        line(
            (App, Thief, Leak),
            [
                "code",
                "The code is caught",
                "A log, a referrer or another app gets the code first.",
                "RFC 9700 4.2",
            ],
            &["code*"],
        ),
        line(
            (Thief, Provider, Leak),
            [
                "code",
                "The thief redeems it",
                "Nothing in the request says who began the sign-in.",
                "RFC 7636 1",
            ],
            &["grant_type=authorization_code", "code*", "client_id=spa"],
        ),
        line(
            (App, Provider, Back),
            [
                "code",
                "Token request",
                "The app redeems the code, if it is the first to come.",
                "RFC 6749 4.1.3",
            ],
            &["grant_type=authorization_code", "code*", "client_id=spa"],
        ),
        line(
            (Provider, App, Back),
            [
                "tokens",
                "Token response",
                "The tokens come outside the address bar.",
                "RFC 6749 4.1.4",
            ],
            &["access_token*", "refresh_token*"],
        ),
        line(
            (App, Api, Back),
            ["call + token", "API call", "As before.", "RFC 6750 2.1"],
            &["Authorization*"],
        ),
    ],
};

const PKCE: Chapter = Chapter {
    slug: "pkce",
    short: "Code + PKCE",
    title: "Code with PKCE",
    idea: "The app locks the code with a secret of the moment that only it can open.",
    fixed: "A caught code is worthless: the provider gives tokens only to whoever shows the verifier behind the challenge. It also stops codes that are pushed in from outside.",
    open: "The tokens are still bearer tokens. Script that runs in the page can use the session, and a stolen access token works until it ends.",
    offer: Offer::Always,
    why: "Every sign-in uses PKCE with S256, state, nonce and the issuer check together. There is no switch. This is what the Overview page draws live.",
    specs: &["RFC 7636", "RFC 9700 2.1.1", "RFC 9207", "RFC 10017 6.3"],
    lanes: WITH_VAULT,
    lines: &[
        line(
            (Vault, Vault, Inside),
            [
                "verifier, challenge",
                "A secret of the moment",
                "256 random bits stay here; only their SHA-256 leaves.",
                "RFC 7636 4.1",
            ],
            &["code_verifier*", "code_challenge_method=S256"],
        ),
        line(
            (App, Provider, Front),
            [
                "challenge, state, nonce",
                "Authorization request",
                "The challenge goes along. It is a hash and gives nothing away.",
                "RFC 7636 4.3",
            ],
            &[
                "response_type=code",
                "client_id=spa",
                "code_challenge*",
                "code_challenge_method=S256",
                "state*",
                "nonce*",
            ],
        ),
        line(
            (User, Provider, Front),
            [
                "password, only here",
                "You sign in at the provider",
                "The app does not see the password.",
                "RFC 6749 3.1",
            ],
            &["password*"],
        ),
        line(
            (Provider, App, Front),
            [
                "code, state, issuer",
                "Authorization response",
                "State and issuer show that the answer belongs to this very sign-in.",
                "RFC 9207 2.4",
            ],
            &["code*", "state*", "iss=https://id.example"],
        ),
        line(
            (Vault, Provider, Back),
            [
                "code + verifier",
                "Token request",
                "The provider hashes the verifier and compares. A thief has none.",
                "RFC 7636 4.5",
            ],
            &[
                "grant_type=authorization_code",
                "code*",
                "code_verifier*",
                "client_id=spa",
            ],
        ),
        line(
            (Provider, Vault, Back),
            [
                "tokens",
                "Token response",
                "The tokens go into memory, and the ID token is checked before anybody counts as signed in.",
                "RFC 6749 5.1",
            ],
            &["access_token*", "refresh_token*", "id_token*"],
        ),
        line(
            (Vault, Api, Back),
            [
                "call + token",
                "API call",
                "Only to addresses that the app allowed.",
                "RFC 6750 2.1",
            ],
            &["Authorization*"],
        ),
    ],
};

const DPOP: Chapter = Chapter {
    slug: "dpop",
    short: "DPoP",
    title: "Code, PKCE and DPoP",
    idea: "Each token is tied to a key that cannot leave the browser; each call proves that the key is there.",
    fixed: "A token alone is no longer enough. Copied out of a log, a proxy or a memory dump, it is refused without a fresh proof signed by the key.",
    open: "Script that runs in the page can still ask the key to sign while the page is open. Providers and APIs have to support it, too.",
    offer: Offer::Planned,
    why: "Keyward does not have it yet, so nothing on this site claims it. It comes with a key that cannot be exported, not with one in storage.",
    specs: &["RFC 9449", "RFC 9700 2.2.1", "RFC 10017 9.2"],
    lanes: WITH_VAULT,
    lines: &[
        line(
            (Vault, Vault, Inside),
            [
                "key pair",
                "A key that cannot be exported",
                "The browser makes it and never shows its private half.",
                "RFC 9449 2",
            ],
            &["private key*"],
        ),
        line(
            (App, Provider, Front),
            [
                "challenge, state, nonce",
                "Authorization request",
                "As with PKCE; the code can be tied to the key as well.",
                "RFC 9449 10",
            ],
            &["response_type=code", "code_challenge*", "dpop_jkt"],
        ),
        line(
            (User, Provider, Front),
            [
                "password, only here",
                "You sign in at the provider",
                "The app does not see the password.",
                "RFC 6749 3.1",
            ],
            &["password*"],
        ),
        line(
            (Provider, App, Front),
            [
                "code, state, issuer",
                "Authorization response",
                "As before.",
                "RFC 9207 2.4",
            ],
            &["code*", "state*"],
        ),
        line(
            (Vault, Provider, Back),
            [
                "code, verifier, proof",
                "Token request with a proof",
                "A small signed note says: this key, this address, now.",
                "RFC 9449 5",
            ],
            &["code*", "code_verifier*", "DPoP*"],
        ),
        line(
            (Provider, Vault, Back),
            [
                "tokens for this key",
                "Token response",
                "The type of the token is DPoP; another one is refused.",
                "RFC 9449 5",
            ],
            &["access_token*", "token_type=DPoP"],
        ),
        line(
            (Vault, Api, Back),
            [
                "call + token + proof",
                "API call with a proof",
                "Each call has a proof of its own, good for one method and one address.",
                "RFC 9449 7",
            ],
            &["Authorization*", "DPoP*"],
        ),
    ],
};

const BFF: Chapter = Chapter {
    slug: "bff",
    short: "Backend",
    title: "Backend for frontend",
    idea: "A server of the app signs in and keeps the tokens; the browser has a cookie.",
    fixed: "No token reaches the browser at all. The backend is a confidential client with a secret of its own, and injected script finds nothing to carry away.",
    open: "Script in the page can still send requests through the cookie while the page is open. You run a server, guard it against cross-site requests, and it carries every call.",
    offer: Offer::Planned,
    why: "Not there yet. It is planned behind the same API, so that an app can move by configuration. For health, money or other people's data it is the better choice today, with or without Keyward.",
    specs: &["RFC 10017 6.1", "RFC 6265"],
    lanes: WITH_BACKEND,
    lines: &[
        line(
            (App, Backend, Front),
            [
                "sign in, please",
                "The browser goes to the backend",
                "The page itself starts nothing at the provider.",
                "RFC 10017 6.1",
            ],
            &["returnTo=/orders"],
        ),
        line(
            (Backend, Provider, Front),
            [
                "challenge, state, nonce",
                "Authorization request",
                "The backend sends the browser on, with PKCE like everybody.",
                "RFC 7636 4.3",
            ],
            &["response_type=code", "code_challenge*", "state*"],
        ),
        line(
            (User, Provider, Front),
            [
                "password, only here",
                "You sign in at the provider",
                "Neither app nor backend sees the password.",
                "RFC 6749 3.1",
            ],
            &["password*"],
        ),
        line(
            (Provider, Backend, Front),
            [
                "code, state",
                "Authorization response",
                "The code passes the browser, but nobody there can redeem it.",
                "RFC 6749 4.1.2",
            ],
            &["code*", "state*"],
        ),
        line(
            (Backend, Provider, Back),
            [
                "code, verifier, secret",
                "Token request",
                "The backend proves who it is with a secret no browser knows.",
                "RFC 6749 2.3",
            ],
            &["code*", "code_verifier*", "client_secret*"],
        ),
        line(
            (Provider, Backend, Back),
            [
                "tokens",
                "Token response",
                "The tokens stay on the server.",
                "RFC 6749 5.1",
            ],
            &["access_token*", "refresh_token*"],
        ),
        line(
            (Backend, App, Front),
            [
                "cookie",
                "A cookie for the session",
                "HttpOnly, Secure and SameSite: script cannot read it.",
                "RFC 10017 6.1",
            ],
            &["Set-Cookie*"],
        ),
        line(
            (App, Backend, Back),
            [
                "call + cookie",
                "The app calls its own backend",
                "With a header that other sites cannot send.",
                "RFC 10017 6.1",
            ],
            &["Cookie*"],
        ),
        line(
            (Backend, Api, Back),
            [
                "call + token",
                "The backend calls the API",
                "It adds the token on the way.",
                "RFC 6750 2.1",
            ],
            &["Authorization*"],
        ),
    ],
};
