//! Requests that nobody answered, after which git asks a person: what comes back from there is a person's own.

use std::time::Duration;

use anyhow::Result;

use crate::caller;
use crate::endpoint::Endpoint;
use crate::state::Memory;
use crate::token;

/// No person takes longer to type a password.
const LASTS: Duration = Duration::from_secs(10 * 60);

/// The prompts of callers that give no `state[]` back: git before 2.46, git-lfs before 3.6. Each is its caller's, where the
/// system tells callers apart: what another process stores meanwhile was not typed there.
#[derive(Debug)]
pub struct Prompts(Memory);

impl Prompts {
    /// Returns the user's own, under `XDG_STATE_HOME`.
    #[must_use]
    pub fn from_env() -> Self {
        Self(Memory::of("prompts", LASTS))
    }

    /// Notes that git asks a person now, for this username or for both.
    ///
    /// # Errors
    ///
    /// When it cannot be written down.
    pub fn note(&self, endpoint: &Endpoint, requested: Option<&str>) -> Result<()> {
        self.0.note(&digest(endpoint, requested))
    }

    /// Takes back the note of a prompt that this username may come from; whether there was one.
    #[must_use]
    pub fn take(&self, endpoint: &Endpoint, username: &str) -> bool {
        let noted = [Some(username), None].into_iter().find(|name| self.0.holds(|| digest(endpoint, *name)));
        if let Some(name) = noted {
            self.0.forget(|| digest(endpoint, name));
        }
        noted.is_some()
    }
}

fn digest(endpoint: &Endpoint, requested: Option<&str>) -> String {
    let caller = caller::identity().unwrap_or_default();
    token::digest(&[endpoint.url(), requested.unwrap_or_default(), &caller])
}
