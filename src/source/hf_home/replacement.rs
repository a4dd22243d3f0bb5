//! A file that is replaced whole: readers see the old one or the new one, and on every failure the old one.

use std::fs;
use std::io::{ErrorKind, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::NamedTempFile;

use super::file::{cannot, restrict};
use super::lock::Lock;

/// What a file of ours is called until it takes the place of the other.
const PREFIX: &str = ".git-credential-hf.";

/// Nobody is as long about it.
const ABANDONED: Duration = Duration::from_secs(60);

/// A file beside its target, still without what it is to hold. Gone when dropped.
pub(in crate::source) struct Replacement {
    file: NamedTempFile,
    target: PathBuf,
}

impl Replacement {
    /// Makes the file that is to take the place of `path`; a link stays a link. It is given `room` bytes at once, so that
    /// a full disk is met before there is something to lose.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written or is full.
    pub(in crate::source) fn of(path: &Path, _lock: &Lock, room: usize) -> Result<Self> {
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => path.to_owned(),
            Err(error) => return Err(error).with_context(|| cannot("write", path)),
        };
        let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let made = || -> std::io::Result<NamedTempFile> {
            let mut file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(directory)?;
            restrict(file.path(), 0o600)?;
            if room > 0 {
                file.write_all(&vec![b'\n'; room])?;
                file.as_file().sync_all()?;
                file.rewind()?;
            }
            Ok(file)
        };
        let file = made().with_context(|| cannot("write", path))?;
        Ok(Self { file, target })
    }

    /// Gives it the text to take the target's place with.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(in crate::source) fn holding(mut self, text: &str) -> Result<Self> {
        let mut write = || -> std::io::Result<()> {
            self.file.write_all(text.as_bytes())?;
            self.file.as_file().set_len(text.len() as u64)?;
            self.file.as_file().sync_all()
        };
        write().with_context(|| cannot("write", &self.target))?;
        Ok(self)
    }

    /// Takes the target's place.
    ///
    /// # Errors
    ///
    /// When it cannot: then the target is what it was.
    pub(in crate::source) fn commit(self) -> Result<()> {
        let Self { file, target } = self;
        file.persist(&target).map(drop).with_context(|| cannot("write", &target))
    }
}

/// Removes what a process left beside `path` that was killed before it was done.
pub(super) fn sweep(path: &Path, _lock: &Lock) {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let Some(directory) = target.parent() else { return };
    // two homes may link to one file, and then another's lock is not ours
    let is_old = |entry: &fs::DirEntry| {
        let changed = entry.metadata().and_then(|about| about.modified());
        changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ABANDONED))
    };
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_old(&entry) {
            // what cannot be removed does no harm
            _ = fs::remove_file(entry.path());
        }
    }
}
