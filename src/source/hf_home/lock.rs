//! The lock beside a file that several processes write, of the kind `hf` takes before it writes `stored_tokens`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::links;
use crate::file::{is_unsupported, uninterrupted};
use crate::notice::{self, cannot, printable, reason};
use crate::private;

/// How long another process may hold the lock: `hf` holds it over a request of up to 10 s.
pub(super) const PATIENCE: Duration = Duration::from_secs(12);

/// How long to wait before the next try.
const PAUSE: Duration = Duration::from_millis(10);

/// The lock `hf` takes too (`WeakFileLock`, that is flock on a file that stays). Released when dropped.
#[derive(Debug)]
pub(in crate::source) struct Lock(#[expect(dead_code, reason = "they hold the lock until they are closed")] Vec<File>);

impl Lock {
    /// Takes the lock beside `path`, waiting for it no longer than `patience`.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written, or somebody holds the lock for too long.
    pub(in crate::source) fn beside(path: &Path, patience: Duration) -> Result<Self> {
        links::ensure_ours(path)?;
        let deadline = Instant::now() + patience;
        let open = |path: &Path| open_locked(path, deadline, patience, OpenOptions::new().create(true));
        let mut files = vec![open(path)?];
        // two homes may link to one file: they meet at the lock beside that
        if path.is_symlink()
            && let Ok(target) = fs::canonicalize(path)
        {
            files.push(open(&target)?);
        }
        Ok(Self(files))
    }

    /// The same where the lock's file is there already, so that only who writes makes one.
    ///
    /// # Errors
    ///
    /// When it is not there, and as for [`Self::beside`].
    pub(super) fn beside_if_any(path: &Path, patience: Duration) -> Result<Self> {
        open_locked(path, Instant::now() + patience, patience, &mut OpenOptions::new()).map(|file| Self(vec![file]))
    }
}

fn open_locked(path: &Path, deadline: Instant, patience: Duration, options: &mut OpenOptions) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let file = uninterrupted(|| open_file(&path, options)).map_err(|error| cannot("write", &path, &error))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => bail!(Held(path, patience)),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) if is_unsupported(&error) => {
                tell_of_no_lock(&path, &error);
                return Ok(file);
            }
            Err(TryLockError::Error(error)) => return Err(cannot("lock", &path, &error)),
        }
    }
}

fn open_file(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // never through a link, like hf's filelock
        options.mode(0o600).custom_flags(nix::libc::O_NOFOLLOW);
    }
    let file = options.open(path)?;
    if private::is_ours_by_one_name(&file.metadata()?) {
        let directory = fs::metadata(private::directory_of(path))?;
        // a umask that takes the owner's rights away would lock out the next one, and who may read it may hold it. `hf` makes
        // it 0664 whatever the umask (`WeakFileLock`): whether a group shares the home, its directory tells
        if !is_shared(&directory) {
            private::restrict(&file, path, 0o600)?;
        }
        private::leave_to_owner(&file, &directory)?;
    }
    Ok(file)
}

#[cfg(unix)]
fn is_shared(about: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o022 != 0
}

#[cfg(not(unix))]
fn is_shared(_: &fs::Metadata) -> bool {
    false
}

/// Says once that there is no lock: `hf` writes there, too, and takes none to log in.
fn tell_of_no_lock(path: &Path, error: &io::Error) {
    static IS_TOLD: AtomicBool = AtomicBool::new(false);
    if !IS_TOLD.swap(true, Ordering::Relaxed) {
        notice::say(&format!(
            "cannot lock {} ({}): going on without a lock, as hf does",
            printable(path),
            reason(error)
        ));
    }
}

/// Somebody else holds the lock for longer than we wait.
#[derive(Debug)]
pub(in crate::source) struct Held(PathBuf, Duration);

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(path, patience) = self;
        write!(
            f,
            "cannot lock {}: another program has held it for over {} s (end it, and try again)",
            printable(path),
            patience.as_secs()
        )
    }
}

impl std::error::Error for Held {}
