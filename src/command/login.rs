//! `login`: logs in: in the browser, or with a token.

use anyhow::{Result, bail};

use crate::cli::Login;

/// Placeholder while the command is built.
///
/// # Errors
///
/// Always.
pub fn run(_: &Login) -> Result<()> {
    bail!("login is not built yet")
}
