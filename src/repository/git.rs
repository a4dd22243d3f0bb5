//! Runs git, for no longer than it may take, and tells why it did not do what it should.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Result, anyhow};
use zeroize::Zeroizing;

use super::device;
use super::entry::{Scope, printable};
use crate::notice::cannot;
use crate::process;

/// As long as a keychain behind a helper may take. Nothing git reads for us takes as long, unless it never ends.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Runs it where no configuration of a repository applies: that may name programs, such as helpers and aliases, which git
/// runs.
pub(super) fn outside_any_repository(command: &mut Command) {
    command.current_dir("/").env_remove("GIT_DIR").env_remove("GIT_COMMON_DIR").env_remove("GIT_WORK_TREE");
}

#[expect(clippy::disallowed_methods, reason = "git's configuration is read and written by git alone")]
pub(super) fn git() -> Command {
    Command::new("git")
}

pub(super) fn run(command: &mut Command) -> Result<Output> {
    run_for(PATIENCE, command)
}

/// What git prints to that input, if it ends well in time.
pub(super) fn printed(command: &mut Command, input: &[u8], patience: Duration) -> Result<Option<Zeroizing<Vec<u8>>>> {
    process::stdout(command, input, patience).map_err(|error| not_run(&error))
}

fn run_for(patience: Duration, command: &mut Command) -> Result<Output> {
    process::output(command, patience).map_err(|error| match error.kind() {
        ErrorKind::TimedOut => {
            anyhow!("git is not done after {} s (see whether git config --list ends)", patience.as_secs())
        }
        ErrorKind::FileTooLarge => anyhow!("git prints without end (see git config --list)"),
        _ => not_run(&error),
    })
}

fn not_run(error: &io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::NotFound => anyhow!("cannot run git (install it, or put it on PATH)"),
        _ => cannot("run", Path::new("git"), error),
    }
}

pub(super) fn config(scope: Scope, patience: Duration, arguments: &[&str]) -> Result<Output> {
    device::refuse(scope)?;
    let flag = format!("--{}", scope.name());
    run_for(patience, git().arg("config").arg(flag).args(arguments))
}

pub(super) fn refused(verb: &str, scope: Scope, output: &Output) -> anyhow::Error {
    let (name, reason) = (scope.name(), last_line(output));
    anyhow!("cannot {verb} git's {name} configuration: {reason} ({})", way_out(scope))
}

/// What to do where a configuration cannot be read or written.
#[must_use]
pub fn way_out(scope: Scope) -> &'static str {
    match scope {
        Scope::System => "run as an administrator, or leave --system out",
        Scope::Global => "set HOME and make your git configuration writable, or use --local",
        _ => "use --local inside a repository of yours, or leave --local out",
    }
}

/// git's reason, for people: never what it printed on stdout, which may hold values.
pub(super) fn last_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let Some(line) = text.lines().rfind(|line| !line.is_empty()) else {
        return format!("git ended with {}", output.status);
    };
    let reason = line
        .split_once(": ")
        .filter(|(kind, _)| matches!(*kind, "fatal" | "error" | "warning"))
        .map_or(line, |(_, reason)| reason);
    printable(reason)
}
