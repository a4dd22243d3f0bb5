//! Files, whatever stands at their paths and whatever signal comes in between: read whole into one buffer that is wiped,
//! without blocking or filling the memory; put in their places; listed.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use tempfile::{NamedTempFile, PersistError};
use zeroize::Zeroizing;

use crate::notice::{cannot, printable};

/// No file of tokens is as large; anything larger is a mistake or an attack.
const LARGEST: u64 = 16 << 20;

/// What a file holds; `None` where there is none.
///
/// # Errors
///
/// When it is no regular file, larger than any file of tokens, or not readable.
pub fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let Some(about) = about(path)? else { return Ok(None) };
    // a FIFO or a device is not even opened: it could block, or never end
    ensure!(about.is_file(), "cannot read {}: it is not a regular file (move it away)", printable(path));
    ensure!(
        about.len() <= LARGEST,
        "cannot read {}: it is larger than {} MiB (move it away)",
        printable(path),
        LARGEST >> 20
    );
    // one byte more than it holds, so that the end is met without growing, which would leave a copy behind
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(about.len())? + 1));
    let file = match File::open(path) {
        Err(error) if is_absence(&error) => return Ok(None),
        opened => opened,
    };
    let read = file.and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
    read.map(|_| Some(bytes)).map_err(|error| cannot("read", path, &error))
}

/// What is at a path, a link followed; `None` where nothing is.
///
/// # Errors
///
/// When that cannot be told.
pub fn about(path: &Path) -> Result<Option<Metadata>> {
    match uninterrupted(|| fs::metadata(path)) {
        Ok(about) => Ok(Some(about)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

/// Does it once more where a signal came in between. A file system that is a program may say so of any call, and the
/// standard library tries only some again.
///
/// # Errors
///
/// As `act`.
pub fn uninterrupted<T>(mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match act() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Whether a file system knows no such call: locks and modes are not everywhere (Lustre, NFS without lockd, CIFS).
#[must_use]
pub fn is_unsupported(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use nix::libc::{ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP};
        if error.raw_os_error().is_some_and(|number| [ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP].contains(&number)) {
            return true;
        }
    }
    error.kind() == ErrorKind::Unsupported
}

/// Has a file that may not grow (`ulimit -f`) told of like a full disk, here and in what is run from then on: the signal that
/// comes with it would end us without a word, and leave behind what is half written.
pub fn outlive_its_limit() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};
        _ = SigSet::from(Signal::SIGXFSZ).thread_block();
    }
}

/// What must not be left half done: Ctrl-C, and the other signals by which a person or a session ends a program, wait until
/// this is dropped. What is run meanwhile would never be ended by them.
pub struct Undisturbed {
    #[cfg(unix)]
    before: Option<nix::sys::signal::SigSet>,
}

impl Undisturbed {
    /// From now on.
    #[must_use]
    pub fn by_signals() -> Self {
        #[cfg(unix)]
        {
            use nix::sys::signal::{SigSet, SigmaskHow, Signal};
            let ending: SigSet = [Signal::SIGINT, Signal::SIGHUP, Signal::SIGTERM].into_iter().collect();
            Self { before: ending.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok() }
        }
        #[cfg(not(unix))]
        Self {}
    }
}

#[cfg(unix)]
impl Drop for Undisturbed {
    fn drop(&mut self) {
        _ = self.before.as_ref().map(nix::sys::signal::SigSet::thread_set_mask);
    }
}

/// Puts a new file in the place of `target`.
///
/// # Errors
///
/// With the file, where it cannot.
pub fn persist(mut file: NamedTempFile, target: &Path) -> Result<(), PersistError> {
    loop {
        file = match file.persist(target) {
            Err(failed) if failed.error.kind() == ErrorKind::Interrupted => failed.file,
            done => return done.map(drop),
        };
    }
}

/// A part of the path that is missing or no directory: there is no such file.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Each name in a directory with its path, and whether it is a directory itself; no link is followed.
///
/// # Errors
///
/// When it cannot be read.
#[cfg(unix)]
pub fn inside(directory: &Path) -> io::Result<Vec<Entry>> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use nix::dir::{Dir, Type};
    use nix::fcntl::OFlag;
    use nix::sys::stat::Mode;

    // `std::fs::read_dir` panics where a directory cannot be closed
    let directory_of =
        |path| Dir::open(path, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty()).map_err(io::Error::from);
    let mut entries = Vec::new();
    for entry in uninterrupted(|| directory_of(directory))? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." {
            let path = directory.join(name);
            let is_directory = match entry.file_type() {
                Some(kind) => kind == Type::Directory,
                None => fs::symlink_metadata(&path).is_ok_and(|about| about.is_dir()),
            };
            entries.push(Entry { path, is_directory });
        }
    }
    Ok(entries)
}

/// The same.
///
/// # Errors
///
/// When it cannot be read.
#[cfg(not(unix))]
pub fn inside(directory: &Path) -> io::Result<Vec<Entry>> {
    let entries = fs::read_dir(directory)?;
    entries
        .map(|entry| {
            entry.and_then(|entry| Ok(Entry { path: entry.path(), is_directory: entry.file_type()?.is_dir() }))
        })
        .collect()
}

/// What is in a directory.
#[derive(Debug)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// It is a directory, not a link to one.
    pub is_directory: bool,
}
