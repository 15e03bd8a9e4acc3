//! Who provides what to whom.

use std::rc::Rc;

use keyward::Auth;
use keyward::yew::AuthProvider;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::problem::ProblemProvider;
use crate::settings::Settings;
use crate::shell::Shell;
use crate::tabs::TabsProvider;
use crate::trace::Log;

#[derive(Properties, PartialEq)]
pub(crate) struct AppProps {
    pub(crate) settings: Settings,
    pub(crate) auth: Auth,
    pub(crate) log: Log,
}

#[component]
pub(crate) fn App(props: &AppProps) -> Html {
    let settings = use_memo(props.settings.clone(), Settings::clone);
    html! {
        <ContextProvider<Rc<Settings>> context={settings}>
            <ContextProvider<Log> context={props.log.clone()}>
                <AuthProvider auth={props.auth.clone()}>
                    <ProblemProvider>
                        <TabsProvider>
                            <BrowserRouter><Shell /></BrowserRouter>
                        </TabsProvider>
                    </ProblemProvider>
                </AuthProvider>
            </ContextProvider<Log>>
        </ContextProvider<Rc<Settings>>>
    }
}

/// The settings of this deployment.
#[hook]
pub(crate) fn use_settings() -> Rc<Settings> {
    use_context::<Rc<Settings>>().unwrap_or_default()
}
