//! `token`: prints a token alone.

use anyhow::Result;
use secrecy::ExposeSecret as _;

use super::token_of;
use crate::cli::Token;
use crate::terminal::say;

/// Prints the token of a name, or the one git would use here.
///
/// # Errors
///
/// When there is none, or it cannot be had.
#[expect(clippy::disallowed_methods, reason = "the person asked to see it")]
pub fn run(options: &Token) -> Result<()> {
    let (_, token) = token_of(options.name.as_deref())?;
    say(token.secret.expose_secret())
}
