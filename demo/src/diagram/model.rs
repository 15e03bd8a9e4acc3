//! What a diagram shows.

use yew::AttrValue;

/// A party of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    User,
    App,
    Vault,
    Backend,
    Provider,
    Api,
    Thief,
}

impl Lane {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::App => "App",
            Self::Vault => "Vault",
            Self::Backend => "Backend",
            Self::Provider => "Provider",
            Self::Api => "API",
            Self::Thief => "Thief",
        }
    }
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Through the browser's window: address bar, history, redirects.
    Front,
    /// A request of its own that no address bar shows.
    Back,
    /// Within the page.
    Inside,
    /// Where nobody wanted it to go.
    Leak,
}

impl Channel {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Back => "back",
            Self::Inside => "inside",
            Self::Leak => "leak",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Front => "Front channel",
            Self::Back => "Back channel",
            Self::Inside => "Inside the page",
            Self::Leak => "Attack",
        }
    }
}

/// A place in a standard, such as "RFC 6749 4.1.1" or "OpenID Core 3.1.3.7".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec(pub(crate) &'static str);

impl Spec {
    /// How it is written: with a section sign.
    pub(crate) fn label(self) -> String {
        let words: Vec<&str> = self.0.split(' ').collect();
        match words.split_last() {
            Some((section, name)) if is_section(section) && name.len() > 1 => {
                format!("{} §{section}", name.join(" "))
            }
            _ => self.0.to_string(),
        }
    }

    pub(crate) fn url(self) -> String {
        let mut words = self.0.split(' ');
        if let (Some("RFC"), Some(number)) = (words.next(), words.next()) {
            let page = format!("https://www.rfc-editor.org/rfc/rfc{number}");
            return match words.next() {
                Some(section) => format!("{page}#section-{section}"),
                None => page,
            };
        }
        let page = match self.0 {
            name if name.starts_with("OpenID Discovery") => "openid-connect-discovery-1_0",
            name if name.starts_with("OpenID Logout") => "openid-connect-rpinitiated-1_0",
            _ => "openid-connect-core-1_0",
        };
        format!("https://openid.net/specs/{page}.html")
    }
}

fn is_section(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
}

/// One thing in a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: AttrValue,
    /// `None` for a secret: there is nothing to show by construction.
    pub(crate) value: Option<AttrValue>,
}

/// One message, or several equal ones.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arrow {
    /// What tests and style sheets call it.
    pub(crate) kind: &'static str,
    pub(crate) from: Lane,
    /// The same as `from` for what a party does on its own.
    pub(crate) to: Lane,
    pub(crate) channel: Channel,
    /// What stands on the arrow: what travels.
    pub(crate) label: AttrValue,
    /// The step's name.
    pub(crate) title: AttrValue,
    /// The step in one line.
    pub(crate) text: AttrValue,
    pub(crate) spec: Option<Spec>,
    pub(crate) failed: bool,
    pub(crate) parameters: Vec<Parameter>,
    /// Further facts: address, status, time.
    pub(crate) facts: Vec<(&'static str, AttrValue)>,
}
