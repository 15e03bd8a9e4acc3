//! What a component asks of the provider above it.

use yew::prelude::*;

use super::provider::Context;
use crate::front::{Auth, AuthState, User};

/// The client of the [`AuthProvider`](super::AuthProvider) above. The component is rendered anew when the state changes; a
/// silent refresh changes nothing.
///
/// # Panics
/// Without a provider above; [`use_try_auth`] gives `None` then.
#[hook]
pub fn use_auth() -> Auth {
    use_found("use_auth").auth
}

/// The client of the provider above, if there is one.
#[hook]
pub fn use_try_auth() -> Option<Auth> {
    use_context::<Context>().map(|context| context.auth)
}

/// The state of the session.
///
/// # Panics
/// Without a provider above.
#[hook]
pub fn use_auth_state() -> AuthState {
    use_found("use_auth_state").state
}

/// Who is signed in.
///
/// # Panics
/// Without a provider above.
#[hook]
pub fn use_user() -> Option<User> {
    use_found("use_user").state.user().cloned()
}

#[hook]
fn use_found(asker: &'static str) -> Context {
    match use_context::<Context>() {
        Some(context) => context,
        None => missing(asker),
    }
}

// A component outside the provider is a mistake of the program that no state could tell of.
#[allow(clippy::panic)]
fn missing(asker: &str) -> ! {
    panic!("{asker}() needs an <AuthProvider> above the component that calls it")
}
