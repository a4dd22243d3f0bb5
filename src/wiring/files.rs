//! Where one of git's configurations is, and our file beside it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::include::{NAME, included_by};
use crate::repository;
use crate::repository::entry::{Entry, Scope};

/// The two files of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    /// git's own.
    pub(crate) git: PathBuf,
    /// Ours, which that one includes.
    pub(crate) ours: PathBuf,
    /// How the first names the second.
    pub(crate) include: String,
}

impl Files {
    /// Returns those of a scope with these entries.
    pub(crate) fn of(scope: Scope, entries: &[Entry]) -> Result<Self> {
        let (git, directory) = match scope {
            Scope::Local => {
                let directory = repository::common_directory()?;
                (directory.join("config"), directory)
            }
            Scope::System => {
                let git = entries.iter().find_map(|entry| entry.file.clone()).map_or_else(system, Ok)?;
                let directory = git.parent().context("git's system configuration has no place")?.to_owned();
                (git, directory)
            }
            _ => {
                let xdg = xdg_config_home();
                let git = global(xdg.as_ref()).context(
                    "cannot find git's global configuration (set HOME, or use --local inside a git repository)",
                )?;
                (git, xdg.context("cannot tell where to write (set HOME or XDG_CONFIG_HOME to an absolute path)")?)
            }
        };
        let ours = directory.join(NAME);
        let include = match ours.to_str() {
            // a repository may be moved
            _ if scope == Scope::Local => NAME.to_owned(),
            Some(path) => path.replace('\\', "/"),
            None => bail!("{} cannot be written in git's configuration", ours.display()),
        };
        Ok(Self { git, ours, include })
    }

    /// Tells whether a line of git's configuration includes our file.
    pub(crate) fn is_included_by(&self, entry: &Entry) -> bool {
        included_by(entry).is_some_and(|file| is_same(&file, &self.ours))
    }
}

/// Tells whether two paths are of one file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// The file that `git config --global` writes (git-config(1), "FILES").
#[expect(clippy::disallowed_methods, reason = "where git's configuration is (git-config(1), \"FILES\")")]
fn global(xdg: Option<&PathBuf>) -> Option<PathBuf> {
    if let Some(file) = std::env::var_os("GIT_CONFIG_GLOBAL") {
        return std::path::absolute(file).ok();
    }
    let home = std::env::home_dir().filter(|home| home.is_absolute())?.join(".gitconfig");
    let xdg = xdg.map(|xdg| xdg.join("git/config"));
    Some(xdg.filter(|xdg| xdg.exists() && !home.exists()).unwrap_or(home))
}

#[expect(clippy::disallowed_methods, reason = "where programs are configured (XDG Base Directory Specification)")]
fn xdg_config_home() -> Option<PathBuf> {
    let set = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| Some(std::env::home_dir().filter(|home| home.is_absolute())?.join(".config")))
}

/// git before 2.42 does not say where its system configuration is while that is empty.
#[expect(clippy::disallowed_methods, reason = "where git's configuration is (git-config(1), \"FILES\")")]
fn system() -> Result<PathBuf> {
    if let Some(file) = std::env::var_os("GIT_CONFIG_SYSTEM") {
        return std::path::absolute(file).context("cannot tell where git's system configuration is");
    }
    Ok(repository::system_configuration()?.unwrap_or_else(|| "/etc/gitconfig".into()))
}
