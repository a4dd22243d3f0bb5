//! A file that is replaced whole: readers see the old one or the new one, and on every failure the old one.

use std::fs;
use std::io::{self, ErrorKind, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use tempfile::NamedTempFile;

use super::lock::Lock;
use crate::notice::cannot;
use crate::private::{directory_of, leave_to_owner, may_replace, restrict};

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
        let made = || -> io::Result<Self> {
            let target = match fs::canonicalize(path) {
                Ok(target) => target,
                Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => path.to_owned(),
                Err(error) => return Err(error),
            };
            let directory = directory_of(&target);
            sweep(directory);
            let owner = match fs::metadata(&target) {
                Ok(about) if !may_replace(&about) => return Err(ErrorKind::PermissionDenied.into()),
                Ok(about) => about,
                Err(_) => fs::metadata(directory)?,
            };
            let mut file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(directory)?;
            restrict(file.path(), 0o600)?;
            leave_to_owner(file.path(), &owner)?;
            if room > 0 {
                file.write_all(&vec![b'\n'; room])?;
                file.as_file().sync_all()?;
                file.rewind()?;
            }
            Ok(Self { file, target })
        };
        made().map_err(|error| cannot("write", path, &error))
    }

    /// Gives it the text to take the target's place with.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(in crate::source) fn holding(mut self, text: &str) -> Result<Self> {
        let mut write = || -> io::Result<()> {
            self.file.write_all(text.as_bytes())?;
            self.file.as_file().set_len(text.len() as u64)?;
            self.file.as_file().sync_all()
        };
        match write() {
            Ok(()) => Ok(self),
            Err(error) => Err(cannot("write", &self.target, &error)),
        }
    }

    /// Takes the target's place.
    ///
    /// # Errors
    ///
    /// When it cannot: then the target is what it was.
    pub(in crate::source) fn commit(self) -> Result<()> {
        let Self { file, target } = self;
        file.persist(&target).map(drop).map_err(|failed| cannot("write", &target, &failed.error))
    }
}

/// Removes what a process left there that was killed before it was done. Two homes may link to one file, and then another's
/// lock is not ours: only what is old goes.
fn sweep(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let changed = entry.metadata().and_then(|about| about.modified());
        let is_old = changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ABANDONED));
        if is_old && entry.file_name().to_string_lossy().starts_with(PREFIX) {
            // what cannot be removed does no harm
            _ = fs::remove_file(entry.path());
        }
    }
}
