//! `status`: who would win here and why, offline.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cli::Shown;

/// Placeholder while the command is built.
///
/// # Errors
///
/// Always.
pub fn run(_: &Shown) -> Result<ExitCode> {
    bail!("status is not built yet")
}
