//! The repository we are called in and git's configuration: the only place that runs git.

pub mod credential;
pub mod device;
pub mod entry;
mod git;
pub mod http;
pub mod owner;

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use zeroize::Zeroizing;

use self::entry::{Entry, MOST_ENTRIES, Scope, parsed};
pub use self::git::way_out;
use self::git::{PATIENCE, config, git, last_line, outside_any_repository, printed, refused, run};
use crate::process;

/// Whether git might find a repository from here (`setup_git_directory_gently_1` in git's `setup.c`): it is told where, or
/// this directory or one above it has a `.git` or, of a bare one, a `HEAD`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "GIT_DIR says where the repository is")]
pub fn may_be_here() -> bool {
    // what cannot be looked at may be one, and a link may lead to a branch that is not there yet
    let is_absent = |error: io::Error| error.kind() == ErrorKind::NotFound;
    let has = |directory: &Path, name| !directory.join(name).symlink_metadata().is_err_and(is_absent);
    let is_one = |directory: &Path| has(directory, ".git") || has(directory, "HEAD");
    std::env::var_os("GIT_DIR").is_some()
        || std::env::current_dir().map_or(true, |directory| directory.ancestors().any(is_one))
}

/// The values of one configuration, included files too; none where the file is missing.
///
/// # Errors
///
/// When git is missing, or cannot read that configuration.
pub fn entries_of(scope: Scope) -> Result<Vec<Entry>> {
    let output = config(scope, PATIENCE, &["--includes", "--show-origin", "-z", "--get-regexp", "."])?;
    match output.status.code() {
        Some(0 | 1) => {}
        _ => return Err(refused("read", scope, &output)),
    }
    let mut entries = not_too_many(parsed(&output.stdout, Some(scope)))?;
    if entries.iter().any(|entry| entry.file.as_ref().is_some_and(|file| file.is_relative())) {
        // git names the file as seen from the top of the worktree
        let output = run(git().args(["rev-parse", "--show-cdup"]))?;
        let top = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n'));
        for entry in &mut entries {
            entry.file = entry.file.take().map(|file| top.join(file));
        }
    }
    Ok(entries)
}

/// All values git sees where we stand, in git's order, included files too.
///
/// # Errors
///
/// When git is missing, or cannot read its configuration.
pub fn effective_entries() -> Result<Vec<Entry>> {
    let output = run(git().args(["config", "--show-scope", "--show-origin", "-z", "--list"]))?;
    if !output.status.success() {
        bail!("cannot read git's configuration: {}", last_line(&output));
    }
    not_too_many(parsed(&output.stdout, None))
}

fn not_too_many(entries: Vec<Entry>) -> Result<Vec<Entry>> {
    ensure!(
        entries.len() <= MOST_ENTRIES,
        "git's configuration has more than {MOST_ENTRIES} lines (see git config --list)"
    );
    Ok(entries)
}

/// The values of the system's and the user's own configuration, included files too, whatever repository we stand in.
///
/// # Errors
///
/// When git is missing, or cannot read its configuration in time.
pub fn own_entries() -> Result<Vec<Entry>> {
    let mut command = git();
    outside_any_repository(command.args(["config", "--show-scope", "--show-origin", "-z", "--list"]));
    let listed = printed(&mut command, b"", PATIENCE)?;
    let listed = listed.context("cannot read git's configuration (see git config --list)")?;
    let mut entries = not_too_many(parsed(&listed, None))?;
    // Apple's git has a file of its own, of no scope it names
    entries.retain(|entry| entry.file.is_some() && !entry.is_of_repository());
    Ok(entries)
}

/// The directory that all worktrees of the repository share.
///
/// # Errors
///
/// When git is missing, or finds no repository.
pub fn common_directory() -> Result<PathBuf> {
    let output = run(git().args(["rev-parse", "--git-common-dir"]))?;
    if !output.status.success() {
        return Err(refused("read", Scope::Local, &output));
    }
    let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n'));
    std::path::absolute(directory).context("cannot tell where the repository is")
}

/// Where the machine's configuration is; `None` where git does not say.
///
/// # Errors
///
/// When git is missing.
pub fn system_configuration() -> Result<Option<PathBuf>> {
    let output = run(git().args(["var", "GIT_CONFIG_SYSTEM"]))?;
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n'));
    Ok(Some(path).filter(|path| output.status.success() && path.is_absolute()))
}

/// Where git looks for its commands before it looks in PATH.
///
/// # Errors
///
/// When git is missing or does not say.
pub fn exec_path() -> Result<PathBuf> {
    let output = run(git().arg("--exec-path"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().into())
}

/// git's version as two numbers; zeros where it does not say.
///
/// # Errors
///
/// When git is missing.
pub fn version() -> Result<(u32, u32)> {
    Ok(numbers(&run(git().arg("version"))?))
}

/// Returns git-lfs's version, where there is one.
#[must_use]
pub fn lfs_version() -> Option<(u32, u32)> {
    let mut command = git();
    // it is not built in, so a repository's alias of that name would be run
    outside_any_repository(command.args(["lfs", "version"]));
    let output = run(&mut command).ok()?;
    output.status.success().then(|| numbers(&output))
}

fn numbers(output: &Output) -> (u32, u32) {
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

/// Returns what `git credential fill` answers outside of any repository, with these settings of ours, `KEY=VALUE`, and
/// without asking anybody; `None` when nobody answers in time.
///
/// # Errors
///
/// When git is missing.
pub fn fill(request: &[u8], settings: &[String], patience: Duration) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let mut command = git();
    command
        .env("GIT_CONFIG_PARAMETERS", parameters(settings))
        .args(["-c", "credential.interactive=false", "credential", "fill"])
        .env("GIT_TERMINAL_PROMPT", "0")
        // set and empty: git then asks neither core.askPass nor SSH_ASKPASS
        .env("GIT_ASKPASS", "")
        .env_remove("SSH_ASKPASS")
        .env("GCM_INTERACTIVE", "never");
    outside_any_repository(&mut command);
    printed(&mut command, request, patience)
}

/// What git makes of `-c`: other users see the words of a command line, and a helper's line may hold a secret.
#[expect(clippy::disallowed_methods, reason = "what a git that runs us was given by -c stays")]
fn parameters(settings: &[String]) -> OsString {
    let mut parameters = std::env::var_os("GIT_CONFIG_PARAMETERS").unwrap_or_default();
    for setting in settings {
        let blank = if parameters.is_empty() { "" } else { " " };
        parameters.push(format!("{blank}'{}'", setting.replace('\'', r"'\''")));
    }
    parameters
}

/// Whether git itself would ask a person now (`GIT_TERMINAL_PROMPT` in git(1), `credential.interactive` in git-config(1)).
#[must_use]
#[expect(clippy::disallowed_methods, reason = "git's own way to say that nobody is to be asked")]
pub fn git_may_ask() -> bool {
    let is_no =
        |value: &str| ["0", "false", "no", "off", "never", ""].contains(&value.trim().to_ascii_lowercase().as_str());
    if std::env::var("GIT_TERMINAL_PROMPT").is_ok_and(|value| is_no(&value)) {
        return false;
    }
    let asked = run(git().args(["config", "--get", "credential.interactive"]));
    asked.is_ok_and(|answer| !answer.status.success() || !is_no(&String::from_utf8_lossy(&answer.stdout)))
}

/// The values in the text of a configuration, as `git config -z --list` prints them: `key LF value NUL`. Nothing it names is
/// opened, followed or run.
///
/// # Errors
///
/// When git is missing, or cannot read that text.
pub fn listed(text: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let mut command = git();
    outside_any_repository(command.args(["config", "--file", "-", "--no-includes", "-z", "--list"]));
    let listed = printed(&mut command, text, PATIENCE)?;
    listed.context("git cannot read it (see git config --list --file)")
}

/// What a helper says when it is asked for an operation as git would ask it; `None` when it fails or is not done in time.
/// The helper is the name of a `git credential-NAME` or a path, with its options.
///
/// # Errors
///
/// When it cannot be started.
#[expect(clippy::disallowed_methods, reason = "a helper that the user's own configuration names by its path")]
pub fn ask_helper(helper: &[String], operation: &str, request: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let (name, options) = helper.split_first().context("a helper has a name")?;
    let mut command = if Path::new(name).is_absolute() {
        Command::new(name)
    } else {
        let mut command = git();
        command.arg(format!("credential-{name}"));
        command
    };
    // it may not ask anybody
    command.args(options).arg(operation).env("GIT_TERMINAL_PROMPT", "0").env("GCM_INTERACTIVE", "never");
    outside_any_repository(&mut command);
    process::stdout(&mut command, request, PATIENCE).context("cannot run it")
}
