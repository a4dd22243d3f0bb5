//! `exec`: runs a command with `HF_TOKEN` set.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cli::Exec;

/// Placeholder while the command is built.
///
/// # Errors
///
/// Always.
pub fn run(_: &Exec) -> Result<ExitCode> {
    bail!("exec is not built yet")
}
