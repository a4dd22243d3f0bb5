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
pub(crate) struct Edit {
    /// The keys it is about, also where they stand already.
    pub(crate) about: Vec<String>,
    /// Lines of the user's that come after ours and would win are to come before them.
    pub(crate) goes_last: bool,
}

/// What was changed, and where.
pub(crate) struct Report {
    /// Which configuration.
    pub(crate) scope: Scope,
    /// Its files.
    pub(crate) files: Files,
    /// What became of the keys: those that it was about, and those that changed.
    pub(crate) lines: Vec<(Line, Change)>,
    /// The line that includes our file stands.
    pub(crate) is_included: bool,
    /// It came to stand last.
    pub(crate) is_moved: bool,
    /// Lines that version 0.1 wrote into git's own file went into ours.
    pub(crate) is_upgraded: bool,
}

impl Report {
    /// Tells whether git's configuration says something else than before.
    pub(crate) fn has_changed(&self) -> bool {
        self.is_moved || self.is_upgraded || self.lines.iter().any(|(_, change)| *change != Change::Kept)
    }
}

/// Changes a configuration as `edit` says; a dry run only tells.
pub(crate) fn change(
    scope: Scope,
    is_dry: bool,
    edit: impl Fn(&Configuration, &mut Managed) -> Result<Edit>,
) -> Result<Report> {
    let configuration = Configuration::read(scope)?;
    let (mut after, report) = configuration.edited(&edit)?;
    if is_dry || !configuration.differs(&after, &report) {
        return Ok(report);
    }
    let files = configuration.files;
    ensure_ours(&files.git)?;
    ensure_ours(&files.ours)?;
    make_directory(&files).map_err(|error| refused(scope, &error))?;
    let mut write = || -> Result<Report> {
        let ours = target_of(&files.ours)?;
        let lock = Lock::beside(&ours)?;
        // another of us may have been faster
        let configuration = Configuration::read(scope)?;
        let (edited, report) = configuration.edited(&edit)?;
        after = edited;
        configuration.write(&mut after, &report, &ours, &lock)?;
        Ok(report)
    };
    let written = write().map_err(|error| refused(scope, &error));
    if after.is_empty() || written.is_err() {
        remove_created(&files, &after);
    }
    written
}

/// git's configuration of a scope, as it stands.
pub(crate) struct Configuration {
    /// Which one.
    pub(crate) scope: Scope,
    /// What git reads there, included files too.
    pub(crate) entries: Vec<Entry>,
    /// Where it is.
    pub(crate) files: Files,
    /// The lines of ours, also where git does not read them, and those that version 0.1 wrote.
    pub(crate) before: Managed,
    /// Those that git reads.
    in_force: Managed,
    text: Option<Vec<u8>>,
    /// The same without what version 0.1 wrote.
    text_after: Vec<u8>,
    our_text: Option<Vec<u8>>,
}

impl Configuration {
    /// Reads it.
    pub(crate) fn read(scope: Scope) -> Result<Self> {
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

    /// Returns the lines of the scope that come after ours, and so before it for git.
    pub(crate) fn later(&self) -> &[Entry] {
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
            after.note_created(&self.files.git.to_string_lossy());
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

/// Makes the directory of our file. Who may read git's file may read ours: git fails at one that it may not.
fn make_directory(files: &Files) -> Result<()> {
    let directory = private::directory_of(&files.ours);
    if directory.is_dir() {
        return Ok(());
    }
    let made = private::make_directory(directory).and_then(|()| {
        let like = fs::metadata(private::directory_of(&files.git));
        like.map_or(Ok(()), |like| private::share_directory(directory, &like))
    });
    made.map_err(|error| cannot("make", directory, &error))
}

/// Removes what was made for our first line and is empty again: git's file, our directory and the one above it.
fn remove_created(files: &Files, after: &Managed) {
    let is_ours = after.created().any(|path| Path::new(path) == files.git);
    let is_empty = fs::symlink_metadata(&files.git).is_ok_and(|about| about.is_file() && about.len() == 0);
    if is_ours && is_empty {
        _ = fs::remove_file(&files.git);
    }
    for directory in files.ours.ancestors().skip(1).take(2) {
        // one that is not empty stays
        _ = fs::remove_dir(directory);
    }
}

fn refused(scope: Scope, error: &anyhow::Error) -> anyhow::Error {
    let name = scope.name();
    anyhow!("cannot write git's {name} configuration: {error:#} ({})", repository::way_out(scope))
}
