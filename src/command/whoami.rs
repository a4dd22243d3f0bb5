//! `whoami`: asks the Hub who git would be here.

use anyhow::{Result, bail};

use crate::cli::Shown;

/// Placeholder while the command is built.
///
/// # Errors
///
/// Always.
pub fn run(_: &Shown) -> Result<()> {
    bail!("whoami is not built yet")
}
