//! A line to the person at the terminal, where git shows our stderr as it is.

use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// Says what a person should know although the work goes on. Never holds input or a secret.
pub fn say(line: &str) {
    // a closed stderr is no reason to fail
    _ = writeln!(io::stderr(), "git-credential-hf: {line}");
}

/// What could not be done to a file, why, and what to do.
#[must_use]
pub fn cannot(act: &str, path: &Path, error: &io::Error) -> anyhow::Error {
    let way_out = match error.kind() {
        ErrorKind::PermissionDenied => " (see who owns it, and its mode)",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => " (make room there)",
        ErrorKind::ReadOnlyFilesystem => " (make it writable)",
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::AlreadyExists => " (move away what is there)",
        _ => "",
    };
    anyhow::anyhow!("cannot {act} {}: {}{way_out}", printable(path), error.kind())
}

/// A path as a terminal may show it.
#[must_use]
pub fn printable(path: &Path) -> String {
    path.display().to_string().escape_debug().to_string()
}
