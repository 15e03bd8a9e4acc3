//! What happens to the page, as the front needs to know it.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::task::Poll;

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Event, HtmlElement, PageTransitionEvent, VisibilityState, Window};

/// Listens for as long as it lives.
pub(super) struct PageLife {
    stopped: Rc<Cell<bool>>,
    _listeners: Vec<EventListener>,
}

impl PageLife {
    /// `on_show`: the page can be seen (again): shown, focused, thawed, back from the cache. `on_network`: the network
    /// came or went.
    pub(super) fn watch(
        window: &Window,
        document: &Document,
        on_show: impl Fn() + 'static,
        on_network: impl Fn() + 'static,
    ) -> Self {
        let stopped = Rc::new(Cell::new(false));
        let (on_show, on_network) = (Rc::new(on_show), Rc::new(on_network));
        let stop = {
            let stopped = stopped.clone();
            move |event: &Event| {
                let kept = event
                    .dyn_ref::<PageTransitionEvent>()
                    .is_none_or(PageTransitionEvent::persisted);
                if kept {
                    stopped.set(true);
                }
            }
        };
        let show = {
            let (stopped, on_show) = (stopped.clone(), on_show.clone());
            move |_: &Event| {
                on_show();
                stopped.set(false);
            }
        };
        let seen = {
            let on_show = on_show.clone();
            move |_: &Event| {
                if is_visible() {
                    on_show();
                }
            }
        };
        let focus = move |_: &Event| on_show();
        let back = on_network.clone();
        Self {
            stopped,
            _listeners: [
                EventListener::new(window, "pagehide", stop.clone()),
                EventListener::new(document, "freeze", stop),
                EventListener::new(window, "pageshow", show.clone()),
                EventListener::new(document, "resume", show),
                EventListener::new(document, "visibilitychange", seen),
                EventListener::new(window, "focus", focus),
                EventListener::new(window, "online", move |_| back()),
                EventListener::new(window, "offline", move |_| on_network()),
            ]
            .into(),
        }
    }

    /// Whether the page was stopped, in the cache or frozen, and has not been shown since: what it shows may be old, and on
    /// its way back other events come first.
    pub(super) fn was_stopped(&self) -> bool {
        self.stopped.get()
    }
}

/// Resolves once the user can see the page: at once, when a hidden tab is shown, when a prerendered page is used.
pub(super) async fn shown() {
    let mut listeners = Vec::new();
    poll_fn(|context| {
        if is_visible() {
            listeners.clear();
            return Poll::Ready(());
        }
        if let Some(document) = document().filter(|_| listeners.is_empty()) {
            for event in ["visibilitychange", "prerenderingchange"] {
                let waker = context.waker().clone();
                listeners.push(EventListener::new(&document, event, move |_| {
                    waker.wake_by_ref();
                }));
            }
        }
        Poll::Pending
    })
    .await;
}

pub(super) fn is_visible() -> bool {
    document().is_some_and(|document| {
        let prerendering = js_sys::Reflect::get(&document, &JsValue::from("prerendering"));
        document.visibility_state() == VisibilityState::Visible
            && !prerendering.is_ok_and(|flag| flag.is_truthy())
    })
}

thread_local! {
    /// How many hide the page, and how it was shown before the first of them.
    static HIDING: Cell<usize> = const { Cell::new(0) };
    static DISPLAY: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Shows nothing of this page any more; returns what brings it back, when nobody else hides it.
pub(super) fn hide() -> impl FnOnce() {
    let element = document()
        .and_then(|document| document.document_element())
        .and_then(|element| element.dyn_into::<HtmlElement>().ok());
    let style = element.map(|element| element.style());
    let others = HIDING.replace(HIDING.get() + 1);
    if let Some(style) = &style {
        if others == 0 {
            DISPLAY.set(style.get_property_value("display").unwrap_or_default());
        }
        let _ = style.set_property_with_priority("display", "none", "important");
    }
    move || {
        HIDING.set(HIDING.get() - 1);
        if let (Some(style), 0) = (style, HIDING.get()) {
            let _ = DISPLAY.with_borrow(|display| style.set_property("display", display));
        }
    }
}

/// Loads the page anew, and shows nothing of it until then: what it shows belongs to a session that ended.
pub(super) fn hide_and_reload() {
    let _never_back = hide();
    reload();
}

pub(super) fn reload() {
    if let Some(window) = web_sys::window() {
        let _ = window.location().reload();
    }
}

/// Whether a restore may take this page to the provider and back.
pub(super) fn is_top_level() -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    let top = window.top().ok().flatten();
    let opener = window.opener().unwrap_or(JsValue::NULL);
    top.as_ref() == Some(&window) && opener.is_null()
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}
