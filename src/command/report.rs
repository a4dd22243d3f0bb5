//! What `setup`, `bind`, `switch` and their opposites did to git's configuration: what, where, and how to undo it.

use anyhow::Result;

use super::scope_of;
use crate::cli;
use crate::repository;
use crate::repository::entry::Scope;
use crate::terminal::{printable, say};
use crate::wiring::configuration::Report;
use crate::wiring::managed::Change;
use crate::wiring::{helper_line, rivals};

/// How it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// For real.
    Done,
    /// It was only looked at.
    Dry,
}

/// Shows what became of the lines; `left` are those of somebody else that a command of ours does not touch.
///
/// # Errors
///
/// When stdout cannot be written.
pub(super) fn tell(report: &Report, mode: Mode, left: &[(String, &str)], undo: &str) -> Result<()> {
    say(&title(report, mode))?;
    if report.is_upgraded && mode == Mode::Done {
        say("  (what an earlier version wrote into the first file is in the second now)")?;
    }
    let lines = report.lines.iter().map(|(line, change)| {
        let done = match change {
            Change::Kept if report.is_moved => "moved to the end",
            Change::Kept => "already there",
            Change::Added => "added",
            Change::Replaced => "replaced",
            Change::Removed => "removed",
        };
        let would_be = if mode == Mode::Dry && *change != Change::Kept { "would be " } else { "" };
        let told = match change {
            Change::Removed => format!("{would_be}{done}"),
            _ => format!("{} ({would_be}{done})", printable(&line.value)),
        };
        (line.key.as_str(), told)
    });
    let lines: Vec<_> = lines.chain(left.iter().map(|(key, why)| (key.as_str(), (*why).to_owned()))).collect();
    let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    for (key, told) in &lines {
        say(&format!("  {key:width$}  {told}"))?;
    }
    if lines.is_empty() {
        say("  no line of git-credential-hf for that")?;
    }
    if mode == Mode::Done && !undo.is_empty() {
        say(&format!("undo: git-credential-hf {undo}"))?;
    }
    Ok(())
}

fn title(report: &Report, mode: Mode) -> String {
    let (name, git) = (report.scope.name(), printable(&report.files.git.display().to_string()));
    if report.is_included {
        let ours = printable(&report.files.ours.display().to_string());
        let includes = if mode == Mode::Dry && report.has_changed() { "would include" } else { "includes" };
        format!("git's {name} configuration ({git}, which {includes} {ours}):")
    } else {
        format!("git's {name} configuration ({git}):")
    }
}

/// Returns the option that names a scope, with the blank before it; the global one needs none.
#[must_use]
pub(super) fn option_of(scope: &cli::Scope) -> &'static str {
    match scope_of(scope) {
        Scope::System => " --system",
        Scope::Local => " --local",
        _ => "",
    }
}

/// The lines of this helper in a configuration that `setup` did not write.
///
/// # Errors
///
/// When git is missing or its configuration cannot be read.
pub(super) fn helpers_by_hand(scope: Scope) -> Result<Vec<(String, &'static str)>> {
    let entries = repository::entries_of(scope)?;
    let ours = entries.iter().filter(|entry| helper_line::is_helper(&entry.key) && rivals::is_ours(entry));
    Ok(ours.map(|entry| (entry.key.clone(), "left, since setup did not write it")).collect())
}
