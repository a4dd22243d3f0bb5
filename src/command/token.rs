//! `token`: prints a token alone.

use anyhow::{Result, bail};

use crate::cli::Token;

/// Placeholder while the command is built.
///
/// # Errors
///
/// Always.
pub fn run(_: &Token) -> Result<()> {
    bail!("token is not built yet")
}
