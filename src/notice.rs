//! A line to the person at the terminal, where git shows our stderr as it is.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::terminal;

static HAS_SAID: AtomicBool = AtomicBool::new(false);

/// Says what a person should know although the work goes on. Never holds input or a secret.
pub fn say(line: &str) {
    HAS_SAID.store(true, Ordering::Relaxed);
    terminal::note(&format!("git-credential-hf: {line}"));
}

/// Whether something was said already, which a person would take for the reason of what follows.
#[must_use]
pub fn has_said() -> bool {
    HAS_SAID.load(Ordering::Relaxed)
}

/// What could not be done to a file, why, and what to do.
#[must_use]
pub fn cannot(act: &str, path: &Path, error: &io::Error) -> anyhow::Error {
    let way_out = match error.kind() {
        ErrorKind::PermissionDenied => " (see who owns it, and its mode)",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => " (make room there)",
        ErrorKind::FileTooLarge => " (see ulimit -f)",
        ErrorKind::ReadOnlyFilesystem => " (make it writable)",
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::AlreadyExists => " (move away what is there)",
        kind if is_nameless(kind) => " (try again, and see the system's log)",
        _ => "",
    };
    anyhow::anyhow!("cannot {act} {}: {}{way_out}", printable(path), reason(error))
}

/// Returns an error and what led to it, for people: the system's and the libraries' errors in words of ours.
#[must_use]
pub fn told(error: &anyhow::Error) -> String {
    let causes = error.chain().map(|cause| {
        #[cfg(unix)]
        if let Some(number) = cause.downcast_ref::<nix::errno::Errno>() {
            return reason(&io::Error::from(*number));
        }
        cause.downcast_ref().map_or_else(|| cause.to_string(), reason)
    });
    causes.collect::<Vec<_>>().join(": ")
}

/// Why, in a word of Rust's or, where it has none or a riddle, of ours or the system's.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => return "no such file or directory".to_owned(),
        ErrorKind::AlreadyExists => return "it exists already".to_owned(),
        ErrorKind::InvalidInput => return "the system does not take such a name or value".to_owned(),
        ErrorKind::InvalidData => return "its content is not understood".to_owned(),
        ErrorKind::UnexpectedEof | ErrorKind::WriteZero => return "it ended too early".to_owned(),
        ErrorKind::Other if error.raw_os_error().is_none() => return "it failed for an unknown reason".to_owned(),
        _ => {}
    }
    if !is_nameless(error.kind()) {
        return error.kind().to_string();
    }
    let told = error.to_string();
    told.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// What Rust has no word for, such as `EIO`: it is told as "uncategorized error", and has no stable name. Its word for
/// `EAGAIN` is about files alone.
fn is_nameless(kind: ErrorKind) -> bool {
    // no platform has such a number
    kind == ErrorKind::WouldBlock || kind == io::Error::from_raw_os_error(i32::MAX).kind()
}

/// A path as a terminal may show it.
#[must_use]
pub fn printable(path: &Path) -> String {
    path.display().to_string().escape_debug().to_string()
}

#[cfg(all(test, unix))]
mod tests {
    use nix::libc;

    use super::*;

    #[test]
    fn why_is_told_in_words_also_where_rust_has_none() {
        for (error, told) in [
            (libc::EIO, "input/output error (try again, and see the system's log)"),
            (libc::EMFILE, "too many open files (try again, and see the system's log)"),
            (libc::ENOSPC, "no storage space (make room there)"),
            (libc::EAGAIN, "resource temporarily unavailable (try again, and see the system's log)"),
            (libc::EFBIG, "file too large (see ulimit -f)"),
            (libc::EINTR, "operation interrupted"),
        ] {
            let error = cannot("write", Path::new("/f"), &io::Error::from_raw_os_error(error));
            assert_eq!(error.to_string(), format!("cannot write /f: {told}"));
        }
    }
}
