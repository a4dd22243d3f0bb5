//! Whose a token is, as the Hub said once: an account does not change hands, and whoami is strictly limited.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::endpoint::Endpoint;
use crate::state::Memory;
use crate::token;

/// Accounts may be renamed, if seldom.
const LASTS: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The accounts of tokens, each by two empty files: that the token's is known, and which it is.
#[derive(Debug)]
pub struct Accounts(Memory);

impl Accounts {
    /// Returns the user's own, under `XDG_STATE_HOME`.
    #[must_use]
    pub fn from_env() -> Self {
        Self(Memory::of("accounts", LASTS))
    }

    /// Tells whether the token is that account's; `None` where the Hub was never asked.
    #[must_use]
    pub fn is_of(&self, endpoint: &Endpoint, secret: &SecretString, name: &str) -> Option<bool> {
        if self.0.holds(|| digest(endpoint, secret, name)) {
            return Some(true);
        }
        self.0.holds(|| digest(endpoint, secret, "")).then_some(false)
    }

    /// Notes whose a token is. What cannot be noted is asked again.
    pub fn note(&self, endpoint: &Endpoint, secret: &SecretString, name: &str) {
        // whose first: half of it, or a look in between, must not deny the right account
        for name in [name, ""] {
            _ = self.0.note(&digest(endpoint, secret, name));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
fn digest(endpoint: &Endpoint, secret: &SecretString, name: &str) -> String {
    // the Hub's names differ by more than their case
    token::digest(&[endpoint.url(), secret.expose_secret(), &name.to_ascii_lowercase()])
}
