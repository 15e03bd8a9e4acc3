//! The provider and the API as `fetch` sees them: answers in the order in which a test gave them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use js_sys::Reflect;
use serde_json::{Value, json as value};
use wasm_bindgen::JsValue;
use web_sys::{Request, RequestInit};

use super::realm::{self, Undo};
use super::{ISSUER, SigningKey};

/// What `fetch` gives.
pub(crate) enum Answer {
    /// Status, headers, body.
    Text(u16, Value, String),
    Redirect,
    /// Rejects, as for a server that is not there.
    Refused,
    /// Nothing, until the request is aborted.
    Silence,
    /// Headers and this much of a body, then nothing.
    Stalls(Value, String),
}

/// A request as it would have left.
pub(crate) struct Seen {
    pub(crate) request: Request,
    init: RequestInit,
}

type Answers = Rc<RefCell<BTreeMap<String, VecDeque<Answer>>>>;

/// Paths that answer nothing but 503.
type Broken = Rc<RefCell<BTreeSet<String>>>;

pub(crate) struct Provider {
    pub(crate) key: SigningKey,
    seen: Rc<RefCell<Vec<Seen>>>,
    answers: Answers,
    broken: Broken,
    _fetch: Undo,
}

impl Provider {
    /// Answers for metadata and keys; everything else has to be given by the test.
    pub(crate) fn new(key: SigningKey) -> Self {
        let seen: Rc<RefCell<Vec<Seen>>> = Rc::default();
        let (answers, broken) = (Answers::default(), Broken::default());
        let keys = value!({ "keys": [key.jwk] });
        let react = {
            let (seen, answers, broken) =
                (Rc::clone(&seen), Rc::clone(&answers), Rc::clone(&broken));
            move |request: Request, init: RequestInit| {
                let path = path_of(&request.url());
                let given = answers
                    .borrow_mut()
                    .get_mut(&path)
                    .and_then(VecDeque::pop_front);
                let answer = given.or_else(|| match path.as_str() {
                    _ if broken.borrow().contains(&path) => Some(html(503)),
                    "/.well-known/openid-configuration" => Some(json(&metadata())),
                    "/jwks" => Some(json(&keys)),
                    _ => None,
                });
                let response = answer.unwrap_or(Answer::Refused).give(&request);
                seen.borrow_mut().push(Seen { request, init });
                response
            }
        };
        Self {
            key,
            seen,
            answers,
            broken,
            _fetch: realm::replace_fetch(react),
        }
    }

    /// From now on this path answers 503.
    pub(crate) fn breaks(&self, path: &str) {
        self.broken.borrow_mut().insert(path.into());
    }

    pub(crate) fn mends(&self, path: &str) {
        self.broken.borrow_mut().remove(path);
    }

    /// Gives the next answer of a path.
    pub(crate) fn answers(&self, path: &str, answer: Answer) {
        self.answers
            .borrow_mut()
            .entry(path.into())
            .or_default()
            .push_back(answer);
    }

    /// Gives a token response with a good ID token as the next answer of the token endpoint. `changes` to the response
    /// win; `null` takes a member out.
    pub(crate) async fn issues(&self, name: &str, nonce: &str, changes: &Value) {
        let id_token = self.key.sign(&claims(nonce)).await;
        self.issues_with(name, &id_token, changes);
    }

    pub(crate) fn issues_with(&self, name: &str, id_token: &str, changes: &Value) {
        let mut body = value!({
            "access_token": format!("AT~{name}"), "refresh_token": format!("RT~{name}"),
            "token_type": "Bearer", "expires_in": 3_600, "id_token": id_token,
        });
        for (member, change) in changes.as_object().into_iter().flatten() {
            match change {
                Value::Null => drop(body.as_object_mut().unwrap().remove(member)),
                change => body[member] = change.clone(),
            }
        }
        self.answers("/token", json(&body));
    }

    /// Requests to a path so far.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.seen
            .borrow()
            .iter()
            .filter(|seen| path_of(&seen.request.url()) == path)
            .count()
    }

    pub(crate) fn total(&self) -> usize {
        self.seen.borrow().len()
    }

    /// Looks at the latest request to a path.
    pub(crate) fn latest<T>(&self, path: &str, look: impl FnOnce(&Seen) -> T) -> T {
        let seen = self.seen.borrow();
        let found = seen
            .iter()
            .rev()
            .find(|seen| path_of(&seen.request.url()) == path);
        look(found.unwrap_or_else(|| panic!("nothing was asked of {path}")))
    }

    /// All requests, as method and URL.
    pub(crate) fn log(&self) -> Vec<String> {
        let line = |seen: &Seen| [seen.request.method(), seen.request.url()].join(" ");
        self.seen.borrow().iter().map(line).collect()
    }
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name).unwrap()
    }

    /// An option as it was passed to `fetch`, for those that a `Request` does not show.
    pub(crate) fn option(&self, name: &str) -> JsValue {
        Reflect::get(&self.init, &name.into()).unwrap()
    }

    /// A member of the request itself.
    pub(crate) fn member(&self, name: &str) -> JsValue {
        Reflect::get(&self.request, &name.into()).unwrap()
    }

    pub(crate) fn is_aborted(&self) -> bool {
        self.request.signal().aborted()
    }

    /// A field of the posted form.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let body = self.option("body").as_string()?;
        let form = keyward::protocol::form::parse_query(&body).unwrap();
        form.into_iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    }
}

impl Answer {
    fn give(self, request: &Request) -> JsValue {
        match self {
            Self::Text(status, headers, body) => {
                realm::respond(status, &headers.to_string(), &body)
            }
            Self::Redirect => realm::opaque_redirect(),
            Self::Refused => realm::refuse(),
            Self::Silence => realm::silence(request),
            Self::Stalls(headers, begin) => {
                realm::stall(request, 200, &headers.to_string(), &begin)
            }
        }
    }
}

pub(crate) fn json(body: &Value) -> Answer {
    Answer::Text(
        200,
        value!({ "content-type": "application/json" }),
        body.to_string(),
    )
}

pub(crate) fn html(status: u16) -> Answer {
    Answer::Text(
        status,
        value!({ "content-type": "text/html" }),
        "<p>no".into(),
    )
}

fn metadata() -> Value {
    let endpoint = |path: &str| format!("{ISSUER}{path}");
    value!({
        "issuer": ISSUER,
        "authorization_endpoint": endpoint("/authorize"),
        "token_endpoint": endpoint("/token"),
        "jwks_uri": endpoint("/jwks"),
        "userinfo_endpoint": endpoint("/userinfo"),
        "revocation_endpoint": endpoint("/revoke"),
        "end_session_endpoint": endpoint("/end"),
    })
}

fn claims(nonce: &str) -> Value {
    let now_s = (js_sys::Date::now() / 1_000.0) as u64;
    value!({
        "iss": ISSUER, "sub": "alice", "aud": "spa", "nonce": nonce, "iat": now_s, "exp": now_s + 300,
    })
}

fn path_of(url: &str) -> String {
    web_sys::Url::new(url).unwrap().pathname()
}
