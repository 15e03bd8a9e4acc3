//! Who is signed in, and for how long.

mod countdown;
mod plate;
mod profile;
mod sign_buttons;

use keyward::User;

pub(crate) use plate::Plate;
pub(crate) use profile::Profile;
pub(crate) use sign_buttons::SignIn;

/// The best name there is; a provider need not send more than `sub`.
pub(crate) fn name_of(user: &User) -> String {
    let name = user.name().or(user.preferred_username()).or(user.email());
    name.unwrap_or(user.sub()).to_string()
}

pub(crate) fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().next())
        .take(2)
        .collect::<String>()
        .to_uppercase()
}
