//! A file that other programs write too, rewritten as git rewrites its own: under `FILE.lock`, and whole.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::file::{self, uninterrupted};
use crate::notice::{cannot, printable};
use crate::private::{directory_of, is_ours, is_ours_by_one_name, leave_to_owner, may_replace};
use crate::source::hf_home::links;

/// The mode of a new file, which the umask narrows.
const MODE: u32 = 0o644;

/// How long another program may hold the lock; `git credential-store` waits for a second.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(10);

/// What tells a lock of ours from one of git's, which holds the file to come.
const MARK: &[u8] = b"git-credential-hf\n";

/// How many letters and digits stand behind the prefix of a file of ours.
const RANDOM: usize = 16;

/// What a file holds; `None` where there is none.
///
/// # Errors
///
/// When it is no regular file, larger than any file of tokens, or not readable.
pub fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
    file::read(path)
}

/// Removes what processes of ours left beside a file that were killed: nothing that anybody else may have made.
pub fn sweep(path: &Path) {
    if let Ok(target) = fs::canonicalize(path)
        && links::ensure_ours(path).is_ok()
    {
        sweep_beside(&target);
        removes_abandoned(&lock_of(&target), MARK);
    }
}

/// Replaces what `path` holds by what `change` makes of it, if it makes anything, and keeps its owner and its mode. A link
/// stays a link.
///
/// # Errors
///
/// When it cannot be read or written, another program holds its lock, or `change` fails: then it is what it was.
pub fn rewrite(path: &Path, change: impl FnOnce(&[u8]) -> Result<Option<Zeroizing<Vec<u8>>>>) -> Result<()> {
    let target = match uninterrupted(|| fs::canonicalize(path)) {
        Ok(target) => target,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot("read", path, &error)),
    };
    // before so much as a lock is made beside it
    links::ensure_ours(path)?;
    let about = uninterrupted(|| fs::metadata(&target)).map_err(|error| cannot("read", path, &error))?;
    ensure!(is_ours(&about), "cannot write {}: it is another user's file (run this as that user)", printable(path));
    let _lock = Lock::beside(&target)?;
    let Some(text) = file::read(&target)? else { return Ok(()) };
    let Some(text) = change(&text)? else { return Ok(()) };
    uninterrupted(|| replace(&target, &text)).map_err(|error| cannot("write", path, &error))
}

/// Writes a file whole, or makes it, while its lock is held. It keeps its owner and its mode; a new one is its directory's
/// owner's.
///
/// # Errors
///
/// When it cannot be written: then it is what it was.
pub fn write(target: &Path, text: &[u8], _lock: &Lock) -> Result<()> {
    uninterrupted(|| replace(target, text)).map_err(|error| cannot("write", target, &error))
}

fn replace(target: &Path, text: &[u8]) -> io::Result<()> {
    let (about, is_new) = match fs::metadata(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => (fs::metadata(directory_of(target))?, true),
        about => (about?, false),
    };
    if !is_new && !may_replace(&about) {
        return Err(ErrorKind::PermissionDenied.into());
    }
    let mut file = made_beside(target, if is_new { MODE } else { 0o600 })?;
    file.write_all(text)?;
    leave_to_owner(file.as_file(), &about)?;
    if !is_new {
        file.as_file().set_permissions(about.permissions())?;
    }
    file.as_file().sync_all()?;
    file::persist(file, target).map_err(|failed| failed.error)
}

/// A file of ours beside another, with that mode at most; while we live it is locked.
fn made_beside(target: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let prefix = prefix_beside(target);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).rand_bytes(RANDOM);
    with_mode(&mut builder, mode);
    loop {
        let file = builder.tempfile_in(directory_of(target))?;
        match file.as_file().try_lock() {
            // another process just looks whether it was left behind, and removes it
            Err(TryLockError::WouldBlock) => {}
            locked => return locked.map(|()| file).map_err(Into::into),
        }
    }
}

#[cfg(unix)]
fn with_mode(builder: &mut tempfile::Builder, mode: u32) {
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
}

#[cfg(not(unix))]
fn with_mode(_: &mut tempfile::Builder, _: u32) {}

fn prefix_beside(target: &Path) -> String {
    format!("{}.git-credential-hf-", target.file_name().unwrap_or_default().to_string_lossy())
}

fn lock_of(target: &Path) -> PathBuf {
    let mut path = target.as_os_str().to_owned();
    path.push(".lock");
    PathBuf::from(path)
}

/// The lock that git takes before it writes such a file. Released when dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// It shows to others that we live.
    _mark: File,
}

impl Lock {
    /// Takes the lock of a file, which need not be there yet.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written, or another program holds the lock.
    pub fn beside(target: &Path) -> Result<Self> {
        file::outlive_its_limit();
        let path = lock_of(target);
        sweep_beside(target);
        let marked = || -> io::Result<NamedTempFile> {
            let mut file = made_beside(target, 0o600)?;
            file.write_all(MARK)?;
            Ok(file)
        };
        let mut mark = uninterrupted(marked).map_err(|error| cannot("write beside", target, &error))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            mark = match mark.persist_noclobber(&path) {
                Ok(mark) => return Ok(Self { path, _mark: mark }),
                Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => failed.file,
                Err(failed) if failed.error.kind() == ErrorKind::Interrupted => {
                    mark = failed.file;
                    continue;
                }
                Err(failed) => return Err(cannot("write", &path, &failed.error)),
            };
            if removes_abandoned(&path, MARK) {
                continue;
            }
            if Instant::now() > deadline {
                bail!("{} is there: another program is writing (if none is, remove that file)", printable(&path));
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // the next one sees that nobody holds it
        _ = fs::remove_file(&self.path);
    }
}

/// Removes the files of [`made_beside`] whose processes were killed: no person gives a file such a name.
fn sweep_beside(target: &Path) {
    let prefix = prefix_beside(target);
    let is_random = |rest: &str| rest.len() == RANDOM && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    for entry in file::inside(directory_of(target)).into_iter().flatten() {
        let name = entry.path.file_name().map(|name| name.to_string_lossy());
        let is_named_so = name.is_some_and(|name| name.strip_prefix(&prefix).is_some_and(is_random));
        if is_named_so && fs::symlink_metadata(&entry.path).is_ok_and(|about| is_ours_by_one_name(&about)) {
            removes_abandoned(&entry.path, b"");
        }
    }
}

/// Removes a file that begins like that and that no process of ours holds; whether it is gone.
fn removes_abandoned(path: &Path, beginning: &[u8]) -> bool {
    let is_abandoned = || -> Option<bool> {
        let about = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
        let file = File::open(path).ok()?;
        file.try_lock().ok()?;
        let begins_so = file::read(path).ok()??.starts_with(beginning);
        // another may have removed it first, and made one anew
        let is_still_it = is_same(&about, &file.metadata().ok()?) && is_same(&about, &fs::symlink_metadata(path).ok()?);
        Some(begins_so && is_still_it && fs::remove_file(path).is_ok())
    };
    is_abandoned().unwrap_or(false)
}

#[cfg(unix)]
fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Where files have no numbers, what is there is left to the user.
#[cfg(not(unix))]
fn is_same(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "as changes are")]
    fn without_b(text: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        Ok(Some(Zeroizing::new(text.iter().copied().filter(|byte| *byte != b'b').collect())))
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory).unwrap().flatten().collect();
        names.sort_by_key(fs::DirEntry::file_name);
        names.iter().map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_replaced_through_its_link_with_its_mode_and_nothing_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, "abc").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        rewrite(&link, without_b).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"ac");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(link.is_symlink());
        assert_eq!(names(directory.path()), ["file", "link"]);
        rewrite(&directory.path().join("none"), without_b).unwrap();
    }

    #[test]
    fn what_git_locked_is_waited_for_and_what_we_left_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let (file, lock) = (directory.path().join("file"), directory.path().join("file.lock"));
        fs::write(&file, "abc").unwrap();
        for of_git in ["", "abc"] {
            fs::write(&lock, of_git).unwrap();
            let error = rewrite(&file, without_b).unwrap_err().to_string();
            assert!(error.contains("file.lock is there"), "{error}");
            assert_eq!(fs::read(&file).unwrap(), b"abc");
        }
        fs::write(&lock, MARK).unwrap();
        fs::write(directory.path().join("file.git-credential-hf-0123456789abcdef"), "abc").unwrap();
        let held = File::open(&lock).unwrap();
        held.try_lock().unwrap();
        rewrite(&file, without_b).unwrap_err();
        drop(held);
        rewrite(&file, without_b).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"ac");
        assert_eq!(names(directory.path()), ["file"]);
    }
}
