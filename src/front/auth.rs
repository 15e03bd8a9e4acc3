//! The client that an app touches.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::convert::Infallible;

use wasm_bindgen_futures::spawn_local;
use web_sys::{Request, Response, Window};

use super::config::AuthConfig;
use super::error::{AuthError, FetchError};
use super::latch::Latch;
use super::options::{SignInOptions, SignOutOptions};
#[cfg(feature = "page-vault")]
use super::page::Page;
use super::state::{AuthEvent, AuthState, Diagnosis, User};
use super::telling::{Subscription, events, states};
use super::view::View;
#[cfg(feature = "worker-vault")]
use super::worker::Worker;
use crate::protocol::error::Code;
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
pub struct Auth(Rc<Inner>);

struct Inner {
    config: AuthConfig,
    view: Rc<View>,
    place: Place,
}

/// Where the vault is.
enum Place {
    /// There is no page, and so no vault.
    Server,
    #[cfg(feature = "page-vault")]
    Page(Rc<Page>),
    #[cfg(feature = "worker-vault")]
    Worker(Worker),
}

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
            let view = View::loading();
            // A server has nothing to wait for.
            view.ready.settle(view.state.borrow().clone());
            return Self::at(Place::Server, config, view.into());
        };
        let is_same = |auth: &&Auth| {
            auth.0.config.issuer == config.issuer && auth.0.config.client_id == config.client_id
        };
        let known = CLIENTS.with_borrow(|clients| clients.iter().find(is_same).cloned());
        if let Some(known) = known {
            if known.0.config != config {
                known.conflict();
            }
            return known;
        }
        let auth = Self::open(config, window);
        CLIENTS.with_borrow_mut(|clients| clients.push(auth.clone()));
        auth
    }

    fn open(config: AuthConfig, window: Window) -> Self {
        let view = Rc::new(View::loading());
        let place = Place::of(&config, window, &view);
        Self::at(place, config, view)
    }

    fn at(place: Place, config: AuthConfig, view: Rc<View>) -> Self {
        Self(Rc::new(Inner {
            config,
            view,
            place,
        }))
    }

    fn conflict(&self) {
        match &self.0.place {
            Place::Server => {}
            #[cfg(feature = "page-vault")]
            Place::Page(page) => self.0.view.report(page.fail(Code::ConfigConflict)),
            #[cfg(feature = "worker-vault")]
            Place::Worker(worker) => worker.conflict(),
        }
    }

    /// The state of the session.
    #[must_use]
    pub fn state(&self) -> AuthState {
        self.0.view.state.borrow().clone()
    }

    /// Who is signed in.
    #[must_use]
    pub fn user(&self) -> Option<User> {
        self.0.view.state.borrow().user().cloned()
    }

    /// Findings about the set-up, newest last.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnosis> {
        self.0.view.telling.diagnostics()
    }

    /// Waits until the load is through: callback handled, session restored, or signed out. It stays pending only while the
    /// page is leaving for the provider, and gives [`AuthState::Loading`] on a server.
    pub async fn ready(&self) -> AuthState {
        self.0.view.ready.wait().await;
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
        self.0.view.telling.listen(states(listener))
    }

    /// Calls back on each event, for as long as the subscription lives.
    pub fn on(&self, listener: impl FnMut(&AuthEvent) + 'static) -> Subscription {
        self.0.view.telling.listen(events(listener))
    }

    /// Calls back on each step that the client takes, in the front channel and in the back channel. No step holds a
    /// secret.
    #[cfg(feature = "trace")]
    pub fn on_step(&self, mut listener: impl FnMut(&Step) + 'static) -> Subscription {
        self.0.view.telling.listen(move |told| {
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
        match &self.0.place {
            Place::Server => Err(AuthError::bare(Code::InsecureContext)),
            #[cfg(feature = "page-vault")]
            Place::Page(page) => page.sign_in(&options).await,
            #[cfg(feature = "worker-vault")]
            Place::Worker(worker) => worker.sign_in(&options).await,
        }
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
        let request = request.into();
        match &self.0.place {
            Place::Server => Err(AuthError::bare(Code::LoginRequired).into()),
            #[cfg(feature = "page-vault")]
            Place::Page(page) => page.fetch(request).await,
            #[cfg(feature = "worker-vault")]
            Place::Worker(worker) => worker.fetch(request).await,
        }
    }

    /// [`fetch`](Self::fetch) of a URL by GET. A relative one is seen from the page.
    ///
    /// # Errors
    /// Those of [`fetch`](Self::fetch).
    pub async fn get(&self, url: &str) -> Result<Response, FetchError> {
        if let Place::Server = self.0.place {
            return Err(AuthError::bare(Code::LoginRequired).into());
        }
        let request = Request::new_with_str(url).map_err(FetchError::Thrown)?;
        self.fetch(request).await
    }

    /// Asks the UserInfo endpoint (OpenID Connect Core 1.0 section 5.3); an answer about somebody else is refused.
    ///
    /// # Errors
    /// - `login_required`: nobody is signed in
    /// - `userinfo_*`: the answer cannot be used
    pub async fn user_info(&self) -> Result<User, AuthError> {
        match &self.0.place {
            Place::Server => Err(AuthError::bare(Code::LoginRequired)),
            #[cfg(feature = "page-vault")]
            Place::Page(page) => page.user_info().await,
            #[cfg(feature = "worker-vault")]
            Place::Worker(worker) => worker.user_info().await,
        }
    }

    /// Renews the access token now (RFC 6749 section 6). Seldom needed: calls renew by themselves.
    ///
    /// # Errors
    /// - `login_required`: nobody is signed in
    /// - `refresh_missing`: the provider gave no refresh token
    /// - `refresh_failed`, `offline`, `timeout`: try again later; the session lives
    /// - `refresh_rejected`: the session is over; sign in
    pub async fn refresh(&self) -> Result<(), AuthError> {
        match &self.0.place {
            Place::Server => Err(AuthError::bare(Code::LoginRequired)),
            #[cfg(feature = "page-vault")]
            Place::Page(page) => page.refresh().await,
            #[cfg(feature = "worker-vault")]
            Place::Worker(worker) => worker.refresh().await,
        }
    }

    /// The access token, for a library that cannot take [`fetch`](Self::fetch). It leaves Keyward's care with this call.
    ///
    /// # Errors
    /// - `token_stays_in_vault`: the vault is a worker, and no token leaves it; use [`fetch`](Self::fetch)
    /// - those of [`refresh`](Self::refresh)
    pub async fn access_token(&self) -> Result<String, AuthError> {
        match &self.0.place {
            Place::Server => Err(AuthError::bare(Code::LoginRequired)),
            #[cfg(feature = "page-vault")]
            Place::Page(page) => page.access_token().await,
            #[cfg(feature = "worker-vault")]
            Place::Worker(worker) => worker.access_token().await,
        }
    }

    /// Counts as the user's activity for [`AuthConfig::idle`]: for a player, or a button "stay signed in".
    pub fn touch(&self) {
        match &self.0.place {
            Place::Server => {}
            #[cfg(feature = "page-vault")]
            Place::Page(page) => page.touch(),
            #[cfg(feature = "worker-vault")]
            Place::Worker(worker) => worker.touch(),
        }
    }

    /// Signs out in every tab at once, revokes the grant (RFC 7009), and leaves for the provider's sign-out (OpenID Connect
    /// RP-Initiated Logout 1.0). It goes on when the future is dropped.
    ///
    /// # Errors
    /// - `config_return_target`: the return target is no URL of this origin; nobody is signed out
    pub async fn sign_out(&self, options: SignOutOptions) -> Result<(), AuthError> {
        if let Place::Server = self.0.place {
            return Ok(());
        }
        let outcome = Latch::new();
        let (auth, told) = (self.clone(), outcome.clone());
        // A component that asks for it is often gone with the first change of the state.
        spawn_local(async move { told.settle(auth.leave_session(&options).await) });
        outcome.wait().await
    }

    async fn leave_session(&self, options: &SignOutOptions) -> Result<(), AuthError> {
        match &self.0.place {
            Place::Server => Ok(()),
            #[cfg(feature = "page-vault")]
            Place::Page(page) => page.sign_out(options).await,
            #[cfg(feature = "worker-vault")]
            Place::Worker(worker) => worker.sign_out(options).await,
        }
    }
}

impl Place {
    /// Where there are both the configuration says which.
    #[cfg(feature = "page-vault")]
    fn of(config: &AuthConfig, window: Window, view: &Rc<View>) -> Self {
        #[cfg(feature = "worker-vault")]
        if config.vault.is_some() {
            return Self::Worker(Worker::open(config, view));
        }
        Self::Page(Page::open(config, window, view))
    }

    /// That the option is missing is told as any bad one is.
    #[cfg(not(feature = "page-vault"))]
    fn of(config: &AuthConfig, _: Window, view: &Rc<View>) -> Self {
        Self::Worker(Worker::open(config, view))
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
            .field("state", &self.0.view.state.borrow())
            .finish_non_exhaustive()
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
