//! One of git's configurations, changed: our file first, then the line that includes it; on the way back the line first.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};

use super::files::{Files, is_same};
use super::managed::{Change, Line, Managed};
use super::{earlier, include};
use crate::notice::cannot;
use crate::repository;
use crate::repository::entry::{Entry, Scope};
use crate::rewriting::{self, Lock};
use crate::source::hf_home::links::ensure_ours;
use crate::{file, private};

/// What a command wants of the configuration.
pub struct Edit {
    /// The keys it is about, also where they stand already.
    pub about: Vec<String>,
    /// Lines of the user's that come after ours and would win are to come before them.
    pub goes_last: bool,
}

/// What was changed, and where.
pub struct Report {
    /// Which configuration.
    pub scope: Scope,
    /// Its files.
    pub files: Files,
    /// What became of the keys: those that it was about, and those that changed.
    pub lines: Vec<(Line, Change)>,
    /// The line that includes our file stands.
    pub is_included: bool,
    /// It came to stand last.
    pub is_moved: bool,
    /// Lines that version 0.1 wrote into git's own file went into ours.
    pub is_upgraded: bool,
}

impl Report {
    /// Tells whether git's configuration says something else than before.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.is_moved || self.is_upgraded || self.lines.iter().any(|(_, change)| *change != Change::Kept)
    }
}

/// Changes a configuration as `edit` says; a dry run only tells.
///
/// # Errors
///
/// When git is missing, or the configuration cannot be read or written, or `edit` fails: then nothing was changed.
pub fn change(
    scope: Scope,
    is_dry: bool,
    edit: impl Fn(&Configuration, &mut Managed) -> Result<Edit>,
) -> Result<Report> {
    let mut configuration = Configuration::read(scope)?;
    let (mut after, mut report) = configuration.edited(&edit)?;
    if is_dry || !configuration.differs(&after, &report) {
        return Ok(report);
    }
    ensure_ours(&configuration.files.git)?;
    ensure_ours(&configuration.files.ours)?;
    let made = make_directory(&configuration.files).map_err(|error| refused(scope, &error))?;
    after.note_created(&made);
    let written = || -> Result<Report> {
        let ours = target_of(&configuration.files.ours)?;
        let lock = Lock::beside(&ours)?;
        if !configuration.is_current()? {
            configuration = Configuration::read(scope)?;
            (after, report) = configuration.edited(&edit)?;
            after.note_created(&made);
        }
        configuration.write(&mut after, &report, &ours, &lock)?;
        Ok(report)
    };
    let written = written().map_err(|error| refused(scope, &error));
    if after.is_empty() || written.is_err() {
        remove_created(&configuration.files, &after);
    }
    written
}

/// git's configuration of a scope, as it stands.
pub struct Configuration {
    /// Which one.
    pub scope: Scope,
    /// What git reads there, included files too.
    pub entries: Vec<Entry>,
    /// Where it is.
    pub files: Files,
    /// The lines of ours, also where git does not read them, and those that version 0.1 wrote.
    pub before: Managed,
    /// Those that git reads.
    in_force: Managed,
    text: Option<Vec<u8>>,
    /// The same without what version 0.1 wrote.
    text_after: Vec<u8>,
    our_text: Option<Vec<u8>>,
}

impl Configuration {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When git is missing, or it cannot be read.
    pub fn read(scope: Scope) -> Result<Self> {
        let entries = repository::entries_of(scope)?;
        let files = Files::of(scope, &entries)?;
        let (text, our_text) = (read(&files.git)?, read(&files.ours)?);
        let (text_after, earlier) = earlier::taken_out(text.as_deref().unwrap_or_default(), scope);
        let listed = our_text.as_ref().map(|text| repository::listed(text)).transpose()?;
        let mut before = Managed::parse(&listed.unwrap_or_default());
        let is_included = entries.iter().any(|entry| files.is_included_by(entry));
        let mut in_force = if is_included { before.clone() } else { Managed::default() };
        for managed in [&mut before, &mut in_force] {
            managed.take_over(&earlier);
        }
        Ok(Self { scope, entries, files, before, in_force, text, text_after, our_text })
    }

    /// Tells whether both files are what they were when they were read.
    fn is_current(&self) -> Result<bool> {
        Ok(read(&self.files.git)? == self.text && read(&self.files.ours)? == self.our_text)
    }

    /// Returns the lines of the scope that come after ours, and so before it for git.
    #[must_use]
    pub fn later(&self) -> &[Entry] {
        let is_our_file = |file: &PathBuf| file.ends_with(include::NAME) && is_same(file, &self.files.ours);
        let is_ours = |entry: &Entry| entry.file.as_ref().is_some_and(is_our_file) || self.files.is_included_by(entry);
        self.entries.iter().rposition(is_ours).map_or(&[], |last| &self.entries[last + 1..])
    }

    fn edited(&self, edit: impl Fn(&Self, &mut Managed) -> Result<Edit>) -> Result<(Managed, Report)> {
        let mut after = self.before.clone();
        let Edit { about, goes_last } = edit(self, &mut after)?;
        let is_told = |(line, change): &(Line, Change)| *change != Change::Kept || about.contains(&line.key);
        let is_included = self.entries.iter().any(|entry| self.files.is_included_by(entry));
        let report = Report {
            scope: self.scope,
            files: self.files.clone(),
            lines: self.in_force.changes_to(&after).into_iter().filter(is_told).collect(),
            is_included: !after.is_empty(),
            is_moved: is_included && goes_last && !after.is_empty(),
            is_upgraded: self.text.as_ref().is_some_and(|text| *text != self.text_after),
        };
        Ok((after, report))
    }

    /// Tells whether anything is to be written.
    fn differs(&self, after: &Managed, report: &Report) -> bool {
        let is_rendered = match &self.our_text {
            Some(text) => !after.is_empty() && *text == after.render().as_bytes(),
            None => after.is_empty(),
        };
        !is_rendered || self.text.as_deref().unwrap_or_default() != self.git_text(after, report)
    }

    /// Returns what git's own file is to hold.
    fn git_text(&self, after: &Managed, report: &Report) -> Vec<u8> {
        let mut text = self.text_after.clone();
        for (entry, _) in include::dangling(&self.entries).filter(|(entry, _)| !self.files.is_included_by(entry)) {
            text = include::removed(&text, &entry.value);
        }
        let is_included = self.entries.iter().any(|entry| self.files.is_included_by(entry));
        if after.is_empty() || report.is_moved {
            text = include::removed(&text, &self.files.include);
        }
        if !after.is_empty() && (!is_included || report.is_moved) {
            text = include::added(&text, &self.files.include);
        }
        text
    }

    fn write(&self, after: &mut Managed, report: &Report, ours: &Path, lock: &Lock) -> Result<()> {
        let (git, git_text) = (target_of(&self.files.git)?, self.git_text(after, report));
        let is_same = self.text.as_deref().unwrap_or_default() == git_text;
        // before anything is written: it may be refused
        let git_lock = if is_same { None } else { Some(Lock::beside(&git)?) };
        if git_lock.is_some() && read(&git)? != self.text {
            bail!("another program has just written it (try again)");
        }
        if self.text.is_none() && !git_text.is_empty() {
            after.note_created(&[self.files.git.to_string_lossy().into_owned()]);
        }
        let text = after.render().into_bytes();
        if !after.is_empty() && self.our_text.as_ref() != Some(&text) {
            rewriting::write(ours, &text, lock)?;
        }
        if let Some(git_lock) = git_lock {
            rewriting::write(&git, &git_text, &git_lock)?;
        }
        if !after.is_empty() {
            return Ok(());
        }
        match fs::remove_file(ours) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(cannot("remove", ours, &error)),
            _ => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    Ok(file::read(path)?.map(|text| text.to_vec()))
}

/// The file that is written: a link stays a link.
fn target_of(path: &Path) -> Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => Ok(path.to_owned()),
        target => target.map_err(|error| cannot("write", path, &error)),
    }
}

/// Makes the directory of our file; those above it that were made for it. Who may read git's file may read ours: git fails
/// at one that it may not.
fn make_directory(files: &Files) -> Result<Vec<String>> {
    let directory = private::directory_of(&files.ours);
    if directory.is_dir() {
        return Ok(Vec::new());
    }
    let missing = directory.ancestors().skip(1).take_while(|path| !path.exists());
    let missing: Vec<_> = missing.map(|path| path.to_string_lossy().into_owned()).collect();
    let made = private::make_directory(directory).and_then(|()| {
        let like = fs::metadata(private::directory_of(&files.git));
        like.map_or(Ok(()), |like| private::share_directory(directory, &like))
    });
    made.map_err(|error| cannot("make", directory, &error))?;
    Ok(missing.into_iter().rev().collect())
}

/// Removes what was made for our first line and is empty again.
fn remove_created(files: &Files, after: &Managed) {
    let directory = private::directory_of(&files.ours);
    _ = fs::remove_dir(directory);
    for path in after.created().rev().map(Path::new) {
        let is_empty = fs::symlink_metadata(path).is_ok_and(|about| about.is_file() && about.len() == 0);
        if path == files.git && is_empty {
            _ = fs::remove_file(path);
        } else if directory.starts_with(path) {
            // one that is not empty stays
            _ = fs::remove_dir(path);
        }
    }
}

fn refused(scope: Scope, error: &anyhow::Error) -> anyhow::Error {
    let name = scope.name();
    anyhow!("cannot write git's {name} configuration: {error:#} ({})", repository::way_out(scope))
}
