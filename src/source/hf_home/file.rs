//! Files that `hf` rewrites in place while we read: locked, read whole, replaced whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use zeroize::Zeroizing;

/// No file of tokens is as large; anything larger is a mistake or an attack.
const LARGEST: u64 = 16 << 20;

/// A file changed this lately may be in the middle of `hf`'s truncate and write.
const UNSETTLED: Duration = Duration::from_secs(2);

/// How often, and how long in between, a torn read is tried again.
const RETRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(10);

/// How long another process may hold the lock: `hf` holds it over a request of up to 10 s.
const PATIENCE: Duration = Duration::from_secs(12);

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
        Err(error) => return Err(error).with_context(|| cannot("read", path)),
    };
    // a FIFO or a device is not even opened: it could block, or never end
    ensure!(about.is_file(), "{}: it is not a regular file", cannot("read", path));
    ensure!(about.len() <= LARGEST, "{}: it is larger than {} MiB", cannot("read", path), LARGEST >> 20);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(error).with_context(|| cannot("read", path)),
    };
    // one byte more than it holds, so that the end is met without growing, which would leave a copy behind
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(about.len())? + 1));
    file.take(LARGEST).read_to_end(&mut bytes).with_context(|| cannot("read", path))?;
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            bail!("{}: it is not UTF-8", cannot("read", path))
        }
    }
}

/// A part of the path that is missing or no directory: there is no such file.
fn is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Whether the file was changed lately, or where there is none, its directory was.
fn is_unsettled(path: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|about| about.modified()).ok();
    let changed = changed(path).or_else(|| path.parent().and_then(changed));
    changed.is_some_and(|time| SystemTime::now().duration_since(time).is_ok_and(|age| age < UNSETTLED))
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
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true);
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
        let patience = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < patience => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    bail!("{}: another program holds it for over {} s", cannot("lock", &path), PATIENCE.as_secs())
                }
                Err(TryLockError::Error(error)) => return Err(error).with_context(|| cannot("lock", &path)),
            }
        }
    }
}

/// Reads a file in order to replace it: the lock is held, and a file that `hf`, which takes no lock to log in, may be
/// rewriting right now is waited for. What is not there is empty.
///
/// # Errors
///
/// As for [`read`].
pub(super) fn read_to_replace(
    path: &Path,
    _lock: &Lock,
    looks_whole: impl Fn(&str) -> bool,
) -> Result<Zeroizing<String>> {
    loop {
        let text = read(path, &looks_whole)?;
        match text {
            Some(text) if looks_whole(&text) || !is_unsettled(path) => return Ok(text),
            Some(_) => std::thread::sleep(PAUSE),
            None => return Ok(Zeroizing::default()),
        }
    }
}

/// Makes the directory of `path` where it is missing, for its owner alone.
///
/// # Errors
///
/// When it cannot be made.
pub(super) fn make_directory_of(path: &Path) -> Result<()> {
    let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists()) else {
        return Ok(());
    };
    let made = || -> std::io::Result<()> {
        fs::create_dir_all(directory)?;
        restrict(directory, 0o700)
    };
    made().with_context(|| cannot("make the directory of", path))
}

/// Replaces a file whole: readers see the old one or the new one, on every failure the old one. A link stays a link.
///
/// # Errors
///
/// When the directory cannot be written or is full.
pub(super) fn replace(path: &Path, _lock: &Lock, text: &str) -> Result<()> {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => path.to_owned(),
        Err(error) => return Err(error).with_context(|| cannot("write", path)),
    };
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".stored_tokens.").tempfile_in(directory)?;
        restrict(file.path(), 0o600)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|failed| failed.error)?;
        Ok(())
    };
    write().with_context(|| cannot("write", path))
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "of one kind with the other platforms'; a user's files are theirs here")]
fn restrict(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

fn cannot(act: &str, path: &Path) -> String {
    format!("cannot {act} {}", path.display().to_string().escape_debug())
}
