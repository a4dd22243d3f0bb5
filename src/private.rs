//! What is its owner's alone: directories and files whose modes no umask changes, and which stay their owner's when root
//! makes them; and this process's memory.

use std::fs;
#[cfg(unix)]
use std::fs::{File, Metadata};
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
    match uninterrupted(|| directory_for_owner().create(directory)) {
        // somebody was faster
        Err(error) if error.kind() == ErrorKind::AlreadyExists && directory.is_dir() => return Ok(()),
        made => made?,
    }
    restrict_directory(directory, &uninterrupted(|| fs::metadata(parent))?)
}

/// Others of the user's processes may look at it at once, and would not use one that is not the user's alone.
fn directory_for_owner() -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Gives a directory the mode 0700, whatever the umask, and to the owner of `of` where root made it.
///
/// # Errors
///
/// When it cannot be given.
#[cfg(unix)]
pub fn restrict_directory(directory: &Path, of: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let mut options = fs::OpenOptions::new();
    options.read(true).custom_flags(nix::libc::O_DIRECTORY | nix::libc::O_NOFOLLOW);
    let mut opened = uninterrupted(|| options.open(directory));
    let is_locked_out = opened.as_ref().is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
    // a umask took our own rights away; it cannot take root's, who alone must not go by the name
    if is_locked_out && !nix::unistd::geteuid().is_root() {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
        opened = options.open(directory);
    }
    let opened = opened?;
    restrict(&opened, directory, 0o700)?;
    leave_to_owner(&opened, of)
}

/// Gives a directory of ours to those who may read another one, to read.
///
/// # Errors
///
/// When it cannot be given.
#[cfg(unix)]
pub fn share_directory(directory: &Path, like: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let mut options = fs::OpenOptions::new();
    options.read(true).custom_flags(nix::libc::O_DIRECTORY | nix::libc::O_NOFOLLOW);
    let opened = uninterrupted(|| options.open(directory))?;
    restrict(&opened, directory, like.permissions().mode() & 0o755 | 0o700)
}

/// Sets the mode of what is open, whatever the umask: its name may be another file's by now. Where the file system sets
/// none, that is said once, and it keeps the one it has.
///
/// # Errors
///
/// When it cannot be set.
#[cfg(unix)]
pub fn restrict(file: &File, path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::file::is_unsupported;
    use crate::notice::{printable, reason, say};

    static IS_TOLD: AtomicBool = AtomicBool::new(false);
    if file.metadata()?.permissions().mode() & 0o777 == mode {
        return Ok(());
    }
    match uninterrupted(|| file.set_permissions(fs::Permissions::from_mode(mode))) {
        Err(error) if is_unsupported(&error) || error.raw_os_error() == Some(nix::libc::EPERM) => {
            if !IS_TOLD.swap(true, Ordering::Relaxed) {
                let why = reason(&error);
                say(&format!("cannot set the mode of {} ({why}): it keeps the one it has", printable(path)));
            }
            Ok(())
        }
        done => done,
    }
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

/// Gives what root made among another user's files to that user: it is open, since its name may be another file's by now.
///
/// # Errors
///
/// When it cannot be given.
#[cfg(unix)]
pub fn leave_to_owner(file: &File, of: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    if nix::unistd::geteuid().is_root() && of.uid() != 0 {
        std::os::unix::fs::fchown(file, Some(of.uid()), Some(of.gid()))?;
    }
    Ok(())
}

/// Whether what is open is ours and goes by one name: by another it may be a file that nobody meant.
#[cfg(unix)]
#[must_use]
pub fn is_ours_by_one_name(about: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(about) == 1 && about.is_file() && is_ours(about)
}

#[cfg(not(unix))]
pub use elsewhere::{
    is_ours, is_ours_by_one_name, leave_to_owner, may_replace, restrict, restrict_directory, share_directory,
};

/// Where files have no modes, what is in a user's own directories is theirs.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "of one kind with the other platforms'")]
mod elsewhere {
    use std::fs::{File, Metadata};
    use std::io;
    use std::path::Path;

    pub fn restrict(_: &File, _: &Path, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub fn restrict_directory(_: &Path, _: &Metadata) -> io::Result<()> {
        Ok(())
    }

    pub fn share_directory(_: &Path, _: &Metadata) -> io::Result<()> {
        Ok(())
    }

    pub fn is_ours(_: &Metadata) -> bool {
        true
    }

    pub fn is_ours_by_one_name(about: &Metadata) -> bool {
        about.is_file()
    }

    pub fn may_replace(_: &Metadata) -> bool {
        true
    }

    pub fn leave_to_owner(_: &File, _: &Metadata) -> io::Result<()> {
        Ok(())
    }
}
