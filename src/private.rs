//! What is its owner's alone: directories and files whose modes no umask changes, and which stay their owner's when root
//! makes them; and this process's memory.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::file::uninterrupted;

/// Keeps this process's memory from core dumps, and from the user's other processes' `ptrace` and `/proc`. The programs we
/// start are not affected: it ends where another program begins (`PR_SET_DUMPABLE` in prctl(2)).
pub fn hide_memory() {
    // there is no reason for it to fail, and none to stop where it does
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}

/// The directory a path stands in.
#[must_use]
pub fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a directory and those above it where they are missing, each with mode 0700.
///
/// # Errors
///
/// When one cannot be made.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    match uninterrupted(|| fs::metadata(directory)) {
        Ok(about) if about.is_dir() => return Ok(()),
        // those above it need not be looked at, of which a path that is too long has thousands
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let parent = directory_of(directory);
    make_directory(parent)?;
    match uninterrupted(|| fs::create_dir(directory)) {
        // somebody was faster
        Err(error) if error.kind() == ErrorKind::AlreadyExists && directory.is_dir() => return Ok(()),
        made => made?,
    }
    restrict(directory, 0o700)?;
    leave_to_owner(directory, &uninterrupted(|| fs::metadata(parent))?)
}

/// Sets a mode, whatever the umask.
///
/// # Errors
///
/// When it cannot be set.
#[cfg(unix)]
pub fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Whether a file is ours.
#[cfg(unix)]
#[must_use]
pub fn is_ours(about: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    nix::unistd::geteuid().as_raw() == about.uid()
}

/// Whether a file stays its owner's when we replace it: it is ours, or we are root and may give it back.
#[cfg(unix)]
#[must_use]
pub fn may_replace(about: &Metadata) -> bool {
    is_ours(about) || nix::unistd::geteuid().is_root()
}

/// Gives what root made among another user's files to that user.
///
/// # Errors
///
/// When it cannot be given.
#[cfg(unix)]
pub fn leave_to_owner(path: &Path, of: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    if nix::unistd::geteuid().is_root() && of.uid() != 0 {
        std::os::unix::fs::lchown(path, Some(of.uid()), Some(of.gid()))?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub use elsewhere::{is_ours, leave_to_owner, may_replace, restrict};

/// Where files have no modes, what is in a user's own directories is theirs.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "of one kind with the other platforms'")]
mod elsewhere {
    use std::fs::Metadata;
    use std::io;
    use std::path::Path;

    pub fn restrict(_: &Path, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub fn is_ours(_: &Metadata) -> bool {
        true
    }

    pub fn may_replace(_: &Metadata) -> bool {
        true
    }

    pub fn leave_to_owner(_: &Path, _: &Metadata) -> io::Result<()> {
        Ok(())
    }
}
