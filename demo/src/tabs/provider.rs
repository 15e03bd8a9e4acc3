//! Keeps the list of the other tabs, and tells them about this one.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use keyward::AuthState;
use keyward::yew::use_auth_state;
use yew::prelude::*;

use super::channel::{Channel, Message, Status, Tab, now, own_id};
use crate::session::name_of;

/// This tab and the others.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Known {
    pub(super) own: String,
    pub(super) others: Vec<Tab>,
}

pub(super) enum Change {
    Own(String),
    Seen(Tab),
    Gone(String),
}

impl Reducible for Known {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut known = (*self).clone();
        match change {
            Change::Own(id) => known.own = id,
            Change::Gone(id) => known.others.retain(|tab| tab.id != id),
            Change::Seen(tab) => match known.others.iter_mut().find(|one| one.id == tab.id) {
                Some(one) => *one = tab,
                None => known.others.push(tab),
            },
        }
        Rc::new(known)
    }
}

#[component]
pub(crate) fn TabsProvider(props: &yew::html::ChildrenProps) -> Html {
    let known = use_reducer(Known::default);
    let state = use_auth_state();
    let own = use_mut_ref(|| Tab {
        id: own_id(false),
        status: Status::Loading,
        name: None,
        since: now(),
    });
    let channel = use_mut_ref(|| None::<Channel>);
    {
        let (own, channel) = (own.clone(), channel.clone());
        let tell = known.dispatcher();
        use_effect_with((), move |()| {
            tell.dispatch(Change::Own(own.borrow().id.clone()));
            let opened = {
                let (own, channel) = (own.clone(), channel.clone());
                Channel::open(move |message| match message {
                    Message::Hello(tab) | Message::Here(tab) if tab.id == own.borrow().id => {
                        own.borrow_mut().id = own_id(true);
                        tell.dispatch(Change::Own(own.borrow().id.clone()));
                        say(&channel, Message::Hello(own.borrow().clone()));
                    }
                    Message::Hello(tab) => {
                        tell.dispatch(Change::Seen(tab));
                        say(&channel, Message::Here(own.borrow().clone()));
                    }
                    Message::Here(tab) => tell.dispatch(Change::Seen(tab)),
                    Message::Bye(id) => tell.dispatch(Change::Gone(id)),
                })
            };
            channel.replace(opened);
            say(&channel, Message::Hello(own.borrow().clone()));
            let life = web_sys::window().map(|window| {
                let (leaving, coming) = ((own.clone(), channel.clone()), (own, channel.clone()));
                [
                    EventListener::new(&window, "pagehide", move |_| {
                        say(&leaving.1, Message::Bye(leaving.0.borrow().id.clone()));
                    }),
                    // Out of the back/forward cache.
                    EventListener::new(&window, "pageshow", move |_| {
                        say(&coming.1, Message::Hello(coming.0.borrow().clone()));
                    }),
                ]
            });
            move || {
                drop(life);
                channel.replace(None);
            }
        });
    }
    use_effect_with(state, move |state| {
        let (status, name) = match state {
            AuthState::Loading { .. } => (Status::Loading, None),
            AuthState::SignedOut { .. } => (Status::SignedOut, None),
            AuthState::SignedIn { user, .. } => (Status::SignedIn, Some(name_of(user))),
        };
        let changed = own.borrow().status != status || own.borrow().name != name;
        if changed {
            {
                let mut own = own.borrow_mut();
                (own.status, own.name, own.since) = (status, name, now());
            }
            say(&channel, Message::Here(own.borrow().clone()));
        }
    });
    let context = (*known).clone();
    html! {
        <ContextProvider<Known> {context}>{ props.children.clone() }</ContextProvider<Known>>
    }
}

fn say(channel: &RefCell<Option<Channel>>, message: Message) {
    if let Some(channel) = &*channel.borrow() {
        channel.say(&message);
    }
}
