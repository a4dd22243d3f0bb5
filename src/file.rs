//! A file read whole, into one buffer that is wiped: whatever stands at its path, it neither blocks nor fills the memory.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use anyhow::{Result, ensure};
use zeroize::Zeroizing;

use crate::notice::{cannot, printable};

/// No file of tokens is as large; anything larger is a mistake or an attack.
const LARGEST: u64 = 16 << 20;

/// What a file holds; `None` where there is none.
///
/// # Errors
///
/// When it is no regular file, larger than any file of tokens, or not readable.
pub fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
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
        Ok(_) => Ok(Some(bytes)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

/// A part of the path that is missing or no directory: there is no such file.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
