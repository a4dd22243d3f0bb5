//! What is remembered from one run to the next: empty files, named by digests and dated by their modification time. There
//! is nothing in them to parse, to lock or to tear.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};

use crate::notice::cannot;
use crate::{file, private};

/// What each of our directories is called; the one that is not a user's alone to make has the user's number behind it.
const NAME: &str = "git-credential-hf";

/// Our lasting directory for one purpose; `None` where there is no home directory.
#[must_use]
pub fn directory(purpose: &str) -> Option<PathBuf> {
    places().first().map(|place| place.join(purpose))
}

/// Makes such a directory, for its owner alone.
///
/// # Errors
///
/// When it cannot be made.
pub fn make(directory: &Path) -> io::Result<()> {
    private::make_directory(directory)
}

/// Removes all that is remembered.
pub fn forget_all() {
    for place in existing_places().iter().filter(|place| is_ours_alone(place)) {
        // what cannot be removed is remembered on
        _ = fs::remove_dir_all(place);
        // a directory that others have something in stays
        for directory in place.ancestors().skip(1).take(2) {
            _ = fs::remove_dir(directory);
        }
    }
}

/// Names that are remembered for a while.
#[derive(Debug)]
pub struct Memory {
    purpose: &'static str,
    lasts: Duration,
    places: &'static [PathBuf],
}

impl Memory {
    /// The user's own, for one purpose.
    #[must_use]
    pub fn of(purpose: &'static str, lasts: Duration) -> Self {
        Self { purpose, lasts, places: places() }
    }

    /// Nothing is remembered.
    #[must_use]
    pub fn nowhere() -> Self {
        Self { purpose: "", lasts: Duration::ZERO, places: &[] }
    }

    /// Whether that name was noted lately. It is not made up where nothing ever was, which is looked at first since it
    /// is cheaper.
    #[must_use]
    pub fn holds(&self, name: impl Fn() -> String) -> bool {
        self.directories().any(|directory| self.is_recent(&directory.join(name())))
    }

    /// Returns every name that was noted lately.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        let noted = self.directories().flat_map(|directory| file::inside(&directory).unwrap_or_default());
        let recent = noted.filter(|entry| self.is_recent(&entry.path));
        recent.filter_map(|entry| Some(entry.path.file_name()?.to_str()?.to_owned())).collect()
    }

    /// Notes a name in the first place that can be written, and forgets those whose time is over.
    ///
    /// # Errors
    ///
    /// When it cannot be written down anywhere.
    pub fn note(&self, name: &str) -> Result<()> {
        let mut first_error = None;
        for place in self.places {
            match self.note_in(place, name) {
                Ok(()) => return Ok(()),
                Err(error) => first_error = first_error.or_else(|| Some(cannot("write in", place, &error))),
            }
        }
        match first_error {
            Some(error) => Err(error),
            None => bail!("there is no directory for it (set HOME)"),
        }
    }

    fn note_in(&self, place: &Path, name: &str) -> io::Result<()> {
        HAS_MADE.store(true, Ordering::Relaxed);
        let place = &made(place)?;
        let directory = place.join(self.purpose);
        make(&directory)?;
        private::restrict_directory(&directory, &fs::metadata(place)?)?;
        for entry in file::inside(&directory)? {
            if !self.is_recent(&entry.path) {
                _ = fs::remove_file(entry.path);
            }
        }
        File::create(directory.join(name))?.set_modified(SystemTime::now())
    }

    /// Forgets a name.
    pub fn forget(&self, name: impl Fn() -> String) {
        for directory in self.directories() {
            // most often there was none, and where it cannot be removed it ends by itself
            _ = fs::remove_file(directory.join(name()));
        }
    }

    /// Where something was noted once, and nobody else can have done it.
    fn directories(&self) -> impl Iterator<Item = PathBuf> {
        let places = if self.places.is_empty() { Cow::default() } else { existing_places() };
        let directories: Vec<_> = places.iter().map(|place| (place.clone(), place.join(self.purpose))).collect();
        let existing = directories.into_iter().filter(|(_, directory)| directory.exists());
        existing.filter(|(place, _)| is_ours_alone(place)).map(|(_, directory)| directory)
    }

    /// A clock that was set back leaves dates in the future: these count for as long.
    fn is_recent(&self, path: &Path) -> bool {
        let Ok(noted) = fs::symlink_metadata(path).and_then(|about| about.modified()) else { return false };
        let age = SystemTime::now().duration_since(noted).unwrap_or_else(|early| early.duration());
        age < self.lasts
    }
}

/// Whether this process has made a directory of ours since it looked for them.
static HAS_MADE: AtomicBool = AtomicBool::new(false);

/// Those of our directories that are there, looked for once: each `get` asks after several purposes, and most often none of
/// them is.
fn existing_places() -> Cow<'static, [PathBuf]> {
    static EXISTING: OnceLock<Vec<PathBuf>> = OnceLock::new();
    if HAS_MADE.load(Ordering::Relaxed) {
        return places().iter().filter_map(|place| existing(place)).collect();
    }
    Cow::from(EXISTING.get_or_init(|| places().iter().filter_map(|place| existing(place)).collect()))
}

/// A directory of ours, or the one that stands in for it.
fn existing(place: &Path) -> Option<PathBuf> {
    // a link is one of somebody's, wherever it leads
    fs::symlink_metadata(place).ok()?;
    if is_shared(place) && !is_ours_alone(place) { instead_of(place) } else { Some(place.to_owned()) }
}

/// Makes a directory of ours, or another where somebody was there first.
fn made(place: &Path) -> io::Result<PathBuf> {
    let made = private::make_directory(place);
    if made.is_ok() && is_ours_alone(place) {
        return Ok(place.to_owned());
    }
    if !is_shared(place) || fs::symlink_metadata(place).is_err() {
        return Err(made.err().unwrap_or(ErrorKind::PermissionDenied.into()));
    }
    if let Some(instead) = instead_of(place) {
        return Ok(instead);
    }
    let made = tempfile::Builder::new().prefix(&prefix_instead_of(place)).tempdir_in(private::directory_of(place))?;
    private::restrict_directory(made.path(), &fs::metadata(made.path())?)?;
    Ok(made.keep())
}

/// The directory of ours that stands in for one that somebody else made in a place for everybody.
fn instead_of(place: &Path) -> Option<PathBuf> {
    let prefix = prefix_instead_of(place);
    let is_named = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix));
    let beside = file::inside(private::directory_of(place)).ok()?.into_iter();
    let mut ours: Vec<_> =
        beside.map(|entry| entry.path).filter(|path| is_named(path) && is_ours_alone(path)).collect();
    ours.sort();
    ours.into_iter().next()
}

/// Nobody guesses what follows it.
fn prefix_instead_of(place: &Path) -> String {
    format!("{}.", place.file_name().unwrap_or_default().to_string_lossy())
}

/// Whether it is the one in a directory where everybody may make one.
fn is_shared(place: &Path) -> bool {
    place.file_name().is_some_and(|name| name != NAME)
}

/// Our directories, the lasting one first. A home that is read-only, as in many containers, must not make us forget: then
/// git-lfs would ask without end.
fn places() -> &'static [PathBuf] {
    static PLACES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    PLACES.get_or_init(places_from_env)
}

#[expect(clippy::disallowed_methods, reason = "where state is kept (XDG Base Directory Specification)")]
fn places_from_env() -> Vec<PathBuf> {
    let directory = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(".local/state"));
    let lasting = directory("XDG_STATE_HOME").or_else(home).map(|state| state.join(NAME));
    let until_logout = directory("XDG_RUNTIME_DIR").map(|runtime| runtime.join(NAME));
    #[cfg(unix)]
    let for_now = Some(std::env::temp_dir().join(format!("{NAME}-{}", nix::unistd::geteuid())));
    #[cfg(not(unix))]
    let for_now = None;
    lasting.into_iter().chain(until_logout).chain(for_now).collect()
}

/// In a directory that others share, one of our name may be somebody else's trap.
fn is_ours_alone(place: &Path) -> bool {
    fs::symlink_metadata(place).is_ok_and(|about| about.is_dir() && private::is_ours(&about))
}
