//! The first page: the session, what to do with it, and what that does on the wire.

use keyward::yew::use_user;
use yew::prelude::*;

use crate::app::use_settings;
use crate::calls::Calls;
use crate::session::{Plate, Profile, name_of};
use crate::shell::PageHead;
use crate::tabs::Tabs;
use crate::trace::LiveDiagram;

const ALL: &str = "Do what a user does. Every message between you, the app, the provider and the API is drawn as it \
     happens, with its reason and its standard.";
const FROM_OUTSIDE: &str =
    "Do what a user does, with the tokens where no script of this page can read them.";

#[component]
pub(crate) fn Overview() -> Html {
    let (user, settings) = (use_user(), use_settings());
    let title = match &user {
        Some(user) => {
            let name = name_of(user);
            let first = name.split(' ').next().unwrap_or_default();
            format!("Hello {first}, here is how you got in")
        }
        None => "A sign-in you can watch".into(),
    };
    html! {
        <div class="overview">
            <PageHead {title} document_title={AttrValue::from("Overview")}>
                <p class="lead">
                    { if settings.has_vault() { FROM_OUTSIDE } else { ALL } }
                </p>
            </PageHead>
            <div class="overview-plate"><Plate /></div>
            <div class="overview-side">
                <Calls />
                <Tabs />
                <Profile />
            </div>
            <div class="overview-stage"><LiveDiagram /></div>
        </div>
    }
}
