//! `import`: moves tokens from elsewhere into the keychain.

use anyhow::{Result, bail};

use crate::cli::Import;

/// Placeholder while the command is built.
///
/// # Errors
///
/// Always.
pub fn run(_: &Import) -> Result<()> {
    bail!("import is not built yet")
}
