//! One place for what went wrong: the code, the reason in words, the fix, and the page that explains it.

use keyward::yew::use_auth_state;
use keyward::{AuthError, FetchError};
use yew::prelude::*;

use crate::app::use_settings;

/// What went wrong, as far as this page can tell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Problem {
    Coded(AuthError),
    /// What `fetch` itself threw.
    Unreachable,
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        Self::Coded(error)
    }
}

impl From<FetchError> for Problem {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Auth(error) => Self::Coded(error),
            FetchError::Thrown(_) => Self::Unreachable,
        }
    }
}

/// The problem that is shown, and how to show another or none.
#[derive(Clone, PartialEq)]
struct Shown {
    problem: Option<Problem>,
    show: Callback<Option<Problem>>,
}

/// Tells everybody below where problems go. The last error of the session's state is one of them.
#[component]
pub(crate) fn ProblemProvider(props: &yew::html::ChildrenProps) -> Html {
    let problem = use_state_eq(|| None::<Problem>);
    let show = {
        let problem = problem.setter();
        use_callback((), move |shown: Option<Problem>, ()| problem.set(shown))
    };
    let last = use_auth_state().last_error().cloned();
    {
        let show = show.clone();
        use_effect_with(last, move |last| show.emit(last.clone().map(Problem::from)));
    }
    let context = Shown {
        problem: Option::clone(&problem),
        show,
    };
    html! {
        <ContextProvider<Shown> {context}>{ props.children.clone() }</ContextProvider<Shown>>
    }
}

/// Shows a problem, or takes the shown one away.
#[hook]
pub(crate) fn use_report() -> Callback<Option<Problem>> {
    use_context::<Shown>()
        .map(|shown| shown.show)
        .unwrap_or_default()
}

#[component]
pub(crate) fn ProblemPanel() -> Html {
    let settings = use_settings();
    let Some(Shown {
        problem: Some(problem),
        show,
    }) = use_context::<Shown>()
    else {
        return Html::default();
    };
    let close = move |_: MouseEvent| show.emit(None);
    let body = match &problem {
        Problem::Coded(error) => html! {
            <>
                <p class="code">{ error.code().as_str() }</p>
                <p class="problem-message">{ error.message() }</p>
                if let Some(said) = said(error) {
                    <p class="problem-provider">{ format!("The provider says: {said}") }</p>
                }
                <div class="fix">
                    <span class="fix-label">{ "Fix" }</span>
                    <p>{ error.fix() }</p>
                </div>
                <p><a href={settings.docs(error)} target="_blank" rel="noreferrer">
                    { format!("About {}", error.code().as_str()) }
                </a></p>
            </>
        },
        Problem::Unreachable => html! {
            <>
                <p class="problem-message">{ "The API cannot be reached." }</p>
                <div class="fix">
                    <span class="fix-label">{ "Fix" }</span>
                    <p>
                        { "Check that it runs at " }<code>{ &settings.api }</code>
                        { ", and that it allows requests from this origin (CORS)." }
                    </p>
                </div>
            </>
        },
    };
    html! {
        <section class="problem" role="alert" data-testid="error">
            { body }
            <button type="button" class="close" aria-label="Close this message" onclick={close}>{ "×" }</button>
        </section>
    }
}

/// Somebody else's text; Yew shows it as text.
fn said(error: &AuthError) -> Option<String> {
    let provider = error.provider()?;
    Some(
        provider
            .description
            .clone()
            .unwrap_or_else(|| provider.error.clone()),
    )
}
