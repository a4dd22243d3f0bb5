//! The lock beside a file that several processes write, of the kind `hf` takes before it writes `stored_tokens`.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::file::{cannot, restrict};

/// How long another process may hold the lock: `hf` holds it over a request of up to 10 s.
pub(super) const PATIENCE: Duration = Duration::from_secs(12);

/// How long to wait before the next try.
const PAUSE: Duration = Duration::from_millis(10);

/// The lock `hf` takes too (`WeakFileLock`, that is flock on a file that stays). Released when dropped.
#[derive(Debug)]
pub(in crate::source) struct Lock(#[expect(dead_code, reason = "it holds the lock until it is closed")] File);

impl Lock {
    /// Takes the lock beside `path`, waiting for it no longer than `patience`.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written, or somebody holds the lock for too long.
    pub(in crate::source) fn beside(path: &Path, patience: Duration) -> Result<Self> {
        Self::open(path, patience, OpenOptions::new().create(true))
    }

    /// The same where the lock's file is there already, so that only who writes makes one.
    ///
    /// # Errors
    ///
    /// When it is not there, and as for [`Self::beside`].
    pub(super) fn beside_if_any(path: &Path, patience: Duration) -> Result<Self> {
        Self::open(path, patience, &mut OpenOptions::new())
    }

    fn open(path: &Path, patience: Duration, options: &mut OpenOptions) -> Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        options.read(true).write(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            // never through a link, like hf's filelock
            options.mode(0o600).custom_flags(nix::libc::O_NOFOLLOW);
        }
        let file = options.open(&path).with_context(|| cannot("write", &path))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // a umask that takes the owner's rights away would lock out the next one
            let mode = file.metadata().map_or(0o600, |about| about.permissions().mode());
            if mode & 0o600 != 0o600 {
                restrict(&path, 0o600).with_context(|| cannot("write", &path))?;
            }
        }
        let deadline = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    bail!("{}: another program holds it for over {} s", cannot("lock", &path), patience.as_secs())
                }
                Err(TryLockError::Error(error)) => return Err(error).with_context(|| cannot("lock", &path)),
            }
        }
    }
}
