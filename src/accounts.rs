//! Whose a token is, as the Hub said once: an account does not change hands, and whoami is strictly limited.

use std::cell::OnceCell;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::endpoint::Endpoint;
use crate::hub::Failure;
use crate::hub::whoami::Identity;
use crate::refusals::Refusals;
use crate::source::{Held, Place};
use crate::state::Memory;
use crate::token;

/// Accounts may be renamed, if seldom.
const LASTS: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// No name of an account is as long.
const LONGEST: usize = 96;

/// The accounts of tokens, each by empty files: that the token's is known, which it is, and its name to be shown.
#[derive(Debug)]
pub struct Accounts {
    memory: Memory,
    /// What is noted, read once to be shown.
    noted: OnceCell<Vec<String>>,
}

impl Accounts {
    /// Returns the user's own, under `XDG_STATE_HOME`.
    #[must_use]
    pub fn from_env() -> Self {
        Self { memory: Memory::of("accounts", LASTS), noted: OnceCell::new() }
    }

    /// Tells whether the token is that account's; `None` where the Hub was never asked.
    #[must_use]
    pub fn is_of(&self, endpoint: &Endpoint, secret: &SecretString, name: &str) -> Option<bool> {
        if self.memory.holds(|| digest(endpoint, secret, name)) {
            return Some(true);
        }
        self.memory.holds(|| digest(endpoint, secret, "")).then_some(false)
    }

    /// Returns the account of a token, as the Hub named it once.
    #[must_use]
    pub fn of(&self, endpoint: &Endpoint, secret: &SecretString) -> Option<String> {
        self.named(endpoint, secret).next()
    }

    /// Returns the account to be shown beside a stored token: the one the Hub named, else the one that a login recorded. A name
    /// that a token merely goes by is none.
    #[must_use]
    pub fn shown(&self, endpoint: &Endpoint, held: &Held) -> Option<String> {
        let token = held.token.as_ref()?;
        let recorded = || token.username.clone().filter(|_| held.place == Place::StoredTokens);
        self.of(endpoint, &token.secret).or_else(recorded)
    }

    /// Remembers what the Hub said of a token: whose it is, and whether git may be given it.
    pub fn learn(&self, endpoint: &Endpoint, secret: &SecretString, said: Result<&Identity, &Failure>) {
        match said {
            Ok(identity) => {
                Refusals::from_env().forget_all_of(endpoint, secret);
                self.note(endpoint, secret, &identity.name);
            }
            Err(Failure::Unknown(_)) => Refusals::from_env().remember_all_of(endpoint, secret),
            Err(Failure::Refused(_) | Failure::Passing(_)) => {}
        }
    }

    fn named(&self, endpoint: &Endpoint, secret: &SecretString) -> impl Iterator<Item = String> {
        let prefix = shown(endpoint, secret, "");
        let noted = self.noted.get_or_init(|| self.memory.all());
        noted.iter().filter_map(move |noted| Some(noted.strip_prefix(&prefix)?.to_owned()))
    }

    /// Notes whose a token is. What cannot be noted is asked again.
    pub fn note(&self, endpoint: &Endpoint, secret: &SecretString, name: &str) {
        for renamed in self.named(endpoint, secret).filter(|noted| noted != name) {
            self.memory.forget(|| shown(endpoint, secret, &renamed));
            self.memory.forget(|| digest(endpoint, secret, &renamed));
        }
        // the Hub's names are letters, digits and these; another is not made a file's name
        if name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) && name.len() <= LONGEST {
            _ = self.memory.note(&shown(endpoint, secret, name));
        }
        // whose first: half of it, or a look in between, must not deny the right account
        for name in [name, ""] {
            _ = self.memory.note(&digest(endpoint, secret, name));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
fn digest(endpoint: &Endpoint, secret: &SecretString, name: &str) -> String {
    // the Hub's names differ by more than their case
    token::digest(&[endpoint.url(), secret.expose_secret(), &name.to_ascii_lowercase()])
}

/// The file that shows an account's name.
fn shown(endpoint: &Endpoint, secret: &SecretString, name: &str) -> String {
    format!("{}.{name}", digest(endpoint, secret, ""))
}
