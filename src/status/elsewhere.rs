//! A remote that git asks at no Hub.

use crate::endpoint::Hub;
use crate::findings::remotes::short;
use crate::findings::urls::{Destination, RemoteUrl, destination};

/// A remote that git asks at no Hub of ours, and what it goes by.
pub struct Elsewhere {
    /// The remote's name.
    pub name: String,
    /// It is for pushing alone.
    pub is_push: bool,
    /// How git goes there.
    pub by: By,
    /// The host; `None` for a path of this machine.
    pub host: Option<String>,
    /// Its URL is at a Hub, before git's configuration rewrites it.
    pub was_at_hub: bool,
}

/// How git goes to a remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By SSH, with a key.
    Ssh,
    /// By HTTP, to somebody else's host.
    Http,
    /// It is on this machine.
    Path,
}

impl Elsewhere {
    /// The remote of a URL; `None` where that is at a Hub.
    #[must_use]
    pub fn of(url: &RemoteUrl, hub: &Hub) -> Option<Self> {
        let (by, host) = match destination(&url.git.url, hub) {
            Destination::Hub(..) => return None,
            Destination::Ssh(host) => (By::Ssh, Some(host)),
            Destination::Other(host) => (By::Http, Some(host)),
            Destination::Local => (By::Path, None),
        };
        let was_at_hub = matches!(destination(&url.line.value, hub), Destination::Hub(..));
        Some(Self { name: url.name.to_owned(), is_push: url.is_push, by, host, was_at_hub })
    }

    /// Whether git's configuration leads it from the Hub to a host that has no token of ours.
    #[must_use]
    pub fn is_led_elsewhere(&self) -> bool {
        self.was_at_hub && self.by == By::Http && !self.is_push
    }

    /// What git does there, in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let host = self.host.as_deref().map_or_else(String::new, short);
        match self.by {
            By::Ssh => format!("goes by SSH to {host}, with a key and no token"),
            By::Http => format!("asks at {host}, which is no Hub of yours: this helper gives it no token"),
            By::Path => "is a path of this machine".to_owned(),
        }
    }

    /// How git goes there, for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.by {
            By::Ssh => "ssh",
            By::Http => "other_host",
            By::Path => "path",
        }
    }
}
