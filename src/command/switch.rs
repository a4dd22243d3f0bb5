//! `switch`: makes another token git's.

use anyhow::{Result, bail};

use crate::cli::Switch;

/// Placeholder while the command is built.
///
/// # Errors
///
/// Always.
pub fn run(_: &Switch) -> Result<()> {
    bail!("switch is not built yet")
}
