//! Files that `hf` rewrites in place while we read: locked, read whole, replaced whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, bail, ensure};
use zeroize::Zeroizing;

use crate::notice::{cannot, printable};
use crate::private::{directory_of, leave_to_owner, make_directory, may_replace, restrict};

/// No file of tokens is as large; anything larger is a mistake or an attack.
const LARGEST: u64 = 16 << 20;

/// A file changed this lately may be in the middle of `hf`'s truncate and write.
const UNSETTLED: Duration = Duration::from_secs(2);

/// How often, and how long in between, a torn read is tried again.
const RETRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(10);

/// How long another process may hold the lock: `hf` holds it over a request of up to 10 s.
const PATIENCE: Duration = Duration::from_secs(12);

/// What the names of temporary files begin with.
const TEMPORARY: &str = ".stored_tokens.";

/// Reads a file, or `None` where there is none. What does not look whole and was changed lately is read again.
///
/// # Errors
///
/// When it is no regular file, larger than any file of tokens, not UTF-8 or not readable.
pub(super) fn read(path: &Path, looks_whole: impl Fn(&str) -> bool) -> Result<Option<Zeroizing<String>>> {
    let mut retries = 0..RETRIES;
    loop {
        let text = read_once(path);
        let is_whole = text.as_ref().is_ok_and(|text| text.as_ref().is_some_and(|text| looks_whole(text)));
        if is_whole || !is_unsettled(path) || retries.next().is_none() {
            return text;
        }
        std::thread::sleep(PAUSE);
    }
}

fn read_once(path: &Path) -> Result<Option<Zeroizing<String>>> {
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(cannot("read", path, &error)),
    };
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
    match File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes)) {
        Ok(_) => {}
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(cannot("read", path, &error)),
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            bail!("cannot read {}: it is not UTF-8 (move it away)", printable(path))
        }
    }
}

/// A part of the path that is missing or no directory: there is no such file.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Whether the file was changed lately, or where there is none, its directory was.
fn is_unsettled(path: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|about| about.modified()).ok();
    let changed = changed(path).or_else(|| path.parent().and_then(changed));
    changed.is_some_and(|time| is_within(time, UNSETTLED))
}

fn is_within(time: SystemTime, duration: Duration) -> bool {
    SystemTime::now().duration_since(time).is_ok_and(|age| age < duration)
}

/// The lock `hf` takes too (`WeakFileLock`, that is flock on a file that stays). Released when dropped.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "it holds the lock until it is closed")] File);

impl Lock {
    /// Takes the lock beside `path`.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written, or somebody holds the lock for too long.
    pub(super) fn beside(path: &Path) -> Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let file = open_lock(&path).map_err(|error| cannot("write", &path, &error))?;
        let patience = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < patience => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => bail!(
                    "cannot lock {}: another program has held it for over {} s (end it, and try again)",
                    printable(&path),
                    PATIENCE.as_secs()
                ),
                Err(TryLockError::Error(error)) => return Err(cannot("lock", &path, &error)),
            }
        }
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // never through a link, like hf's filelock
        options.mode(0o600).custom_flags(nix::libc::O_NOFOLLOW);
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // a umask that takes the owner's rights away would lock out the next one
        if file.metadata()?.permissions().mode() & 0o600 != 0o600 {
            restrict(path, 0o600)?;
        }
    }
    leave_to_owner(path, &fs::metadata(directory_of(path))?)?;
    Ok(file)
}

/// Reads a file in order to replace it: the lock is held, and a file that `hf`, which takes no lock to log in, may be
/// rewriting right now is waited for. What is not there is empty.
///
/// # Errors
///
/// As for [`read`]; or when it does not settle.
pub(super) fn read_to_replace(
    path: &Path,
    _lock: &Lock,
    looks_whole: impl Fn(&str) -> bool,
) -> Result<Zeroizing<String>> {
    let patience = Instant::now() + 2 * UNSETTLED;
    loop {
        match read(path, &looks_whole)? {
            None => return Ok(Zeroizing::default()),
            Some(text) if looks_whole(&text) || !is_unsettled(path) => return Ok(text),
            Some(_) if Instant::now() < patience => std::thread::sleep(PAUSE),
            Some(_) => bail!("cannot write {}: another program keeps rewriting it (try again)", printable(path)),
        }
    }
}

/// Makes the directory of `path` and those above it where they are missing, for their owner alone.
///
/// # Errors
///
/// When one cannot be made.
pub(super) fn make_directory_of(path: &Path) -> Result<()> {
    let directory = directory_of(path);
    make_directory(directory).map_err(|error| cannot("make", directory, &error))
}

/// Replaces a file whole: readers see the old one or the new one, on every failure the old one. A link stays a link.
///
/// # Errors
///
/// When the directory cannot be written or is full, or the file is another user's.
pub(super) fn replace(path: &Path, _lock: &Lock, text: &str) -> Result<()> {
    let write = || -> io::Result<()> {
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
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(directory)?;
        restrict(file.path(), 0o600)?;
        leave_to_owner(file.path(), &owner)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|failed| failed.error)?;
        Ok(())
    };
    write().map_err(|error| cannot("write", path, &error))
}

/// Removes what a process that was killed left behind; one that is alive holds its file for a moment only.
fn sweep(directory: &Path) {
    const ABANDONED: Duration = Duration::from_secs(60);
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(TEMPORARY);
        let changed = entry.metadata().and_then(|about| about.modified());
        if is_ours && changed.is_ok_and(|time| !is_within(time, ABANDONED)) {
            _ = fs::remove_file(entry.path());
        }
    }
}
