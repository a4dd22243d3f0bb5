//! Names that tokens are or were stored for. Such a name is answered with its own token or by nobody: with somebody else's
//! token, git would be another person without a word.

use std::time::Duration;

use crate::endpoint::Endpoint;
use crate::protocol::Answer;
use crate::state::Memory;
use crate::token::{self, Mark};

/// Until somebody takes it back.
const LASTS: Duration = Duration::MAX;

/// How a name came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// An entry of ours has that name, or had it.
    Entry,
    /// A login, a binding or a switch names it.
    Person,
}

/// The names that are known, each by an empty file.
#[derive(Debug)]
pub struct KnownNames(Memory);

impl KnownNames {
    /// Returns the user's own, under `XDG_STATE_HOME`.
    #[must_use]
    pub fn from_env() -> Self {
        Self(Memory::of("known-names", LASTS))
    }

    /// Tells whether the name is known, in either way.
    #[must_use]
    pub fn contains(&self, endpoint: &Endpoint, name: &str) -> bool {
        [By::Entry, By::Person].into_iter().any(|by| self.contains_by(by, endpoint, name))
    }

    /// Tells whether the name is known in this way.
    #[must_use]
    pub fn contains_by(&self, by: By, endpoint: &Endpoint, name: &str) -> bool {
        is_somebodys(name) && self.0.holds(|| digest(by, endpoint, name))
    }

    /// Adds a name. Where that cannot be written, the name stays as unknown as any other.
    pub fn add(&self, by: By, endpoint: &Endpoint, name: &str) {
        if is_somebodys(name) && !self.contains_by(by, endpoint, name) {
            _ = self.0.note(&digest(by, endpoint, name));
        }
    }

    /// Tells whether a name is known that is none of these at that endpoint: one of another Hub is.
    #[must_use]
    pub fn contain_others_than(&self, endpoint: &Endpoint, names: &[String]) -> bool {
        let noted = self.0.all();
        let known = names.iter().flat_map(|name| [By::Entry, By::Person].map(|by| digest(by, endpoint, name)));
        let known: Vec<_> = if noted.is_empty() { Vec::new() } else { known.collect() };
        noted.iter().any(|noted| !known.contains(noted))
    }

    /// Removes a name that nothing names any more.
    pub fn remove(&self, endpoint: &Endpoint, name: &str) {
        for by in [By::Entry, By::Person] {
            self.0.forget(|| digest(by, endpoint, name));
        }
    }
}

/// Names that `switch` wrote into git's configuration, with what `hf` had chosen then.
#[derive(Debug)]
pub struct SwitchedNames(Memory);

impl SwitchedNames {
    /// Returns the user's own, under `XDG_STATE_HOME`.
    #[must_use]
    pub fn from_env() -> Self {
        Self(Memory::of("switched-names", LASTS))
    }

    /// Notes a switch, in place of an earlier one to that name.
    pub fn add(&self, endpoint: &Endpoint, name: &str, chosen: &Mark) {
        let latest = beside(endpoint, name, chosen);
        // where it cannot be noted, the switch outlasts what `hf` chooses later
        _ = self.0.note(&latest);
        for earlier in self.noted(endpoint, name).filter(|noted| *noted != latest) {
            self.0.forget(|| earlier.clone());
        }
    }

    /// Forgets a switch whose lines were taken out.
    pub fn remove(&self, endpoint: &Endpoint, name: &str) {
        for noted in self.noted(endpoint, name) {
            self.0.forget(|| noted.clone());
        }
    }

    /// Tells whether `hf` has chosen another token since the switch to that name. `chosen` is today's mark.
    #[must_use]
    pub fn is_outdated(&self, endpoint: &Endpoint, name: &str, chosen: impl FnOnce() -> Mark) -> bool {
        let mut noted = self.noted(endpoint, name).peekable();
        if noted.peek().is_none() {
            return false;
        }
        let chosen = chosen();
        chosen != Mark::default() && !noted.any(|noted| noted == beside(endpoint, name, &chosen))
    }

    fn noted(&self, endpoint: &Endpoint, name: &str) -> impl Iterator<Item = String> {
        let prefix = switch(endpoint, name);
        self.0.all().into_iter().filter(move |noted| noted.starts_with(&prefix))
    }
}

/// `hf` asks for anybody by a name of its own, and a token in a name's place is no name.
fn is_somebodys(name: &str) -> bool {
    !name.is_empty() && name != Answer::ANYBODY && !token::is_token(name)
}

fn digest(by: By, endpoint: &Endpoint, name: &str) -> String {
    let by = match by {
        By::Entry => "entry",
        By::Person => "person",
    };
    // the Hub's names differ by more than their case
    token::digest(&[endpoint.url(), by, &name.to_ascii_lowercase()])
}

fn switch(endpoint: &Endpoint, name: &str) -> String {
    token::digest(&[endpoint.url(), name])
}

fn beside(endpoint: &Endpoint, name: &str, Mark(chosen): &Mark) -> String {
    format!("{}-{}", switch(endpoint, name), token::digest(&[chosen]))
}
