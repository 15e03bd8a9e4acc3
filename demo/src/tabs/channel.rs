//! What tabs say to each other.

use gloo_events::EventListener;
use js_sys::{Date, Math};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent, Storage};

const CHANNEL: &str = "keyward-demo.tabs";
const ID_KEY: &str = "keyward-demo.tab";

/// Where a tab stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Loading,
    SignedOut,
    SignedIn,
}

/// A tab as the others see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tab {
    pub(crate) id: String,
    pub(crate) status: Status,
    /// Who is signed in there.
    pub(crate) name: Option<String>,
    /// Since when it is so, in milliseconds since 1970.
    pub(crate) since: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// A tab that has just come; the others answer with `Here`.
    Hello(Tab),
    Here(Tab),
    Bye(String),
}

/// The channel; dropping it closes it.
pub(super) struct Channel {
    channel: BroadcastChannel,
    _listener: EventListener,
}

impl Channel {
    pub(super) fn open(hear: impl Fn(Message) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(CHANNEL).ok()?;
        let listener = EventListener::new(&channel, "message", move |event| {
            let text = event
                .dyn_ref::<MessageEvent>()
                .and_then(|event| event.data().as_string());
            // Another version of this page may say what this one does not understand.
            if let Some(message) = text.and_then(|text| serde_json::from_str(&text).ok()) {
                hear(message);
            }
        });
        Some(Self {
            channel,
            _listener: listener,
        })
    }

    pub(super) fn say(&self, message: &Message) {
        if let Ok(text) = serde_json::to_string(message) {
            // A channel that is closed already has nobody to tell.
            let _ = self.channel.post_message(&JsValue::from_str(&text));
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}

pub(crate) fn now() -> u64 {
    Date::now() as u64
}

/// The tab's name: the same after a reload. A copied tab brings the name of its original and takes another.
pub(super) fn own_id(fresh: bool) -> String {
    let storage = session_storage();
    let kept = storage
        .as_ref()
        .and_then(|storage| storage.get_item(ID_KEY).ok().flatten());
    if let Some(kept) = kept.filter(|_| !fresh) {
        return kept;
    }
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    let letter = |_| {
        let at = (Math::random() * LETTERS.len() as f64) as usize;
        LETTERS.get(at).map_or('A', |letter| char::from(*letter))
    };
    let id: String = (0..3).map(letter).collect();
    if let Some(storage) = storage {
        // Without a storage the tab has another name after a reload.
        let _ = storage.set_item(ID_KEY, &id);
    }
    id
}

fn session_storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}
