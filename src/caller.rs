//! The git that a request comes from, behind the shell, the wrapper and the `git` that it starts a helper with.

use crate::endpoint::{Endpoint, Hub};
use crate::url::Url;

/// No line of a helper is run through more programs.
const MOST_BETWEEN: usize = 8;

/// Tells the process that asked from any other that had or will have its number. `None` where the system does not say, and
/// where it is no git.
#[must_use]
pub fn identity() -> Option<String> {
    let caller = Process::of_git()?;
    // git-lfs has `git credential` ask for it, a new one each time
    let asks_for = caller.parent().filter(|parent| caller.is_command("credential") && parent.program() == "git-lfs");
    Some(asks_for.unwrap_or(caller).identity)
}

/// Tells whether the process that asked is one of git's transfers: `git-remote-https`, or `git remote-https`.
#[must_use]
pub fn is_transfer() -> bool {
    Process::of_git().is_some_and(|caller| caller.is_transfer())
}

/// Returns whom the URL names that a transfer was called with, where it is at this endpoint. git itself does not say so with
/// libcurl 8.23 or later, which keeps the name to itself (curl's pull request 23016).
#[must_use]
pub fn user_at(endpoint: &Endpoint) -> Option<String> {
    let caller = Process::of_git().filter(Process::is_transfer)?;
    let url = caller.words().find(|word| word.contains("://"))?;
    let place = Url::parse(url)?;
    let is_there = place.endpoint(&Hub::from_env()).as_ref() == Some(endpoint);
    place.user.filter(|name| is_there && !name.contains('%')).map(str::to_owned)
}

/// A process, as Linux tells of it; no other system does.
struct Process {
    parent: i32,
    /// Its number, and when it was started.
    identity: String,
    arguments: String,
}

impl Process {
    /// Finds the nearest git that is not one which only starts this helper. A URL has no say in it.
    fn of_git() -> Option<Self> {
        let mut next = parent_id();
        for _ in 0..MOST_BETWEEN {
            let process = Self::numbered(next?)?;
            let is_git = process.program() == "git" || process.program().starts_with("git-");
            let starts_helper = process.is_command("credential-hf") || process.program() == "git-credential-hf";
            if is_git && !starts_helper {
                return Some(process);
            }
            next = Some(process.parent);
        }
        None
    }

    /// Reads `/proc/NUMBER/stat` (`proc_pid_stat(5)`): the name is in brackets, and may hold any character.
    fn numbered(number: i32) -> Option<Self> {
        let stat = std::fs::read(format!("/proc/{number}/stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_whitespace().skip(1);
        let parent = fields.next()?.parse().ok()?;
        let started = fields.nth(17)?;
        let arguments = std::fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments).into_owned();
        Some(Self { parent, identity: format!("{number} {started}"), arguments })
    }

    fn parent(&self) -> Option<Self> {
        Self::numbered(self.parent)
    }

    /// Its program and arguments; where it was started through the loader, as a program of another system is, those that it
    /// sees.
    fn words(&self) -> impl Iterator<Item = &str> {
        let words = self.arguments.trim_end_matches('\0').split('\0');
        let is_loader = words.clone().next().is_some_and(|program| base_name(program).starts_with("ld-linux"));
        let (mut name, mut words) = (None, words);
        if is_loader {
            name = words.by_ref().skip_while(|word| *word != "--argv0").nth(1);
            _ = words.next();
        }
        name.into_iter().chain(words)
    }

    fn program(&self) -> &str {
        self.words().next().map_or("", base_name)
    }

    /// Whether it is `git NAME`, whatever options stand before the name.
    fn is_command(&self, name: &str) -> bool {
        self.program() == "git" && self.words().skip(1).find(|word| !word.starts_with('-')) == Some(name)
    }

    fn is_transfer(&self) -> bool {
        let command = self.words().nth(1).filter(|_| self.program() == "git").unwrap_or_default();
        self.program().starts_with("git-remote-") || command.starts_with("remote-")
    }
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or_default()
}

#[cfg(unix)]
fn parent_id() -> Option<i32> {
    std::os::unix::process::parent_id().try_into().ok()
}

#[cfg(not(unix))]
fn parent_id() -> Option<i32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(arguments: &[&str]) -> Process {
        Process { parent: 0, identity: String::new(), arguments: arguments.join("\0") + "\0" }
    }

    #[test]
    fn a_transfer_is_known_by_its_program_and_never_by_its_url() {
        let url = "https://x@hub.example/git-credential-hf/credential-hf";
        let loaded =
            ["/x/ld-linux-x86-64.so.2", "--library-path", "/l", "--argv0", "git-remote-https", "/x/git-remote-http"];
        for arguments in [
            &["/usr/lib/git-core/git-remote-https", "origin", url][..],
            &["git", "remote-https", "origin", url],
            &[&loaded[..], &["origin", url]].concat(),
        ] {
            let process = process(arguments);
            assert!(process.is_transfer() && !process.is_command("credential-hf"), "{arguments:?}");
            assert_eq!(process.words().find(|word| word.contains("://")), Some(url));
        }
        for arguments in [
            &["git", "credential", "fill"][..],
            &["git", "credential-hf", "get"],
            &["git", "-c", "x=remote-y", "fetch"],
            &["sh", "-c", "git remote-https"],
            &[],
        ] {
            assert!(!process(arguments).is_transfer(), "{arguments:?}");
        }
        assert!(process(&["/usr/bin/git", "credential-hf", "get"]).is_command("credential-hf"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_known_by_its_number_and_its_start() {
        let number = std::process::id();
        let this = Process::numbered(number.try_into().unwrap()).unwrap();
        assert_eq!(Some(this.parent), parent_id());
        let started = this.identity.strip_prefix(&format!("{number} ")).unwrap();
        assert!(started.parse::<u64>().unwrap() > 0);
    }
}
