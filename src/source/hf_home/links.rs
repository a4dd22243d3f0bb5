//! Links among the files of the HF home: a dotfile manager's are followed, and nobody's lead root out of a user's files.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::notice::{cannot, printable};
use crate::private::may_replace;

/// The file a path leads to, also where it is not there yet.
pub(super) fn target_of(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => Ok(path.to_owned()),
        target => target,
    }
}

/// That a file may be written where its path leads, before so much as a lock is made there.
///
/// # Errors
///
/// When a link leads to another user's file; for root, to what is not of the user whose link it is.
pub(crate) fn ensure_ours(path: &Path) -> Result<()> {
    if path.is_symlink() && fs::metadata(path).is_ok_and(|about| !may_replace(&about)) {
        return Err(cannot("write", path, &ErrorKind::PermissionDenied.into()));
    }
    if leads_root_astray(path) {
        bail!(
            "cannot write {}: a link of another user's leads to what is not that user's, and root does not follow it (run \
             this as that user)",
            printable(path)
        );
    }
    Ok(())
}

/// Whether we are root, and a link on the way is a user's and leads to what is not.
#[cfg(unix)]
fn leads_root_astray(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    if !nix::unistd::geteuid().is_root() {
        return false;
    }
    // the file, or where it is to be made
    let owner = path.ancestors().find_map(|place| fs::metadata(place).ok()).map(|about| about.uid());
    path.ancestors().any(|place| {
        let link = fs::symlink_metadata(place).ok().filter(|about| about.is_symlink() && about.uid() != 0);
        let Some(link) = link.map(|link| link.uid()) else { return false };
        let holder = place.parent().and_then(|holder| fs::metadata(holder).ok()).map(|about| about.uid());
        // in root's own directory (`/tmp`, `/home`) anybody's link is that user's alone, too
        owner != Some(link) || holder.is_some_and(|holder| holder != link && holder != 0)
    })
}

#[cfg(not(unix))]
fn leads_root_astray(_: &Path) -> bool {
    false
}
