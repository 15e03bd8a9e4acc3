//! The client that an app touches.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{OnceCell, RefCell};
use core::convert::Infallible;

use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, Request, Response, Url, Window};

use super::activity::Activity;
use super::callback::{Arrival, Client, arrive};
use super::config::AuthConfig;
use super::error::{AuthError, FetchError, Names};
use super::latch::Latch;
use super::link::Link;
use super::options::{SignInOptions, SignOutOptions};
use super::page::{Browser, Page, now};
use super::state::{AuthEvent, AuthState, Diagnosis, ExpiresAt, User};
use super::store::Store;
use super::telling::{Subscription, Telling, events, states};
use super::transactions;
use crate::protocol::error::{Code, Error};
use crate::session::Config;
#[cfg(feature = "trace")]
use crate::vault::Step;

/// The client of one app at one provider. Clones are handles to the same client.
///
/// ```no_run
/// use keyward::{Auth, AuthConfig, SignInOptions};
///
/// # async fn example() -> Result<(), keyward::AuthError> {
/// let auth = Auth::new(AuthConfig::new("https://id.example", "spa"));
/// let state = auth.ready().await;
/// if state.is_signed_out() {
///     auth.sign_in(SignInOptions::new()).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Auth(Rc<Page>);

thread_local! {
    static CLIENTS: RefCell<Vec<Auth>> = const { RefCell::new(Vec::new()) };
}

impl Auth {
    /// Makes the client. Call it first of all in `main`: an answer of the provider is taken out of the URL in this very
    /// call, before a router or a script can see it.
    ///
    /// The same issuer and client again gives the same client; with other options it reports `config_conflict` and keeps
    /// the first ones. A bad option does not panic: the client is signed out, and the last error of its state has a
    /// `config_*` code.
    ///
    /// On a server the state stays [`AuthState::Loading`], as the first render in the browser shows it.
    #[must_use]
    pub fn new(config: AuthConfig) -> Self {
        let Some(window) = window() else {
            return Self(Rc::new(Page::of(config, None, String::new())));
        };
        let is_same = |auth: &&Auth| {
            auth.0.config.issuer == config.issuer && auth.0.config.client_id == config.client_id
        };
        let known = CLIENTS.with_borrow(|clients| clients.iter().find(is_same).cloned());
        if let Some(known) = known {
            if known.0.config != config {
                known.0.report(known.0.fail(Code::ConfigConflict));
            }
            return known;
        }
        let auth = Self::open(config, window);
        CLIENTS.with_borrow_mut(|clients| clients.push(auth.clone()));
        auth
    }

    fn open(config: AuthConfig, window: Window) -> Self {
        let location = window.location();
        let origin = location.origin().unwrap_or_default();
        let redirect_uri = match &config.redirect_uri {
            Some(uri) => uri.clone(),
            None => default_redirect_uri(&window, &origin),
        };
        let judged = Config::from_json(&config.to_json(&redirect_uri), &origin);
        let store = Store::new(&config.issuer, &config.client_id);
        let channel = format!("keyward.{}|{}", config.issuer, config.client_id);
        let browser = Browser {
            channel: BroadcastChannel::new(&channel).ok(),
            store,
            window: window.clone(),
        };
        let page = Rc::new(Page::of(config, Some(browser), redirect_uri));
        let arrival = match judged {
            Err(error) => {
                let _ = page.link.set(Err(page.named(error)));
                None
            }
            Ok(judged) => {
                let hearing = Rc::downgrade(&page);
                let link = Link::to_page(judged, move |notice| {
                    if let Some(page) = hearing.upgrade() {
                        page.hear(notice);
                    }
                });
                let _ = page.link.set(Ok(link));
                let client = Client {
                    issuer: &page.config.issuer,
                    client_id: &page.config.client_id,
                    redirect_uri: &page.redirect_uri,
                };
                arrive(&window, &client)
            }
        };
        page.begin(arrival);
        Self(page)
    }

    /// The state of the session.
    #[must_use]
    pub fn state(&self) -> AuthState {
        self.0.state.borrow().clone()
    }

    /// Who is signed in.
    #[must_use]
    pub fn user(&self) -> Option<User> {
        self.0.state.borrow().user().cloned()
    }

    /// Findings about the set-up, newest last.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnosis> {
        self.0.telling.diagnostics()
    }

    /// Waits until the load is through: callback handled, session restored, or signed out. It stays pending only while the
    /// page is leaving for the provider, and gives [`AuthState::Loading`] on a server.
    pub async fn ready(&self) -> AuthState {
        self.0.ready.wait().await;
        self.state()
    }

    /// Calls back after each change of the state, for as long as the subscription lives. All that a layer for another
    /// framework needs: put the state into a signal.
    ///
    /// ```no_run
    /// # fn example(auth: keyward::Auth) {
    /// auth.subscribe(|state| { let _signed_in = state.is_signed_in(); }).forget();
    /// # }
    /// ```
    pub fn subscribe(&self, listener: impl FnMut(&AuthState) + 'static) -> Subscription {
        self.0.telling.listen(states(listener))
    }

    /// Calls back on each event, for as long as the subscription lives.
    pub fn on(&self, listener: impl FnMut(&AuthEvent) + 'static) -> Subscription {
        self.0.telling.listen(events(listener))
    }

    /// Calls back on each step that the client takes, in the front channel and in the back channel. No step holds a
    /// secret.
    #[cfg(feature = "trace")]
    pub fn on_step(&self, mut listener: impl FnMut(&Step) + 'static) -> Subscription {
        self.0.telling.listen(move |told| {
            if let super::telling::Told::Step(step) = told {
                listener(step);
            }
        })
    }

    /// Leaves for the provider (RFC 6749 section 4.1, PKCE with S256). Dropped before the page leaves, it is as if it had
    /// not been called.
    ///
    /// # Errors
    /// - `config_return_target`: the return target is no URL of this origin; `config_*`: see the fix
    /// - `storage_unavailable`, `storage_full`: the sign-in has no place to wait; nothing has left
    /// - `insecure_context`: the page is neither on https nor on a loopback host
    /// - `discovery_*`, `offline`, `timeout`: the provider cannot be reached; retryable ones may be tried again
    /// - `navigation_cancelled`: the user came back without an answer
    pub async fn sign_in(&self, options: SignInOptions) -> Result<Infallible, AuthError> {
        self.0.sign_in(&options).await
    }

    /// Sends a request with the access token, to the configured resources only (RFC 6750 section 2.1). The token is renewed
    /// when needed, once for all calls that wait; a 401 costs one refresh and one replay. Waits while the state is loading.
    /// Signed out, the request goes without a token.
    ///
    /// Takes a `web_sys::Request` or a `gloo_net::http::Request`; the `Response` turns into gloo's by `Response::from`.
    /// Dropping the future cancels the call.
    ///
    /// # Errors
    /// - `api_not_allowed`: the URL is in no resource; the fix is the line to add
    /// - `login_required`: nobody is signed in and the API said 401: sign in
    /// - `insufficient_scope`, `step_up_required`: the API wants more; sign in with what the error names
    /// - `api_redirected`, `api_own_authorization`: see the fix
    /// - [`FetchError::Thrown`]: what `fetch` itself throws, such as a failed network or an abort
    pub async fn fetch(&self, request: impl Into<Request>) -> Result<Response, FetchError> {
        self.0.fetch(request.into()).await
    }

    /// [`fetch`](Self::fetch) of a URL by GET. A relative one is seen from the page.
    ///
    /// # Errors
    /// Those of [`fetch`](Self::fetch).
    pub async fn get(&self, url: &str) -> Result<Response, FetchError> {
        if self.0.browser.is_none() {
            return Err(self.0.fail(Code::LoginRequired).into());
        }
        let request = Request::new_with_str(url).map_err(FetchError::Thrown)?;
        self.0.fetch(request).await
    }

    /// Asks the UserInfo endpoint (OpenID Connect Core 1.0 section 5.3); an answer about somebody else is refused.
    ///
    /// # Errors
    /// - `login_required`: nobody is signed in
    /// - `userinfo_*`: the answer cannot be used
    pub async fn user_info(&self) -> Result<User, AuthError> {
        self.0.user_info().await
    }

    /// Renews the access token now (RFC 6749 section 6). Seldom needed: calls renew by themselves.
    ///
    /// # Errors
    /// - `login_required`: nobody is signed in
    /// - `refresh_missing`: the provider gave no refresh token
    /// - `refresh_failed`, `offline`, `timeout`: try again later; the session lives
    /// - `refresh_rejected`: the session is over; sign in
    pub async fn refresh(&self) -> Result<(), AuthError> {
        self.0.refresh().await
    }

    /// The access token, for a library that cannot take [`fetch`](Self::fetch). It leaves Keyward's care with this call.
    ///
    /// # Errors
    /// Those of [`refresh`](Self::refresh).
    pub async fn access_token(&self) -> Result<String, AuthError> {
        self.0.access_token().await
    }

    /// Counts as the user's activity for [`AuthConfig::idle`]: for a player, or a button "stay signed in".
    pub fn touch(&self) {
        self.0.touch();
    }

    /// Signs out in every tab at once, revokes the grant (RFC 7009), and leaves for the provider's sign-out (OpenID Connect
    /// RP-Initiated Logout 1.0). It goes on when the future is dropped.
    ///
    /// # Errors
    /// - `config_return_target`: the return target is no URL of this origin; nobody is signed out
    pub async fn sign_out(&self, options: SignOutOptions) -> Result<(), AuthError> {
        if self.0.browser.is_none() {
            return Ok(());
        }
        let outcome = Latch::new();
        let (page, told) = (self.0.clone(), outcome.clone());
        // A component that asks for it is often gone with the first change of the state.
        spawn_local(async move { told.settle(page.sign_out(&options).await) });
        outcome.wait().await
    }
}

/// Equal when they are handles to the same client.
impl PartialEq for Auth {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl core::fmt::Debug for Auth {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Auth")
            .field("client_id", &self.0.config.client_id)
            .field("state", &self.0.state.borrow())
            .finish_non_exhaustive()
    }
}

impl Page {
    fn of(config: AuthConfig, browser: Option<Browser>, redirect_uri: String) -> Self {
        let loading = AuthState::Loading { last_error: None };
        // A server has nothing to wait for.
        let ready = match browser {
            Some(_) => Latch::new(),
            None => Latch::settled(loading.clone()),
        };
        let origin = browser
            .as_ref()
            .map(|browser| browser.window.location().origin());
        let issuer_origin = browser.as_ref().and_then(|_| Url::new(&config.issuer).ok());
        let names = Rc::new(Names {
            issuer_origin: issuer_origin.map_or_else(|| config.issuer.clone(), |url| url.origin()),
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            origin: origin.and_then(Result::ok).unwrap_or_default(),
            redirect_uri: redirect_uri.clone(),
        });
        let seen = browser.as_ref().and_then(|browser| browser.store.mark());
        Self {
            config,
            redirect_uri,
            names,
            browser,
            link: OnceCell::new(),
            telling: Telling::default(),
            ready,
            state: RefCell::new(loading),
            expires_at: ExpiresAt::default(),
            session: RefCell::default(),
            mark: RefCell::default(),
            seen: RefCell::new(seen),
            adopting: RefCell::new(Latch::settled(())),
            cancel_navigation: RefCell::default(),
            activity: Activity::default(),
            life: OnceCell::new(),
            listeners: RefCell::default(),
        }
    }

    /// The first task of a page's life, after its URL was read.
    fn begin(self: &Rc<Self>, arrival: Option<Arrival>) {
        transactions::prune(now());
        self.listen();
        #[cfg(feature = "trace")]
        self.trace();
        let page = self.clone();
        // A task later: whoever makes the client can listen before anything is told.
        spawn_local(async move {
            match &arrival {
                Some(Arrival::Lost) => page.diagnose(page.fail(Code::CallbackUrlChanged)),
                Some(Arrival::Foreign) => page.diagnose(page.fail(Code::LogoutStateMismatch)),
                #[cfg(feature = "trace")]
                Some(Arrival::SignedOut) => {
                    page.step(super::steps::end_session_response(&page.redirect_uri));
                }
                #[cfg(feature = "trace")]
                Some(Arrival::Callback { query, .. }) => {
                    page.step(super::steps::authorization_response(
                        query,
                        &page.redirect_uri,
                    ));
                }
                _ => {}
            }
            if page.store().is_some_and(|store| !store.is_shared()) {
                page.diagnose(page.named(Error::new(Code::StorageUnavailable)));
            }
            page.start(arrival).await;
        });
    }
}

/// The page's window; none on a server.
fn window() -> Option<Window> {
    if cfg!(target_arch = "wasm32") {
        web_sys::window()
    } else {
        None
    }
}

/// The redirect URI that is used when none is given.
fn default_redirect_uri(window: &Window, origin: &str) -> String {
    let of_base = || {
        let document = window.document()?;
        document.query_selector("base[href]").ok()??;
        let base = document.base_uri().ok()??;
        Some(Url::new_with_base(".", &base).ok()?.href())
    };
    of_base().unwrap_or_else(|| [origin, "/"].concat())
}
