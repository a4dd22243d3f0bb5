//! `logout`: forgets a token, and says what remains.

use anyhow::{Result, bail};

use crate::cli::Logout;

/// Placeholder while the command is built.
///
/// # Errors
///
/// Always.
pub fn run(_: &Logout) -> Result<()> {
    bail!("logout is not built yet")
}
