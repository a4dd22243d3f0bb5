//! Tokens the Hub refused lately. git and git-lfs erase what was refused and ask again; a token we may not delete must not
//! be answered again at once, or git-lfs asks without end.

use std::time::Duration;

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};

use crate::endpoint::Endpoint;
use crate::protocol::Scheme;
use crate::state::Memory;
use crate::token;

/// For how long a refused token is not answered.
const LASTS: Duration = Duration::from_secs(15 * 60);

/// What was refused lately.
#[derive(Debug)]
pub struct Refusals(Memory);

impl Refusals {
    /// The user's own, under `XDG_STATE_HOME`.
    #[must_use]
    pub fn from_env() -> Self {
        Self(Memory::of("refused", LASTS))
    }

    /// Nothing was refused: for finding out about a token that was.
    #[must_use]
    pub fn none() -> Self {
        Self(Memory::nowhere())
    }

    /// Whether this token was refused lately.
    #[must_use]
    pub fn hold(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> bool {
        self.0.holds(|| name(endpoint, scheme, secret))
    }

    /// Remembers a refusal, and forgets those that are over.
    ///
    /// # Errors
    ///
    /// When it cannot be written down.
    pub fn remember(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> Result<()> {
        self.0.note(&name(endpoint, scheme, secret)).context("cannot remember the refusal")
    }

    /// Forgets a refusal: the token was accepted.
    pub fn forget(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) {
        self.0.forget(|| name(endpoint, scheme, secret));
    }

    /// Forgets each refusal of a token: it is alive.
    pub fn forget_all_of(&self, endpoint: &Endpoint, secret: &SecretString) {
        for scheme in [Scheme::Basic, Scheme::Bearer] {
            self.forget(endpoint, scheme, secret);
        }
    }
}

/// The scheme is part of it: a token refused over Basic may be good over Bearer.
#[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
fn name(endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> String {
    let scheme = match scheme {
        Scheme::Basic => "Basic",
        Scheme::Bearer => "Bearer",
    };
    token::digest(&[endpoint.url(), scheme, secret.expose_secret()])
}
