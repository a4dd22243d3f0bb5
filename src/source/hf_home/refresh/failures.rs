//! Refreshes that failed: which are not tried again, and what a person is told.

use std::time::Duration;

use anyhow::{Error, Result, ensure};
use secrecy::{ExposeSecret as _, SecretString};

use crate::endpoint::Hub;
use crate::hub::{self, Api, Failure};
use crate::state::Memory;
use crate::token;

/// For how long a Hub that does not answer is left alone.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// For how long a refresh token is not shown again that the Hub refused for good.
const REFUSED: Duration = Duration::from_secs(24 * 60 * 60);

/// Why only a login gets a token again.
#[derive(Debug)]
pub(super) struct Over(&'static str);

impl Over {
    /// Of a section that has nothing to refresh it with.
    pub(super) const fn without_refresh_token() -> Self {
        Self("it has no refresh token")
    }
}

impl std::fmt::Display for Over {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Over {}

/// Returns why an expired token was not refreshed, and the next step: a login only where nothing else helps.
pub(in crate::source::hf_home) fn told(error: &Error) -> String {
    let is_refused = matches!(error.downcast_ref(), Some(Failure::Unknown(_) | Failure::Refused(_)));
    if is_refused || error.is::<Over>() {
        return format!("cannot be renewed ({error:#}): run `git-credential-hf login`");
    }
    let next = match error.downcast_ref() {
        Some(Failure::Passing(_)) if hub::is_offline() || Hub::from_env().api().is_none() => {
            "; unset it, and try again"
        }
        Some(Failure::Passing(_)) => "; try again",
        // the file's error names its own
        _ => "",
    };
    format!("could not be renewed: {error:#}{next}")
}

/// What failed lately is not tried again; where the token is of no use without it, only what failed for good.
pub(super) fn ensure_not_in_vain(api: &Api, refresh_token: &SecretString, is_expired: bool) -> Result<()> {
    ensure!(!refused().holds(|| memory_name(api, refresh_token)), Over("the Hub has rejected its refresh token"));
    ensure!(is_expired || !paused().holds(|| memory_name(api, refresh_token)), "it has failed a moment ago");
    Ok(())
}

pub(super) fn remember(failure: &Failure, api: &Api, refresh_token: &SecretString) {
    let memory = match failure {
        Failure::Unknown(_) | Failure::Refused(_) => refused(),
        Failure::Passing(_) => paused(),
    };
    // what cannot be noted is tried again
    _ = memory.note(&memory_name(api, refresh_token));
}

#[expect(clippy::disallowed_methods, reason = "only its digest is kept")]
fn memory_name(api: &Api, refresh_token: &SecretString) -> String {
    // what one Hub refused, another may grant
    token::digest(&["refresh", api.url(), refresh_token.expose_secret()])
}

fn paused() -> Memory {
    Memory::of("refresh-paused", PAUSE)
}

fn refused() -> Memory {
    Memory::of("refresh-refused", REFUSED)
}
