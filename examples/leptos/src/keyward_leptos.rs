//! Keyward in Leptos: the state as a signal.

use keyward::{Auth, AuthConfig, AuthState};
use leptos::prelude::*;

/// The client and its state, as components find them. A browser has one thread, so neither has to be `Send`.
#[derive(Clone, Copy)]
struct Provided {
    auth: StoredValue<Auth, LocalStorage>,
    state: ReadSignal<AuthState, LocalStorage>,
}

/// Makes the client for all components below. Call it in the outermost one, before a router reads the URL.
pub fn provide_auth(config: AuthConfig) {
    let auth = Auth::new(config);
    let (state, set_state) = signal_local(auth.state());
    let subscription = auth.subscribe(move |state| set_state.set(state.clone()));
    // As long as the component lives.
    StoredValue::new_local(subscription);
    provide_context(Provided {
        auth: StoredValue::new_local(auth),
        state,
    });
}

/// The client; handlers take it out by `get_value`.
pub fn use_auth() -> StoredValue<Auth, LocalStorage> {
    provided().auth
}

/// The state of the session; a silent refresh is no change of it.
pub fn use_auth_state() -> ReadSignal<AuthState, LocalStorage> {
    provided().state
}

fn provided() -> Provided {
    use_context().expect("provide_auth() was called in no component above")
}
