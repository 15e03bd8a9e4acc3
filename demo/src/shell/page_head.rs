//! The head of a page: its name goes into the title bar, and the focus comes here when the page changes.

use std::cell::Cell;

use gloo_timers::callback::Timeout;
use web_sys::HtmlElement;
use yew::prelude::*;

thread_local! {
    /// The load of the document leaves the focus where the browser put it.
    static LOADED: Cell<bool> = const { Cell::new(false) };
}

#[derive(Properties, PartialEq)]
pub(crate) struct PageHeadProps {
    pub(crate) title: AttrValue,
    /// What the title bar says, if that is another.
    #[prop_or_default]
    pub(crate) document_title: Option<AttrValue>,
    #[prop_or_default]
    pub(crate) eyebrow: Option<AttrValue>,
    #[prop_or_default]
    pub(crate) children: Html,
}

#[component]
pub(crate) fn PageHead(props: &PageHeadProps) -> Html {
    let head = use_node_ref();
    let named = props
        .document_title
        .as_ref()
        .unwrap_or(&props.title)
        .clone();
    {
        let head = head.clone();
        use_effect_with(named, move |named| {
            if let Some(document) = web_sys::window().and_then(|window| window.document()) {
                document.set_title(&format!("{named} · Keyward demo"));
            }
            // A turn later: the page that is left takes its focus with it first.
            let timer = LOADED.replace(true).then(|| {
                Timeout::new(0, move || {
                    if let Some(head) = head.cast::<HtmlElement>() {
                        // A focus that cannot move is where it was.
                        let _ = head.focus();
                    }
                })
            });
            move || drop(timer)
        });
    }
    html! {
        <header class="page-head">
            if let Some(eyebrow) = &props.eyebrow {
                <p class="eyebrow">{ eyebrow }</p>
            }
            <h1 tabindex="-1" ref={head}>{ &props.title }</h1>
            { props.children.clone() }
        </header>
    }
}
