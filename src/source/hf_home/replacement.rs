//! A file that is replaced whole: readers see the old one or the new one, and on every failure the old one.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Result, ensure};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::file::UNSETTLED;
use super::links::{self, target_of};
use super::lock::Lock;
use crate::file;
use crate::notice::{cannot, printable};
use crate::private::{directory_of, leave_to_owner, may_replace, restrict};

/// What a file of ours is called until it takes the place of the other; a label may follow.
const PREFIX: &str = ".git-credential-hf.";

/// Takes the room of what is not yet known: a comment in the one file that is read before it is in its place.
const FILLER: u8 = b'#';

/// How often a new file is made where each is gone at once: a file system may count no names.
const TRIES: u32 = 100;

/// Nobody is as long about it, where no lock tells.
const ABANDONED: Duration = Duration::from_secs(60);

/// A file beside its target, still without what it is to hold. Gone when dropped.
pub(in crate::source) struct Replacement {
    file: NamedTempFile,
    target: PathBuf,
    /// What it holds is to be found where it is not put in its place.
    is_labelled: bool,
}

impl Replacement {
    /// Makes the file that is to take the place of `path`; a link stays a link.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written or is full.
    pub(in crate::source) fn of(path: &Path, lock: &Lock) -> Result<Self> {
        Self::with_room(path, lock, 0, "")
    }

    /// The same, given `room` bytes at once, so that a full disk is met before there is something to lose. With a label,
    /// what it is given to hold outlives a failure and this process ([`left_over`]).
    ///
    /// # Errors
    ///
    /// As for [`Self::of`].
    pub(super) fn with_room(path: &Path, _lock: &Lock, room: usize, label: &str) -> Result<Self> {
        // a FIFO would be waited for, and what takes a device's place is no device
        let is_file = fs::metadata(path).map_or(true, |about| about.is_file());
        ensure!(is_file, "cannot write {}: it is not a regular file (move it away)", printable(path));
        links::ensure_ours(path)?;
        file::outlive_its_limit();
        let made = || -> io::Result<Self> {
            let target = target_of(path)?;
            let directory = directory_of(&target);
            // a single file that is mounted there read-only would be met too late
            if let Err(error) = in_place(&target)
                && error.kind() == ErrorKind::ReadOnlyFilesystem
            {
                return Err(error);
            }
            let owner = match fs::metadata(&target) {
                Ok(about) if !may_replace(&about) => return Err(ErrorKind::PermissionDenied.into()),
                Ok(about) => about,
                Err(_) => fs::metadata(directory)?,
            };
            let prefix = if label.is_empty() { PREFIX.to_owned() } else { format!("{PREFIX}{label}.") };
            let mut file = made_in(directory, &prefix)?;
            restrict(file.as_file(), path, 0o600)?;
            leave_to_owner(file.as_file(), &owner)?;
            if room > 0 {
                file.write_all(&vec![FILLER; room])?;
                file.as_file().sync_all()?;
            }
            Ok(Self { file, target, is_labelled: !label.is_empty() })
        };
        file::uninterrupted(made).map_err(|error| cannot("write", path, &error))
    }

    /// Gives it the text to take the target's place with.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(in crate::source) fn hold(&mut self, text: &str) -> Result<()> {
        self.file.disable_cleanup(self.is_labelled);
        let write = || -> io::Result<()> {
            self.file.rewind()?;
            self.file.write_all(text.as_bytes())?;
            self.file.as_file().set_len(text.len() as u64)?;
            self.file.as_file().sync_all()
        };
        file::uninterrupted(write).map_err(|error| cannot("write", &self.target, &error))
    }

    /// Takes the target's place.
    ///
    /// # Errors
    ///
    /// When it cannot: then the target is what it was.
    pub(in crate::source) fn commit(self) -> Result<()> {
        let Self { file, target, is_labelled: _ } = self;
        let Err(failed) = file::persist(file, &target) else { return Ok(()) };
        // a single file that is mounted there, as into a container, can only be written as `hf` writes it
        let error = match failed.error.kind() {
            ErrorKind::ResourceBusy => match overwrite(&target, failed.file.path()) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            },
            _ => failed.error,
        };
        Err(cannot("write", &target, &error))
    }
}

/// A new file, locked while we live: so others see that it is not abandoned.
fn made_in(directory: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    for _ in 0..TRIES {
        let file = tempfile::Builder::new().prefix(prefix).tempfile_in(directory)?;
        if cfg!(windows) {
            // a lock there keeps others from reading: its age tells
            return Ok(file);
        }
        match file.as_file().try_lock() {
            Ok(()) if is_linked(file.as_file())? => return Ok(file),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => return Err(error),
            // without locks, its age tells
            Err(TryLockError::Error(_)) => return Ok(file),
            // one who sweeps was faster
            Ok(()) | Err(TryLockError::WouldBlock) => {}
        }
    }
    Err(ErrorKind::WouldBlock.into())
}

#[cfg(unix)]
fn is_linked(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) > 0)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "of one kind with the other platforms'")]
fn is_linked(_: &File) -> io::Result<bool> {
    Ok(true)
}

/// Writes a file where it is: it is what it was again where there is no room for the new text.
fn overwrite(target: &Path, with: &Path) -> io::Result<()> {
    let (old, new) = (Zeroizing::new(fs::read(target)?), Zeroizing::new(fs::read(with)?));
    let mut file = in_place(target)?;
    let mut write = |text: &[u8]| {
        file.rewind()?;
        file.write_all(text)?;
        file.set_len(text.len() as u64)?;
        file.sync_all()
    };
    write(&new).inspect_err(|_| _ = write(&old))
}

/// Opens a file to be written where it is; no link is followed that came there since.
fn in_place(target: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK);
    options.write(true).open(target)
}

/// Removes a file. A single file that is mounted there, as into a container, cannot be: it is emptied.
///
/// # Errors
///
/// When it is what it was.
pub(super) fn remove(path: &Path, _lock: &Lock) -> Result<()> {
    let removed = match file::uninterrupted(|| fs::remove_file(path)) {
        Err(error) if error.kind() == ErrorKind::ResourceBusy => {
            in_place(path).and_then(|file| {
                file.set_len(0)?;
                // an empty file that was changed lately is taken for one that `hf` is writing
                _ = file.set_modified(SystemTime::now() - 2 * UNSETTLED);
                file.sync_all()
            })
        }
        removed => removed,
    };
    removed.map_err(|error| cannot("remove", path, &error))
}

/// The files of ours beside the target of `path`, and their labels.
fn all_beside(path: &Path) -> impl Iterator<Item = (PathBuf, String)> {
    let beside = file::uninterrupted(|| target_of(path)).and_then(|target| file::inside(directory_of(&target)));
    beside.into_iter().flatten().filter_map(|entry| {
        let name = entry.path.file_name()?.to_str()?;
        let rest = name.strip_prefix(PREFIX)?;
        let label = rest.split_once('.').map_or("", |(label, _)| label).to_owned();
        Some((entry.path, label))
    })
}

/// The files with a label whose processes did not put them in place, or have not yet.
pub(super) fn left_over(path: &Path, label: &str) -> impl Iterator<Item = PathBuf> {
    all_beside(path).filter(move |(_, found)| found == label).map(|(file, _)| file)
}

/// Whether a file of ours was given all it was to hold: no filler is left, or it begins a line.
pub(super) fn is_whole(text: &str) -> bool {
    let held = text.trim_end_matches(char::from(FILLER));
    held.len() == text.len() || held.ends_with('\n')
}

/// Removes what was left beside a file that nothing is kept for: what has a label is another file's.
pub(super) fn sweep_unlabelled(path: &Path) {
    sweep(path, |_, label| !label.is_empty());
}

/// Removes what processes left beside `path` that were killed before they were done, but for what `is_awaited` by its label.
pub(in crate::source) fn sweep(path: &Path, is_awaited: impl Fn(&Path, &str) -> bool) {
    for (file, label) in all_beside(path) {
        // held until it is gone, so that nobody begins to use it
        let opened = if cfg!(windows) { None } else { opened(&file) };
        let is_abandoned = match opened.as_ref().map(File::try_lock) {
            Some(Ok(())) => true,
            Some(Err(TryLockError::WouldBlock)) => false,
            Some(Err(TryLockError::Error(_))) | None => is_old(&file),
        };
        if is_abandoned && !is_awaited(&file, &label) {
            // what cannot be removed does no harm
            _ = fs::remove_file(file);
        }
    }
}

fn opened(path: &Path) -> Option<File> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|about| about.is_file());
    is_file.then(|| in_place(path).ok()).flatten()
}

fn is_old(path: &Path) -> bool {
    let changed = fs::symlink_metadata(path).and_then(|about| about.modified());
    changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ABANDONED))
}
