//! Files that `hf` rewrites in place while we read: read whole, or read again.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, bail};
use zeroize::Zeroizing;

use super::lock::Lock;
use crate::notice::{cannot, printable};
use crate::private::{directory_of, make_directory};

/// A file changed this lately may be in the middle of `hf`'s truncate and write.
pub(super) const UNSETTLED: Duration = Duration::from_secs(2);

/// How often, and how long in between, a torn read is tried again: on a loaded machine `hf` may be put aside for longer than
/// it writes. A file that is not there is hardly ever about to be.
const RETRIES: usize = 50;
const RETRIES_WITHOUT_FILE: usize = 15;
const PAUSE: Duration = Duration::from_millis(10);

/// Reads a file, or `None` where there is none. What does not look whole and was changed lately is read again.
///
/// # Errors
///
/// When it is no regular file, larger than any file of tokens, not UTF-8 or not readable.
pub(super) fn read(path: &Path, looks_whole: impl Fn(&str) -> bool) -> Result<Option<Zeroizing<String>>> {
    let mut tries = 0;
    loop {
        tries += 1;
        let text = read_once(path);
        let most = if matches!(text, Ok(None)) { RETRIES_WITHOUT_FILE } else { RETRIES };
        let is_whole = text.as_ref().is_ok_and(|text| text.as_ref().is_some_and(|text| looks_whole(text)));
        if is_whole || !is_unsettled(path) || tries > most {
            return text;
        }
        std::thread::sleep(PAUSE);
    }
}

fn read_once(path: &Path) -> Result<Option<Zeroizing<String>>> {
    let Some(mut bytes) = crate::file::read(path)? else { return Ok(None) };
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            bail!("cannot read {}: it is not UTF-8 (move it away)", printable(path))
        }
    }
}

/// Whether the file was changed lately, or where there is none, its directory was.
pub(super) fn is_unsettled(path: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|about| about.modified()).ok();
    let changed = changed(path).or_else(|| path.parent().and_then(changed));
    changed.is_some_and(|time| SystemTime::now().duration_since(time).is_ok_and(|age| age < UNSETTLED))
}

/// Reads a file in order to replace it: the lock is held, and a file that `hf`, which takes no lock to log in, may be
/// rewriting right now is waited for. What is not there is empty.
///
/// # Errors
///
/// As for [`read`]; or when it does not settle.
pub(super) fn read_to_replace(
    path: &Path,
    _lock: &Lock,
    looks_whole: impl Fn(&str) -> bool,
) -> Result<Zeroizing<String>> {
    let patience = Instant::now() + 2 * UNSETTLED;
    loop {
        match read(path, &looks_whole)? {
            None => return Ok(Zeroizing::default()),
            Some(text) if looks_whole(&text) || !is_unsettled(path) => return Ok(text),
            Some(_) if Instant::now() < patience => std::thread::sleep(PAUSE),
            Some(_) => bail!("cannot write {}: another program keeps rewriting it (try again)", printable(path)),
        }
    }
}

/// Makes the directory of `path` and those above it where they are missing, for their owner alone.
///
/// # Errors
///
/// When one cannot be made.
pub(super) fn make_directory_of(path: &Path) -> Result<()> {
    let directory = directory_of(path);
    make_directory(directory).map_err(|error| cannot("make", directory, &error))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn only_what_is_neither_whole_nor_old_is_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        for (text, age, is_read_again) in
            [("hf_A\n", 0, false), ("hf_", 60, false), ("hf_A\n", 60, false), ("hf_", 0, true)]
        {
            fs::write(&path, text).unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
            let reads = Cell::new(0);
            let looks_whole = |text: &str| {
                reads.set(reads.get() + 1);
                text.ends_with('\n')
            };
            assert_eq!(*read(&path, looks_whole).unwrap().unwrap(), text);
            assert_eq!(reads.get() > 1, is_read_again, "{text:?} of {age} s: {reads:?}");
        }
    }
}
