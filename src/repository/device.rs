//! What stands where git's configuration should and is no file: git waits for a FIFO, and replaces also what is a device.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};

use super::entry::Scope;
use crate::notice;

/// Refuses a configuration that stands in no regular file.
///
/// # Errors
///
/// When it is such.
#[expect(clippy::disallowed_methods, reason = "where git's configuration is (git-config(1), \"FILES\")")]
pub fn refuse(scope: Scope) -> Result<()> {
    let name = match scope {
        Scope::System => "GIT_CONFIG_SYSTEM",
        Scope::Global => "GIT_CONFIG_GLOBAL",
        _ => return Ok(()),
    };
    let is_odd = |file: &PathBuf| std::fs::metadata(file).is_ok_and(|about| !about.is_file());
    if let Some(file) = std::env::var_os(name).map(PathBuf::from) {
        ensure!(!is_odd(&file), "cannot use {name}: it names no regular file (unset it, or use --local)");
    } else if scope == Scope::Global {
        let home = std::env::home_dir();
        let xdg = std::env::var_os("XDG_CONFIG_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
        let xdg = xdg.or_else(|| Some(home.as_ref()?.join(".config")));
        let files = [home.map(|home| home.join(".gitconfig")), xdg.map(|xdg| xdg.join("git/config"))];
        if let Some(odd) = files.into_iter().flatten().find(is_odd) {
            bail!("cannot use {}: it is not a regular file (move it away, or use --local)", notice::printable(&odd));
        }
    }
    Ok(())
}
