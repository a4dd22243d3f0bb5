//! `doctor`: checks everything between git and the Hub.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cli::Doctor;

/// Placeholder while the command is built.
///
/// # Errors
///
/// Always.
pub fn run(_: &Doctor) -> Result<ExitCode> {
    bail!("doctor is not built yet")
}
