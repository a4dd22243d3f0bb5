//! What is remembered from one run to the next, in the user's state directory: empty files, named by digests and dated by
//! their modification time. There is nothing in them to parse, to lock or to tear.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};

/// Our directory of state, for one purpose; `None` where there is no home directory.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "where state is kept (XDG Base Directory Specification)")]
pub fn directory(purpose: &str) -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(std::env::home_dir()?.join(".local/state")).filter(|path| path.is_absolute()));
    state.map(|state| state.join("git-credential-hf").join(purpose))
}

/// Makes a directory for its owner alone, with those above it.
///
/// # Errors
///
/// When it cannot be made.
pub fn make(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Names that are remembered for a while; nothing is where there is no home directory.
#[derive(Debug)]
pub struct Memory {
    directory: Option<PathBuf>,
    lasts: Duration,
}

impl Memory {
    /// The user's own, for one purpose.
    #[must_use]
    pub fn of(purpose: &str, lasts: Duration) -> Self {
        Self { directory: directory(purpose), lasts }
    }

    /// Whether that name was noted lately. It is not made up where nothing ever was, which is looked at first since it
    /// is cheaper.
    #[must_use]
    pub fn holds(&self, name: impl FnOnce() -> String) -> bool {
        self.file(name).is_some_and(|path| self.is_recent(&path))
    }

    /// Notes a name, and forgets those whose time is over.
    ///
    /// # Errors
    ///
    /// When it cannot be written down.
    pub fn note(&self, name: &str) -> Result<()> {
        let directory = self.directory.as_deref().context("there is no home directory")?;
        let write = || -> io::Result<()> {
            make(directory)?;
            for entry in fs::read_dir(directory)?.flatten() {
                if !self.is_recent(&entry.path()) {
                    _ = fs::remove_file(entry.path());
                }
            }
            let file = File::create(directory.join(name))?;
            file.set_modified(SystemTime::now())
        };
        write().with_context(|| directory.display().to_string().escape_debug().to_string())
    }

    /// Forgets a name.
    pub fn forget(&self, name: impl FnOnce() -> String) {
        if let Some(path) = self.file(name) {
            // most often there was none, and where it cannot be removed it ends by itself
            _ = fs::remove_file(path);
        }
    }

    fn file(&self, name: impl FnOnce() -> String) -> Option<PathBuf> {
        let directory = self.directory.as_deref().filter(|directory| directory.exists())?;
        Some(directory.join(name()))
    }

    /// A clock that was set back leaves dates in the future: these count for as long.
    fn is_recent(&self, path: &Path) -> bool {
        let Ok(noted) = fs::symlink_metadata(path).and_then(|about| about.modified()) else { return false };
        let age = SystemTime::now().duration_since(noted).unwrap_or_else(|early| early.duration());
        age < self.lasts
    }
}
