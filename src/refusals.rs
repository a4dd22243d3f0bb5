//! Tokens the Hub refused lately. git and git-lfs erase what was refused and ask again; a token we may not delete must not
//! be answered again at once, or git-lfs asks without end.

use std::time::Duration;

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};

use crate::caller;
use crate::endpoint::Endpoint;
use crate::protocol::Scheme;
use crate::state::Memory;
use crate::token::{self, AccessToken};

/// For how long a refused token is not answered.
const LASTS: Duration = Duration::from_secs(15 * 60);

/// What was refused lately.
#[derive(Debug)]
pub struct Refusals {
    rejected: Memory,
    /// What may have been rejected in another's stead.
    in_doubt: Memory,
    /// What the Hub took as Bearer, which tells a token that git lost on the way from one that was rejected.
    accepted_bearer: Memory,
}

/// For how long a token is not answered that may not be the one that was rejected: git-lfs 3.3 must come to an end.
const LASTS_IN_DOUBT: Duration = Duration::from_secs(60);

/// For how long it is known that the Hub took a token as Bearer: a push takes no longer.
const PUSH_LASTS: Duration = Duration::from_secs(60 * 60);

impl Refusals {
    /// The user's own, under `XDG_STATE_HOME`.
    #[must_use]
    pub fn from_env() -> Self {
        let in_doubt = Memory::of("refused-in-doubt", LASTS_IN_DOUBT);
        Self {
            rejected: Memory::of("refused", LASTS),
            in_doubt,
            accepted_bearer: Memory::of("accepted-bearer", PUSH_LASTS),
        }
    }

    /// Nothing was refused: for finding out about a token that was.
    #[must_use]
    pub fn none() -> Self {
        Self { rejected: Memory::nowhere(), in_doubt: Memory::nowhere(), accepted_bearer: Memory::nowhere() }
    }

    /// Whether this token was refused lately.
    #[must_use]
    pub fn hold(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> bool {
        self.rejected.holds(|| name(endpoint, scheme, secret))
    }

    /// Whether this token is not to be answered although another may have been rejected.
    #[must_use]
    pub fn doubt(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> bool {
        self.in_doubt.holds(|| name(endpoint, scheme, secret))
    }

    /// Remembers for a moment what may have been rejected in another's stead.
    ///
    /// # Errors
    ///
    /// When it cannot be written down.
    pub fn remember_in_doubt(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> Result<()> {
        self.in_doubt.note(&name(endpoint, scheme, secret)).context("cannot remember the refusal")
    }

    /// Remembers a refusal, and forgets those that are over.
    ///
    /// # Errors
    ///
    /// When it cannot be written down.
    pub fn remember(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) -> Result<()> {
        self.rejected.note(&name(endpoint, scheme, secret)).context("cannot remember the refusal")
    }

    /// Forgets a refusal: the token was accepted.
    pub fn forget(&self, endpoint: &Endpoint, scheme: Scheme, secret: &SecretString) {
        self.rejected.forget(|| name(endpoint, scheme, secret));
        self.in_doubt.forget(|| name(endpoint, scheme, secret));
    }

    /// Notes that the Hub took a token as Bearer from the process that asks.
    pub fn note_bearer(&self, endpoint: &Endpoint, secret: &SecretString) {
        if let Some(name) = name_of_bearer(endpoint, secret)
            && !self.accepted_bearer.holds(|| name.clone())
        {
            // where it cannot be noted, a push that loses it is not explained
            _ = self.accepted_bearer.note(&name);
        }
    }

    /// Whether the Hub took a token as Bearer from this very process before: then it was lost on the way, and not rejected.
    #[must_use]
    pub fn has_accepted_bearer(&self, endpoint: &Endpoint, secret: &SecretString) -> bool {
        let name = name_of_bearer(endpoint, secret);
        name.is_some_and(|name| self.accepted_bearer.holds(|| name.clone()))
    }

    /// Tells whether a token was rejected lately by each scheme it is sent with.
    #[must_use]
    pub fn reject(&self, endpoint: &Endpoint, token: &AccessToken) -> bool {
        let schemes = [Scheme::Basic, Scheme::Bearer].into_iter();
        let mut used = schemes.filter(|scheme| *scheme == Scheme::Basic || token.prefers_bearer());
        used.all(|scheme| self.hold(endpoint, scheme, &token.secret))
    }

    /// Remembers that the Hub does not know a token, by whichever scheme. What cannot be noted is tried again.
    pub fn remember_all_of(&self, endpoint: &Endpoint, secret: &SecretString) {
        for scheme in [Scheme::Basic, Scheme::Bearer] {
            _ = self.remember(endpoint, scheme, secret);
        }
    }

    /// Forgets each refusal of a token: it is alive.
    pub fn forget_all_of(&self, endpoint: &Endpoint, secret: &SecretString) {
        for scheme in [Scheme::Basic, Scheme::Bearer] {
            self.forget(endpoint, scheme, secret);
        }
    }
}

/// `None` where one process is not told from another.
fn name_of_bearer(endpoint: &Endpoint, secret: &SecretString) -> Option<String> {
    Some(token::digest(&[&name(endpoint, Scheme::Bearer, secret), &caller::identity()?]))
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
