//! `list`: every token there is, and which one git would use.

use anyhow::{Result, bail};

use crate::cli::Shown;

/// Placeholder while the command is built.
///
/// # Errors
///
/// Always.
pub fn run(_: &Shown) -> Result<()> {
    bail!("list is not built yet")
}
