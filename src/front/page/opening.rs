//! A client comes into being: who it is, where its vault is, and what the page was loaded with.

use alloc::rc::Rc;
use alloc::string::String;
use core::cell::{OnceCell, RefCell};

use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, Url, Window};

use super::activity::Activity;
use super::callback::{Arrival, Client, arrive};
use super::link::Link;
use super::one_grant::tab_name;
use super::store::Store;
use super::{Page, now, transactions};
use crate::front::config::AuthConfig;
use crate::front::error::Names;
use crate::front::latch::Latch;
use crate::front::view::View;
use crate::protocol::error::Code;
use crate::session::Config;

impl Page {
    pub(in crate::front) fn open(config: &AuthConfig, window: Window, view: &Rc<View>) -> Rc<Self> {
        let location = window.location();
        let origin = location.origin().unwrap_or_default();
        let redirect_uri = match &config.redirect_uri {
            Some(uri) => uri.clone(),
            None => default_redirect_uri(&window, &origin),
        };
        let judged = Config::from_json(
            &config.to_page_json(&redirect_uri, tab_name().as_deref()),
            &origin,
        );
        let page = Rc::new(Self::of(config, window, redirect_uri, origin, view));
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
                arrive(&page.window, &client)
            }
        };
        page.begin(arrival);
        page
    }

    fn of(
        config: &AuthConfig,
        window: Window,
        redirect_uri: String,
        origin: String,
        view: &Rc<View>,
    ) -> Self {
        let issuer_origin = Url::new(&config.issuer).map(|url| url.origin());
        let names = Names {
            issuer_origin: issuer_origin.unwrap_or_else(|_| config.issuer.clone()),
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
            origin,
            redirect_uri: redirect_uri.clone(),
        };
        let store = Store::new(&config.issuer, &config.client_id);
        let channel = format!("keyward.{}|{}", config.issuer, config.client_id);
        Self {
            seen: RefCell::new(store.mark()),
            config: config.clone(),
            redirect_uri,
            names: Rc::new(names),
            window,
            store,
            channel: BroadcastChannel::new(&channel).ok(),
            link: OnceCell::new(),
            view: view.clone(),
            session: RefCell::default(),
            mark: RefCell::default(),
            adopting: RefCell::new(Latch::settled(())),
            waiting: RefCell::new(Latch::new()),
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
                Some(Arrival::Lost) => page.view.diagnose(page.fail(Code::CallbackUrlChanged)),
                Some(Arrival::Foreign) => page.view.diagnose(page.fail(Code::LogoutStateMismatch)),
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
            if !page.store.is_shared() {
                page.view.diagnose(page.fail(Code::StorageUnavailable));
            }
            page.start(arrival).await;
        });
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
