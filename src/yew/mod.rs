//! Components and hooks for Yew: one [`AuthProvider`] around the app, everything else below it.
//!
//! ```no_run
//! use keyward::AuthConfig;
//! use keyward::yew::{AuthProvider, RequireAuth, SignOutButton, use_user};
//! use yew::prelude::*;
//!
//! #[component]
//! fn Hello() -> Html {
//!     let user = use_user();
//!     let name = user.as_ref().and_then(|user| user.name()).unwrap_or("you").to_string();
//!     html! { <><p>{ format!("Hello {name}!") }</p><SignOutButton /></> }
//! }
//!
//! #[component]
//! fn App() -> Html {
//!     let config = AuthConfig::new("https://id.example", "spa");
//!     html! { <AuthProvider {config}><RequireAuth><Hello /></RequireAuth></AuthProvider> }
//! }
//! ```
//!
//! After a sign-in the user is back on the page where it began: the answer is out of the URL, and the user's own URL in its
//! place, before the first render below the provider. With the feature `router` that holds on either side of a router.

mod buttons;
mod gates;
mod hooks;
mod provider;
mod require;

#[cfg(feature = "router")]
mod router;

pub use buttons::{SignInButton, SignInButtonProps, SignOutButton, SignOutButtonProps};
pub use gates::{AuthFailed, AuthFailedProps, AuthPending, GateProps, SignedIn, SignedOut};
pub use hooks::{use_auth, use_auth_state, use_try_auth, use_user};
pub use provider::{AuthProvider, AuthProviderProps};
pub use require::{RequireAuth, RequireAuthProps};
#[cfg(feature = "router")]
pub use router::{ProtectedSwitch, ProtectedSwitchProps};
