//! The addresses of the demo.

use yew_router::prelude::*;

#[derive(Clone, Debug, PartialEq, Routable)]
pub(crate) enum Route {
    #[at("/")]
    Overview,
    #[at("/orders")]
    Orders,
    #[at("/evolution")]
    Evolution,
    #[at("/evolution/:step")]
    EvolutionStep { step: String },
    #[not_found]
    #[at("/404")]
    NotFound,
}

impl Route {
    /// Which routes only a signed-in user sees. The data are guarded by the API, not by this.
    pub(crate) fn is_protected(&self) -> bool {
        matches!(self, Self::Orders)
    }

    pub(crate) fn is_evolution(&self) -> bool {
        matches!(self, Self::Evolution | Self::EvolutionStep { .. })
    }
}
