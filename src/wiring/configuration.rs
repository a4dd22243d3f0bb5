//! One of git's configurations, changed: our file first, then the line that includes it; on the way back the line first.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};

use super::files::{Files, is_same};
use super::managed::{Change, Line, Managed};
use super::{earlier, include};
use crate::notice::cannot;
use crate::private;
use crate::repository;
use crate::repository::entry::{Entry, Scope};
use crate::rewriting::{self, Lock};
use crate::source::hf_home::links::ensure_ours;

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
    let plan = configuration.plan(&edit)?;
    if is_dry || configuration.is_as(&plan) {
        return Ok(plan.report);
    }
    let files = configuration.files;
    ensure_ours(&files.git)?;
    ensure_ours(&files.ours)?;
    let write = || -> Result<Plan> {
        make_directory(&files)?;
        let ours = target_of(&files.ours)?;
        let lock = Lock::beside(&ours)?;
        // another run may have been faster
        let configuration = Configuration::read(scope)?;
        let plan = configuration.plan(&edit)?;
        configuration.write(&plan, &ours, &lock)?;
        Ok(plan)
    };
    let written = write();
    if written.as_ref().map_or(true, |plan| plan.our_text.is_none()) {
        remove_created(&files, &plan.after);
    }
    let name = scope.name();
    let refused =
        |error| anyhow!("cannot write git's {name} configuration: {error:#} ({})", repository::way_out(scope));
    written.map(|plan| plan.report).map_err(refused)
}

/// git's configuration of a scope, as it stands.
pub(crate) struct Configuration {
    /// Which one.
    scope: Scope,
    /// What git reads there, included files too.
    pub(crate) entries: Vec<Entry>,
    /// Where it is.
    pub(crate) files: Files,
    /// The lines of ours, also where git does not read them, and those that version 0.1 wrote.
    pub(crate) before: Managed,
    is_included: bool,
    git_text: Option<Vec<u8>>,
    our_text: Option<Vec<u8>>,
}

/// What is to be written.
struct Plan {
    after: Managed,
    git_text: Vec<u8>,
    /// `None` where the file goes.
    our_text: Option<Vec<u8>>,
    report: Report,
}

impl Configuration {
    /// Reads it.
    pub(crate) fn read(scope: Scope) -> Result<Self> {
        let entries = repository::entries_of(scope)?;
        let files = Files::of(scope, &entries)?;
        let (git_text, our_text) = (read(&files.git)?, read(&files.ours)?);
        let listed = our_text.as_ref().map(|text| repository::listed(text)).transpose()?;
        let mut before = Managed::parse(&listed.unwrap_or_default());
        before.take_over(earlier::taken_out(git_text.as_deref().unwrap_or_default(), scope).1);
        let is_included = entries.iter().any(|entry| files.is_included_by(entry));
        Ok(Self { scope, entries, files, before, is_included, git_text, our_text })
    }

    /// Returns the lines of the scope that come after ours, and so before it for git.
    pub(crate) fn later(&self) -> &[Entry] {
        let is_our_file = |file: &PathBuf| file.ends_with(include::NAME) && is_same(file, &self.files.ours);
        let is_ours = |entry: &Entry| entry.file.as_ref().is_some_and(is_our_file) || self.files.is_included_by(entry);
        self.entries.iter().rposition(is_ours).map_or(&[], |last| &self.entries[last + 1..])
    }

    fn plan(&self, edit: impl Fn(&Self, &mut Managed) -> Result<Edit>) -> Result<Plan> {
        let mut after = self.before.clone();
        let Edit { about, goes_last } = edit(self, &mut after)?;
        let is_included = !after.is_empty();
        let is_moved = self.is_included && is_included && goes_last;
        let text = self.git_text.as_deref().unwrap_or_default();
        let (mut git_text, earlier) = earlier::taken_out(text, self.scope);
        let is_upgraded = git_text != text;
        for (entry, _) in include::dangling(&self.entries).filter(|(entry, _)| !self.files.is_included_by(entry)) {
            git_text = include::removed(&git_text, &entry.value);
        }
        if !is_included || is_moved {
            git_text = include::removed(&git_text, &self.files.include);
        }
        if is_included && (!self.is_included || is_moved) {
            git_text = include::added(&git_text, &self.files.include);
        }
        if self.git_text.is_none() && is_included {
            after.note_created(&self.files.git.to_string_lossy());
        }
        // what git did not read is new to it
        let nothing = Managed::default();
        let before = if self.is_included || !earlier.is_empty() { &self.before } else { &nothing };
        let mut lines = before.changes_to(&after);
        lines.retain(|(line, change)| *change != Change::Kept || about.contains(&line.key));
        let files = self.files.clone();
        let report = Report { scope: self.scope, files, lines, is_included, is_moved, is_upgraded };
        let our_text = is_included.then(|| after.render().into_bytes());
        Ok(Plan { after, git_text, our_text, report })
    }

    fn is_as(&self, plan: &Plan) -> bool {
        self.our_text == plan.our_text && self.git_text.as_deref().unwrap_or_default() == plan.git_text
    }

    fn write(&self, plan: &Plan, ours: &Path, lock: &Lock) -> Result<()> {
        let git = target_of(&self.files.git)?;
        let is_same = self.git_text.as_deref().unwrap_or_default() == plan.git_text;
        // before anything is written: it may be refused
        let git_lock = if is_same { None } else { Some(Lock::beside(&git)?) };
        if git_lock.is_some() && read(&git)? != self.git_text {
            bail!("another program has just written it (try again)");
        }
        if let Some(text) = plan.our_text.as_ref().filter(|text| self.our_text.as_ref() != Some(text)) {
            rewriting::write(ours, text, lock)?;
        }
        if let Some(git_lock) = git_lock {
            rewriting::write(&git, &plan.git_text, &git_lock)?;
        }
        match plan.our_text.is_none().then(|| fs::remove_file(ours)) {
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => Err(cannot("remove", ours, &error)),
            _ => Ok(()),
        }
    }
}

/// Reads a file, and removes what a run that was killed left next to it.
/// Reads one of the two files; what we left beside it when we were killed is removed.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    rewriting::sweep(path);
    Ok(rewriting::read(path)?.map(|text| text.to_vec()))
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
