//! The kinds of steps: the client's own, and what only this page knows.

use keyward::StepKind;
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($client:ident),* ; $($page:ident),*) => {
        /// A kind of step, in a form that can be kept.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub(crate) enum Kind {
            $($client,)*
            $($page,)*
        }

        impl Kind {
            /// The kind of a step of the client; `None` for one that this page does not know.
            pub(crate) fn of(kind: StepKind) -> Option<Self> {
                match kind {
                    $(StepKind::$client => Some(Self::$client),)*
                    _ => None,
                }
            }

            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$client => stringify!($client),)*
                    $(Self::$page => stringify!($page),)*
                }
            }
        }
    };
}

kinds! {
    DiscoveryRequest, DiscoveryResponse, ProbeRequest, ProbeResponse, KeysRequest, KeysResponse, AuthorizationRequest, AuthorizationResponse,
    TokenRequest, TokenResponse, RefreshRequest, RefreshResponse, HandedOver, IdTokenVerified, UserInfoRequest, UserInfoResponse,
    RevocationRequest, RevocationResponse, ApiCall, ApiAnswer, EndSessionRequest, EndSessionResponse;
    // A button of this page was pressed.
    UserAction,
    // Between the way to the provider and the way back: what the user did there.
    UserSignsIn,
    // What the client told the app.
    SignedIn, SignedOutElsewhere, SessionEnded
}
